"""Around every call of the Studio: who asks, and refusals told as statuses."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

import grpc

from services.gateway.grpc.refusing import refuse
from services.gateway.people.principal import Principal

Authenticate = Callable[[Mapping[str, str], str, str], Awaitable[Principal]]
"""Who sends this, from its headers (lower case), the method and the peer's address. Raises Refused (401, 403, 429)."""
WHO: ContextVar[Principal] = ContextVar("who")
_OURS = "/houseband."


class Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc has no types
    """Wraps the handlers of our own service; health and reflection stay open to those who watch the house."""

    def __init__(self, authenticate: Authenticate) -> None:
        self._authenticate = authenticate

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        """The handler of a call, wrapped."""
        handler = await continuation(details)
        if handler is None or not details.method.startswith(_OURS):
            return handler
        return self._wrapped(handler, details.method)

    def _wrapped(self, handler: Any, method: str) -> Any:
        make = {
            (False, False): grpc.unary_unary_rpc_method_handler,
            (False, True): grpc.unary_stream_rpc_method_handler,
            (True, False): grpc.stream_unary_rpc_method_handler,
        }[handler.request_streaming, handler.response_streaming]
        inner = handler.unary_unary or handler.unary_stream or handler.stream_unary
        around = self._streamed if handler.response_streaming else self._answered
        return make(around(inner, method), handler.request_deserializer, handler.response_serializer)

    def _answered(self, inner: Callable[[Any, Any], Awaitable[Any]], method: str) -> Callable[[Any, Any], Awaitable[Any]]:
        async def answer(request: Any, context: grpc.aio.ServicerContext) -> Any:
            try:
                await self._know(context, method)
                return await inner(request, context)
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - the border: told as a status, bugs in the log
                await refuse(context, error, method)

        return answer

    def _streamed(self, inner: Callable[[Any, Any], AsyncIterator[Any]], method: str) -> Callable[[Any, Any], AsyncIterator[Any]]:
        async def stream(request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
            try:
                await self._know(context, method)
                async for message in inner(request, context):
                    yield message
            except grpc.aio.AbortError:
                raise
            except Exception as error:  # noqa: BLE001 - as above
                await refuse(context, error, method)

        return stream

    async def _know(self, context: grpc.aio.ServicerContext, method: str) -> None:
        headers = {name: value for name, value in context.invocation_metadata() or () if isinstance(value, str)}
        WHO.set(await self._authenticate(headers, method, context.peer()))
