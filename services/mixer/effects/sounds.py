"""A whole sound file in memory, of any number of channels and any rate from 8 to 192 kHz."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.errors import BadInput

Audio = NDArray[np.float32]

RATES_HZ = (8000, 192_000)
MOST_SAMPLES = 400_000_000
"""Over all channels: 69 minutes of stereo at 48 kHz. It is worked on in memory."""
MOST_CHANNELS = 64
READABLE = "a sound file that libsndfile reads: WAV, FLAC, MP3, OGG, AIFF, ..."


@dataclass(frozen=True)
class Sound:
    """Samples [channels, samples] and their rate in Hz."""

    audio: Audio
    rate: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return float(self.audio.shape[1] / self.rate)

    def having(self, audio: Audio) -> "Sound":
        """Other samples at the same rate."""
        return replace(self, audio=np.ascontiguousarray(audio, dtype=np.float32))


def read_sound(path: Path, field: str) -> Sound:
    """A sound file with all its channels.

    Raises:
        BadInput: no file, no audio, a rate outside 8 to 192 kHz, too long to be worked on, or samples that are no numbers.
    """
    import soundfile

    if not path.is_file():
        raise BadInput(field, str(path), "a file that exists")
    try:
        with soundfile.SoundFile(path) as file:
            _judge(file.samplerate, file.channels, file.frames, str(path), field)
            audio = np.ascontiguousarray(file.read(dtype="float32", always_2d=True).T)
            rate = int(file.samplerate)
    except soundfile.LibsndfileError as error:
        raise BadInput(field, str(path), READABLE) from error
    if audio.size and not math.isfinite(float(np.abs(audio).max())):
        raise BadInput(field, str(path), "finite samples", hint="It holds NaN or infinity.")
    return Sound(audio, rate)


def _judge(rate: int, channels: int, frames: int, path: str, field: str) -> None:
    if not RATES_HZ[0] <= rate <= RATES_HZ[1]:
        raise BadInput(field, path, f"a sample rate from {RATES_HZ[0]} to {RATES_HZ[1]} Hz", hint=f"Its rate is {rate} Hz.")
    if channels > MOST_CHANNELS:
        raise BadInput(field, path, f"at most {MOST_CHANNELS} channels", hint=f"It has {channels}.")
    if channels * frames > MOST_SAMPLES:
        minutes = MOST_SAMPLES / channels / rate / 60
        raise BadInput(field, path, f"at most {minutes:.0f} minutes of {channels} channels at {rate} Hz; cut it first")


def by_pairs(audio: Audio, run: Callable[[Audio], Audio]) -> Audio:
    """What a stereo effect makes of any number of channels.

    One channel is heard on both sides, and the mean of both sides comes back; more than two are taken in pairs (1 and 2, 3 and
    4, ...), and a last one that has no partner alone. The number of channels stays.
    """
    parts = []
    for first in range(0, audio.shape[0], 2):
        part = audio[first : first + 2]
        if part.shape[0] == 2:
            parts.append(run(np.ascontiguousarray(part)))
        else:
            parts.append(run(np.repeat(part, 2, axis=0)).mean(axis=0, keepdims=True))
    return np.asarray(np.concatenate(parts), dtype=np.float32)


def with_channels(audio: Audio, channels: int) -> Audio:
    """The same sound with so many channels: a single one is heard on all, and all become a single one by their mean.

    Otherwise the first ones are taken, and missing ones are silent.
    """
    if audio.shape[0] == channels:
        return audio
    if audio.shape[0] == 1:
        return np.repeat(audio, channels, axis=0)
    if channels == 1:
        return np.asarray(audio.mean(axis=0, keepdims=True), dtype=np.float32)
    kept = audio[:channels]
    return np.pad(kept, ((0, channels - kept.shape[0]), (0, 0)))


def stereo(audio: Audio) -> Audio:
    """Two channels: mono on both; 5.0 and 5.1 (L R C LFE Ls Rs) folded down by ITU-R BS.775-3, at most full scale as before."""
    count = audio.shape[0]
    if count <= 2:
        return with_channels(audio, 2)
    part = math.sqrt(0.5)
    if count in (5, 6):
        behind = audio[count - 2 :]
        return np.asarray((audio[:2] + part * audio[2] + part * behind) / (1 + 2 * part), dtype=np.float32)
    # Nothing says where others stand: the odd ones left, the even ones right.
    sides = [audio[side::2].mean(axis=0) for side in (0, 1)]
    return np.asarray(np.stack(sides), dtype=np.float32)
