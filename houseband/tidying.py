"""Keeping the local store within a budget: what can be made again goes first, oldest first."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import BadInput

DEFAULT_LIMIT_GB = 20.0
# A job may run for an hour; what is younger may belong to one.
SPARED_S = 2 * 3600.0
# Mixed stems are only a step on the way; delivered files lie in the songs' folders too; dry stems save the most work.
ORDER = ("audio/mixed", "audio/master", "stems/dry")


@dataclass(frozen=True)
class _Object:
    path: Path
    rank: int
    age_s: float
    size: int


def limit_bytes() -> int:
    """HOUSEBAND_STORE_LIMIT_GB, else 20 GB. Raises BadInput for what is no number."""
    text = os.environ.get("HOUSEBAND_STORE_LIMIT_GB", str(DEFAULT_LIMIT_GB))
    try:
        limit = float(text)
    except ValueError:
        limit = -1.0
    if not limit >= 0:
        raise BadInput("HOUSEBAND_STORE_LIMIT_GB", text, "a number of gigabytes, such as 20")
    return int(limit * 1e9)


def tidy(store: Path, limit: int) -> int:
    """Remove audio until the store's audio fits `limit` bytes, and what killed writers left. Returns the bytes that went.

    Documents, scores and MIDI stay. Only for the one house that holds the home's lock.
    """
    freed = 0
    for draft in (store / ".tmp").glob("*"):
        if draft.is_file():
            freed += draft.stat().st_size
            draft.unlink(missing_ok=True)
    objects = sorted(_objects(store), key=lambda one: (one.rank, -one.age_s, str(one.path)))
    excess = sum(one.size for one in objects) - limit
    for one in objects:
        if excess <= 0:
            break
        if one.age_s < SPARED_S:
            continue
        one.path.unlink(missing_ok=True)
        (store / ".meta" / one.path.relative_to(store)).with_name(one.path.name + ".json").unlink(missing_ok=True)
        excess -= one.size
        freed += one.size
    return freed


def _objects(store: Path) -> Iterator[_Object]:
    now = time.time()
    for rank, folder in enumerate(ORDER):
        for path in (store / folder).rglob("*"):
            if path.is_file():
                stat = path.stat()
                yield _Object(path, rank, now - stat.st_mtime, stat.st_size)
