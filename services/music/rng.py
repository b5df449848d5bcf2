"""Random draws that depend on what they are for: editing the bass does not move the drums."""

import hashlib

import numpy as np


def rng(seed: int, *purpose: str | int) -> np.random.Generator:
    """A generator keyed by the seed and a purpose such as ("composition", "melody", "verse_1", "motif").

    PCG64 seeded with SHA-256 of the key; the same on every machine.
    """
    key = "\x1f".join([str(seed), *map(str, purpose)])
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "big")))
