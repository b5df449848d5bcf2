"""Every refusal as a gRPC status, with the Problem in the trailing metadata."""

import asyncio
from typing import Any, NoReturn

import grpc
import structlog
from sqlalchemy.exc import OperationalError

from contracts import studio_pb2 as wire
from contracts.errors import HousebandError, Problem, Unavailable

log = structlog.get_logger(__name__)

PROBLEM = "problem-bin"
_LEAVE_S = 1.0
_INTERNAL = Problem(
    title="Something broke here", status=500, detail="The gateway met an error of its own; it is in its log.", code="internal"
)
_MOST_TEXT = 1000
"""Characters of a detail that travel: clients refuse trailing metadata of more than 8 KiB."""
_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    410: grpc.StatusCode.NOT_FOUND,
    412: grpc.StatusCode.ABORTED,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    415: grpc.StatusCode.INVALID_ARGUMENT,
    416: grpc.StatusCode.OUT_OF_RANGE,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    428: grpc.StatusCode.FAILED_PRECONDITION,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
    507: grpc.StatusCode.RESOURCE_EXHAUSTED,
}


def code_of(status: int) -> grpc.StatusCode:
    """The gRPC status of an HTTP status."""
    return _CODES.get(status, grpc.StatusCode.INVALID_ARGUMENT if status < 500 else grpc.StatusCode.INTERNAL)


def problem_message(problem: Problem) -> wire.Problem:
    """A problem as it travels."""
    told: dict[str, Any] = {name: _writable(value) for name, value in problem.model_dump(exclude_none=True).items()}
    return wire.Problem(**told)


async def refuse(context: grpc.aio.ServicerContext, error: Exception, method: str) -> NoReturn:
    """End a call with what went wrong. Raises grpc's AbortError, or TimeoutError where the client does not take it."""
    if isinstance(error, HousebandError):
        problem = error.problem()
    elif isinstance(error, OperationalError):
        log.error("database_unavailable", path=method, exc_info=error)
        problem = Unavailable("the database", f"it says: {error.orig}").problem()
    else:
        log.error("request_failed", path=method, exc_info=error)
        problem = _INTERNAL
    trailing = ((PROBLEM, problem_message(problem).SerializeToString()),)
    async with asyncio.timeout(_LEAVE_S):  # the status is on its way; behind what a reader does not read it would be waited for
        await context.abort(code_of(problem.status), str(_writable(problem.detail)), trailing)
    raise AssertionError("unreachable")


def _writable(value: object) -> object:
    """A text without half surrogates and of bounded length; anything else as it is."""
    if not isinstance(value, str):
        return value
    text = value.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"
