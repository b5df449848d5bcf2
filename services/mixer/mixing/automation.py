"""Levels over time: sections against each other, send curves of the score, the fade at the end."""

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Score
from services.mixer.profiles import Lift
from services.music.audio.loudness import BLOCK_S, loudness_of

Curve = NDArray[np.float32]

HIGH_POINTS = ("chorus", "drop", "hook", "refrain")
MAIN_GROUND = ("verse", "groove", "head", "theme", "a")
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
    high = [levels[name] for name, s in score.sections.items() if _is(s.label, HIGH_POINTS) and np.isfinite(levels[name])]
    low = [levels[name] for name, s in score.sections.items() if _is(s.label, MAIN_GROUND) and np.isfinite(levels[name])]
    gains = dict.fromkeys(score.sections, 0.0)
    if not high or not low:
        return gains
    contrast = float(np.mean(high) - np.mean(low))
    least, most = lift.contrast_lu
    least, most = least / kept, most / kept
    rise = min(max(least - contrast, 0.0), lift.most_db) if contrast < most else -min(contrast - most, lift.most_db)
    rise += extra_db
    for name, section in score.sections.items():
        if _is(section.label, HIGH_POINTS):
            gains[name] = round(0.6 * rise, 3)
        elif _is(section.label, MAIN_GROUND) and rise > 0:
            gains[name] = round(-0.4 * rise, 3)
    return gains


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


def end_fade(frames: int, rate: int) -> Curve:
    """1 everywhere and a cosine fade over the last moments, [frames], so that no tail is cut off."""
    curve = np.ones(frames, dtype=np.float32)
    fade = round(FADE_S * rate)
    if frames > 4 * fade:
        curve[-fade:] = np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    return curve


def send_curve(score: Score, points: tuple[tuple[int, float], ...], rate: int, frames: int, base_db: float) -> Curve:
    """A send level over time, linear amplitude, [frames]: `base_db` plus points (tick, dB), straight lines between them.

    A point at -60 dB or less closes the send.
    """
    times = [score.seconds_at(tick) for tick, _ in points]
    levels = np.interp(np.arange(0, frames, 64) / rate, times, [db for _, db in points])
    gains = np.where(levels <= -60, 0.0, 10 ** ((base_db + levels) / 20))
    return np.asarray(np.repeat(gains, 64)[:frames], dtype=np.float32)
