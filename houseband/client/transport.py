"""The connections under every topic of the client, and how a problem becomes an error."""

import asyncio
import os
import time
from typing import Any, Self

import httpx

from contracts.errors import BadInput, Problem, Unavailable
from houseband.client.retrying import RETRIES, backoff_s, wait_s, with_key

API = "/api/v1"
KEY_VARIABLE = "HOUSEBAND_API_KEY"


def signing_in(api_key: str | None) -> dict[str, str]:
    """The header that says who asks: a key or a token, else what is in HOUSEBAND_API_KEY; empty where there is none.

    Authorization, and no header of our own: what follows redirects to another host takes that one off.
    """
    key = api_key or os.environ.get(KEY_VARIABLE, "")
    return {"Authorization": f"Bearer {key}"} if key else {}


def checked(response: httpx.Response) -> httpx.Response:
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


def json_of(response: httpx.Response) -> Any:
    """The answer as JSON. Raises Unavailable where something else than a gateway answers."""
    try:
        return response.json()
    except ValueError as error:
        what = response.headers.get("content-type", "") or "nothing that says what it is"
        raise Unavailable(f"a Houseband gateway at {response.url}", f"what answers there sends {what}") from error


class Transport:
    """Requests to one gateway; the topics are built on it.

    Args:
        url: where the gateway is, such as http://127.0.0.1:8000.
        timeout_s: for one request; uploads and downloads count between their chunks.
        api_key: a key or token of the gateway (default: HOUSEBAND_API_KEY).
    """

    def __init__(self, url: str, *, timeout_s: float = 60.0, api_key: str | None = None) -> None:
        self.url, self._signed = url.rstrip("/"), signing_in(api_key)
        self._http = httpx.Client(base_url=self.url, timeout=timeout_s, follow_redirects=True, headers=self._signed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """The answer to a request, made again where the server asks for patience or the line breaks."""
        kwargs["headers"] = with_key(method, kwargs.get("headers"))
        for tried in range(RETRIES + 1):
            try:
                response = self._http.request(method, API + path, **kwargs)
                wait = wait_s(response, tried)
            except httpx.TransportError as error:
                if tried == RETRIES:
                    raise Unavailable(f"the server at {self.url}", str(error) or type(error).__name__) from error
                wait = backoff_s(tried)
            else:
                if wait is None or tried == RETRIES:
                    break
            time.sleep(wait)
        return checked(response)


class AsyncTransport:
    """`Transport` for asyncio programs."""

    def __init__(self, url: str, *, timeout_s: float = 60.0, api_key: str | None = None) -> None:
        self.url, self._signed = url.rstrip("/"), signing_in(api_key)
        self._http = httpx.AsyncClient(base_url=self.url, timeout=timeout_s, follow_redirects=True, headers=self._signed)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def _call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """The answer to a request, as `Transport._call`."""
        kwargs["headers"] = with_key(method, kwargs.get("headers"))
        for tried in range(RETRIES + 1):
            try:
                response = await self._http.request(method, API + path, **kwargs)
                wait = wait_s(response, tried)
            except httpx.TransportError as error:
                if tried == RETRIES:
                    raise Unavailable(f"the server at {self.url}", str(error) or type(error).__name__) from error
                wait = backoff_s(tried)
            else:
                if wait is None or tried == RETRIES:
                    break
            await asyncio.sleep(wait)
        return checked(response)
