"""Risers into big sections, impacts on their first beat, cymbals that swell into them, the crackle of a record."""

from itertools import pairwise

from contracts.music import PPQ
from services.generator.arrangement.frame import BUILDING, Frame, Hit
from services.music.packs.rhythm import DRUM_VOICES
from services.music.rng import rng

RISER_PITCH, IMPACT_PITCH, NOISE_PITCH = 60, 36, 60
_SWELLING, _SWELLS, _STROKES = 0.15, 0.5, 14


def _landings(frame: Frame) -> list[tuple[float, str, str]]:
    """Boundaries where the energy lifts (lift, section before, section), in time; the two best where none lifts."""
    names = list(frame.score.sections)
    lifts = [(frame.section(b).energy - frame.section(a).energy, a, b) for a, b in pairwise(names)]
    rising = [item for item in lifts if item[0] > 0.08] or sorted(lifts, reverse=True)[:2]
    return sorted(rising, key=lambda item: frame.section(item[2]).start_bar)


def play_risers(frame: Frame) -> list[Hit]:
    """A rise of two or four bars before each section that is louder than the last, of eight out of a breakdown or build."""
    hits: list[Hit] = []
    for lift, before, name in _landings(frame):
        tick = (frame.section(name).start_bar - 1) * frame.bar_ticks
        growing = frame.function(before) in BUILDING | {"breakdown", "break"}
        bars = min(8 if growing and lift > 0.3 else 4 if lift > 0.15 else 2, max(frame.section(before).bars // (1 if growing else 2), 1))
        start = tick - bars * frame.bar_ticks
        hits.append(Hit(start, tick - start - 60, RISER_PITCH, 70.0 + 60.0 * max(lift, 0.0), "fx"))
    if not hits and frame.bars:
        hits.append(Hit(0, min(4, len(frame.bars)) * frame.bar_ticks - 60, RISER_PITCH, 64.0, "fx"))
    return hits


def play_impacts(frame: Frame) -> list[Hit]:
    """A boom on the first beat of each section that a riser leads to."""
    ticks = [((frame.section(name).start_bar - 1) * frame.bar_ticks, lift) for lift, _, name in _landings(frame)]
    return [Hit(tick, 4 * PPQ, IMPACT_PITCH, 88.0 + 40.0 * max(lift, 0.0), "fx") for tick, lift in ticks]


def play_swells(frame: Frame, active: dict[str, bool]) -> list[Hit]:
    """A cymbal roll that grows into a section which opens clearly, where the style has cymbals and no risers.

    Strokes of soft mallets, closer to each other towards the end, as often as one in two: a swell each time is none.
    """
    table = frame.pack.arrangement
    machine = frame.pack.drums.tightness < 0.3
    if table.risers or not table.swells or machine or not frame.pack.drums.crash or not frame.pack.drums.play:
        return []
    hits: list[Hit] = []
    for lift, before, name in _landings(frame):
        drawn = rng(frame.seed, "arrangement", "swell", name).random()
        if lift < _SWELLING or not active[name] or frame.section(before).bars < 2 or drawn >= _SWELLS:
            continue
        end = (frame.section(name).start_bar - 1) * frame.bar_ticks
        length = frame.bar_ticks
        for stroke in range(_STROKES):
            place = stroke / _STROKES
            tick = end - length + round(length * (1.0 - (1.0 - place) ** 1.3))
            hits.append(Hit(tick, PPQ // 4, DRUM_VOICES["crash"], 18.0 + 46.0 * place**1.6, "crash"))
    return hits


def play_vinyl(frame: Frame) -> list[Hit]:
    """Crackle under the whole song, one note per section."""
    bar = frame.bar_ticks
    return [Hit((s.start_bar - 1) * bar, s.bars * bar - 10, NOISE_PITCH, 40.0, "fx") for s in frame.score.sections.values()]
