"""Where in its bar each chord begins, in any meter."""

from collections.abc import Sequence

from contracts.music import ChordEvent, Meter
from services.generator.composition.unit_writer import HOLD


def beats_of(bar: Sequence[str], meter: Meter) -> list[float]:
    """Beats on which the chords of a bar begin: evenly where the beats allow, else the earlier ones longer; holds lengthen."""
    beats, count = meter.beats_per_bar, len(bar)
    whole = int(beats)
    if HOLD in bar:
        return _held_beats([i / count for i, token in enumerate(bar) if token != HOLD], whole, beats)
    if count <= 1:
        return [1.0] * count
    if count <= whole:
        return [1.0 + float(-(-whole * i // count)) for i in range(count)]
    return [1.0 + beats * i / count for i in range(count)]


def _held_beats(shares: list[float], whole: int, beats: float) -> list[float]:
    """The nearest free beats to where chords begin in the bar; by shares of the bar where it has fewer beats than chords."""
    if len(shares) > whole:
        return [1.0 + beats * share for share in shares]
    found: list[int] = []
    for k, share in enumerate(shares):
        latest = whole - (len(shares) - k)
        found.append(min(max(round(share * whole), found[-1] + 1 if found else 0), latest))
    return [1.0 + beat for beat in found]


def merged(events: list[ChordEvent]) -> list[ChordEvent]:
    """Without restating a chord inside a bar; each bar line keeps its event, so that every bar can be read alone."""
    kept: list[ChordEvent] = []
    for event in events:
        if kept and event.beat > 1 and kept[-1].symbol == event.symbol:
            continue
        kept.append(event)
    return kept
