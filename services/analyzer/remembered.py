"""Analyses that were made before, by digest of the file and version of the ears: kept in the object store, few and small.

An entry that is broken, foreign or too large is as if it were not there: the file is heard again, and the entry written anew.
"""

from pydantic import ValidationError

from contracts.features import Features
from services.runtime.workbench import Objects

EARS = "5.0"
"""Version of the ears: raised whenever they may hear the same file otherwise."""
FOLDER = "ears/"
MOST_ENTRIES = 500
MOST_BYTES = 8 << 20


def key_of(digest: str, how: str) -> str:
    """Where the analysis of a file is kept; `how` its stems were had, a name of letters, digits and . _ -, as far as a key allows."""
    plain = "".join(c if (c.isalnum() and c.isascii()) or c in "._-" else "_" for c in how)[:80]
    return f"{FOLDER}{EARS}/{digest}-{plain}.json"


def recall(objects: Objects, key: str, digest: str) -> Features | None:
    """A stored analysis; None where there is none, or one that cannot be believed (it is deleted then)."""
    stored = objects.find(key)
    if stored is None:
        return None
    try:
        if stored.bytes > MOST_BYTES:
            raise ValueError("too large")
        features = Features.model_validate_json(objects.read(key))
        if features.digest != digest:
            raise ValueError("of another file")
    except (ValidationError, ValueError, UnicodeDecodeError):
        objects.delete(key)
        return None
    return features


def keep(objects: Objects, key: str, features: Features) -> None:
    """Store an analysis, and forget others where there are too many or they are of other ears."""
    objects.put_bytes(key, features.model_dump_json().encode(), "application/json")
    entries = objects.list(FOLDER)
    old = [entry for entry in entries if not entry.startswith(f"{FOLDER}{EARS}/")]
    current = [entry for entry in entries if entry.startswith(f"{FOLDER}{EARS}/") and entry != key]
    for entry in [*old, *current[: max(0, len(current) + 1 - MOST_ENTRIES)]]:
        objects.delete(entry)
