"""Files of a version: any of them by name, archives, the project, MIDI of a part; broken downloads are gone on with."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx

from contracts.errors import Unavailable
from houseband.client.retrying import RETRIES, backoff_s
from houseband.client.transport import API, AsyncTransport, Transport, checked

ARCHIVES = ("stems.zip", "song.zip", "midi.zip", "project.dawproject")


def version_at(composition_id: str, version: int) -> str:
    """Address of a version."""
    return f"{API}/compositions/{composition_id}/versions/{version}"


def _resuming(got: int, tag: str) -> dict[str, str]:
    """Headers of a download, or of the rest of one that broke off; sound is never packed."""
    return {"Accept-Encoding": "identity", **({"Range": f"bytes={got}-", "If-Range": tag} if got and tag else {})}


def _mode(response: httpx.Response) -> str:
    return "ab" if response.status_code == httpx.codes.PARTIAL_CONTENT else "wb"


class Files(Transport):
    """Downloads."""

    def fetch(self, url: str, target: Path) -> None:
        """Download a file of a job's results to `target`; one that breaks off goes on where it stopped, if it is the same file."""
        got, tag = 0, ""
        for tried in range(RETRIES + 1):
            try:
                with self._http.stream("GET", url, headers=_resuming(got, tag)) as response:
                    if not response.is_success:
                        response.read()
                        checked(response)
                    tag = response.headers.get("etag", "")
                    with target.open(_mode(response)) as out:
                        for chunk in response.iter_bytes():
                            out.write(chunk)
                return
            except httpx.TransportError as error:
                if tried == RETRIES:
                    raise Unavailable(f"the file {url}", str(error)) from error
                got = target.stat().st_size if target.exists() else 0
                time.sleep(backoff_s(tried))

    def download(self, composition_id: str, version: int, name: str, target: Path) -> None:
        """A file of a version by its name, such as master.wav; stems.zip, song.zip, midi.zip and project.dawproject with its stems."""
        at = version_at(composition_id, version)
        self.fetch(f"{at}/{name}" if name in ARCHIVES else f"{at}/artifacts/{name}", target)

    def midi(self, composition_id: str, version: int, part: str, target: Path) -> None:
        """The notes of one part."""
        self.fetch(f"{version_at(composition_id, version)}/midi/{part}.mid", target)


class AsyncFiles(AsyncTransport):
    """Downloads, for asyncio programs."""

    async def fetch(self, url: str, target: Path) -> None:
        """Download a file of a job's results, as `Client.fetch`."""
        got, tag = 0, ""
        for tried in range(RETRIES + 1):
            try:
                async with self._http.stream("GET", url, headers=_resuming(got, tag)) as response:
                    if not response.is_success:
                        await response.aread()
                        checked(response)
                    tag = response.headers.get("etag", "")
                    await self._write(response, target)
                return
            except httpx.TransportError as error:
                if tried == RETRIES:
                    raise Unavailable(f"the file {url}", str(error)) from error
                got = await asyncio.to_thread(lambda: target.stat().st_size if target.exists() else 0)
                await asyncio.sleep(backoff_s(tried))

    async def _write(self, response: httpx.Response, target: Path) -> None:
        out: Any = await asyncio.to_thread(target.open, _mode(response))
        try:
            async for chunk in response.aiter_bytes():
                await asyncio.to_thread(out.write, chunk)
        finally:
            await asyncio.to_thread(out.close)

    async def download(self, composition_id: str, version: int, name: str, target: Path) -> None:
        """A file of a version by its name, as `Client.download`."""
        at = version_at(composition_id, version)
        await self.fetch(f"{at}/{name}" if name in ARCHIVES else f"{at}/artifacts/{name}", target)

    async def midi(self, composition_id: str, version: int, part: str, target: Path) -> None:
        """The notes of one part."""
        await self.fetch(f"{version_at(composition_id, version)}/midi/{part}.mid", target)
