"""Effects on level: gain, polarity, DC, loudness, and the true-peak limiter of the mastering desk."""

import math

import numpy as np
from scipy.signal import butter, sosfilt

from services.mixer.delivery.resampling import highest_peak
from services.mixer.effects.effect import Audio, Effect
from services.mixer.effects.parameters import number, switch
from services.mixer.mastering.peaks import Held, limiter_curve
from services.music.audio.levels import decibels, linear
from services.music.audio.loudness import integrated_lufs
from services.music.audio.true_peak import peak_curve

MARGIN_DB = 0.05
MOST_TRIES = 8
CLOSE_LU = 0.02
MOST_OVER_DB = 12.0  # how far peaks may be pushed into the limiter before loudness counts as out of reach
LOOKAHEAD_MS = 4.0


def gain(audio: Audio, _rate: int, *, db: float) -> Audio:
    """A constant factor."""
    return audio * np.float32(linear(db))


def polarity(audio: Audio, _rate: int, *, left: bool, right: bool) -> Audio:
    """Turns channels upside down."""
    signs = np.array([[-1.0 if left else 1.0], [-1.0 if right else 1.0]], dtype=np.float32)
    return np.asarray(audio * signs, dtype=np.float32)


def dc_block(audio: Audio, rate: int, *, hz: float) -> Audio:
    """First-order high pass far below hearing."""
    return np.asarray(sosfilt(butter(1, hz, "high", fs=rate, output="sos"), audio, axis=-1), dtype=np.float32)


def limiter(audio: Audio, rate: int, *, ceiling: float, drive: float, release_ms: float) -> Audio:
    """Look-ahead limiter detecting between samples at eight times the rate; a last constant trim by the meter."""
    driven = gain(audio, rate, db=drive)
    roof = linear(ceiling - MARGIN_DB)
    peaks = peak_curve(driven, 8, floor=roof)
    if not peaks.size or float(peaks.max()) <= roof:
        return driven
    nobody = Held(np.zeros_like(peaks), np.ones_like(peaks), 1.0)
    curve = limiter_curve(peaks, nobody, rate, ceiling=roof, lookahead_ms=LOOKAHEAD_MS, release_ms=release_ms)
    held = driven * curve
    over = highest_peak(held, rate) / linear(ceiling)
    return held / np.float32(over) if over > 1 else held


def loudness(audio: Audio, rate: int, *, lufs: float, ceiling: float, limit: bool) -> Audio:
    """A constant gain to a loudness; peaks that would pass the ceiling are limited, or else stop the gain."""
    start = integrated_lufs(audio, rate)
    if not math.isfinite(start):
        return audio
    room_db = ceiling - decibels(highest_peak(audio, rate))
    wanted_db = lufs - start
    if wanted_db <= room_db or not limit:
        return gain(audio, rate, db=min(wanted_db, room_db))
    drive, out = wanted_db, audio
    for _ in range(MOST_TRIES):
        drive = min(drive, room_db + MOST_OVER_DB)
        out = limiter(audio, rate, ceiling=ceiling, drive=drive, release_ms=60.0)
        error = lufs - integrated_lufs(out, rate)
        if abs(error) <= CLOSE_LU or (error > 0 and drive >= room_db + MOST_OVER_DB):
            break
        drive += 1.2 * error if error > 0 else error
    return out


def peak_normalise(audio: Audio, rate: int, *, peak: float) -> Audio:
    """A constant gain that brings the true peak to a level."""
    top = highest_peak(audio, rate)
    return audio * np.float32(linear(peak) / top) if top > 1e-9 else audio


EFFECTS = (
    Effect("gain", "level", "louder or softer", (number("db", 0, -120, 60, "dB", "added to the level"),), gain),
    Effect(
        "polarity",
        "level",
        "turns the waveform upside down",
        (switch("left", default=True, what="the left channel"), switch("right", default=True, what="the right channel")),
        polarity,
    ),
    Effect("dc_block", "level", "removes a constant offset", (number("hz", 5, 0.5, 30, "Hz", "corner, first order"),), dc_block),
    Effect(
        "limiter",
        "level",
        "look-ahead true-peak limiter, detecting at eight times the rate",
        (
            number("ceiling", -1, -40, 0, "dBTP", "no peak between samples passes it"),
            number("drive", 0, -24, 36, "dB", "gain before it"),
            number("release_ms", 60, 5, 2000, "ms", "time in which it recovers"),
        ),
        limiter,
        ahead_ms=None,
    ),
    Effect(
        "loudness",
        "level",
        "one gain to an integrated loudness (ITU-R BS.1770), under a ceiling",
        (
            number("lufs", -14, -60, -5, "LUFS", "integrated loudness to reach"),
            number("ceiling", -1, -40, 0, "dBTP", "true peak not to pass"),
            switch("limit", default=True, what="limit the peaks that are in the way by up to 12 dB; false: stop at the ceiling"),
        ),
        loudness,
        ahead_ms=None,
    ),
    Effect(
        "peak_normalise",
        "level",
        "one gain that brings the true peak to a level",
        (number("peak", -1, -60, 0, "dBTP", "true peak to reach"),),
        peak_normalise,
        ahead_ms=None,
    ),
)
