"""A message as it leaves the house, encoded once for all who read it."""

from dataclasses import dataclass
from functools import cached_property

from websockets.frames import Frame, Opcode

from contracts.base import Document


@dataclass(frozen=True)
class Entry:
    """One message of a stream. `seq` is that of the last stored one; `number` orders what is not stored, 0: it is stored."""

    seq: int
    text: bytes
    number: int = 0

    @classmethod
    def of(cls, seq: int, message: Document, number: int = 0) -> "Entry":
        """A message, encoded."""
        return cls(seq, message.to_json(), number)

    @cached_property
    def frame(self) -> bytes:
        """As one WebSocket frame, as a server sends it (RFC 6455 5.2: not masked)."""
        return Frame(Opcode.TEXT, self.text).serialize(mask=False)

    @cached_property
    def sse(self) -> bytes:
        """As one server-sent event (WHATWG HTML 9.2)."""
        return b"id: %d\ndata: %b\n\n" % (self.seq, self.text)
