"""Drum fills of the recorded shape: hands move from cymbals to snare and toms, louder to the end, falling in pitch, no denser.

Cells, drums and the growth of velocity are a style's own, learned from recorded fills (`grooves`: FillHabits).
"""

import numpy as np

from services.generator.arrangement.feel import Groove
from services.generator.arrangement.frame import Bar, Frame, Hit
from services.generator.arrangement.metre import SIXTEENTH, Group, groups
from services.music.packs.rhythm import DRUM_VOICES
from services.music.rng import rng

_DESCENT = ("snare", "tom_high", "tom_mid", "tom_low", "tom_floor")
# One beat in triplets, by third of the fill: too few recorded fills are in triplets to learn cells from.
_TRIPLETS = (("xxx", "x.x"), ("xx.", "x.x", "xox"), ("xxx", "xxo", "xxx"))
_PICKUPS = ("..x.", "...x", "..xx", ".xxx", "x.xx", "..ox")
_LEAST_STROKES = {1: 2, 2: 4, 3: 6, 4: 8}


def fill_hits(frame: Frame, groove: Groove, bar: Bar, base: list[Hit], takes: dict[str, float], *, big: bool, entering: bool) -> list[Hit]:
    """The bar with a fill in its last beats. `entering`: nobody played before, so it is a pick-up."""
    table = frame.pack.drums
    generator = rng(frame.seed, "arrangement", "fill", bar.section, bar.place)
    kind = str(generator.choice(table.fills)) if table.fills else "snare"
    here = groups(frame.meter, bar.number)
    beats = max(1, min(int(generator.choice(table.fill_beats)) if big else 1, len(here)))
    if entering:
        kind, beats = ("pickup" if kind in ("dropout", "roll") else kind), 1
    if len(here) == 2:
        beats = 1
    span = here[-beats:]
    start = bar.tick + span[0].tick
    kept = [h for h in base if h.tick < start]
    if kind == "dropout":
        loud = [h for h in base if h.tick >= start and h.voice not in ("kick",)]
        tail = _stroke(groove, bar.tick + here[-1].tick + here[-1].length - 2 * SIXTEENTH, "snare", 0.9, takes)
        return [*kept, *(loud if len(loud) <= 4 else loud[: len(loud) // 2]), tail]
    if kind == "roll":
        return [*kept, *_roll(groove, bar, start, takes, big=big)]
    strokes = _strokes(groove, bar, kind, span, takes, generator)
    taken = {h.tick for h in strokes}
    feet = [h for h in base if h.tick >= start and h.voice in ("kick", "pedal")]
    steady = [h for h in feet if h.tick not in taken or h.voice == "pedal"][:3]
    return [*kept, *steady, *strokes]


def _cells(groove: Groove, kind: str, count: int, generator: np.random.Generator) -> list[str]:
    """One cell per beat as the style's drummers choose them: first, middle, last; drawn again while there is too little in them."""
    habits = groove.row.fills
    if kind == "pickup":
        return [*(["...."] * (count - 1)), str(generator.choice(_PICKUPS))]
    thirds = [2 if i == count - 1 else 0 if i == 0 else 1 for i in range(count)]
    if kind == "triplets" or groove.row.grid == 3:
        return [str(generator.choice(_TRIPLETS[third])) for third in thirds]
    best: list[str] = []
    for _ in range(4):
        drawn = []
        for third in thirds:
            names = list(habits.cells[third])
            shares = np.array([habits.cells[third][n] for n in names])
            drawn.append(str(generator.choice(names, p=shares / shares.sum())))
        if _weight(drawn) > _weight(best):
            best = drawn
        if _weight(best) >= _LEAST_STROKES.get(count, 8):
            break
    if _weight(best) < 2:
        best = [*best[:-1], "x.xx"]
    if kind == "ghosts":
        best = ["".join("o" if c == "x" and generator.random() < 0.6 else c for c in cell) for cell in best[:-1]] + best[-1:]
    if kind == "linear":
        best = ["".join("k" if c == "." and generator.random() < 0.45 else c for c in cell) for cell in best]
    return best


def _weight(cells: list[str]) -> int:
    return sum(c == "x" for cell in cells for c in cell)


def _strokes(
    groove: Groove, bar: Bar, kind: str, span: tuple[Group, ...], takes: dict[str, float], generator: np.random.Generator
) -> list[Hit]:
    out: list[Hit] = []
    start = bar.tick + span[0].tick
    length = sum(g.length for g in span)
    drum = "snare"
    for group, cell in zip(span, _cells(groove, kind, len(span), generator), strict=True):
        unit = group.length / 3 if len(cell) == 3 else SIXTEENTH
        for place in range(round(group.length / unit)):
            char = cell[place % len(cell)]
            if char == ".":
                continue
            tick = bar.tick + group.tick + round(place * unit)
            done = (tick - start) / max(length, 1)
            drum = _drum(groove, kind, drum, done, generator)
            out.append(_stroke(groove, tick, "kick" if char == "k" else drum, done if char != "o" else -1.0, takes))
    return out


def _drum(groove: Groove, kind: str, last: str, done: float, generator: np.random.Generator) -> str:
    """The next drum: snare first, then falling through the toms; kinds that stay on the snare leave it seldom."""
    if kind in ("snare", "pickup", "ghosts", "roll"):
        return "snare" if generator.random() < 0.85 else "tom_floor"
    quarter = min(int(done * 4), 3)
    toms = sum(groove.row.fills.drums[d][quarter] for d in ("tom_high", "tom_mid", "tom_low"))
    snare = groove.row.fills.drums["snare"][quarter]
    stays = 0.35 if last != "snare" else 0.0
    if generator.random() < (1.0 - stays) * (0.2 + 0.8 * (1.0 - done)) * snare / max(snare + toms, 0.01):
        return "snare"
    step = 0.6 + done * 4.0 + generator.normal(0.0, 0.45)
    return _DESCENT[int(np.clip(round(step), 1, 4))]


def _stroke(groove: Groove, tick: int, voice: str, done: float, takes: dict[str, float]) -> Hit:
    """A stroke that grows through the fill as the style's do; `done` below 0 is a ghost."""
    frame, row = groove.frame, groove.row
    if done < 0:
        return Hit(tick, 120, DRUM_VOICES[voice], row.loudness("ghost")[0] + 6.0, "ghost")
    top = row.loudness("snare")[0] + max(row.slot_level.get("snare", (0.0,))) if voice != "kick" else row.loudness("kick")[0]
    ramp = row.fills.ramp
    growth = float(np.interp(done, np.linspace(0.06, 0.94, len(ramp)), ramp)) - ramp[-1]
    steady = 11.0 * min(done / 0.75, 1.0) + 11.0 * max(done - 0.75, 0.0) / 0.25 - 22.0
    section = frame.score.section_at(tick) or next(iter(frame.score.sections))
    level = top - 2.0 + 0.45 * growth + 0.7 * steady + 10.0 * (frame.section(section).energy - 0.6) + 2.0 * takes.get("snare", 0.0)
    return Hit(tick, 120, DRUM_VOICES[voice], level, voice)


def _roll(groove: Groove, bar: Bar, start: int, takes: dict[str, float], *, big: bool) -> list[Hit]:
    """A snare roll: sixteenths, then thirty-seconds, growing."""
    end = bar.tick + groove.frame.bar_ticks
    out, tick = [], start
    while tick < end:
        done = (tick - start) / (end - start)
        out.append(_stroke(groove, tick, "snare", done, takes))
        tick += SIXTEENTH if done < 0.5 or not big else SIXTEENTH // 2
    return out


def build_hits(frame: Frame, groove: Groove, bar: Bar, base: list[Hit], takes: dict[str, float]) -> list[Hit]:
    """A bar of a build-up: a snare that doubles its pace toward the section's end, kicks until the last bar, then a breath."""
    bars = frame.section(bar.section).bars
    left, done = bars - bar.place, bar.place / bars
    paces = ((1, SIXTEENTH // 2), (max(bars // 4, 1) + 1, SIXTEENTH), (bars // 2, 2 * SIXTEENTH))
    unit = next((pace for until, pace in paces if left <= until), 4 * SIXTEENTH)
    gap = groups(frame.meter, bar.number)[-1].length if left == 1 else 0
    out = [h for h in base if h.voice in ("hat", "open", "ride") or (h.voice == "kick" and left > 1)] if left > 1 else []
    tick = bar.tick
    while tick < bar.tick + frame.bar_ticks - gap:
        inside = (tick - bar.tick) / frame.bar_ticks
        out.append(_stroke(groove, tick, "snare", min(done + inside / bars, 1.0), takes))
        tick += unit
    return out
