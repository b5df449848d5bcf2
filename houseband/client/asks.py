"""What the enhancer and the house know: briefs and the catalogue."""

from collections.abc import Mapping
from typing import Any

from houseband.client.transport import AsyncTransport, Transport, json_of


class Asks(Transport):
    """Questions to the services behind the gateway."""

    def brief(self, prompt: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the enhancer understands of a prompt."""
        answer: dict[str, Any] = json_of(self._call("POST", "/briefs", json={"prompt": prompt, "options": dict(options or {})}))
        return answer

    def catalog(self, kind: str) -> Any:
        """genres, moods, instruments, effects or providers."""
        return json_of(self._call("GET", f"/catalog/{kind}"))


class AsyncAsks(AsyncTransport):
    """Questions to the services, for asyncio programs."""

    async def brief(self, prompt: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the enhancer understands of a prompt."""
        answer: dict[str, Any] = json_of(await self._call("POST", "/briefs", json={"prompt": prompt, "options": dict(options or {})}))
        return answer

    async def catalog(self, kind: str) -> Any:
        """genres, moods, instruments, effects or providers."""
        return json_of(await self._call("GET", f"/catalog/{kind}"))
