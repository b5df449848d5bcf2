"""Drum fills of the measured shape: hands move from cymbals to snare and toms, louder to the end, falling in pitch, no denser.

Groove MIDI, 646 fills (notes/genres 2.8): snare 43 % and toms 28 % of hits, +22 velocity from first to last quarter with half
of it in the last, density dipping in the middle.
"""

import numpy as np

from services.generator.arrangement.feel import Groove
from services.generator.arrangement.frame import Bar, Frame, Hit
from services.generator.arrangement.metre import SIXTEENTH, Group, groups
from services.music.packs.rhythm import DRUM_VOICES
from services.music.rng import rng

_DESCENT = ("snare", "tom_high", "tom_mid", "tom_low", "tom_floor")
# Cells of one beat in sixteenths: first, middle and last quarter of a fill (5.5, 4.5, 5.3 hits per beat with feet).
_CELLS = {
    "toms": (("xxxx", "x.xx", "xxx."), ("x.xx", "xx.x", "x.x."), ("xxxx", "xxx.", "x.xx")),
    "snare": (("x.xx", "..xx"), ("x.x.", "x.xx"), ("xxxx", "xx.x")),
    "linear": (("xkx.", "x.kx"), ("kxxk", "x.xk"), ("xkxx", "xxkx")),
    "triplets": (("xxx", "x.x"), ("xx.", "x.x"), ("xxx", "xxx")),
    "pickup": (("....", "..x."), ("..x.", "...x"), ("..xx", ".xxx", "x.xx")),
    "ghosts": (("o.oo", ".oo."), ("oo.o", ".o.o"), ("o.xo", "ooxx")),
}


def fill_hits(frame: Frame, groove: Groove, bar: Bar, base: list[Hit], takes: dict[str, float], *, big: bool, entering: bool) -> list[Hit]:
    """The bar with a fill in its last beats. `entering`: nobody played before, so it is a pick-up."""
    table = frame.pack.drums
    generator = rng(frame.seed, "arrangement", "fill", bar.section, bar.place)
    kind = str(generator.choice(table.fills)) if table.fills else "snare"
    here = groups(frame.meter, bar.number)
    beats = int(generator.choice(table.fill_beats))
    beats = max(1, min(beats if big else 1, len(here)))
    if entering:
        kind, beats = ("pickup" if kind in ("dropout", "roll") else kind), 1
    if len(here) == 2:
        beats = min(beats, 1)
    span = here[-beats:]
    start = bar.tick + span[0].tick
    kept = [h for h in base if h.tick < start]
    feet = [h for h in base if h.tick >= start and h.voice in ("kick", "pedal")]
    if kind == "dropout":
        loud = [h for h in base if h.tick >= start and h.voice not in ("kick",)]
        tail = _stroke(frame, groove, bar.tick + here[-1].tick + here[-1].length - 2 * SIXTEENTH, "snare", 0.9, takes)
        return [*kept, *(loud if len(loud) <= 4 else loud[: len(loud) // 2]), tail]
    if kind == "roll":
        return [*kept, *_roll(frame, groove, bar, start, takes, big=big)]
    strokes = _strokes(frame, groove, bar, kind, span, takes, generator)
    taken = {h.tick for h in strokes}
    steady = [h for h in feet if h.tick not in taken or h.voice == "pedal"][:3]
    return [*kept, *steady, *strokes]


def _strokes(
    frame: Frame, groove: Groove, bar: Bar, kind: str, span: tuple[Group, ...], takes: dict[str, float], generator: np.random.Generator
) -> list[Hit]:
    cells = _CELLS.get(kind, _CELLS["snare"])
    if kind != "triplets" and frame.pack.drums.swing_unit == 8:
        cells = _CELLS["triplets"]
    out: list[Hit] = []
    start = bar.tick + span[0].tick
    length = sum(g.length for g in span)
    for index, group in enumerate(span):
        third = 2 if index == len(span) - 1 else 0 if index == 0 else 1
        cell = str(generator.choice(cells[third]))
        unit = group.length / 3 if len(cell) == 3 else SIXTEENTH
        count = round(group.length / unit)
        for place in range(count):
            char = cell[place] if place < len(cell) else cell[place % len(cell)]
            if char == ".":
                continue
            tick = bar.tick + group.tick + round(place * unit)
            done = (tick - start) / max(length, 1)
            voice = _drum(kind, done, generator)
            if char == "k":
                voice = "kick"
            out.append(_stroke(frame, groove, tick, voice, done if char != "o" else -1.0, takes))
    return out


def _drum(kind: str, done: float, generator: np.random.Generator) -> str:
    """Snare first, then falling through the toms; kinds that stay on the snare leave it seldom."""
    if kind in ("snare", "pickup", "ghosts", "roll"):
        return "snare" if generator.random() < 0.85 else "tom_floor"
    step = done * 4.6 + generator.normal(0.0, 0.5)
    return _DESCENT[int(np.clip(round(step), 0, 4))]


def _stroke(frame: Frame, groove: Groove, tick: int, voice: str, done: float, takes: dict[str, float]) -> Hit:
    """A stroke that grows through the fill; `done` below 0 is a ghost."""
    row = groove.row
    name = "tom" if voice.startswith("tom") else voice
    if done < 0:
        return Hit(tick, 120, DRUM_VOICES[voice], row.level["ghost"][0] + 4.0, "ghost")
    top = row.level["snare"][0] if name in ("snare", "tom") else row.level["kick"][0]
    ramp = 11.0 * min(done / 0.75, 1.0) + 11.0 * max(done - 0.75, 0.0) / 0.25
    energy = frame.section(frame.score.section_at(tick) or next(iter(frame.score.sections))).energy
    return Hit(tick, 120, DRUM_VOICES[voice], top - 26.0 + ramp + 10.0 * (energy - 0.6) + 2.0 * takes.get("snare", 0.0), name)


def _roll(frame: Frame, groove: Groove, bar: Bar, start: int, takes: dict[str, float], *, big: bool) -> list[Hit]:
    """A snare roll: eighths, then sixteenths, then thirty-seconds, growing."""
    end = bar.tick + frame.bar_ticks
    out, tick = [], start
    while tick < end:
        done = (tick - start) / (end - start)
        out.append(_stroke(frame, groove, tick, "snare", done, takes))
        tick += SIXTEENTH if done < 0.5 or not big else SIXTEENTH // 2
    return out


def build_hits(frame: Frame, groove: Groove, bar: Bar, base: list[Hit], takes: dict[str, float]) -> list[Hit]:
    """A bar of a build-up: a snare that doubles its pace toward the section's end, kicks until the last bar, then a breath."""
    bars = frame.section(bar.section).bars
    left, done = bars - bar.place, bar.place / bars
    unit = (
        SIXTEENTH // 2
        if left == 1
        else SIXTEENTH
        if left <= max(bars // 4, 1) + 1
        else 2 * SIXTEENTH
        if left <= bars // 2
        else 4 * SIXTEENTH
    )
    gap = groups(frame.meter, bar.number)[-1].length if left == 1 else 0
    out = [h for h in base if h.voice in ("hat", "open", "ride") or (h.voice == "kick" and left > 1)] if left > 1 else []
    tick = bar.tick
    while tick < bar.tick + frame.bar_ticks - gap:
        inside = (tick - bar.tick) / frame.bar_ticks
        out.append(_stroke(frame, groove, tick, "snare", min(done + inside / bars, 1.0), takes))
        tick += unit
    return out
