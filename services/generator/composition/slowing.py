"""How a song slows into its last chord: the beats before it broaden one by one, and it is held in the slower time.

Written as tempo, so that every bar line, MIDI file and DAW project knows it. Styles say how much (`form.ritard`); songs that hurry
slow less. A tempo that was stated is kept to the last bar line, and so is one to which something was brought.
"""

import math
from itertools import pairwise

from contracts.brief import Brief
from contracts.music import Score
from services.music.packs.form_table import FormTable

Map = tuple[tuple[int, float], ...]
STEPS = 4
"""Steps of tempo in the bar before the last chord."""
_FULL_BPM, _NONE_BPM = 90.0, 150.0
"""Felt beats per minute up to which a style slows all the way, and from which on it does not slow."""
_LEAST = 0.04
_LEAST_BARS = 3


def ritard_for(brief: Brief, table: FormTable, *, steady: bool = False) -> float:
    """Share of the tempo that is lost on the last chord; 0 where the song keeps its tempo. `steady`: something brought keeps time."""
    ending = brief.ending.value if brief.ending else "natural"
    if steady or ending != "natural" or brief.tempo_bpm.is_stated:
        return 0.0
    calm = (_NONE_BPM - brief.tempo_bpm.value) / (_NONE_BPM - _FULL_BPM)
    found = table.ritard * min(max(calm, 0.0), 1.0)
    return round(found, 3) if found >= _LEAST else 0.0


def slows(bars: int) -> bool:
    """Whether a song of so many bars is long enough to slow."""
    return bars >= _LEAST_BARS


def longer_beats(ritard: float, beats_per_bar: float) -> float:
    """By how many beats the slowing makes a song longer: the last bar all, the one before it step by step."""
    bar = 1 / (1 - ritard) - 1
    return beats_per_bar * (bar + sum(1 / (1 - _lost(ritard, step)) - 1 for step in range(STEPS)) / STEPS)


def slowing(score: Score, ritard: float) -> Map:
    """The score's tempos with a slowing over the bar before its last one; as they are where it is too short or nothing is lost."""
    bar = score.meter_value.ticks_per_bar
    landing = score.end_tick - bar
    if ritard <= 0.0 or not slows(score.bars):
        return score.tempo_map
    base = score.tempo_map or ((0, score.tempo_bpm),)
    if base[-1][0] > landing - bar:
        return score.tempo_map
    steps = [(landing - bar + bar * step // STEPS, round(base[-1][1] * (1 - _lost(ritard, step)), 6)) for step in range(STEPS)]
    held = (landing, round(base[-1][1] * (1 - ritard), 6))
    return (*(one for one in base if one[0] < steps[0][0]), *steps, held)


def ritard_of(score: Score) -> float:
    """Share of the tempo that a score loses into its last chord; 0 where it does not slow as `slowing` writes it."""
    landing, changes = score.end_tick - score.meter_value.ticks_per_bar, score.tempo_map
    if len(changes) < STEPS + 2 or changes[-1][0] != landing:
        return 0.0
    last = [bpm for _, bpm in changes[-STEPS - 2 :]]
    falls = all(one > other for one, other in pairwise(last))
    return round(1 - last[-1] / last[0], 3) if falls else 0.0


def unslowed(score: Score) -> Map:
    """The score's tempos without the slowing at its end."""
    if ritard_of(score) <= 0.0:
        return score.tempo_map
    kept = score.tempo_map[: -STEPS - 1]
    return () if kept == ((0, score.tempo_bpm),) else kept


def _lost(ritard: float, step: int) -> float:
    """Share of the tempo that is lost at a step before the last chord: little at first, the most just before it."""
    return ritard * math.pow((step + 1) / (STEPS + 1), 1.6)
