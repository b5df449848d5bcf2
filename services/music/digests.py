"""Digests of what is written, by which it is known whether something changed."""

import hashlib
import json

from contracts.music.score import Part


def part_digest(part: Part) -> str:
    """Digest of a part as written: notes, controls, sound; SHA-256 in hex."""
    canonical = json.dumps(part.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
