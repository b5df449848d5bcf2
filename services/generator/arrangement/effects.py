"""What sounds where sections meet: risers, impacts, swells, falls; and the beds of noise under a whole song."""

from itertools import pairwise

from contracts.music import PPQ
from services.generator.arrangement.frame import BUILDING, Frame, Hit
from services.music.packs.rhythm import DRUM_VOICES
from services.music.rng import rng

RISER_PITCH, IMPACT_PITCH, NOISE_PITCH = 60, 36, 60
_SWELLING, _SWELLS, _STROKES = 0.15, 0.5, 14
_BARE = frozenset({"breakdown", "break", "bridge", "interlude", "outro"})
_FALLING = 0.12
"""Energy by which a section lies below the last one, so that something falls into it."""


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


def play_effect(frame: Frame, manner: str) -> list[Hit]:
    """The notes of a chair of effects; a song without a place for one has none."""
    play = {
        "fx": play_risers,
        "impact": play_impacts,
        "vinyl": play_bed,
        "tape": play_bed,
        "tonal_riser": _tonal_rises,
        "noise_sweep": _sweeps,
        "reverse_swell": _reversed,
        "downlifter": _falling,
        "sub_drop": _dropping,
    }
    return play[manner](frame)


def _falling(frame: Frame) -> list[Hit]:
    """A long fall into each section that is clearly calmer."""
    bar = frame.bar_ticks
    return [Hit(tick, min(bars, 4) * bar - 60, _tonic(frame, 60), 62.0 + 70.0 * fall, "fx") for tick, bars, fall in _falls(frame)]


def _dropping(frame: Frame) -> list[Hit]:
    """The floor goes where the bass goes too: at the beginning of breakdowns, bridges and endings."""
    bar, out = frame.bar_ticks, []
    for tick, bars, fall in _falls(frame):
        section = frame.section_at(tick)
        if section and frame.function(section) in _BARE:
            out.append(Hit(tick, min(bars, 2) * bar - 60, _tonic(frame, 36), 76.0 + 60.0 * fall, "fx"))
    return out


def _tonic(frame: Frame, low: int) -> int:
    """The tonic of the song's key at or above a pitch."""
    return low + (frame.score.key_value.tonic_class - low) % 12


def _falls(frame: Frame) -> list[tuple[int, int, float]]:
    """(tick, bars, fall of energy) of the sections that are clearly calmer than the one before: where the floor goes."""
    found = []
    for before, name in pairwise(frame.score.sections):
        fall = frame.section(before).energy - frame.section(name).energy
        if fall > _FALLING:
            found.append(((frame.section(name).start_bar - 1) * frame.bar_ticks, frame.section(name).bars, fall))
    return found


def _tonal_rises(frame: Frame) -> list[Hit]:
    """A climbing tone beside the noise, into the biggest landings alone: out of builds and breakdowns."""
    hits = []
    for lift, before, name in _landings(frame):
        if frame.function(before) in BUILDING | {"breakdown", "break"} and lift > _FALLING:
            tick = (frame.section(name).start_bar - 1) * frame.bar_ticks
            start = tick - min(4, frame.section(before).bars) * frame.bar_ticks
            hits.append(Hit(start, tick - start - 60, _tonic(frame, 48), 72.0 + 40.0 * lift, "fx"))
    return hits


def _sweeps(frame: Frame) -> list[Hit]:
    """In long sections a wave of noise crests on every eighth bar line, where dance music counts its periods."""
    hits = []
    for section in frame.score.sections.values():
        for turn in range(8, section.bars, 8):
            crest = (section.start_bar - 1 + turn) * frame.bar_ticks
            length = 2 * frame.bar_ticks
            hits.append(Hit(crest - round(0.75 * length), length, NOISE_PITCH, 52.0 + 30.0 * section.energy, "fx"))
    return hits


def _reversed(frame: Frame) -> list[Hit]:
    """A bar played backwards into each section that opens, on the root of its first chord."""
    hits = []
    for lift, before, name in _landings(frame):
        tick = (frame.section(name).start_bar - 1) * frame.bar_ticks
        if lift > 0.0 and frame.section(before).bars > 1:
            root = frame.span_at(tick).chord.bass_class
            hits.append(Hit(tick - frame.bar_ticks, frame.bar_ticks - 12, 48 + root, 66.0 + 60.0 * lift, "fx"))
    return hits


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


def play_bed(frame: Frame) -> list[Hit]:
    """Crackle or hiss under the whole song, one note per section."""
    bar = frame.bar_ticks
    return [Hit((s.start_bar - 1) * bar, s.bars * bar - 10, NOISE_PITCH, 40.0, "fx") for s in frame.score.sections.values()]
