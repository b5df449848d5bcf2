"""WebSockets as uvicorn speaks them, with two doors more: a whole frame can be laid out without waiting, and one that is stuck can be shut.

uvicorn's `send` waits for room, also for the close frame: so a reader that reads nothing could never be told why it is dropped.
Compression stays off: each socket's window would take more memory than all the rest of it.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from services.gateway.events.reader import SLOW

EXTENSION = "houseband.frames"
WRITE_BUFFER_BYTES, KERNEL_BUFFER_BYTES = 16 * 1024, 64 * 1024
"""What waits for a slow reader here and in the kernel (Linux doubles it); the rest stays in the feed, shared."""
_LINGER_S = 5.0


class FrameSockets(WebSocketsSansIOProtocol):
    """uvicorn's protocol; the application finds it in the scope's extensions."""

    on_room: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        line = self.transport.get_extra_info("socket")
        if line is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = {"socket": self}
        await super().run_asgi()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_room is not None:
            self.on_room()

    def has_room(self) -> bool:
        """Whether a frame would leave at once."""
        return self.writable.is_set()

    def lay_out(self, frame: bytes) -> None:
        """Send a whole frame. What is closed swallows it."""
        if not (self.close_sent or self.disconnected or self.transport.is_closing()):
            self.transport.write(frame)

    def shut(self, code: int, reason: str) -> None:
        """Send the close frame behind what is out already, and let the application go; what is not taken then is dropped."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_LINGER_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """The reader did not answer a ping: it reads nothing, or it is gone."""
        self.pong_timer = self.pending_ping_payload = None
        self.shut(SLOW, "no sign of life")
