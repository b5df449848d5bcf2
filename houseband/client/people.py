"""Who one is, one's keys, what one took, what was done."""

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.base import Document
from houseband.client.transport import AsyncTransport, Transport, json_of


class Key(Document):
    """An API key as it is shown. `key` itself is told once, by whoever makes it."""

    key_id: str
    user: str
    name: str = ""
    prefix: str = ""
    scopes: tuple[str, ...] = ()
    live: bool = True
    created_at: float = 0.0
    expires_at: float | None = None
    revoked_at: float | None = None
    used_at: float | None = None
    key: str | None = None


class People(Transport):
    """Signing in, keys, usage, audit."""

    def me(self) -> dict[str, Any]:
        """Who I am to the server, and what I may."""
        return dict(json_of(self._call("GET", "/me")))

    def create_key(
        self, user: str, scopes: Iterable[str], *, name: str = "", days: float | None = None, limits: Mapping[str, Any] | None = None
    ) -> Key:
        """Make a key for a user; takes the scope admin. Its `key` can never be read again."""
        return Key.model_validate(json_of(self._call("POST", "/keys", json=_new_key(user, scopes, name, days, limits))))

    def keys(self, user: str | None = None) -> list[Key]:
        """All keys, or those of a user, newest first; takes the scope admin."""
        found: list[Key] = []
        cursor: str | None = None
        while True:
            page = json_of(self._call("GET", "/keys", params=_page(cursor, user)))
            found += [Key.model_validate(item) for item in page["items"]]
            cursor = page["next"]
            if not cursor:
                return found

    def rotate_key(self, key_id: str, *, overlap_s: float = 0.0) -> Key:
        """A new key in the place of one, which is good for `overlap_s` more; takes the scope admin."""
        return Key.model_validate(json_of(self._call("POST", f"/keys/{key_id}/rotate", json={"overlap_s": overlap_s})))

    def revoke_key(self, key_id: str) -> Key:
        """Revoke a key; takes the scope admin."""
        return Key.model_validate(json_of(self._call("DELETE", f"/keys/{key_id}")))

    def ticket(self, path: str | None = None, seconds: float | None = None) -> str:
        """A short-lived ticket for `path` and what lies under it, or for one stream, once."""
        return str(json_of(self._call("POST", "/tickets", json=_ticket(path, seconds)))["ticket"])

    def usage(self, month: str | None = None, user: str | None = None) -> dict[str, Any]:
        """What was taken in a month such as 2026-11, this one where none is named."""
        return dict(json_of(self._call("GET", "/usage", params=_stated(month=month, user=user))))

    def audit(self, *, limit: int = 50, cursor: str | None = None, user: str | None = None) -> dict[str, Any]:
        """A page of what was changed and refused, newest first: `items` and `next`."""
        return dict(json_of(self._call("GET", "/audit", params=_stated(limit=limit, cursor=cursor, user=user))))


class AsyncPeople(AsyncTransport):
    """Signing in, keys, usage, audit, for asyncio programs."""

    async def me(self) -> dict[str, Any]:
        """Who I am to the server, and what I may."""
        return dict(json_of(await self._call("GET", "/me")))

    async def create_key(
        self, user: str, scopes: Iterable[str], *, name: str = "", days: float | None = None, limits: Mapping[str, Any] | None = None
    ) -> Key:
        """Make a key for a user, as `Client.create_key`."""
        return Key.model_validate(json_of(await self._call("POST", "/keys", json=_new_key(user, scopes, name, days, limits))))

    async def keys(self, user: str | None = None) -> list[Key]:
        """All keys, or those of a user, as `Client.keys`."""
        found: list[Key] = []
        cursor: str | None = None
        while True:
            page = json_of(await self._call("GET", "/keys", params=_page(cursor, user)))
            found += [Key.model_validate(item) for item in page["items"]]
            cursor = page["next"]
            if not cursor:
                return found

    async def rotate_key(self, key_id: str, *, overlap_s: float = 0.0) -> Key:
        """A new key in the place of one, as `Client.rotate_key`."""
        return Key.model_validate(json_of(await self._call("POST", f"/keys/{key_id}/rotate", json={"overlap_s": overlap_s})))

    async def revoke_key(self, key_id: str) -> Key:
        """Revoke a key, as `Client.revoke_key`."""
        return Key.model_validate(json_of(await self._call("DELETE", f"/keys/{key_id}")))

    async def ticket(self, path: str | None = None, seconds: float | None = None) -> str:
        """A short-lived ticket, as `Client.ticket`."""
        return str(json_of(await self._call("POST", "/tickets", json=_ticket(path, seconds)))["ticket"])

    async def usage(self, month: str | None = None, user: str | None = None) -> dict[str, Any]:
        """What was taken in a month, as `Client.usage`."""
        return dict(json_of(await self._call("GET", "/usage", params=_stated(month=month, user=user))))

    async def audit(self, *, limit: int = 50, cursor: str | None = None, user: str | None = None) -> dict[str, Any]:
        """A page of what was changed and refused, as `Client.audit`."""
        return dict(json_of(await self._call("GET", "/audit", params=_stated(limit=limit, cursor=cursor, user=user))))


def _new_key(user: str, scopes: Iterable[str], name: str, days: float | None, limits: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"user": user, "scopes": list(scopes), "name": name, "days": days, "limits": dict(limits or {})}


def _ticket(path: str | None, seconds: float | None) -> dict[str, Any]:
    return _stated(path=path, seconds=seconds)


def _page(cursor: str | None, user: str | None) -> dict[str, Any]:
    return _stated(limit=200, cursor=cursor, user=user)


def _stated(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
