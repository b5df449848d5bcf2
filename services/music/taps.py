"""Tapped beats as a user writes them: seconds, one per line or with commas between them."""

import math
import re

from contracts.errors import BadInput

FEWEST, MOST = 4, 4000
LONGEST_S = 600.0
CLOSEST_S = 0.03
_ALLOWED = f"{FEWEST} to {MOST} times in seconds, rising, one per line or separated by commas, such as 0.0, 0.5, 1.02, 1.49"
_BETWEEN = re.compile(r"[,;\s]+")


def read_taps(text: str) -> tuple[float, ...]:
    """The times of a list of taps. Lines that begin with # are remarks.

    Raises:
        BadInput: field "taps", naming the line and the value that cannot be, and what is allowed.
    """
    times: list[float] = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        for word in filter(None, _BETWEEN.split(line)):
            times.append(_time(word, number, times))
    if not FEWEST <= len(times) <= MOST:
        raise BadInput("taps", f"{len(times)} taps", _ALLOWED)
    return tuple(times)


def _time(word: str, number: int, before: list[float]) -> float:
    try:
        seconds = float(word)
    except ValueError:
        raise BadInput("taps", word[:60], _ALLOWED, hint=f"Line {number} holds no number") from None
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_S:
        raise BadInput("taps", word[:60], _ALLOWED, hint=f"Line {number}: a tap lies between 0 and {LONGEST_S:g} seconds")
    if before and seconds - before[-1] < CLOSEST_S:
        raise BadInput("taps", word[:60], _ALLOWED, hint=f"Line {number}: it comes less than {CLOSEST_S * 1000:g} ms after {before[-1]:g}")
    return seconds
