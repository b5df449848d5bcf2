"""A score played by plain voices: sums of sines with drawn timbres, drums of sine and noise.

The ears for lines learn from it, too, so that a line is told by what it does and not by the instruments of this house.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from contracts.music import Role, Score
from services.analyzer.training import played_drums
from services.music.audio.onsets import EAR_RATE_HZ

Floats = npt.NDArray[np.float64]
_RATE = EAR_RATE_HZ
_STRUCK = (Role.DRUMS, Role.PERCUSSION)
_TAIL_S = 1.5


class Voice:
    """One drawn timbre."""

    def __init__(self, rng: np.random.Generator, role: Role) -> None:
        count = int(rng.integers(4, 14))
        self.partials = np.arange(1, count + 1)
        level = self.partials ** -rng.uniform(0.5, 2.2) * np.exp(rng.normal(0, 0.5, count))
        if rng.random() < 0.25:
            level[1::2] *= 0.15
        self.level = level / np.linalg.norm(level)
        soft = role is Role.PAD or (role is not Role.BASS and rng.random() < 0.2)
        held = soft or rng.random() < (0.6 if role in (Role.MELODY, Role.VOCAL) else 0.35)
        self.attack_s = rng.uniform(0.05, 0.3) if soft else rng.uniform(0.002, 0.03)
        self.decay = rng.uniform(0.0, 0.5) if held else rng.uniform(1.0, 8.0)
        self.dulling, self.release_s = rng.uniform(0, 4), rng.uniform(0.02, 0.25)
        self.vibrato = (rng.uniform(4.5, 6.5), rng.uniform(0.05, 0.5)) if held and not soft and rng.random() < 0.6 else None

    def note(self, pitch: int, length_s: float) -> Floats:
        """A tone, samples."""
        t = np.arange(int((length_s + self.release_s + 0.02) * _RATE)) / _RATE
        hz = 440 * 2 ** ((pitch - 69) / 12)
        phase = 2 * np.pi * hz * t
        if self.vibrato:
            rate, depth = self.vibrato
            phase = phase + (2 ** (depth / 12) - 1) * hz / rate * (1 - np.cos(2 * np.pi * rate * t)) * np.minimum(1, t * 3)
        out = np.zeros(len(t))
        for partial, level in zip(self.partials, self.level, strict=True):
            if hz * partial < 0.45 * _RATE:
                out += level * np.sin(partial * phase) * np.exp(-0.3 * self.dulling * partial * np.minimum(t, 1.5))
        fade = np.clip((length_s + self.release_s - t) / self.release_s, 0, 1)
        return np.asarray(out * np.minimum(1, t / self.attack_s) * np.exp(-self.decay * t) * fade)


class Kit(played_drums.Kit):
    """Drawn drums, by the keys of General MIDI."""

    def note(self, pitch: int, _: float) -> Floats:
        """One stroke of a General MIDI key, samples."""
        t = np.arange(round(0.35 * _RATE)) / _RATE
        noise = self.rng.normal(0, 1, len(t) + 2)
        if pitch in (35, 36):
            return np.asarray(0.7 * np.sin(2 * np.pi * (self.low * t + self.drop * (1 - np.exp(-t * 60)))) * np.exp(-t * self.ring))
        if pitch in (37, 38, 39, 40):
            return np.asarray(0.3 * np.sin(2 * np.pi * self.body * t) * np.exp(-t * 25) + self.wires * noise[2:] * np.exp(-t * self.dry))
        if pitch >= 60 or pitch in (41, 43, 45, 47, 48, 50, 56):
            return np.asarray(0.4 * np.sin(2 * np.pi * (80 + pitch * 37 % 600) * t) * np.exp(-t * 18))
        ring = self.tick if pitch in (42, 44, 54) else self.tick / 8
        return np.asarray(self.air * np.diff(noise, 2) * np.exp(-t * ring))


def play_plainly(score: Score, seed: int) -> dict[str, Floats]:
    """Every part but the effects, [samples] at EAR_RATE_HZ by name; the same score and seed give the same sound."""
    rng = np.random.default_rng(seed)
    kit, out = Kit(rng), {}
    for name, part in score.parts.items():
        if part.role is Role.FX:
            continue
        sound: Callable[[int, float], Floats] = kit.note if part.role in _STRUCK else Voice(rng, part.role).note
        track = np.zeros(round((score.music_s + _TAIL_S) * _RATE))
        for note in part.notes:
            start_s, end_s = score.seconds_at(note.start), score.seconds_at(note.end)
            at = max(0, round(start_s * _RATE))
            tone = sound(note.pitch, max(0.05, end_s - start_s))[: max(0, len(track) - at)]
            track[at : at + len(tone)] += (note.velocity / 127) ** 1.5 * tone
        out[name] = track
    return out
