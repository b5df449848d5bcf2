"""Fader rides: curves of level that a producer would draw. Who accompanies nearly alone comes forward; songs fade where they should."""

from itertools import pairwise

from contracts.music import Part, Role
from services.generator.arrangement.ending import ending_of
from services.generator.arrangement.frame import BUILDING, Frame

Curve = tuple[tuple[int, float], ...]

_ALONE_DB = (0.0, 6.0, 4.0, 2.0)
"""Gain of accompanists where one, two or three parts sound in a bar."""
_LEAD_ALONE_DB = (0.0, 1.5, 1.0, 0.5)
_SILENT = frozenset({Role.FX})
_LEADS = frozenset({Role.MELODY, Role.VOCAL})
_GROW_DB = (-3.5, 1.0)
_EASE_DB = -2.5
_ARCH = 0.3
"""Share of a style's dynamics by which a section begins and ends softer than its middle."""
_MOVE = 120
"""Ticks that a fader takes from one level to the next: no click."""
_FADE_S = (8.0, 16.0)
_FADE_SHARE = 0.2
_FADE_SHAPE = ((0.0, 0.0), (0.35, -5.0), (0.7, -15.0), (0.9, -30.0), (1.0, -60.0))


def ride(frame: Frame, parts: dict[str, Part]) -> dict[str, Part]:
    """Parts with their gain curves: rides where few play, growth through builds, easing outros, the fade at the end.

    Styles that drift in and out by themselves keep the curves that they have.
    """
    if not frame.bars:
        return parts
    fade = fade_of(frame)
    drifting, dynamics = frame.pack.arrangement.fade_out, _dynamics(frame)
    sounding = {name: _bars(frame, part) for name, part in parts.items() if part.role not in _SILENT}
    counts = [sum(bars[n] for bars in sounding.values()) for n in range(len(frame.bars))]
    out = {}
    for name, part in parts.items():
        curves = [] if drifting or name not in sounding else [_alone(frame, part, counts), _breathing(frame, part), dynamics]
        curves = [_held_from(curve, fade[0][0]) for curve in curves] if fade else curves
        curve = summed([part.controls.get("gain_db", ()), *curves, fade])
        out[name] = part.model_copy(update={"controls": {**part.controls, "gain_db": curve}}) if curve else part
    return out


def _bars(frame: Frame, part: Part) -> list[bool]:
    """Whether a part sounds in each bar."""
    out = [False] * len(frame.bars)
    for note in part.notes:
        for number in range(note.start // frame.bar_ticks, (note.end - 1) // frame.bar_ticks + 1):
            if number < len(out):
                out[number] = True
    return out


def _alone(frame: Frame, part: Part, counts: list[int]) -> Curve:
    """Gain in bars where few others sound: an intro is soft but not lost. The lead hardly moves: it is loud enough alone."""
    if max(counts, default=0) < len(_ALONE_DB):
        return ()
    table = _LEAD_ALONE_DB if part.role in _LEADS else _ALONE_DB
    return _stepped(frame, _settled([table[count] if 0 < count < len(table) else 0.0 for count in counts]))


def _settled(gains: list[float]) -> list[float]:
    """Gains without stretches of one or two bars above or below what surrounds them: a fader does not twitch."""
    out = list(gains)
    for width in (1, 2):
        for start in range(1, len(out) - width):
            before, after, inside = out[start - 1], out[start + width], out[start : start + width]
            if min(inside) > max(before, after) or max(inside) < min(before, after):
                near = max(before, after) if min(inside) > max(before, after) else min(before, after)
                out[start : start + width] = [near] * width
    return out


def _stepped(frame: Frame, gains: list[float]) -> Curve:
    """Breakpoints at the bar lines where the gain moves; the move takes an eighth of a bar before the line."""
    if not any(gains):
        return ()
    points = [(0, gains[0])]
    for bar, (before, after) in enumerate(pairwise(gains), start=1):
        if before != after:
            tick = bar * frame.bar_ticks
            points += [(tick - frame.bar_ticks // 8, before), (tick, after)]
    return tuple(points)


def _breathing(frame: Frame, part: Part) -> Curve:
    """Builds grow from -3.5 to +1 dB, an outro that ends by itself eases by 2.5 dB; the lead stays where it is."""
    if part.role in _LEADS:
        return ()
    points: list[tuple[int, float]] = []
    for name, section in frame.score.sections.items():
        start, end = (section.start_bar - 1) * frame.bar_ticks, (section.end_bar - 1) * frame.bar_ticks
        low, high = 0.0, 0.0
        if frame.function(name) in BUILDING:
            low, high = _GROW_DB
        elif frame.function(name) == "outro" and end == frame.score.end_tick and ending_of(frame) == "natural" and section.bars >= 4:
            low, high = 0.0, _EASE_DB
        points += [(start, low), (end - _MOVE if end < frame.score.end_tick else end, high)]
    return tuple(points) if any(value for _, value in points) else ()


def _dynamics(frame: Frame) -> Curve:
    """Piano to forte of a band that follows no producer: softer where energy is low, an arch over each section.

    Levels move through the last bar of a section, as players crescendo into the next.
    """
    depth = frame.pack.arrangement.dynamics_db
    sections = list(frame.score.sections.values())
    low, high = min(s.energy for s in sections), max(s.energy for s in sections)
    if not depth or (high - low < 0.01 and len(sections) > 1):
        return ()
    points: list[tuple[int, float]] = []
    for section in sections:
        level = -depth * (high - section.energy) / max(high - low, 0.15)
        start, bars = (section.start_bar - 1) * frame.bar_ticks, section.bars
        crest = start + round(0.6 * bars) * frame.bar_ticks
        end = start + bars * frame.bar_ticks
        arch = _ARCH * depth if bars >= 4 else 0.0
        points += [(start, level - arch), (crest, level)] if start < crest < end - frame.bar_ticks else [(start, level)]
        points += [(end - frame.bar_ticks, level - arch)] if points[-1][0] < end - frame.bar_ticks else []
    return tuple((tick, round(value, 2)) for tick, value in points)


def fade_of(frame: Frame) -> Curve:
    """The fade-out that the brief asks for: a fifth of the song, eight to sixteen seconds, ending at the last bar line."""
    if ending_of(frame) != "fade":
        return ()
    total = frame.score.music_s
    length_s = min(max(_FADE_SHARE * total, _FADE_S[0]), _FADE_S[1], 0.6 * total)
    end = frame.score.end_tick
    start = round(end * (1.0 - length_s / total)) if total else 0
    return tuple((round(start + share * (end - start)), level) for share, level in _FADE_SHAPE)


def _held_from(curve: Curve, tick: int) -> Curve:
    """A curve that stays where it is from a tick on: nobody rides a fader against the fade."""
    return (*(point for point in curve if point[0] < tick), (tick, value_at(curve, tick))) if curve else ()


def value_at(curve: Curve, tick: int) -> float:
    """A curve's value, linear between its points and flat outside them."""
    if not curve or tick <= curve[0][0]:
        return curve[0][1] if curve else 0.0
    for (start, low), (end, high) in pairwise(curve):
        if tick <= end:
            return low + (high - low) * (tick - start) / (end - start)
    return curve[-1][1]


def summed(curves: list[Curve]) -> Curve:
    """The sum of curves in dB, with a point wherever one of them has one."""
    used = [curve for curve in curves if curve]
    if len(used) <= 1:
        return used[0] if used else ()
    ticks = sorted({tick for curve in used for tick, _ in curve})
    return tuple((tick, round(sum(value_at(curve, tick) for curve in used), 3)) for tick in ticks)
