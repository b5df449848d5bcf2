"""Other chords: bars of sections that both songs have, told as runs of bars of the new song."""

from collections.abc import Iterator
from itertools import groupby

from contracts.music import Chord, Key, Score
from services.music.comparing.songs import Difference, said

_MOST = 8
Bar = tuple[tuple[float, str], ...]


def of_chords(before: Score, after: Score) -> Iterator[Difference]:
    """Bars whose chords differ. A transposed song or section has the same chords; in another mode it is told by its key alone."""
    shifts = {name: _shift(before, after, name) for name in after.sections if name in before.sections}
    changed: list[tuple[int, str, int]] = []
    for name, section in after.sections.items():
        known, shift = before.sections.get(name), shifts.get(name)
        for place in range(min(section.bars, known.bars) if known and shift is not None else 0):
            ours = _bar(before, known.start_bar + place, shift) if known and shift is not None else ()
            theirs = _bar(after, section.start_bar + place, 0)
            if ours != theirs:
                changed.append((section.start_bar + place, name, place))
    for _, run in groupby(enumerate(changed), key=lambda pair: (pair[1][0] - pair[0], pair[1][1])):
        bars = [bar for _, bar in run]
        first, last, name = bars[0][0], bars[-1][0], bars[0][1]
        start = before.sections[name].start_bar
        key = key_of(after, name)
        a = _shown(before, start + bars[0][2], start + bars[-1][2], shifts[name] or 0, key)
        b = _shown(after, first, last, 0, key)
        where = f"bars {first}–{last}" if last > first else f"bar {first}"
        yield Difference(
            "harmony", f"{where} ({said(name)}) re-harmonised: {a} → {b}", {"bars": [first, last], "section": name, "before": a, "after": b}
        )


def key_of(score: Score, section: str) -> Key:
    """The key of a section."""
    return Key.parse(score.sections[section].key or score.key)


def _shift(before: Score, after: Score, section: str) -> int | None:
    """Semitones from the key that a section had to the one that it has, 0 to 11; None into another mode."""
    old, new = key_of(before, section), key_of(after, section)
    return (new.tonic_class - old.tonic_class) % 12 if old.mode == new.mode else None


def _bar(score: Score, bar: int, shift: int) -> Bar:
    """What sounds in a bar, as pitch classes of root and bass and the quality, so that spelling does not matter."""
    events = [e for e in score.chord_events() if e.bar == bar]
    if not events or events[0].beat > 1:
        held = score.chord_at(score.bar_tick(bar))
        events = [held.model_copy(update={"beat": 1.0}), *events] if held else events
    out: list[tuple[float, str]] = []
    for event in events:
        chord = event.chord
        text = f"{(chord.root_class + shift) % 12} {chord.quality} {(chord.bass_class + shift) % 12}"
        if not out or out[-1][1] != text:
            out.append((event.beat, text))
    return tuple(out)


def _shown(score: Score, first: int, last: int, shift: int, key: Key) -> str:
    held = score.chord_at(score.bar_tick(first))
    inside = [e for e in score.chord_events() if first <= e.bar <= last]
    chords: list[Chord] = [held.chord] if held and not any((e.bar, e.beat) == (first, 1.0) for e in inside) else []
    chords += [e.chord for e in inside]
    moved = [str(chord.transpose(shift, key) if shift else chord) for chord in chords]
    return "–".join(moved[:_MOST]) + ("…" if len(moved) > _MOST else "")
