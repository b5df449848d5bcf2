"""Fader rides: who plays nearly alone comes forward, as a producer would ride it, so that an intro is soft but not lost."""

from itertools import pairwise

from contracts.music import Part, Role
from services.generator.arrangement.frame import Frame

_ALONE_DB = (0.0, 7.0, 4.5, 2.0)
"""Gain where one, two or three parts sound in a bar."""
_SILENT = frozenset({Role.FX})


def ride(frame: Frame, parts: dict[str, Part]) -> dict[str, Part]:
    """Parts with a gain curve that lifts bars in which few others sound. Styles that fade in and out keep their fades."""
    if frame.pack.arrangement.fade_out or not frame.bars:
        return parts
    sounding = {name: _bars(frame, part) for name, part in parts.items() if part.role not in _SILENT}
    counts = [sum(bars[n] for bars in sounding.values()) for n in range(len(frame.bars))]
    if not counts or max(counts) < len(_ALONE_DB):
        return parts
    gains = [_ALONE_DB[count] if 0 < count < len(_ALONE_DB) else 0.0 for count in counts]
    curve = _curve(frame, _settled(gains))
    if len(curve) < 2:
        return parts
    return {
        name: part.model_copy(update={"controls": {**part.controls, "gain_db": curve}}) if name in sounding else part
        for name, part in parts.items()
    }


def _bars(frame: Frame, part: Part) -> list[bool]:
    """Whether a part sounds in each bar."""
    out = [False] * len(frame.bars)
    for note in part.notes:
        for number in range(note.start // frame.bar_ticks, (note.end - 1) // frame.bar_ticks + 1):
            if number < len(out):
                out[number] = True
    return out


def _settled(gains: list[float]) -> list[float]:
    """Gains without single bars above or below both neighbours: a fader does not twitch."""
    neighbours = [(gains[max(i - 1, 0)], gains[min(i + 1, len(gains) - 1)]) for i in range(len(gains))]
    return [min(max(gain, min(pair)), max(pair)) for gain, pair in zip(gains, neighbours, strict=True)]


def _curve(frame: Frame, gains: list[float]) -> tuple[tuple[int, float], ...]:
    """Breakpoints at the bar lines where the gain moves; the move takes an eighth of a bar before the line."""
    points = [(0, gains[0])]
    for bar, (before, after) in enumerate(pairwise(gains), start=1):
        if before != after:
            tick = bar * frame.bar_ticks
            points += [(tick - frame.bar_ticks // 8, before), (tick, after)]
    return tuple(points)
