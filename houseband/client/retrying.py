"""When a request is made again: only where that cannot do a thing twice, later each time, and not before the server asks for it.

Every POST bears an Idempotency-Key of its own, so the gateway does it once however often it comes.
"""

import random
import uuid
from collections.abc import Mapping

import httpx

RETRIES = 2
FIRST_WAIT_S = 0.25
MOST_WAIT_S = 10.0
_AGAIN = frozenset({429, 502, 503, 504})
_IN_FLIGHT = "in_flight"


def with_key(method: str, headers: Mapping[str, str] | None) -> dict[str, str]:
    """The headers of a request; a POST has a key under which it happens once."""
    known = dict(headers or {})
    return known if method != "POST" or "Idempotency-Key" in known else {**known, "Idempotency-Key": uuid.uuid4().hex}


def wait_s(response: httpx.Response, tried: int) -> float | None:
    """Seconds until a request is made again that was answered so; None: the answer stands."""
    if response.status_code not in _AGAIN and not _is_in_flight(response):
        return None
    asked = response.headers.get("retry-after", "")
    return min(float(asked), MOST_WAIT_S) if asked.isdigit() else backoff_s(tried)


def backoff_s(tried: int) -> float:
    """Seconds before the next try: twice as long each time, a little more or less, so that clients do not come all at once."""
    return min(FIRST_WAIT_S * float(2**tried), MOST_WAIT_S) * random.uniform(0.8, 1.2)


def _is_in_flight(response: httpx.Response) -> bool:
    return response.status_code == httpx.codes.CONFLICT and f'"{_IN_FLIGHT}"' in response.text
