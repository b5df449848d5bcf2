"""How fast a key or user may ask: counted in this process, or in a Redis that replicas share."""

import time
from dataclasses import dataclass

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string

from services.gateway.people.principal import Principal
from services.gateway.people.settings import PeopleSettings
from services.gateway.problems import Refused

log = structlog.get_logger(__name__)

MEMORY, SHARED = "memory://", ("redis://", "rediss://", "redis+unix://")
"""Where requests may be counted."""
_REDIS_TIMEOUT_S = 1.0
_WITHOUT_S = 5.0
"""How long we count by ourselves after the shared store failed, before it is tried again."""


@dataclass(frozen=True)
class RateState:
    """Where somebody stands: `left` of `most` requests in `window_s`; `reset_s` until it is as before."""

    most: int
    left: int
    window_s: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """As headers (IETF draft-ietf-httpapi-ratelimit-headers)."""
        return {"RateLimit-Policy": f'"default";q={self.most};w={self.window_s}', "RateLimit": f'"default";r={self.left};t={self.reset_s}'}


class Rates:
    """Counts requests in sliding windows. Where the shared store does not answer, each replica counts by itself."""

    def __init__(self, settings: PeopleSettings) -> None:
        self._house = parse(settings.rate_limit) if settings.rate_limit else None
        self._sign_in = parse(settings.sign_in_limit)
        self._parsed: dict[str, RateLimitItem] = {}
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._storage = _storage(settings.limits_store)
        self._shared = SlidingWindowCounterRateLimiter(self._storage) if self._storage else None
        self._without_until = 0.0

    async def take(self, who: Principal) -> RateState | None:
        """Count a request; where its sender stands, None for whoever has no limit. Raises Refused (429)."""
        item = self._limit_of(who)
        if item is None:
            return None
        state, allowed = await self._hit(item, "asks", who.key_id or f"user {who.user}")
        if not allowed:
            raise Refused(
                429,
                f"The limit is {item.amount} requests in {item.get_expiry()} s.",
                code="rate_limited",
                field="rate",
                allowed=f"up to {item.amount} in {item.get_expiry()} s",
                headers={"Retry-After": str(max(state.reset_s, 1)), **state.headers()},
            )
        return state

    async def strike(self, address: str) -> None:
        """Count a failed attempt to sign in. Raises Refused (429) where there were too many; good keys are not concerned."""
        state, allowed = await self._hit(self._sign_in, "fails", address)
        if not allowed:
            raise Refused(429, "Too many attempts to sign in.", code="rate_limited", headers={"Retry-After": str(max(state.reset_s, 1))})

    async def close(self) -> None:
        """Close the connections to the shared store."""
        bridge = getattr(self._storage, "bridge", None)
        if isinstance(bridge, RedispyBridge):
            await bridge.get_connection().aclose()  # type: ignore[attr-defined]  # of one server it is a client

    def _limit_of(self, who: Principal) -> RateLimitItem | None:
        if who.how == "local":
            return None
        own = who.limits.get("rate")
        if not own:
            return self._house
        if own not in self._parsed:
            self._parsed[own] = parse(own)
        return self._parsed[own]

    async def _hit(self, item: RateLimitItem, *names: str) -> tuple[RateState, bool]:
        if self._shared is not None and time.monotonic() >= self._without_until:
            from redis.exceptions import RedisError

            try:
                return await _hit(self._shared, item, *names)
            except (RedisError, OSError) as error:
                self._without_until = time.monotonic() + _WITHOUT_S
                log.warning("limits_store_away", reason=str(error))
        return await _hit(self._own, item, *names)


async def _hit(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, *names: str) -> tuple[RateState, bool]:
    allowed = await limiter.hit(item, *names)
    stats = await limiter.get_window_stats(item, *names)
    reset_s = max(round(stats.reset_time - time.time()), 0)
    return RateState(item.amount, max(stats.remaining, 0) if allowed else 0, item.get_expiry(), reset_s), allowed


def _storage(url: str) -> RedisStorage | None:
    if url == MEMORY:
        return None
    options = {"socket_timeout": _REDIS_TIMEOUT_S, "socket_connect_timeout": _REDIS_TIMEOUT_S}
    storage = storage_from_string(f"async+{url}", implementation="redispy", **options)
    if not isinstance(storage, RedisStorage):
        raise TypeError(f"no Redis: {url}")
    return storage
