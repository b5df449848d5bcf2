"""Every refusal as problem details (RFC 9457), with the field at fault where there is one."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from contracts.errors import HousebandError, Problem, Unavailable

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = 5
_LINGER_S = 30.0
_TITLES = {
    400: ("malformed", "The request is malformed"),
    401: ("unauthorized", "Nobody is told who asks"),
    403: ("forbidden", "This is not allowed"),
    404: ("not_found", "There is no such thing"),
    405: ("method_not_allowed", "This address does not know that method"),
    406: ("not_acceptable", "The answer comes in another media type"),
    408: ("timeout", "The request did not come in time"),
    409: ("conflict", "The state does not allow it"),
    410: ("gone", "This was erased"),
    411: ("length_required", "The request does not say how long it is"),
    412: ("precondition_failed", "It was changed meanwhile"),
    413: ("too_large", "The upload is too large"),
    415: ("unsupported_media_type", "This media type is not read here"),
    416: ("range_not_satisfiable", "The range lies outside the file"),
    422: ("bad_input", "The request cannot be fulfilled as asked"),
    428: ("precondition_required", "The request has to say what it changes"),
    429: ("too_many_requests", "Too many requests"),
    431: ("head_too_large", "The head of the request is too large"),
    507: ("storage_full", "There is no room left to store it"),
}


class Refused(HousebandError):
    """A refusal at the door, told at once."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str | None = None,
        field: str | None = None,
        value: object = None,
        allowed: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        default_code, title = _TITLES.get(status, ("error", "The request failed"))
        shown = None if value is None else _short(value)
        self._problem = Problem(
            title=title, status=status, detail=detail, code=code or default_code, field=field, value=shown, allowed=allowed
        )

    def problem(self) -> Problem:
        return self._problem


def not_found(what: str, name: str) -> Refused:
    """A 404 that says what is missing."""
    return Refused(404, f"There is no {what} {_short(name)}.", field=what)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem as an HTTP response."""
    # From Python's values, not from pydantic's JSON: a lone surrogate that is refused must be tellable, too.
    body = {name: _writable(value) for name, value in problem.model_dump(exclude_none=True).items()}
    lingers = headers and headers.get("Connection") == "close" and problem.status != 408
    kind = LingeringResponse if lingers else JSONResponse
    return kind(body, status_code=problem.status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of the application as a problem."""
    app.add_exception_handler(HousebandError, _told)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(NoConnection, _database)
    app.add_exception_handler(Exception, _bug)


class LingeringResponse(JSONResponse):
    """An answer to a request whose body was not read, on a connection that closes then.

    Closing at once would reset the connection, and a client that is still sending would never see the answer. So the
    answer goes out at once, whole, and what still comes is read and thrown away for a while.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                while (await receive()).get("more_body", False):
                    continue
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _told(_request: Request, error: Exception) -> Response:
    told = cast(HousebandError, error)
    headers = error.headers if isinstance(error, Refused) else {}
    if isinstance(error, Unavailable):
        headers = {"Retry-After": str(round(error.delay_s or _RETRY_AFTER_S))}
    return problem_response(told.problem(), headers)


async def _http(request: Request, error: Exception) -> Response:
    raised = cast(HTTPException, error)
    if isinstance(raised.__cause__, HousebandError):  # FastAPI wraps what reading a body raises
        return await _told(request, raised.__cause__)
    refused = Refused(raised.status_code, _http_detail(request, raised), headers=raised.headers)
    return problem_response(refused.problem(), refused.headers)


def _http_detail(request: Request, error: HTTPException) -> str:
    if error.status_code == 404:
        return f"There is nothing at {_short(request.url.path)}."
    if error.status_code == 405:
        return f"{request.method} is not possible at {_short(request.url.path)}."
    return str(error.detail)


async def _invalid(_request: Request, error: Exception) -> Response:
    first: dict[str, Any] = dict(cast(RequestValidationError, error).errors()[0])
    path = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    status = 400 if first["type"] in ("json_invalid", "missing") else 422
    refused = Refused(status, f"{path}: {first['msg']}.", field=path, value=first.get("input"), allowed=first["msg"])
    return problem_response(refused.problem())


async def _database(request: Request, error: Exception) -> Response:
    """The database cannot hold a value; or it is locked for too long, its disk is full, all connections are taken, it is gone."""
    if is_unholdable(error):
        refused = Refused(422, "The request holds a value that cannot be kept.", allowed="text without NUL, of the length that is allowed")
        return problem_response(refused.problem())
    if isinstance(error, IntegrityError | ProgrammingError):
        return await _bug(request, error)
    log.error("database_unavailable", path=request.url.path, exc_info=error)
    reason = "all connections are taken" if isinstance(error, NoConnection) else f"it says: {getattr(error, 'orig', error)}"
    return await _told(request, Unavailable("the database", reason))


def is_unholdable(error: Exception) -> bool:
    """Whether PostgreSQL refused a value by its kind (class 22: NUL, too long, out of range), or its driver did before."""
    causes = (error, getattr(error, "orig", None), getattr(getattr(error, "orig", None), "__cause__", None))
    return any(str(getattr(cause, "sqlstate", None) or "").startswith("22") or type(cause).__name__ == "DataError" for cause in causes)


async def _bug(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, method=request.method, exc_info=error)
    problem = Problem(
        title="Something broke here", status=500, detail="The gateway met an error of its own; it is in its log.", code="internal"
    )
    return problem_response(problem)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _writable(value: Any) -> Any:
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
