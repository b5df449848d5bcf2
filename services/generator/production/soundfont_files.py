"""A soundfont of the user's own: what its presets are, read here byte by byte, and how it is played, in a child process.

SoundFont 2.04, sections 4 to 8: a RIFF form `sfbk` whose list `pdta` holds presets of zones of instruments of zones of
samples. SF3 differs in how samples are packed, not in these tables. A damaged file can crash a player, but not this reader.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from services.generator.production import fluidsynth, tiny
from services.generator.production.curves import Floats
from services.generator.production.events import Event
from services.generator.production.sounds import Preset

KEY_RANGE, INSTRUMENT, SAMPLE = 43, 41, 53
"""Generators of section 8.1.2."""
_CHUNK = struct.Struct("<4sI")
_PRESET_HEADER = struct.Struct("<20sHHHIII")
_INSTRUMENT_HEADER = struct.Struct("<20sH")
_BAG = struct.Struct("<HH")
_GENERATOR = struct.Struct("<HH")
_TABLES = (b"phdr", b"pbag", b"pgen", b"inst", b"ibag", b"igen")
_MOST_BYTES = 64 << 20


class Damaged(Exception):
    """The file is no soundfont, or its tables do not fit together."""


@dataclass(frozen=True)
class Listed:
    """One preset of the file."""

    name: str
    bank: int
    program: int
    index: int


class Tables:
    """The tables of a soundfont. Raises Damaged for a file that is none, OSError where it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._tables = _read_tables(path)

    @cached_property
    def presets(self) -> list[Listed]:
        """All presets by bank and program. Raises Damaged."""
        rows = list(_PRESET_HEADER.iter_unpack(self._whole(b"phdr", _PRESET_HEADER.size)))[:-1]
        found = [Listed(_text(row[0]), row[2], row[1], index) for index, row in enumerate(rows)]
        if not found:
            raise Damaged("it has no presets")
        return sorted(found, key=lambda one: (one.bank, one.program))

    def keys(self, preset: Listed) -> frozenset[int]:
        """The MIDI keys at which a preset sounds. Raises Damaged."""
        headers = self._whole(b"phdr", _PRESET_HEADER.size)
        first, last = (_PRESET_HEADER.unpack_from(headers, _PRESET_HEADER.size * (preset.index + step))[3] for step in (0, 1))
        found: set[int] = set()
        for low, high, instrument in self._zones(b"pbag", b"pgen", first, last, INSTRUMENT):
            for key in self._instrument_keys(instrument):
                if low <= key <= high:
                    found.add(key)
        return frozenset(found)

    def _instrument_keys(self, index: int) -> set[int]:
        headers = self._whole(b"inst", _INSTRUMENT_HEADER.size)
        try:
            first, last = (_INSTRUMENT_HEADER.unpack_from(headers, _INSTRUMENT_HEADER.size * (index + step))[1] for step in (0, 1))
        except struct.error as error:
            raise Damaged(f"it names an instrument {index} that is not there") from error
        zones = self._zones(b"ibag", b"igen", first, last, SAMPLE)
        return {key for low, high, _ in zones for key in range(low, high + 1)}

    def _zones(self, bags: bytes, generators: bytes, first: int, last: int, terminal: int) -> Iterator[tuple[int, int, int]]:
        """Lowest key, highest key and what it leads to, of each zone; a first zone that leads nowhere holds for the others."""
        bag, gens = self._whole(bags, _BAG.size), self._whole(generators, _GENERATOR.size)
        low, high = 0, 127
        try:
            starts = [_BAG.unpack_from(bag, _BAG.size * index)[0] for index in range(first, last + 1)]
            if starts != sorted(starts):
                raise Damaged("its zones run backwards")
            for number, (start, stop) in enumerate(pairwise(starts)):
                zone = dict(_GENERATOR.unpack_from(gens, _GENERATOR.size * index) for index in range(start, stop))
                bounds = zone.get(KEY_RANGE)
                here = (bounds & 0xFF, min(bounds >> 8, 127)) if bounds is not None else (low, high)
                if terminal in zone:
                    yield *here, zone[terminal]
                elif number == 0:
                    low, high = here
        except struct.error as error:
            raise Damaged("its zones lead beyond its tables") from error

    def _whole(self, name: bytes, size: int) -> bytes:
        table = self._tables[name]
        return table[: len(table) // size * size]


def _read_tables(path: Path) -> dict[bytes, bytes]:
    """The chunks of `pdta`; the samples are passed over."""
    with path.open("rb") as file:
        head = file.read(12)
        if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"sfbk":
            raise Damaged("it is no soundfont (RIFF, sfbk)")
        end = path.stat().st_size
        while len(chunk := file.read(_CHUNK.size)) == _CHUNK.size:
            name, size = _CHUNK.unpack(chunk)
            if name == b"LIST" and file.read(4) == b"pdta":
                return _chunks(file.read(min(size - 4, _MOST_BYTES)))
            file.seek(min(size + size % 2 - (4 if name == b"LIST" else 0), end), 1)
    raise Damaged("it is cut short: the list of its presets is missing")


def _chunks(data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = 0
    while at + _CHUNK.size <= len(data):
        name, size = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        found[name] = data[at : at + size]
        at += size + size % 2
    if missing := [name.decode() for name in _TABLES if name not in found]:
        raise Damaged(f"tables are missing: {', '.join(missing)}")
    return found


def _text(name: bytes) -> str:
    return name.split(b"\0")[0].decode("latin-1").strip()


def player() -> str:
    """Who plays soundfonts here: fluidsynth, else tinysoundfont; nothing where there is neither."""
    return "fluidsynth" if fluidsynth.available() else "tinysoundfont" if tiny.available() else ""


def play(
    path: Path, preset: Preset, phrase: list[Event], phrase_channels: int, phrase_frames: int,
    events: list[Event], channels: int, frames: int, by: str,
) -> tuple[Floats, Floats]:  # fmt: skip
    """The calibration phrase and the part, each [2, frames]. In a child process only: a damaged file may crash the player."""
    one = tiny if by == "tinysoundfont" else fluidsynth
    return one.play(path, preset, phrase, phrase_channels, phrase_frames), one.play(path, preset, events, channels, frames)
