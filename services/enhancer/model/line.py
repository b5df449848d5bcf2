"""The line to a model's server: one connection pool per address, a deadline for everything, and a limit in bytes.

The SDK's own time limits hold for each read; a server that drips a byte a second would never be given up. So every question is
a coroutine on a loop of this process's own, which is cancelled at the deadline: that closes the connection, wherever it stands.
"""

import asyncio
import email.utils
import hashlib
import logging
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contracts.errors import Cancelled
from services.enhancer.model.settings import LlmSettings
from services.runtime.workbench import given_up

if TYPE_CHECKING:
    import openai

_MOST_LINES = 4
_LOOK_S = 0.2
_LONGEST_DELAY_S = 8.0
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})


class Unusable(Exception):
    """The model gave no usable answer; the message says why in a few words of our own, never the server's."""


class Rejected(Exception):
    """The server did not take the question as it was put. `body` is for looking at, not for telling."""

    def __init__(self, status: int, body: str) -> None:
        self.status, self.body = status, body
        super().__init__(f"status {status}")


class _Guarded(Exception):
    """The answer is cut off here; the message says why."""


@dataclass
class Line:
    """The lines of this process, each with connections that stay open."""

    _loop: asyncio.AbstractEventLoop | None = None
    _clients: "dict[str, openai.AsyncOpenAI]" = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def post(self, settings: LlmSettings, arguments: dict[str, Any], deadline: float, counted: list[float]) -> bytes:
        """The body of the server's answer to one chat completion.

        Args:
            settings: where, and how often to try again.
            arguments: of the completion.
            deadline: `time.monotonic()` at which everything ends.
            counted: gets an entry for each request that was sent.

        Raises Unusable, Rejected where the server did not understand the question, Cancelled where the job was cancelled: the
        connection is cut then.
        """
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise Unusable(_late(settings))
        asking = asyncio.run_coroutine_threadsafe(self._until(settings, arguments, left_s, counted), self._running())
        while True:
            try:
                return asking.result(_LOOK_S)
            except TimeoutError:
                if given_up():
                    asking.cancel()
                    raise Cancelled("nobody waits for the model's answer any more") from None

    def open(self, settings: LlmSettings) -> None:
        """Import the SDK and build the client before the first question (1–2 s that a user would wait for).

        Raises Unusable for an address or a key that is none.
        """
        import httpx2

        try:
            self._client(settings).chat.completions  # noqa: B018 - the SDK imports its resources on first use
        except (ValueError, httpx2.InvalidURL) as error:
            raise Unusable(f"the address or the key is none ({type(error).__name__})") from None

    def close(self) -> None:
        """Close every connection and end the loop."""
        with self._lock:
            loop, self._loop = self._loop, None
            clients, self._clients = list(self._clients.values()), {}
        if loop is None:
            return
        for client in clients:
            asyncio.run_coroutine_threadsafe(client.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=(self._loop,), name="language-model", daemon=True).start()
            return self._loop

    def _client(self, settings: LlmSettings) -> "openai.AsyncOpenAI":
        import openai

        loop = self._running()
        secret = settings.api_key.get_secret_value() or "none"
        name = hashlib.sha256(f"{settings.base_url}\n{secret}\n{settings.max_bytes}".encode()).hexdigest()
        with self._lock:
            if name not in self._clients:
                for logger in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):  # they would log headers and addresses
                    logging.getLogger(logger).setLevel(logging.WARNING)
                while len(self._clients) >= _MOST_LINES:
                    oldest = self._clients.pop(next(iter(self._clients)))
                    asyncio.run_coroutine_threadsafe(oldest.close(), loop)
                # A redirect would carry the prompt to an address that nobody has set.
                transport = openai.DefaultAsyncHttpxClient(
                    follow_redirects=False, event_hooks={"response": [_guard(settings.max_bytes)]}, headers={"Accept-Encoding": "identity"}
                )
                self._clients[name] = openai.AsyncOpenAI(
                    base_url=settings.base_url, api_key=secret, max_retries=0, timeout=settings.timeout_s, http_client=transport
                )
            return self._clients[name]

    async def _until(self, settings: LlmSettings, arguments: dict[str, Any], left_s: float, counted: list[float]) -> bytes:
        try:
            async with asyncio.timeout(left_s):
                return await self._with_retries(settings, arguments, time.monotonic() + left_s, counted)
        except TimeoutError:
            raise Unusable(_late(settings)) from None

    async def _with_retries(self, settings: LlmSettings, arguments: dict[str, Any], deadline: float, counted: list[float]) -> bytes:
        for attempt in range(settings.retries + 1):
            try:
                return await self._once(settings, arguments, counted)
            except _Again as fault:
                last = fault
            delay = last.after_s if last.after_s is not None else min(settings.first_delay_s * 2**attempt, _LONGEST_DELAY_S)
            if attempt == settings.retries:
                break
            if time.monotonic() + delay >= deadline:
                asked = f"; it asks to wait {delay:g} s" if last.after_s is not None else ""
                raise Unusable(f"{last}{asked}, and {settings.timeout_s:g} s are allowed in all")
            await asyncio.sleep(delay)
        raise Unusable(f"{last}, tried {settings.retries + 1} times" if settings.retries else str(last))

    async def _once(self, settings: LlmSettings, arguments: dict[str, Any], counted: list[float]) -> bytes:
        """One request. Raises _Again for what may pass, Rejected and Unusable for what will not."""
        import httpx2
        import openai

        try:
            client = self._client(settings)
            counted.append(time.monotonic())
            raw = await client.chat.completions.with_raw_response.create(**arguments)
            body: bytes = raw.http_response.content
        except openai.APIStatusError as error:
            raise _told_status(error) from None
        except _Guarded as cut:
            raise Unusable(str(cut)) from None
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, _Guarded):
                raise Unusable(str(error.__cause__)) from None
            raise _Again("the connection failed", None) from None
        except openai.OpenAIError as error:
            raise Unusable(f"the question could not be sent ({type(error).__name__})") from None
        except (ValueError, httpx2.InvalidURL) as error:  # an address or a key that is none; their words could hold the key
            raise Unusable(
                f"the question could not be sent ({type(error).__name__}); look at HOUSEBAND_LLM_BASE_URL and _API_KEY"
            ) from None
        return body


class _Again(Exception):
    """A fault that may pass. `after_s`: what the server asks to wait."""

    def __init__(self, told: str, after_s: float | None) -> None:
        self.after_s = after_s
        super().__init__(told)


def _told_status(error: "openai.APIStatusError") -> Exception:
    status, headers = error.status_code, error.response.headers
    body = error.response.text[:4000] if error.response.is_closed else ""
    if status in (401, 403):
        return Unusable(f"the key was not accepted ({status})")
    if 300 <= status < 400:
        return Unusable(f"the server sends us elsewhere ({status}), and the prompt goes only where HOUSEBAND_LLM_BASE_URL says")
    if "insufficient_quota" in body:
        return Unusable(f"the account has no credit left ({status})")
    if status in _AGAIN:
        busy = "the server is busy" if status == 429 else "the server failed"
        return _Again(f"{busy} ({status})", _retry_after_s(headers))
    if status == 404:
        return Unusable("no such model or address (404)")
    return Rejected(status, body)


def _retry_after_s(headers: Any) -> float | None:
    """Seconds that `retry-after-ms` or `Retry-After` (seconds or a date, RFC 9110 10.2.3) ask for; None where they say nothing."""
    for name, scale in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        text = str(headers.get(name, "")).strip()
        try:
            seconds = float(text) * scale
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    try:
        date = email.utils.parsedate_to_datetime(str(headers.get("retry-after", "")))
        return max(0.0, date.timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _guard(max_bytes: int) -> Any:
    """A hook that looks at an answer's head and counts its body."""

    async def look(response: Any) -> None:
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity"):
            raise _Guarded("the answer came packed, which was not asked for")
        announced = response.headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:18]) > max_bytes:
            raise _Guarded(_too_large(max_bytes))
        response.stream = _counted(response.stream, max_bytes)

    return look


def _counted(stream: Any, max_bytes: int) -> Any:
    import httpx2

    class Counted(httpx2.AsyncByteStream):
        """A body that ends where it grows beyond the limit."""

        async def __aiter__(self) -> AsyncIterator[bytes]:
            seen = 0
            async for piece in stream:
                seen += len(piece)
                if seen > max_bytes:
                    raise _Guarded(_too_large(max_bytes))
                yield piece

        async def aclose(self) -> None:
            await stream.aclose()

    return Counted()


def _too_large(max_bytes: int) -> str:
    return f"the answer is larger than {max_bytes} bytes"


def _late(settings: LlmSettings) -> str:
    return f"no whole answer within {settings.timeout_s:g} s"


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    loop.close()


line = Line()
