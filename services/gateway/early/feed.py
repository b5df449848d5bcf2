"""A stream that is made once and heard by many: it grows in a temporary file, and everybody reads at their own pace."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

PIECE_BYTES = 1 << 16
log = structlog.get_logger(__name__)


class Feed:
    """Bytes that are still being made."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="houseband-feed-", dir=folder)
        self._handle, self.path = handle, Path(name)
        self._size, self._over = 0, False
        self._grown = asyncio.Event()

    async def append(self, data: bytes) -> None:
        """More bytes."""
        if data:
            await asyncio.to_thread(os.pwrite, self._handle, data, self._size)
            self._size += len(data)
            self._ring()

    def close(self) -> None:
        """No more bytes."""
        self._over = True
        self._ring()

    async def read(self) -> AsyncIterator[bytes]:
        """Everything from the beginning, as it comes."""
        at = 0
        while True:
            grown = self._grown
            if at < self._size:
                piece = await asyncio.to_thread(os.pread, self._handle, min(PIECE_BYTES, self._size - at), at)
                at += len(piece)
                yield piece
            elif self._over:
                return
            else:
                await grown.wait()

    def drop(self) -> None:
        """Forget the bytes: nobody reads any more."""
        os.close(self._handle)
        self.path.unlink(missing_ok=True)

    def _ring(self) -> None:
        rung, self._grown = self._grown, asyncio.Event()
        rung.set()


Make = Callable[[Feed], Awaitable[None]]


class Feeds:
    """The feeds that somebody reads, by key. The first reader starts the making; when the last one leaves, it ends."""

    def __init__(self) -> None:
        self._feeds: dict[str, tuple[Feed, asyncio.Task[None], list[int]]] = {}

    @property
    def open(self) -> int:
        """How many are being read."""
        return len(self._feeds)

    async def read(self, key: str, folder: Path, make: Make) -> AsyncIterator[bytes]:
        """The bytes of the feed under a key, made by `make` where nobody reads it yet."""
        async with self._shared(key, folder, make) as feed:
            async for piece in feed.read():
                yield piece

    @asynccontextmanager
    async def _shared(self, key: str, folder: Path, make: Make) -> AsyncIterator[Feed]:
        if key not in self._feeds:
            feed = Feed(folder)
            self._feeds[key] = feed, asyncio.create_task(_made(feed, make, key)), [0]
        feed, making, readers = self._feeds[key]
        readers[0] += 1
        try:
            yield feed
        finally:
            readers[0] -= 1
            if not readers[0]:
                del self._feeds[key]
                making.cancel()
                making.add_done_callback(lambda _: feed.drop())


async def _made(feed: Feed, make: Make, key: str) -> None:
    """Make a feed; what goes wrong ends it where it stands."""
    try:
        await make(feed)
    except asyncio.CancelledError:
        return
    except Exception:
        log.exception("feed_broken", feed=key)
    finally:
        feed.close()
