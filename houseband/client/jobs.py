"""Jobs: ask for a song, watch it, stop it, fetch its files."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import websockets.exceptions
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from contracts.errors import BadInput, Unavailable
from houseband.client.models import Event, Job
from houseband.client.transport import API, AsyncTransport, Transport, json_of

RECONNECT_S = 0.2
GIVE_UP_S = 60.0
CONNECTION_ERRORS = (OSError, websockets.exceptions.WebSocketException, TimeoutError)


def _uploads(
    reference: Path | None, midi: Path | None, hum: Path | None, image: Path | None, base: Path | None, cover: Path | None
) -> list[tuple[str, Path]]:
    """The files to send, under the names of the form's fields."""
    files = {"reference_track": reference, "midi": midi, "hum": hum, "image": image, "base": base, "cover": cover}
    return [(field, path) for field, path in files.items() if path]


@contextmanager
def _readable(field: str, path: Path) -> Iterator[None]:
    """Turn a file that cannot be read into BadInput naming the field."""
    try:
        yield
    except OSError as error:
        raise BadInput(field.removesuffix("_track"), str(path), "a readable file", hint=error.strerror or "") from error


def _form(prompt: str, options: Mapping[str, Any] | None, taps: Sequence[float] | None, lyrics: str | None) -> dict[str, Any]:
    """The text fields of a multipart form."""
    form: dict[str, Any] = {"prompt": (None, prompt), "options": (None, json.dumps(dict(options or {})))}
    if taps:
        form["taps"] = (None, ",".join(repr(float(time_s)) for time_s in taps))
    if lyrics:
        form["lyrics"] = (None, lyrics)
    return form


def accepted(answer: Any) -> Job:
    """A job that was just taken. Raises Unavailable for an answer of another program."""
    try:
        return Job(job_id=answer["job_id"], composition_id=answer["composition_id"], status="queued")
    except (TypeError, KeyError, ValueError) as error:
        raise Unavailable("a Houseband gateway at that address", "its answer names no job") from error


class Jobs(Transport):
    """Asking for songs."""

    def create_job(
        self,
        prompt: str,
        *,
        options: Mapping[str, Any] | None = None,
        reference: Path | None = None,
        midi: Path | None = None,
        hum: Path | None = None,
        image: Path | None = None,
        base: Path | None = None,
        cover: Path | None = None,
        taps: Sequence[float] | None = None,
        lyrics: str | None = None,
    ) -> Job:
        """Ask for a song; returns at once.

        Args:
            prompt: what is wanted, in words.
            options: as in contracts.context.Options, plus `seed`.
            reference: a recording to be near to.
            midi: a MIDI file whose notes are built on.
            hum: a recording of a melody that is built on.
            image: a picture that says the mood.
            base: score.json of an earlier song to go on from.
            cover: a picture for the files' tags.
            taps: seconds at which a beat was tapped.
            lyrics: a text for the lead melody.
        """
        with ExitStack() as stack:
            form = _form(prompt, options, taps, lyrics)
            for field, path in _uploads(reference, midi, hum, image, base, cover):
                with _readable(field, path):
                    handle = stack.enter_context(path.open("rb"))
                form[field] = (path.name, handle, "application/octet-stream")
            return accepted(json_of(self._call("POST", "/jobs", files=form)))

    def job(self, job_id: str) -> Job:
        """How a job stands."""
        return Job.model_validate(json_of(self._call("GET", f"/jobs/{job_id}")))

    def jobs(self, *, statuses: Sequence[str] = (), limit: int = 50) -> list[Job]:
        """The newest jobs; of some statuses only (queued, processing, completed, failed, cancelled)."""
        return _listed(json_of(self._call("GET", "/jobs", params={"status": list(statuses), "limit": limit})), self.url)

    def cancel(self, job_id: str) -> None:
        """Stop a job."""
        self._call("DELETE", f"/jobs/{job_id}")

    def watch(self, job_id: str, *, after: int = 0) -> Iterator[Event]:
        """The job's events until it ends; reconnects where the line breaks and goes on after the last fact."""
        broken_since: float | None = None
        while True:
            try:
                with connect(_events_url(self.url, job_id, after), open_timeout=10, additional_headers=self._signed) as socket:
                    broken_since = None
                    for text in socket:
                        event = Event.model_validate_json(text)
                        after = max(after, event.seq)
                        yield event
                if self.job(job_id).ended:
                    return
            except (*CONNECTION_ERRORS, Unavailable) as error:
                broken_since = still_patient(broken_since, self.url, error)
            time.sleep(RECONNECT_S)


class AsyncJobs(AsyncTransport):
    """Asking for songs, for asyncio programs."""

    async def create_job(
        self,
        prompt: str,
        *,
        options: Mapping[str, Any] | None = None,
        reference: Path | None = None,
        midi: Path | None = None,
        hum: Path | None = None,
        image: Path | None = None,
        base: Path | None = None,
        cover: Path | None = None,
        taps: Sequence[float] | None = None,
        lyrics: str | None = None,
    ) -> Job:
        """Ask for a song; returns at once. Arguments as of `Client.create_job`."""
        form = _form(prompt, options, taps, lyrics)
        for field, path in _uploads(reference, midi, hum, image, base, cover):
            with _readable(field, path):
                content = await asyncio.to_thread(path.read_bytes)
            form[field] = (path.name, content, "application/octet-stream")
        return accepted(json_of(await self._call("POST", "/jobs", files=form)))

    async def job(self, job_id: str) -> Job:
        """How a job stands."""
        return Job.model_validate(json_of(await self._call("GET", f"/jobs/{job_id}")))

    async def jobs(self, *, statuses: Sequence[str] = (), limit: int = 50) -> list[Job]:
        """The newest jobs, as `Client.jobs`."""
        return _listed(json_of(await self._call("GET", "/jobs", params={"status": list(statuses), "limit": limit})), self.url)

    async def cancel(self, job_id: str) -> None:
        """Stop a job."""
        await self._call("DELETE", f"/jobs/{job_id}")

    async def watch(self, job_id: str, *, after: int = 0) -> AsyncIterator[Event]:
        """The job's events until it ends, over reconnections."""
        broken_since: float | None = None
        while True:
            try:
                async with connect_async(_events_url(self.url, job_id, after), open_timeout=10, additional_headers=self._signed) as socket:
                    broken_since = None
                    async for text in socket:
                        event = Event.model_validate_json(text)
                        after = max(after, event.seq)
                        yield event
                if (await self.job(job_id)).ended:
                    return
            except (*CONNECTION_ERRORS, Unavailable) as error:
                broken_since = still_patient(broken_since, self.url, error)
            await asyncio.sleep(RECONNECT_S)


def _listed(answer: Any, url: str) -> list[Job]:
    """The jobs of a page. Raises Unavailable for an answer of another program."""
    if not isinstance(answer, dict) or "items" not in answer:
        raise Unavailable(f"a Houseband gateway at {url}", "what answers there lists no jobs")
    return [Job.model_validate(one) for one in answer["items"]]


def _events_url(url: str, job_id: str, after: int) -> str:
    return f"{url.replace('http', 'ws', 1)}{API}/jobs/{job_id}/events?after={after}"


def still_patient(since: float | None, url: str, error: Exception) -> float:
    """When the line broke. Raises Unavailable once it has been broken for too long."""
    now = time.monotonic()
    if since is not None and now - since > GIVE_UP_S:
        raise Unavailable(f"the server at {url}", str(error) or type(error).__name__) from error
    return since if since is not None else now
