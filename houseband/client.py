"""The Python client of the REST and WebSocket API: `Client`, and `AsyncClient` with the same methods."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import websockets.exceptions
from pydantic import Field
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from contracts.base import Document
from contracts.errors import BadInput, Problem, Unavailable

API = "/api/v1"
RECONNECT_S = 0.2
GIVE_UP_S = 60.0
_CONNECTION_ERRORS = (OSError, websockets.exceptions.WebSocketException, TimeoutError)


class Event(Document):
    """One message of a job: a fact, or progress that carries the last fact's seq."""

    seq: int = 0
    time: float = 0.0
    type: str = ""
    stage: str | None = None
    progress: float = 0.0
    message: str | None = ""
    data: dict[str, Any] | None = None


class StemResult(Document):
    """Where one delivered stem is."""

    instrument: str
    url: str


class Results(Document):
    """Where the files of a job are, relative to the server."""

    mixed_track_url: str | None = None
    stems: tuple[StemResult, ...] = ()
    files: dict[str, str] = Field(default_factory=dict)


class Job(Document):
    """A job as the API shows it."""

    job_id: str
    composition_id: str = ""
    status: str
    progress: float = 0.0
    stage: str | None = None
    results: Results | None = None
    error: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ("completed", "failed", "cancelled")


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


def _checked(response: httpx.Response) -> httpx.Response:
    """The response, or its problem as BadInput or Unavailable."""
    if response.is_success:
        return response
    try:
        problem = Problem.model_validate({"title": "error", "status": response.status_code, "detail": "", "code": "", **response.json()})
    except (ValueError, TypeError):
        detail = f"{response.url} answers {response.status_code} {response.reason_phrase}; is that a Houseband gateway?"
        problem = Problem(title="error", status=response.status_code, detail=detail, code="")
    if response.status_code < httpx.codes.INTERNAL_SERVER_ERROR and response.status_code != httpx.codes.TOO_MANY_REQUESTS:
        error = BadInput(problem.field or "request", problem.value or "", problem.allowed or "see the message")
        error.args = (problem.detail or problem.title,)
        raise error
    raise Unavailable("the server's answer", problem.detail or problem.title)


def _json(response: httpx.Response) -> Any:
    """The answer as JSON. Raises Unavailable where something else than a gateway answers."""
    try:
        return response.json()
    except ValueError as error:
        what = response.headers.get("content-type", "") or "nothing that says what it is"
        raise Unavailable(f"a Houseband gateway at {response.url}", f"what answers there sends {what}") from error


def _accepted(answer: Any) -> Job:
    """A job that was just taken. Raises Unavailable for an answer of another program."""
    try:
        return Job(job_id=answer["job_id"], composition_id=answer["composition_id"], status="queued")
    except (TypeError, KeyError, ValueError) as error:
        raise Unavailable("a Houseband gateway at that address", "its answer names no job") from error


class Client:
    """Makes songs on a Houseband server and fetches them.

    Args:
        url: where the gateway is, such as http://127.0.0.1:8000.
        timeout_s: for one request; uploads and downloads count between their chunks.

    Raises:
        BadInput: what was sent cannot be; the message names the field, the value and what is allowed.
        Unavailable: the server does not answer.
    """

    def __init__(self, url: str, *, timeout_s: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, timeout=timeout_s, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        try:
            return _checked(self._http.request(method, API + path, **kwargs))
        except httpx.TransportError as error:
            raise Unavailable(f"the server at {self.url}", str(error) or type(error).__name__) from error

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
            return _accepted(_json(self._call("POST", "/jobs", files=form)))

    def job(self, job_id: str) -> Job:
        """How a job stands."""
        return Job.model_validate(_json(self._call("GET", f"/jobs/{job_id}")))

    def jobs(self) -> list[Job]:
        """The newest jobs."""
        answer = _json(self._call("GET", "/jobs"))
        if not isinstance(answer, dict) or "items" not in answer:
            raise Unavailable(f"a Houseband gateway at {self.url}", "what answers there lists no jobs")
        return [Job.model_validate(one) for one in answer["items"]]

    def cancel(self, job_id: str) -> None:
        """Stop a job."""
        self._call("DELETE", f"/jobs/{job_id}")

    def watch(self, job_id: str, *, after: int = 0) -> Iterator[Event]:
        """The job's events until it ends; reconnects where the line breaks and goes on after the last fact."""
        broken_since: float | None = None
        while True:
            try:
                with connect(_events_url(self.url, job_id, after), open_timeout=10) as socket:
                    broken_since = None
                    for text in socket:
                        event = Event.model_validate_json(text)
                        after = max(after, event.seq)
                        yield event
                if self.job(job_id).ended:
                    return
            except (*_CONNECTION_ERRORS, Unavailable) as error:
                broken_since = _still_patient(broken_since, self.url, error)
            time.sleep(RECONNECT_S)

    def fetch(self, url: str, target: Path) -> None:
        """Download a file of a job's results to `target`."""
        try:
            with self._http.stream("GET", url) as response, target.open("wb") as out:
                if not response.is_success:
                    response.read()
                    _checked(response)
                for chunk in response.iter_bytes(1 << 20):
                    out.write(chunk)
        except httpx.TransportError as error:
            raise Unavailable(f"the file {url}", str(error)) from error

    def brief(self, prompt: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the enhancer understands of a prompt."""
        answer: dict[str, Any] = _json(self._call("POST", "/briefs", json={"prompt": prompt, "options": dict(options or {})}))
        return answer

    def catalog(self, kind: str) -> Any:
        """genres, moods, instruments, effects or providers."""
        return _json(self._call("GET", f"/catalog/{kind}"))

    def judge(self, judgement: Mapping[str, Any]) -> list[str]:
        """Give feedback: `kind` (rating, choice, edit), `rating`, `liked`, `other` as POST /feedback takes them.

        Returns what is believed of the user's taste now, in words.
        """
        return list(_json(self._call("POST", "/feedback", json=dict(judgement)))["told"])

    def preferences(self) -> dict[str, Any]:
        """What was learned of the user: `preferences`, the model, and `told`, the same in words."""
        answer: dict[str, Any] = _json(self._call("GET", "/preferences"))
        return answer

    def judgements(self) -> Iterator[dict[str, Any]]:
        """Every judgement that was given, oldest first."""
        cursor: str | None = None
        while True:
            page = _json(self._call("GET", "/feedback", params={"limit": 200, **({"cursor": cursor} if cursor else {})}))
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return

    def forget(self) -> int:
        """Forget what was learned of the user. Returns how many judgements were dropped."""
        return int(_json(self._call("DELETE", "/preferences"))["judgements"])


class AsyncClient:
    """`Client` for asyncio programs."""

    def __init__(self, url: str, *, timeout_s: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(base_url=self.url, timeout=timeout_s, follow_redirects=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def _call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        try:
            return _checked(await self._http.request(method, API + path, **kwargs))
        except httpx.TransportError as error:
            raise Unavailable(f"the server at {self.url}", str(error) or type(error).__name__) from error

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
        return _accepted(_json(await self._call("POST", "/jobs", files=form)))

    async def job(self, job_id: str) -> Job:
        """How a job stands."""
        return Job.model_validate(_json(await self._call("GET", f"/jobs/{job_id}")))

    async def cancel(self, job_id: str) -> None:
        """Stop a job."""
        await self._call("DELETE", f"/jobs/{job_id}")

    async def watch(self, job_id: str, *, after: int = 0) -> AsyncIterator[Event]:
        """The job's events until it ends, over reconnections."""
        broken_since: float | None = None
        while True:
            try:
                async with connect_async(_events_url(self.url, job_id, after), open_timeout=10) as socket:
                    broken_since = None
                    async for text in socket:
                        event = Event.model_validate_json(text)
                        after = max(after, event.seq)
                        yield event
                if (await self.job(job_id)).ended:
                    return
            except (*_CONNECTION_ERRORS, Unavailable) as error:
                broken_since = _still_patient(broken_since, self.url, error)
            await asyncio.sleep(RECONNECT_S)

    async def fetch(self, url: str, target: Path) -> None:
        """Download a file of a job's results."""
        async with self._http.stream("GET", url) as response:
            if not response.is_success:
                await response.aread()
                _checked(response)
            with target.open("wb") as out:
                async for chunk in response.aiter_bytes(1 << 20):
                    out.write(chunk)

    async def judge(self, judgement: Mapping[str, Any]) -> list[str]:
        """Give feedback, as `Client.judge`."""
        return list(_json(await self._call("POST", "/feedback", json=dict(judgement)))["told"])

    async def preferences(self) -> dict[str, Any]:
        """What was learned of the user, as `Client.preferences`."""
        answer: dict[str, Any] = _json(await self._call("GET", "/preferences"))
        return answer

    async def forget(self) -> int:
        """Forget what was learned of the user."""
        return int(_json(await self._call("DELETE", "/preferences"))["judgements"])


def _events_url(url: str, job_id: str, after: int) -> str:
    return f"{url.replace('http', 'ws', 1)}{API}/jobs/{job_id}/events?after={after}"


def _still_patient(since: float | None, url: str, error: Exception) -> float:
    """When the line broke. Raises Unavailable once it has been broken for too long."""
    now = time.monotonic()
    if since is not None and now - since > GIVE_UP_S:
        raise Unavailable(f"the server at {url}", str(error) or type(error).__name__) from error
    return since if since is not None else now
