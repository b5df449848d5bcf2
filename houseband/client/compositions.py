"""Compositions: list them, look at one, erase one."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from contracts.base import Document
from houseband.client.transport import AsyncTransport, Transport, json_of


class Composition(Document):
    """What a user owns and works on."""

    composition_id: str
    prompt: str = ""
    title: str = ""
    created_at: float = 0.0
    versions: int = 0
    revision: int = 0
    latest: dict[str, Any] | None = None


class Compositions(Transport):
    """What there is."""

    def compositions(self) -> Iterator[Composition]:
        """Every composition that the user has a part in, newest first."""
        cursor: str | None = None
        while True:
            page = json_of(self._call("GET", "/compositions", params={"limit": 200, **({"cursor": cursor} if cursor else {})}))
            yield from (Composition.model_validate(one) for one in page["items"])
            cursor = page["next"]
            if not cursor:
                return

    def composition(self, composition_id: str) -> Composition:
        """One of them."""
        return Composition.model_validate(json_of(self._call("GET", f"/compositions/{composition_id}")))

    def erase(self, composition_id: str, *, revision: int | None = None) -> int:
        """Erase a composition and every file that only it uses; how many jobs were stopped. `revision`: only as it was seen."""
        headers = {} if revision is None else {"If-Match": f'"{revision}"'}
        return int(json_of(self._call("DELETE", f"/compositions/{composition_id}", headers=headers))["jobs_cancelled"])


class AsyncCompositions(AsyncTransport):
    """What there is, for asyncio programs."""

    async def compositions(self) -> AsyncIterator[Composition]:
        """Every composition that the user has a part in, newest first."""
        cursor: str | None = None
        while True:
            page = json_of(await self._call("GET", "/compositions", params={"limit": 200, **({"cursor": cursor} if cursor else {})}))
            for one in page["items"]:
                yield Composition.model_validate(one)
            cursor = page["next"]
            if not cursor:
                return

    async def composition(self, composition_id: str) -> Composition:
        """One of them."""
        return Composition.model_validate(json_of(await self._call("GET", f"/compositions/{composition_id}")))

    async def erase(self, composition_id: str, *, revision: int | None = None) -> int:
        """Erase a composition, as `Client.erase`."""
        headers = {} if revision is None else {"If-Match": f'"{revision}"'}
        return int(json_of(await self._call("DELETE", f"/compositions/{composition_id}", headers=headers))["jobs_cancelled"])
