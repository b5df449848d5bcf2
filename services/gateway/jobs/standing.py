"""How jobs stand, as it was last answered: clients ask again and again, and between two facts nothing changes.

An answer is kept for a moment only (`KEPT_S`), per user, and dropped as soon as the hub says that the job or its composition changed,
in this gateway or in another one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from services.gateway.events.hub import Hub
from services.gateway.jobs.views import JobView

KEPT_S = 0.25
_MOST = 10_000
Read = Callable[[], Awaitable[JobView]]


@dataclass
class _Kept:
    """One answer, and what watches over it."""

    body: bytes = b""
    is_stale: bool = False
    watches: ExitStack = field(default_factory=ExitStack)


class Standings:
    """The last answers."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._kept: dict[tuple[str, str], _Kept] = {}

    async def body(self, user: str, job_id: str, read: Read) -> bytes:
        """The JSON of a job's view for a user: as it was answered a moment ago, or as `read` finds it."""
        key = (user, job_id)
        known = self._kept.get(key)
        if known is not None:
            return known.body
        fresh = _Kept()
        drop = self._dropping(key, fresh)
        fresh.watches.enter_context(self._hub.watch(job_id, drop))
        try:
            view = await read()
            fresh.body = view.model_dump_json().encode()
            fresh.watches.enter_context(self._hub.watch_composition(view.composition_id, drop))
        except BaseException:
            fresh.watches.close()
            raise
        if fresh.is_stale or key in self._kept or len(self._kept) >= _MOST:
            fresh.watches.close()
        else:
            self._kept[key] = fresh
            asyncio.get_running_loop().call_later(KEPT_S, drop)
        return fresh.body

    def _dropping(self, key: tuple[str, str], one: _Kept) -> Callable[[], None]:
        def drop() -> None:
            one.is_stale = True
            if self._kept.get(key) is one:
                del self._kept[key]
                asyncio.get_running_loop().call_soon(one.watches.close)  # not while the hub goes through its watches

        return drop
