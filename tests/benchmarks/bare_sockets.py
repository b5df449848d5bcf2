"""The floor of `sockets.py`: a bare Starlette application on uvicorn that sends a text to all its sockets, one after the other."""

import asyncio
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

_SOCKETS: set[WebSocket] = set()
_YIELD_AFTER = 200


async def _follow(socket: WebSocket) -> None:
    await socket.accept()
    _SOCKETS.add(socket)
    try:
        while (await socket.receive())["type"] != "websocket.disconnect":
            continue
    finally:
        _SOCKETS.discard(socket)


async def _tell(request: Request) -> PlainTextResponse:
    text = f'{{"seq":1,"time":0.0,"type":"stem_finished","data":{{"part":"e{request.path_params["number"]}","filler":"{"x" * 250}"}}}}'
    for index, socket in enumerate(tuple(_SOCKETS)):
        await socket.send_text(text)
        if index % _YIELD_AFTER == 0:
            await asyncio.sleep(0)
    return PlainTextResponse("")


async def _home(_: Request) -> PlainTextResponse:
    return PlainTextResponse("")


app = Starlette(routes=[Route("/", _home), Route("/tell/{number}", _tell, methods=["POST"]), WebSocketRoute("/socket", _follow)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", ws_per_message_deflate=False)
