"""Electronic drums: one-shots of `drums.py`, placed on the exact sample, each stroke a little different from the last."""

from functools import lru_cache

import numpy as np
from scipy.signal import butter, sosfilt

from contracts.music import Note, Part
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.generator.production.drum_room import in_room
from services.generator.production.drum_voices import Wave
from services.generator.production.drums import reference_peak, strike
from services.generator.production.kits import HATS, kit
from services.generator.production.piece_levels import piece_gains
from services.music.rng import rng

VARIANTS = 4
HAT_VARIANTS = 7
VELOCITY_STEP = 16
CHOKE_S = 0.006
_WANDER_DB = 0.35
_KICKS = frozenset({35, 36})
_DRY = frozenset({"kick"})


def play(part_id: str, part: Part, kit_name: str, clock: Clock, tonic: int | None = None) -> Floats:
    """Play a drum part on a kit. `tonic`: pitch class that a tuned kick goes to. Returns [2, frames]."""
    settings = kit(kit_name)
    audio, sent = np.zeros((2, clock.frames)), np.zeros((2, clock.frames))
    hats = sorted({clock.sample(note.start) for note in part.notes if note.pitch in HATS})
    gains = piece_gains(part, clock)
    for note, variant, wander in _strokes(part_id, part):
        level = max(min(round(note.velocity / VELOCITY_STEP) * VELOCITY_STEP, 127), VELOCITY_STEP)
        semitones = tuned_by(settings.stroke(note.pitch).tune_hz, tonic) if settings.tuned and note.pitch in _KICKS else 0.0
        shot = _one_shot(kit_name, note.pitch, level, variant, semitones)
        start = clock.sample(note.start)
        if note.pitch in HATS:
            shot = _choked(shot, start, hats)
        stop = min(start + shot.shape[1], clock.frames)
        exact = wander * (0.08 + 0.92 * (note.velocity / 127) ** 1.7) / (0.08 + 0.92 * (level / 127) ** 1.7)
        stroke = shot[:, : stop - start] * exact
        if note.pitch in gains:
            stroke *= gains[note.pitch][start:stop]
        audio[:, start:stop] += stroke
        drum = settings.stroke(note.pitch)
        if settings.room_db is not None and drum.voice not in _DRY:
            sent[:, start:stop] += stroke * drum.room
    return _bus(audio + in_room(sent, settings), kit_name)


def _strokes(part_id: str, part: Part) -> list[tuple[Note, int, float]]:
    """Each note with its variant and gain: never the same variant twice in a row on one drum, so that rolls are strokes."""
    draws = rng(0, "production", part_id, "strokes")
    last: dict[int, int] = {}
    out = []
    for note in part.notes:
        count = HAT_VARIANTS if note.pitch in HATS else VARIANTS
        step = int(draws.integers(1, count))
        last[note.pitch] = (last.get(note.pitch, 0) + step) % count
        out.append((note, last[note.pitch], 10 ** (float(draws.uniform(-_WANDER_DB, _WANDER_DB)) / 20)))
    return out


def tuned_by(tune_hz: float, tonic: int | None) -> float:
    """Semitones from a frequency to the nearest tonic or fifth of a key: at most three and a half."""
    if tonic is None:
        return 0.0
    pitch = 69.0 + 12.0 * np.log2(tune_hz / 440.0)
    moves = [(goal - pitch + 6.0) % 12.0 - 6.0 for goal in (tonic, tonic + 7)]
    return float(min(moves, key=abs))


@lru_cache(maxsize=512)
def _one_shot(kit_name: str, pitch: int, velocity: int, variant: int, semitones: float = 0.0) -> Wave:
    settings = kit(kit_name).stroke(pitch)
    peak = reference_peak(settings)
    draw = rng(0, "production", "kit", kit_name, pitch, variant)
    cents = draw.uniform(-9.0, 9.0) if settings.voice != "kick" else 100.0 * semitones
    tune, decay = settings.tune_hz * 2.0 ** (cents / 1200.0), settings.decay_s * draw.uniform(0.94, 1.06)
    bright = draw.uniform(0.93, 1.07) if settings.voice != "kick" else 1.0
    varied = settings.model_copy(update={"tune_hz": tune, "decay_s": decay, "high_hz": settings.high_hz * bright})
    return strike(varied, velocity / 127.0, draw, peak)


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
