"""The keys of an OpenID Connect issuer: discovered, fetched in bounds, kept, and fetched again when they were changed.

Nothing that a token says leads anywhere: no `jku`, no `x5u`, no `iss` is followed. What is fetched is the configured issuer's
discovery document and the keys at its own host (or at the configured address), without redirects, up to 256 KiB, within 5 s.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWKSetError

from contracts.errors import Unavailable
from services.gateway.people.settings import PeopleSettings, is_loopback

log = structlog.get_logger(__name__)

DISCOVERY = "/.well-known/openid-configuration"
_MOST_BYTES = 256 * 1024
_TIMEOUT_S = 5.0
_BETWEEN_S = 10.0
"""A token with an unknown key makes us ask again, but not more often than this: anybody can invent key ids."""


class Issuer:
    """The signing keys of the configured issuer, by their ids."""

    def __init__(self, settings: PeopleSettings, clock: Callable[[], float]) -> None:
        self.url, self._jwks_url = settings.oidc_issuer, settings.oidc_jwks_url
        self._keep_s, self._clock = settings.oidc_cache_s, clock
        self._keys: dict[str | None, PyJWK] = {}
        self._fetched_at = self._asked_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def key(self, key_id: str | None) -> PyJWK | None:
        """The key with an id; the only key, where a token names none. Raises Unavailable where the issuer was never reached."""
        if self._clock() - self._fetched_at > self._keep_s or self._find(key_id) is None:
            await self._refresh(key_id)
        return self._find(key_id)

    def _find(self, key_id: str | None) -> PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    async def _refresh(self, key_id: str | None) -> None:
        async with self._fetching:
            now = self._clock()
            fresh = now - self._fetched_at <= self._keep_s and self._find(key_id) is not None
            if fresh or now - self._asked_at < _BETWEEN_S:
                if not self._keys:
                    raise _away("it did not answer a moment ago")
                return
            self._asked_at = now
            try:
                self._keys = await self._fetch()
                self._fetched_at = now
            except (httpx.HTTPError, ValueError, PyJWKSetError) as error:
                log.warning("issuer_unreachable", issuer=self.url, reason=str(error) or type(error).__name__)
                if not self._keys:  # keys that were good stay good while the issuer is away
                    raise _away(str(error) or type(error).__name__) from error

    async def _fetch(self) -> dict[str | None, PyJWK]:
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False) as http, asyncio.timeout(_TIMEOUT_S * 2):
            address = self._jwks_url or self._checked(await _read_json(http, self.url.rstrip("/") + DISCOVERY))
            found = PyJWKSet.from_dict(await _read_json(http, address))
        signing = [key for key in found.keys if key.public_key_use in (None, "sig") and key.key_type != "oct"]
        if not signing:
            raise ValueError("it has no keys to sign with")
        return {key.key_id: key for key in signing}

    def _checked(self, discovered: dict[str, Any]) -> str:
        """Where the keys are, from the discovery document. Raises ValueError where it is not the issuer's own."""
        address = discovered.get("jwks_uri")
        if discovered.get("issuer") != self.url:
            raise ValueError(f"its discovery document is of another issuer: {str(discovered.get('issuer'))[:200]!r}")
        if not isinstance(address, str) or urlsplit(address)[:2] != urlsplit(self.url)[:2]:
            raise ValueError("its keys lie at another host; say it is right with HOUSEBAND_OIDC_JWKS_URL")
        return address


def check_issuer_url(url: str, setting: str) -> None:
    """Raise ValueError for an address from which no keys should be fetched."""
    parts = urlsplit(url)
    if parts.username or parts.query or parts.fragment or not parts.hostname:
        raise ValueError(f"{setting} is no plain address: {url!r}")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError(f"{setting} must be https: {url!r}")


async def _read_json(http: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """A JSON object of bounded size. Raises ValueError or httpx.HTTPError."""
    body = bytearray()
    async with http.stream("GET", url, headers={"Accept": "application/json", "Accept-Encoding": "identity"}) as answer:
        if answer.status_code != 200:
            raise ValueError(f"{url} answered {answer.status_code}")
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > _MOST_BYTES:
                raise ValueError(f"{url} sends more than {_MOST_BYTES} bytes")
    try:
        found = json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{url} sends no JSON") from error
    if not isinstance(found, dict):
        raise ValueError(f"{url} sends no JSON object")
    return found


def _away(reason: str) -> Unavailable:
    return Unavailable("the issuer of tokens", reason)
