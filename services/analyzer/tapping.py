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
_DRIFT = 0.04
_STEADY = 0.28
"""Share of a gap by which an even tap may miss."""
_MOST_BARS = 8
_BOUNCE_S, _BOUNCE_SHARE = 0.11, 0.3
"""A tap so soon after another, in seconds and in middle gaps, is the same finger twice."""
_PAUSE_S, _PAUSE_GAPS = 1.8, 3.5
"""From here on a gap is a pause in which the finger may have lost the count."""
_FEWEST = 4


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
    odd = np.abs(gaps / middle - whole) > _STEADY
    steady = float(np.mean(odd)) < 0.12 and float(np.mean(whole == 1)) > 0.6 and float(np.mean(whole <= 4)) > 0.9
    if steady:
        even = _refined(times, _felt_period(middle), middle)
        if max(abs(ms) for ms in even.late_ms) < 300 * middle:
            return even
    beat, counts = _rhythm_counts(times)
    beat = min((beat * factor for factor in (0.5, 1.0, 2.0)), key=lambda b: _strangeness(times, b))
    return _refined(times, beat, beat / 4, counts)


def _felt_period(gap_s: float) -> float:
    """The beat of even taps: each tap, or every second or fourth where they are too fast to be beats; halves where too slow."""
    while gap_s < 60 / 220:
        gap_s *= 2
    while gap_s > 60 / 35:
        gap_s /= 2
    return gap_s


def _rhythm_counts(times: Times) -> tuple[float, Times]:
    """(beat, sixteenths from the first onset to each) of an uneven rhythm, near to what is felt.

    For each tempo the onsets are counted along one line, which forgives a late one, and gap by gap, which follows a drift.
    """
    best: tuple[float, float, Times] = (np.inf, 0.5, np.arange(len(times), dtype=np.float64))
    gaps = np.diff(times)
    for bpm in np.geomspace(50, 200, 500):
        unit = 15 / bpm
        for counts in (np.round((times - times[0]) / unit), np.concatenate([[0.0], np.cumsum(np.maximum(np.round(gaps / unit), 1))])):
            if (np.diff(counts) < 1).any():
                continue
            slope, start = _line(counts, times)
            if abs(slope / unit - 1) > _DRIFT:
                continue
            off = float(np.mean(((times - start) / slope - counts) ** 2))
            odd, half = float(np.mean(counts % 2 != 0)), float(np.mean(counts % 4 == 2))
            prior = 0.5 * (np.log2(15 / slope / _FELT_BPM) / _SPREAD) ** 2
            cost = 25 * off + 0.35 * odd + 0.12 * half + 0.12 * float(prior)
            if cost < best[0]:
                best = (cost, 4 * slope, counts)
    return best[1], best[2]


def _line(x: Times, y: Times) -> tuple[float, float]:
    """Slope and start of the least-squares line."""
    middle = x - x.mean()
    slope = float((middle * y).sum() / (middle**2).sum())
    return slope, float(y.mean() - slope * x.mean())


def _strangeness(times: Times, beat_s: float) -> float:
    """How unlikely a beat is felt under onsets, against its half and its double: tempo, sixteenths, how many onsets come to a beat."""
    if not 60 / 230 <= beat_s <= 60 / 35:
        return np.inf
    gaps = np.diff(times) / (beat_s / 4)
    if float(np.mean(np.round(gaps) < 1)) > 0.02 or float(np.mean(np.abs(gaps - np.round(gaps)))) > 0.27:
        return np.inf
    steps = np.concatenate([[0], np.cumsum(np.maximum(np.round(gaps), 1))])
    odd = float(np.mean(steps % 2 != 0))
    prior = 0.5 * (np.log2(60 / beat_s / _FELT_BPM) / _SPREAD) ** 2
    density = abs(float(np.log2(np.median(np.diff(times)) / beat_s / 0.75)))
    return 0.3 * float(prior) + 0.6 * odd + 0.35 * density


def _refined(times: Times, beat_s: float, unit_s: float, sixteenths: Times | None = None) -> Pulse:
    """The least-squares line through the taps, counted in the unit that was tapped, with each tap's distance from it."""
    counts = _counted(times, unit_s) if sixteenths is None else sixteenths
    slope, start = _line(counts, times)
    ratio = max(0.25, 2 ** round(np.log2(beat_s / slope)))
    per_unit = 4 / ratio
    late = (times - (start + slope * counts)) * 1000
    steps = tuple(round(float(c - counts[0]) * per_unit) for c in counts)
    return Pulse(slope * ratio, start + slope * float(counts[0]), steps, tuple(round(float(ms), 2) for ms in late))


def _counted(times: Times, unit_s: float) -> Times:
    """Units from the first tap to each, gap by gap, so that a drifting finger is followed."""
    counts = [0.0]
    unit = unit_s
    for gap in np.diff(times):
        n = max(1.0, round(float(gap) / unit))
        counts.append(counts[-1] + n)
        unit += 0.2 * (float(gap) / n - unit)
    return np.asarray(counts)


def line_through(times_s: Sequence[float], beat_s: float, unit_s: float) -> Pulse:
    """The grid of a known beat under onsets that may drift around it."""
    return _refined(np.asarray(times_s, np.float64), beat_s, unit_s)


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


def cleaned(taps_s: Sequence[float]) -> tuple[list[float], list[str]]:
    """The taps without bounces and with pauses closed to whole beats, and what was done, in words."""
    times = np.asarray(taps_s, np.float64)
    gaps = np.diff(times)
    bounce = gaps < min(_BOUNCE_S, _BOUNCE_SHARE * float(np.quantile(gaps, 0.6)))
    kept = times[np.concatenate([[True], ~bounce])]
    if len(kept) < _FEWEST:
        return list(taps_s), []
    many = int(bounce.sum())
    notes = [
        f"{many} tap{'s' if many > 1 else ''} less than {_BOUNCE_S * 1000:.0f} ms after another {'were' if many > 1 else 'was'} left out"
    ]
    kept, closed = _without_pauses(kept)
    return [float(t) for t in kept], (notes if many else []) + closed


def _without_pauses(times: Times) -> tuple[Times, list[str]]:
    """Each pause made a whole number of beats long, of the beat that the longest stretch between pauses has."""
    gaps = np.diff(times)
    breaks = np.flatnonzero(gaps > max(_PAUSE_S, _PAUSE_GAPS * float(np.median(gaps)))) + 1
    stretches = np.split(times, breaks)
    longest = max(stretches, key=len)
    if not len(breaks) or len(longest) < _FEWEST:
        return times, []
    beat = find_pulse(longest.tolist()).beat_s
    joined = [stretches[0]]
    for stretch in stretches[1:]:
        pause = stretch[0] - joined[-1][-1]
        joined.append(stretch - stretch[0] + joined[-1][-1] + max(1, round(float(pause) / beat)) * beat)
        joined[-1] += _off_grid(joined[0][0], joined[-1], beat)
    many = len(breaks)
    return np.concatenate(joined), [f"{many} pause{'s were' if many > 1 else ' was'} taken as whole beats"]


def _off_grid(start_s: float, times: Times, beat_s: float) -> float:
    """Seconds by which a stretch is to be moved so that it stands on the sixteenths of a beat that begins at `start_s`."""
    step = beat_s / 4
    off = (times - start_s) / step
    return -float(np.median(off - np.round(off))) * step


def read_tapping(taps_s: Sequence[float], meter: str | None = None, bpm: float | None = None) -> Given:
    """What taps bring: tempo, meter and groove. A stated meter or tempo is taken as it is, and the taps give the feel.

    Bounces are left out and pauses closed; beats that were missed are counted over.
    """
    taps_s, remarks = cleaned(taps_s)
    pulse = find_pulse(taps_s)
    found, why = guess_meter(pulse.steps)
    taken = Meter.parse(meter) if meter else found
    felt = pulse.bpm * PPQ / taken.ticks_per_beat if taken.is_compound else pulse.bpm
    spread = float(np.std(pulse.late_ms))
    notes = [f"{len(taps_s)} taps, {felt:.2f} bpm by a line through them; they lie {spread:.0f} ms around it"]
    notes += remarks
    notes.append(f"the first tap is the first beat; {'the meter was stated' if meter else why}")
    if bpm and abs(bpm / felt - 1) > 0.01:
        notes.append(f"{bpm:g} bpm was stated: the taps give the rhythm and its feel alone")
    return Given(source="taps", tempo_bpm=round(felt, 3), meter=str(taken), groove=groove_of(pulse, taken), notes=tuple(notes))
