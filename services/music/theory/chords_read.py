"""Chords in their keys: numerals, functions and origins; keys with the chords over which they are entered."""

from collections import defaultdict
from collections.abc import Sequence

from contracts.music import Key
from contracts.theory import Function, KeyArea, Pivot, ReadChord
from services.music.theory.analysis import Reading, is_own, read_chords_in
from services.music.theory.keys_in_force import key_at
from services.music.theory.piece import Piece, TimedChord
from services.music.theory.roman import numeral_of

Areas = Sequence[tuple[int, Key, float]]
_FUNCTIONS: dict[str, Function] = {"T": "tonic", "S": "predominant", "D": "dominant"}
_RELATIONS = {0: "home", 7: "dominant", 5: "subdominant", 2: "a second above", 4: "a third above", 3: "a minor third above",
              8: "a minor sixth above", 9: "a sixth above", 10: "a second below", 1: "a semitone above", 11: "a semitone below",
              6: "a tritone away"}  # fmt: skip
_PIVOT_BARS = 2


def readings(piece: Piece, areas: Areas) -> list[tuple[TimedChord, Reading]]:
    """Each chord in the key in force where it begins, heard with its neighbours in that key."""
    chords = [timed.chord for timed in piece.chords]
    keys = [key_at(areas, timed.start // piece.bar_ticks) for timed in piece.chords]
    by_key = {key: read_chords_in(chords, key) for key in set(keys)}
    return [(timed, by_key[key][i]) for i, (timed, key) in enumerate(zip(piece.chords, keys, strict=True))]


def read_chords(piece: Piece, areas: Areas) -> tuple[ReadChord, ...]:
    """The chords of a piece as a musician names them."""
    found = []
    for timed, reading in readings(piece, areas):
        bar, beat = piece.place(timed.start)
        sure = round(timed.sure * (0.7 + 0.3 * _sure_at(areas, bar - 1)), 3)
        found.append(
            ReadChord(
                bar=bar, beat=beat, beats=piece.beats(timed.end - timed.start), symbol=str(timed.chord), roman=reading.numeral,
                function=_function(reading), origin=reading.origin, confidence=sure,
            )
        )  # fmt: skip
    return tuple(found)


def _function(reading: Reading) -> Function:
    """The function; a dominant of the dominant prepares it."""
    if reading.origin in ("applied", "substitute") and reading.numeral.endswith(("/V", "/v")):
        return "predominant"
    return _FUNCTIONS[reading.function]


def _sure_at(areas: Areas, bar: int) -> float:
    return next((sure for start, _, sure in reversed(areas) if start <= bar), 0.5)


def shares(chords: Sequence[ReadChord], of: str) -> dict[str, float]:
    """Share of time by function or origin, largest first."""
    spans: dict[str, float] = defaultdict(float)
    for chord in chords:
        spans[getattr(chord, of)] += chord.beats
    total = sum(spans.values()) or 1.0
    return {name: round(span / total, 3) for name, span in sorted(spans.items(), key=lambda item: -item[1])}


def read_keys(piece: Piece, areas: Areas, home: Key) -> tuple[KeyArea, ...]:
    """The stretches of keys, each with how it is entered."""
    found = []
    ends = [start for start, _, _ in areas[1:]] + [piece.bars]
    for index, ((start, key, sure), end) in enumerate(zip(areas, ends, strict=True)):
        pivot = _pivot(piece, start, areas[index - 1][1], key) if index else None
        found.append(
            KeyArea(
                bar=start + 1, bars=max(end - start, 1), key=str(key), relation=relation(key, home),
                entry="beginning" if index == 0 else "pivot" if pivot else "direct", pivot=pivot, confidence=round(sure, 3),
            )
        )  # fmt: skip
    return tuple(found)


def _pivot(piece: Piece, start: int, before: Key, after: Key) -> Pivot | None:
    """The last chord before the new key's own notes that lies in both keys, close to the border."""
    edge = start * piece.bar_ticks
    near = [t for t in piece.chords if edge - _PIVOT_BARS * piece.bar_ticks <= t.start < edge + piece.bar_ticks]
    foreign = next((t.start for t in near if t.start >= edge - piece.bar_ticks and not is_own(t.chord, before)), edge)
    able = [t for t in near if t.start < foreign and is_own(t.chord, before) and is_own(t.chord, after)]
    if not able or able[-1].end < min(foreign, edge):
        return None
    bar, beat = piece.place(able[-1].start)
    chord = able[-1].chord
    return Pivot(bar=bar, beat=beat, symbol=str(chord), roman_before=numeral_of(chord, before), roman_after=numeral_of(chord, after))


def relation(key: Key, home: Key) -> str:
    """What a key is to the home key."""
    up = (key.tonic_class - home.tonic_class) % 12
    if up == 0:
        return "home" if key.mode == home.mode else "parallel " + key.mode
    if key.is_minor != home.is_minor and up == (9 if key.is_minor else 3):
        return "relative " + ("minor" if key.is_minor else "major")
    name = _RELATIONS[up]
    return f"{name}, {key.mode}" if key.is_minor != home.is_minor else name
