"""Hearing songs early: the draft while a song is made, small copies of what is made."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx

from contracts.errors import Unavailable
from houseband.client.transport import API, AsyncTransport, Transport, checked

NO_HURRY = httpx.Timeout(30.0, read=None)
"""The next chunk comes when it is there."""


def _heard(job_id: str) -> str:
    return f"{API}/jobs/{job_id}/preview"


def _copy(composition_id: str, version: int, name: str) -> str:
    return f"{API}/compositions/{composition_id}/versions/{version}/previews/{quote(name)}.mp3"


class Early(Transport):
    """Listening."""

    def listen(self, job_id: str, *, format: str = "mp3", rest: bool = False) -> Iterator[bytes]:  # noqa: A002 - its name in the API
        """The beginning of a song as bytes while the song is made; asking for it starts the draft.

        Args:
            job_id: of a job that is being made.
            format: `mp3`, or `wav` (of unknown length).
            rest: go on with the finished record where the draft stops.
        """
        yield from self._bytes(_heard(job_id), {"format": format, "rest": str(rest).lower()})

    def preview(self, composition_id: str, version: int, name: str, target: Path) -> None:
        """Download the small MP3 of `master` or of a part's stem."""
        with target.open("wb") as out:
            for piece in self._bytes(_copy(composition_id, version, name), {}):
                out.write(piece)

    def _bytes(self, url: str, parameters: dict[str, str]) -> Iterator[bytes]:
        try:
            with self._http.stream("GET", url, params=parameters, timeout=NO_HURRY) as response:
                if not response.is_success:
                    response.read()
                    checked(response)
                yield from response.iter_bytes()
        except httpx.TransportError as error:
            raise Unavailable("the preview", str(error) or type(error).__name__) from error


class AsyncEarly(AsyncTransport):
    """Listening, for asyncio programs."""

    async def listen(self, job_id: str, *, format: str = "mp3", rest: bool = False) -> AsyncIterator[bytes]:  # noqa: A002 - its name in the API
        """The beginning of a song as bytes while the song is made. Arguments as of `Client.listen`."""
        async for piece in self._bytes(_heard(job_id), {"format": format, "rest": str(rest).lower()}):
            yield piece

    async def preview(self, composition_id: str, version: int, name: str, target: Path) -> None:
        """Download the small MP3 of `master` or of a part's stem."""
        with target.open("wb") as out:
            async for piece in self._bytes(_copy(composition_id, version, name), {}):
                out.write(piece)

    async def _bytes(self, url: str, parameters: dict[str, str]) -> AsyncIterator[bytes]:
        try:
            async with self._http.stream("GET", url, params=parameters, timeout=NO_HURRY) as response:
                if not response.is_success:
                    await response.aread()
                    checked(response)
                async for piece in response.aiter_bytes():
                    yield piece
        except httpx.TransportError as error:
            raise Unavailable("the preview", str(error) or type(error).__name__) from error
