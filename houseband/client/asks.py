"""What the enhancer and the house know: briefs and the catalogue."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from houseband.client.transport import AsyncTransport, Transport, json_of


class Asks(Transport):
    """Questions to the services behind the gateway."""

    def brief(self, prompt: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the enhancer understands of a prompt."""
        answer: dict[str, Any] = json_of(self._call("POST", "/briefs", json={"prompt": prompt, "options": dict(options or {})}))
        return answer

    def analyze(self, file: Path) -> dict[str, Any]:
        """What the ears hear in a sound file; the theory of a MIDI file's or a score.json's notes."""
        with file.open("rb") as handle:
            answer: dict[str, Any] = json_of(self._call("POST", "/analyses", files={"file": (file.name, handle)}))
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

    async def analyze(self, file: Path) -> dict[str, Any]:
        """What the ears hear in a file, as `Client.analyze`."""
        content = await asyncio.to_thread(file.read_bytes)
        answer: dict[str, Any] = json_of(await self._call("POST", "/analyses", files={"file": (file.name, content)}))
        return answer

    async def catalog(self, kind: str) -> Any:
        """genres, moods, instruments, effects or providers."""
        return json_of(await self._call("GET", f"/catalog/{kind}"))
