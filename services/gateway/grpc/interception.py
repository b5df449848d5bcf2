"""Around every call of the Studio: who asks, what they take, readers who stopped reading, and refusals told as statuses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, nullcontext
from contextvars import ContextVar
from typing import Any

import grpc

from contracts.errors import HousebandError
from services.gateway.grpc.refusing import refuse
from services.gateway.people.nearness import Nearness
from services.gateway.people.principal import LOCAL, Principal
from services.gateway.people.reception import Reception, address_of, call_scope, deed_of
from services.gateway.people.usage import Tap
from services.gateway.problems import Refused

WHO: ContextVar[Principal] = ContextVar("who")
_OURS = "/houseband."
_LEAVING_S = 0.05
_REFUSALS = (403, 404, 429)
"""What is written down of those who only look; who could not sign in is written down where they try."""


class Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc has no types
    """Wraps the handlers of our own service; health and reflection stay open to those who watch the house.

    Args:
        reception: says who asks.
        patience_s: a reader to whom no message could be sent for so long is given up.
    """

    def __init__(self, reception: Reception, patience_s: float) -> None:
        self._reception, self._patience_s = reception, patience_s
        self._nearness = Nearness(reception.settings)

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        """The handler of a call, wrapped."""
        handler = await continuation(details)
        if handler is None or not details.method.startswith(_OURS):
            return handler
        make = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
        }[handler.request_streaming, handler.response_streaming]
        inner = handler.unary_unary or handler.unary_stream or handler.stream_unary

        async def call(request: Any, context: grpc.aio.ServicerContext) -> Any:
            return await _Call(self._reception, self._nearness, self._patience_s, details.method, context).run(inner, request)

        return make(call, handler.request_deserializer, handler.response_serializer)


class _Call:
    """One call, from the door on."""

    def __init__(self, reception: Reception, nearness: Nearness, patience_s: float, method: str, context: grpc.aio.ServicerContext) -> None:
        self._reception, self._nearness = reception, nearness
        self._patience_s, self._method, self._context = patience_s, method, context
        self._who: Principal | None = None
        self._tap = Tap("")

    async def run(self, inner: Callable[[Any, Any], Any], request: Any) -> Any:
        """Let them in, answer, and note what was done."""
        try:
            headers = {name: value for name, value in self._context.invocation_metadata() or () if isinstance(value, str)}
            if not self._reception.signs_in:
                self._nearness.check((name.encode(), value.encode()) for name, value in headers.items())
            self._who = await self._reception.answer_call(headers, self._method, self._context.peer())
            WHO.set(self._who)
            with self._reception.meter.tapped(self._who.user) if self._who.how != "local" else nullcontext(self._tap) as self._tap:
                answer = await self._answer(inner, self._counted(request) if hasattr(request, "__aiter__") else self._read(request))
            await self._write_down(200)
        except Exception as error:  # noqa: BLE001 - the border: told as a status, bugs in the log
            if isinstance(error, HousebandError) and self._who is not None:
                await self._write_down(error.status)
            await refuse(self._context, error, self._method)
        return answer

    async def _answer(self, inner: Callable[[Any, Any], Any], request: Any) -> Any:
        """The one answer, or None where they were streamed."""
        answering = inner(request, self._context)
        if not hasattr(answering, "__aiter__"):
            answer = await answering
            self._tap.bytes_out += answer.ByteSize()
            return answer
        async with aclosing(answering):
            async for message in answering:
                await self._send(message)
        return None

    async def _send(self, message: Any) -> None:
        """Send one message, at the reader's pace. Raises Refused: 401 where their key is over, 504 where they stopped reading."""
        if self._who is not None and not self._reception.is_still_good(self._who):
            raise Refused(401, "The key is over.", code="key_over")
        try:
            async with asyncio.timeout(self._patience_s):
                await self._context.write(message)
        except TimeoutError as error:
            detail = f"Nothing could be sent for {self._patience_s:g} s."
            raise Refused(504, detail, code="reader_stalled", field="stream", allowed=f"a read every {self._patience_s:g} s") from error
        self._tap.told(message.ByteSize())

    async def _counted(self, requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for request in whole(requests, self._context):
            self._tap.bytes_in += request.ByteSize()
            yield request

    def _read(self, request: Any) -> Any:
        """A request whose own texts can be looked up. Raises Refused (422) for a NUL character: no database holds one."""
        self._tap.bytes_in += request.ByteSize()
        for field, value in request.ListFields():
            if isinstance(value, str) and "\x00" in value:
                raise Refused(422, f"{field.name} holds a NUL character.", field=field.name, allowed="text without NUL")
        return request

    async def _write_down(self, status: int) -> None:
        """Note what changed something, and what was refused."""
        name = self._method.rpartition("/")[2]
        if self._who is LOCAL and status == 404:
            return
        if call_scope(name) == "write" or status in _REFUSALS:
            deed = deed_of(self._who, f"gRPC {name}", self._method, status, address_of(self._context.peer()))
            await self._reception.audit.write(deed)


async def whole(requests: AsyncIterator[Any], context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
    """What a caller streams, to its end. Raises Refused (504), or is cancelled, where they left before that: a half is no order.

    Who leaves ends their stream, too, and that may be seen a moment before the leaving.
    """
    async for request in requests:
        yield request
    await asyncio.sleep(_LEAVING_S)
    left_s = context.time_remaining()
    if context.done() or (left_s is not None and left_s <= 0):
        detail = "The call was over before its stream was."
        raise Refused(504, detail, code="deadline_exceeded", field="stream", allowed="a later deadline")
