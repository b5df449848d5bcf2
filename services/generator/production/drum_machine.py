"""Electronic drums: one-shots of `drums.py`, placed on the exact sample, each stroke a little different from the last."""

from functools import lru_cache

import numpy as np
from scipy.signal import butter, sosfilt

from contracts.music import Part
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.generator.production.drums import Wave, reference_peak, strike
from services.generator.production.kits import HATS, kit
from services.music.rng import rng

VARIANTS = 3
VELOCITY_STEP = 16
CHOKE_S = 0.006


def play(part_id: str, part: Part, kit_name: str, clock: Clock) -> Floats:
    """Play a drum part on a kit. Returns [2, frames]."""
    audio = np.zeros((2, clock.frames))
    hats = sorted({clock.sample(note.start) for note in part.notes if note.pitch in HATS})
    variants = rng(0, "production", part_id, "strokes").integers(0, VARIANTS, len(part.notes))
    for note, variant in zip(part.notes, variants, strict=True):
        level = min(round(note.velocity / VELOCITY_STEP) * VELOCITY_STEP, 127)
        shot = _one_shot(kit_name, note.pitch, max(level, VELOCITY_STEP), int(variant))
        start = clock.sample(note.start)
        if note.pitch in HATS:
            shot = _choked(shot, start, hats)
        stop = min(start + shot.shape[1], clock.frames)
        exact = (0.08 + 0.92 * (note.velocity / 127) ** 1.7) / (0.08 + 0.92 * (max(level, VELOCITY_STEP) / 127) ** 1.7)
        audio[:, start:stop] += shot[:, : stop - start] * exact
    return _bus(audio, kit_name)


@lru_cache(maxsize=512)
def _one_shot(kit_name: str, pitch: int, velocity: int, variant: int) -> Wave:
    settings = kit(kit_name).stroke(pitch)
    peak = reference_peak(settings)
    draw = rng(0, "production", "kit", kit_name, pitch, variant)
    detune = 2.0 ** (draw.uniform(-6.0, 6.0) / 1200.0) if settings.voice != "kick" else 1.0
    settings = settings.model_copy(update={"tune_hz": settings.tune_hz * detune, "decay_s": settings.decay_s * draw.uniform(0.96, 1.04)})
    return strike(settings, velocity / 127.0, draw, peak)


def _choked(shot: Wave, start: int, hats: list[int]) -> Wave:
    """A hat ends where the next stroke on the hats begins."""
    after = next((at for at in hats if at > start), None)
    if after is None or after - start >= shot.shape[1]:
        return shot
    fade = round(CHOKE_S * SAMPLE_RATE_HZ)
    length = min(after - start + fade, shot.shape[1])
    cut = shot[:, :length].copy()
    cut[:, after - start :] *= np.linspace(1.0, 0.0, length - (after - start))
    return cut


def _bus(audio: Wave, kit_name: str) -> Floats:
    """What the machine itself does to all of its drums: saturation, a dull or coarse converter."""
    settings = kit(kit_name)
    if settings.drive > 1.0:
        audio = np.tanh(audio * settings.drive * 0.5) / (settings.drive * 0.5)
    if settings.bits < 24:
        step = 2.0 ** (1 - settings.bits)
        audio = np.round(audio / step) * step
    if settings.high_hz < 23000:
        audio = sosfilt(butter(2, settings.high_hz, "lowpass", fs=SAMPLE_RATE_HZ, output="sos"), audio, axis=1)
    return np.ascontiguousarray(audio, dtype=np.float32)
