"""The drum pattern: strokes of kick, snare and hat, per bar on a grid, with how strong and how late each step is."""

import json
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from contracts.features import DrumVoice, HeardDrums
from services.analyzer.rhythm import Rhythm
from services.music.audio.drum_ears import VOICES, DrumModel, Layer, places_in_bars, tell_drums, timed
from services.music.audio.strikes import Strikes, find_strikes

Array = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]
LIKELY = 0.42
LEAST_PER_BAR = 0.4
"""A voice with fewer strokes than this, or whose strokes are less likely than SURE on average, is not there."""
SURE = 0.6
LEAST_SURE = 0.4
LEAST_BARS = 3
LATENCY_S = {"kick": 0.003, "snare": 0.0, "hat": -0.001}
"""By how much the timed rise lies after the stroke: between what our own songs' kits and plain synthesised ones show."""
_COMPOUND = ("6/8", "9/8", "12/8")


@cache
def drum_model() -> DrumModel:
    """The learned weights."""
    table = json.loads(files("services.analyzer.learned").joinpath("drums.json").read_text("utf-8"))
    layers = [Layer(**{name: np.asarray(value, np.float64) for name, value in table[part].items()}) for part in ("alone", "together")]
    return DrumModel(layers[0], layers[1])


def _beat_numbers(times_s: Times, beats_s: Times) -> Times:
    """Beats since the first, fractions between; extrapolated outside."""
    return places_in_bars(times_s, beats_s)


def _steps_per_beat(fractions: Times, meter: str | None) -> int:
    """4, or 3 where the strokes lie on thirds of the beat; 6 (sixteenths) in a compound meter."""
    if meter in _COMPOUND:
        return 6
    inner = fractions[(fractions > 0.13) & (fractions < 0.87)]
    if len(inner) < 8:
        return 4
    thirds = float(np.median(np.abs(inner * 3 - np.rint(inner * 3)) / 3))
    quarters = float(np.median(np.abs(inner * 4 - np.rint(inner * 4)) / 4))
    return 3 if thirds < 0.75 * quarters else 4


def _voice(times_s: Times, strength: Times, steps: Times, beats: tuple[Times, int, int], bars: int) -> DrumVoice:
    """One voice over the bar. `steps`: each stroke's place in steps since the first bar; `beats`: times, steps per beat and bar."""
    beats_s, per_beat, per_bar = beats
    nearest = np.rint(steps).astype(int)
    spacing = np.median(np.diff(beats_s)) / per_beat
    late = (steps - nearest) * spacing * 1000
    pattern, lateness, level = np.zeros(per_bar), np.zeros(per_bar), np.zeros(per_bar)
    loudest = float(np.quantile(strength, 0.9)) if len(strength) else 1.0
    for step in range(per_bar):
        here = nearest % per_bar == step
        if here.any():
            pattern[step] = min(1.0, len(np.unique(nearest[here] // per_bar)) / bars)
            lateness[step] = float(np.median(late[here]))
            level[step] = min(1.0, float(strength[here].mean()) / max(loudest, 1e-9))
    return DrumVoice(
        per_bar=round(len(times_s) / bars, 2),
        pattern=tuple(round(float(x), 3) for x in pattern),
        late_ms=tuple(round(float(x), 1) for x in lateness),
        level=tuple(round(float(x), 3) for x in level),
        strokes_s=tuple(round(float(t), 3) for t in times_s),
    )


def _strokes(strikes: Strikes, likely: Times) -> dict[str, tuple[Times, Times, float]]:
    """Times, strengths and mean likelihood of each voice's strokes."""
    found = {}
    for column, name in enumerate(VOICES):
        chosen = np.flatnonzero(likely[:, column] >= LIKELY)
        times_s, strength = timed(strikes, chosen, name)
        found[name] = (times_s - LATENCY_S[name], strength, float(likely[chosen, column].mean()) if len(chosen) else 0.0)
    return found


def _regularity(steps: npt.NDArray[np.int_], per_bar: int, bars: int) -> float:
    """How often a stroke has its like in another bar, 0–1: drummers repeat, chance does not."""
    strokes = np.unique(steps)
    counts = np.bincount(strokes % per_bar, minlength=per_bar)
    return float(((counts - 1)[strokes % per_bar]).mean() / max(bars - 1, 1)) if len(strokes) else 0.0


def hear_drums(mono: Array, rate_hz: int, rhythm: Rhythm) -> HeardDrums | None:
    """The drums of a mix, or of a drum stem, mono [samples]. None where there is no pulse, fewer than three bars, or no drums."""
    if rhythm.pulse is None or len(rhythm.downbeats_s) < LEAST_BARS:
        return None
    strikes = find_strikes(mono, rate_hz)
    strokes = _strokes(strikes, tell_drums(strikes, rhythm.downbeats_s, drum_model()))
    bars = len(rhythm.downbeats_s)
    there = {n: s for n, s in strokes.items() if len(s[0]) >= LEAST_PER_BAR * bars and s[2] >= SURE}
    if not there:
        return None
    beats_s, first = rhythm.pulse.beats_s, rhythm.downbeats_s[:1]
    offset = float(_beat_numbers(first, beats_s)[0])
    numbers = {name: _beat_numbers(times_s, beats_s) - offset for name, (times_s, _, _) in there.items()}
    every = np.concatenate(list(numbers.values()))
    per_beat = _steps_per_beat(every - np.floor(every), rhythm.meter)
    per_bar = round(per_beat * rhythm.beats_per_bar)
    voices = {
        name: _voice(times_s, strength, numbers[name] * per_beat, (beats_s, per_beat, per_bar), bars)
        for name, (times_s, strength, _) in there.items()
    }
    regular = max(_regularity(np.rint(numbers[name] * per_beat).astype(int), per_bar, bars) for name in there)
    sure = float(np.average([s[2] for s in there.values()], weights=[len(s[0]) for s in there.values()])) * min(1.0, 0.3 + regular)
    if sure < LEAST_SURE:
        return None
    return HeardDrums(steps_per_bar=per_bar, bars=bars, voices=voices, confidence=round(sure, 3))
