"""How jobs stand, as it was last answered: clients ask again and again, and between two facts nothing changes.

A job that somebody asked about is followed for a while. An answer is kept for a moment only (`KEPT_S`), per user, and dropped as soon
as the hub says that the job or its composition changed, in this gateway or in another one. Of many who ask in the same moment one
reads, and the others wait for what it finds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from services.gateway.door.conditions import content_tag
from services.gateway.events.hub import Hub
from services.gateway.jobs.views import JobView

KEPT_S, FOLLOWED_S = 0.25, 10.0
_MOST = 10_000
Read = Callable[[], Awaitable[JobView]]


@dataclass(frozen=True)
class Kept:
    """One answer as it is sent."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    until: float

    @classmethod
    def of(cls, body: bytes, until: float) -> "Kept":
        """An answer that holds until a time of the loop."""
        length, tag = str(len(body)).encode(), content_tag(body).encode()
        return cls(body, ((b"content-length", length), (b"content-type", b"application/json"), (b"etag", tag)), until)


@dataclass
class _Reading:
    """Somebody looks, after so many changes."""

    changes: int
    body: bytes = b""
    is_over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class _Followed:
    """A job, how often it changed since it is followed, and what is known of it by user."""

    asked_at: float
    changes: int = 0
    answers: dict[str, Kept] = field(default_factory=dict)
    readings: dict[str, _Reading] = field(default_factory=dict)
    watches: ExitStack = field(default_factory=ExitStack)

    def change(self) -> None:
        """What is known, or is being read, holds no longer."""
        self.changes += 1
        self.answers.clear()


class Standings:
    """The last answers."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._followed: dict[str, _Followed] = {}

    def known(self, user: str, job_id: str) -> Kept | None:
        """What a user was answered about a job a moment ago, if that still holds."""
        followed = self._followed.get(job_id)
        known = followed.answers.get(user) if followed is not None else None
        if followed is None or known is None:
            return None
        followed.asked_at = now = asyncio.get_running_loop().time()
        return known if now < known.until else None

    async def body(self, user: str, job_id: str, read: Read) -> bytes:
        """The JSON of a job's view for a user: as it was answered a moment ago, or as `read` finds it. Raises what `read` raises."""
        followed = self._followed.get(job_id)
        if followed is None:
            view = await read()
            self._follow(job_id, view.composition_id)
            return _encoded(view)
        while (known := self.known(user, job_id)) is None:
            reading = followed.readings.get(user)
            if reading is None or reading.changes != followed.changes:
                return await self._read(followed, user, read)
            await reading.is_over.wait()
            if not reading.body:  # it failed: each asks for themselves, beside the others
                return await self._read(followed, user, read)
            if reading.changes == followed.changes:
                return reading.body
        return known.body

    async def _read(self, followed: _Followed, user: str, read: Read) -> bytes:
        loop = asyncio.get_running_loop()
        reading = followed.readings[user] = _Reading(followed.changes)
        followed.asked_at = loop.time()
        try:
            reading.body = _encoded(await read())
        finally:
            if followed.readings.get(user) is reading:
                del followed.readings[user]
            reading.is_over.set()
        if reading.changes == followed.changes:
            followed.answers[user] = Kept.of(reading.body, loop.time() + KEPT_S)
        return reading.body

    def _follow(self, job_id: str, composition_id: str) -> None:
        """Hear of every change from now on. What was read before is not kept: it may have changed meanwhile."""
        if job_id in self._followed or len(self._followed) >= _MOST:
            return
        loop = asyncio.get_running_loop()
        followed = self._followed[job_id] = _Followed(loop.time())
        followed.watches.enter_context(self._hub.watch(job_id, followed.change))
        followed.watches.enter_context(self._hub.watch_composition(composition_id, followed.change))

        def leave() -> None:
            left_s = followed.asked_at + FOLLOWED_S - loop.time()
            if left_s > 0:
                loop.call_later(left_s, leave)
                return
            del self._followed[job_id]
            followed.change()
            followed.watches.close()

        loop.call_later(FOLLOWED_S, leave)


def _encoded(view: JobView) -> bytes:
    return view.model_dump_json().encode()
