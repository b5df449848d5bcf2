"""A memory of what must not be written: twelve-note figures of the songs that were learned from, as a Bloom filter.

The filter holds bits only; no figure can be read out of it. It errs on one side: now and then it takes a new figure for a known one.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from itertools import pairwise

FIGURE = 12
_PROBES = 5
_LONGEST = 255


@dataclass(frozen=True)
class Known:
    """Bits of a Bloom filter with five probes."""

    bits: bytes

    @classmethod
    def of(cls, figures: Iterable[bytes], size: int) -> "Known":
        """A filter of `size` bytes that knows the figures."""
        bits = bytearray(size)
        for figure in figures:
            for place in _places(figure, size):
                bits[place >> 3] |= 1 << (place & 7)
        return cls(bytes(bits))

    def knows(self, figure: bytes) -> bool:
        """Whether a figure was (almost surely) learned from."""
        return all(self.bits[place >> 3] >> (place & 7) & 1 for place in _places(figure, len(self.bits)))

    def count(self, notes: Sequence[tuple[int, int]]) -> int:
        """How many known figures a line has; notes as (onset step, pitch)."""
        return sum(self.knows(figure) for figure in set(figures_of(notes)))


def figures_of(notes: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """Every twelve notes in a row as intervals and distances between onsets, whatever the key."""
    moves = bytes(value for (a, p), (b, q) in pairwise(notes) for value in ((q - p) & 255, min(_LONGEST, b - a)))
    length = 2 * (FIGURE - 1)
    return (moves[i : i + length] for i in range(0, len(moves) - length + 1, 2))


def _places(figure: bytes, size: int) -> list[int]:
    digest = blake2b(figure, digest_size=4 * _PROBES).digest()
    return [int.from_bytes(digest[4 * i : 4 * i + 4], "big") % (size * 8) for i in range(_PROBES)]


@cache
def known() -> Known:
    """The filter of this release."""
    table = json.loads((files("services.generator.learned") / "known.json").read_text("utf-8"))
    return Known(base64.b85decode(table["bits"]))
