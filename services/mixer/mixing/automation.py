"""Levels over time: sections against each other, send curves of the score, the fade at the end."""

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Score
from services.mixer.profiles import Lift
from services.music.audio.loudness import BLOCK_S, loudness_of

Curve = NDArray[np.float32]

HIGH_POINTS = ("chorus", "drop", "hook", "refrain")
MAIN_GROUND = ("verse", "groove", "head", "theme", "a")
EDGES = ("intro", "outro", "end", "coda")
LESS_ENERGY = 0.04
MEASURING_LU = 1.0  # strips, clip and limiter take this much of what dry stems promise
FLOOR_MOST_DB = 6.0
FADE_S = 1.2


def section_lufs(score: Score, energies: NDArray[np.float64]) -> dict[str, float]:
    """Loudness of each section from K-weighted 10 ms energies of the whole song."""
    out = {}
    for name, section in score.sections.items():
        start, end = (round(score.seconds_at(score.bar_tick(bar)) / BLOCK_S) for bar in (section.start_bar, section.end_bar))
        part = energies[start:end]
        out[name] = float(loudness_of(part.mean())) if part.size else -np.inf
    return out


def kept_contrast(ratio: float) -> float:
    """The share of a contrast between sections that bus compression of this ratio leaves (measured on mastered songs)."""
    return 1 - 0.75 * (1 - 1 / ratio)


def section_gains_db(score: Score, levels: dict[str, float], lift: Lift, *, kept: float, extra_db: float) -> dict[str, float]:
    """Gain per section in dB, so that high points stand as far over verses as the style wants, within its limits.

    `kept` is the share of the contrast that mastering will leave.
    """
    gains = dict.fromkeys(score.sections, 0.0)
    high, low = high_and_low(score, levels)
    if high and low:
        contrast = float(np.mean([levels[name] for name in high]) - np.mean([levels[name] for name in low]))
        least, most = lift.contrast_lu[0] / kept, lift.contrast_lu[1] / kept + MEASURING_LU
        rise = min(max(least - contrast, 0.0), lift.most_db) if contrast < most else -min(contrast - most, lift.most_db)
        rise += extra_db
        gains |= dict.fromkeys(high, round(0.6 * rise, 3))
        gains |= dict.fromkeys(low, round(-0.4 * rise, 3) if rise > 0 else 0.0)
    return _off_the_floor(levels, gains, lift.floor_lu)


def high_and_low(score: Score, levels: dict[str, float]) -> tuple[list[str], list[str]]:
    """Section ids of the high points and of the ground that they stand on.

    Choruses and drops over verses and grooves. Where a form has no verse, the rest of its body is the ground; where it has no
    chorus, its sections of most energy are the high points.
    """
    heard = {name: section for name, section in score.sections.items() if np.isfinite(levels[name])}
    body = [name for name, section in heard.items() if not _is(section.label, EDGES)]
    high = [name for name in body if _is(heard[name].label, HIGH_POINTS)]
    if not high and body:
        top = max(heard[name].energy for name in body)
        high = [name for name in body if heard[name].energy > top - 0.02]
        return high, [name for name in body if heard[name].energy <= top - LESS_ENERGY and _is(heard[name].label, MAIN_GROUND)]
    ground = [name for name in body if _is(heard[name].label, MAIN_GROUND)]
    return high, ground or [name for name in body if name not in high]


def _off_the_floor(levels: dict[str, float], gains: dict[str, float], floor_lu: float) -> dict[str, float]:
    """Gains with sparse sections raised, so that a lone instrument is not lost beside the band."""
    top = max((levels[name] + gain for name, gain in gains.items()), default=-np.inf)
    if not np.isfinite(top):
        return gains
    missing = {name: top - floor_lu - levels[name] - gain for name, gain in gains.items() if np.isfinite(levels[name])}
    return {name: round(gain + min(max(missing.get(name, 0.0), 0.0), FLOOR_MOST_DB), 3) for name, gain in gains.items()}


def _is(label: str, kinds: tuple[str, ...]) -> bool:
    word = label.lower().replace("-", "_").split("_")[0]
    return word in kinds


def song_curve(score: Score, gains_db: dict[str, float], rate: int, frames: int) -> Curve:
    """Gain over time for all stems, linear, [frames]: section gains with short ramps before the bar line."""
    times, values = [0.0], [next(iter(gains_db.values()), 0.0)]
    ramp = 0.5 * 60.0 / score.tempo_bpm
    for name, section in score.sections.items():
        at = score.seconds_at(score.bar_tick(section.start_bar))
        if at > ramp:
            times += [at - ramp, at]
            values += [values[-1], gains_db[name]]
    return np.asarray(10 ** (np.interp(np.arange(frames) / rate, times, values) / 20), dtype=np.float32)


def end_fade(frames: int, rate: int, seconds: float = FADE_S) -> Curve:
    """1 everywhere and a cosine fade over the last `seconds`, [frames], so that no tail is cut off."""
    curve = np.ones(frames, dtype=np.float32)
    fade = round(seconds * rate)
    if frames > 4 * fade > 0:
        curve[-fade:] = np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    return curve


def end_fade_s(score: Score) -> float:
    """How long the last moments fade: a song that is cut off keeps its last beat whole and fades in its tail alone."""
    return min(FADE_S, score.tail_s) if score.ending == "cut" else FADE_S


def send_curve(score: Score, points: tuple[tuple[int, float], ...], rate: int, frames: int, base_db: float) -> Curve:
    """A send level over time, linear amplitude, [frames]: `base_db` plus points (tick, dB), straight lines between them.

    A point at -60 dB or less closes the send.
    """
    times = [score.seconds_at(tick) for tick, _ in points]
    levels = np.interp(np.arange(0, frames, 64) / rate, times, [db for _, db in points])
    gains = np.where(levels <= -60, 0.0, 10 ** ((base_db + levels) / 20))
    return np.asarray(np.repeat(gains, 64)[:frames], dtype=np.float32)
