"""Tapped beats: the tempo by regression, the meter and the first beat, and where in the bar the finger falls."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contracts.given import Given, GivenGroove
from contracts.music import PPQ, Meter

Times = npt.NDArray[np.float64]

_FELT_BPM = 105.0
_SPREAD = 0.55
"""Octaves around _FELT_BPM in which a tapped pulse is likely felt (one standard deviation of log2)."""
_STEADY = 0.25
"""Share of a gap by which an even tap may miss."""
_MOST_BARS = 8


@dataclass(frozen=True)
class Pulse:
    """A grid under the taps: `beat_s` per beat from `start_s`; `steps`, the 16th that each tap means; `late_ms` of it."""

    beat_s: float
    start_s: float
    steps: tuple[int, ...]
    late_ms: tuple[float, ...]

    @property
    def bpm(self) -> float:
        """Beats per minute."""
        return 60.0 / self.beat_s


def find_pulse(taps_s: Sequence[float]) -> Pulse:
    """The beat of taps that are beats, or of a rhythm that stands on one; the period is the slope of a line through the taps."""
    times = np.asarray(taps_s, np.float64)
    gaps = np.diff(times)
    middle = float(np.median(gaps))
    whole = np.maximum(np.round(gaps / middle), 1)
    steady = float(np.mean(np.abs(gaps / middle - whole) > _STEADY)) < 0.08 and float(np.mean(whole <= 2)) > 0.9
    if steady:
        return _refined(times, _felt_period(middle), middle)
    return _refined(times, *_rhythm_period(times))


def _felt_period(gap_s: float) -> float:
    """The beat of even taps: each tap, or every second or fourth where they are too fast to be beats; halves where too slow."""
    while gap_s < 60 / 220:
        gap_s *= 2
    while gap_s > 60 / 35:
        gap_s /= 2
    return gap_s


def _rhythm_period(times: Times) -> tuple[float, float]:
    """(beat, tapped unit) of an uneven rhythm: the beat whose sixteenths lie nearest to all gaps, near to what is felt."""
    best = (np.inf, 0.5)
    for bpm in np.geomspace(50, 200, 800):
        beat = 60 / bpm
        unit = beat / 4
        places = (times - times[0]) / unit
        off = np.abs(places - np.round(places))
        steps = np.round(places).astype(int)
        odd, half = float(np.mean(steps % 2 != 0)), float(np.mean(steps % 4 == 2))
        if len(set(steps.tolist())) < len(steps):
            continue
        prior = 0.5 * (np.log2(bpm / _FELT_BPM) / _SPREAD) ** 2
        cost = float(np.mean(off**2)) * 25 + 0.35 * odd + 0.12 * half + 0.12 * prior
        best = min(best, (cost, beat))
    return best[1], best[1] / 4


def _refined(times: Times, beat_s: float, unit_s: float) -> Pulse:
    """The least-squares line through the taps, counted in the unit that was tapped, with each tap's distance from it."""
    counts = _counted(times, unit_s)
    for _ in range(3):
        slope, start = np.polyfit(counts, times, 1)
        again = np.round((times - start) / slope)
        if (again == counts).all() or len(set(again.tolist())) < len(again):
            break
        counts = again
    slope, start = (float(v) for v in np.polyfit(counts, times, 1))
    ratio = max(0.25, 2 ** round(np.log2(beat_s / slope)))
    per_unit = round(4 / ratio)
    late = (times - (start + slope * counts)) * 1000
    first = counts[0]
    steps = tuple(round(float(c - first) * per_unit) for c in counts)
    return Pulse(slope * ratio, start + slope * float(first), steps, tuple(round(float(ms), 2) for ms in late))


def _counted(times: Times, unit_s: float) -> Times:
    """Units from the first tap to each, gap by gap, so that a drifting finger is followed."""
    counts = [0.0]
    unit = unit_s
    for gap in np.diff(times):
        n = max(1.0, round(float(gap) / unit))
        counts.append(counts[-1] + n)
        unit += 0.2 * (float(gap) / n - unit)
    return np.asarray(counts)


def guess_meter(steps: Sequence[int]) -> tuple[Meter, str]:
    """4/4 unless a rhythm comes back after three beats and not after four; and why."""
    struck = set(steps)
    last = max(steps)
    even = len(struck) > 1 and len({b - a for a, b in zip(sorted(struck), sorted(struck)[1:], strict=False)}) == 1
    if even or last < 24:
        return Meter(4, 4), "even taps do not tell a meter: 4/4"

    def back(period: int) -> float:
        here = [s for s in struck if s + period <= last]
        inside = [s for s in struck if s >= period]
        return sum(s + period in struck for s in here) / max(len(here) + len(inside) - sum(s + period in struck for s in here), 1)

    three, four = back(12), back(16)
    if three > four + 0.15:
        return Meter(3, 4), "the rhythm comes back after three beats: 3/4"
    return Meter(4, 4), "the rhythm comes back after four beats: 4/4" if four > three else "4/4"


def groove_of(pulse: Pulse, meter: Meter) -> GivenGroove:
    """The taps as bars of a straight grid with their lateness; bars that repeat are averaged into one."""
    per_bar = meter.ticks_per_bar * 4 // PPQ
    bars = max(1, min(_MOST_BARS, pulse.steps[-1] // per_bar + 1))
    shape = [frozenset(s - b * per_bar for s in pulse.steps if b * per_bar <= s < (b + 1) * per_bar) for b in range(bars)]
    whole = shape[:-1] if bars > 1 and len(shape[-1]) < len(shape[0]) and shape[-1] <= shape[0] else shape
    length = next((n for n in (1, 2, 4) if n <= len(whole) and all(s == whole[i % n] for i, s in enumerate(whole))), len(whole))
    late: dict[int, list[float]] = {}
    for step, ms in zip(pulse.steps, pulse.late_ms, strict=True):
        if step < len(whole) * per_bar:
            late.setdefault(step % (length * per_bar), []).append(ms)
    onsets = tuple((step * PPQ // 4, round(float(np.median(values)), 2)) for step, values in sorted(late.items()))
    return GivenGroove(bars=length, onsets=onsets)


def read_tapping(taps_s: Sequence[float], meter: str | None = None, bpm: float | None = None) -> Given:
    """What taps bring: tempo, meter and groove. A stated meter or tempo is taken as it is, and the taps give the feel."""
    pulse = find_pulse(taps_s)
    found, why = guess_meter(pulse.steps)
    taken = Meter.parse(meter) if meter else found
    felt = pulse.bpm * PPQ / taken.ticks_per_beat if taken.is_compound else pulse.bpm
    spread = float(np.std(pulse.late_ms))
    notes = [f"{len(taps_s)} taps, {felt:.2f} bpm by a line through them; they lie {spread:.0f} ms around it"]
    notes.append(f"the first tap is the first beat; {'the meter was stated' if meter else why}")
    if bpm and abs(bpm / felt - 1) > 0.01:
        notes.append(f"{bpm:g} bpm was stated: the taps give the rhythm and its feel alone")
    return Given(source="taps", tempo_bpm=round(felt, 3), meter=str(taken), groove=groove_of(pulse, taken), notes=tuple(notes))
