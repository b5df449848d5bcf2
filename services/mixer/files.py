"""Sound files in all their codings, byte for byte the same on every run."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.music.audio.wave import PCM, header, read_wave, write_float_wav, write_wav_24

__all__ = [
    "read_audio", "read_mp3", "write_flac_16", "write_flac_24", "write_float_wav", "write_mp3", "write_ogg", "write_wav_16", "write_wav_24",
]  # fmt: skip

Audio = NDArray[np.float32]

FULL_SCALE_24 = 1 << 23
_CHUNK = 1 << 20
_OGG_CHUNK = 1 << 14
OGG_QUALITY = 0.8


def read_audio(path: Path) -> tuple[Audio, int]:
    """A sound file as (float32 [2, samples], sample rate). A mono file becomes two equal channels."""
    found = read_wave(path)
    if found is not None:
        sound, rate = found
        return (sound if sound.shape[0] == 2 else _stereo(sound)), rate
    import soundfile

    frames, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return _stereo(frames.T), int(rate)


def _stereo(audio: Audio) -> Audio:
    stereo = audio if audio.shape[0] > 1 else np.repeat(audio, 2, axis=0)
    return np.ascontiguousarray(stereo[:2])


def write_wav_16(path: Path, samples: NDArray[np.int16], rate: int, before: bytes = b"", after: bytes = b"") -> None:
    """Write [channels, samples] of 16-bit values as WAV."""
    channels, count = samples.shape
    with path.open("wb") as file:
        file.write(header(PCM, 16, rate, channels, count, before, len(after)))
        for start in range(0, count, _CHUNK):
            file.write(np.ascontiguousarray(samples[:, start : start + _CHUNK].T, dtype="<i2").data)
        file.write(b"\0" * (channels * count * 2 % 2) + after)


def write_flac_24(path: Path, audio: Audio, rate: int) -> None:
    """Write [channels, samples] as 24-bit FLAC holding the very samples of the WAV."""
    import soundfile

    with soundfile.SoundFile(path, "w", rate, audio.shape[0], "PCM_24", format="FLAC") as file:
        for start in range(0, audio.shape[1], _CHUNK):
            part = audio[:, start : start + _CHUNK]
            turned = np.empty(part.shape[::-1], dtype=np.int32)
            for channel, samples in enumerate(part):
                values = np.rint(samples * np.float32(FULL_SCALE_24))
                turned[:, channel] = np.clip(values, np.float32(1 - FULL_SCALE_24), np.float32(FULL_SCALE_24 - 1), out=values)
            # libsndfile takes the upper 24 of 32 bits.
            turned <<= 8
            file.write(turned)


def write_flac_16(path: Path, samples: NDArray[np.int16], rate: int) -> None:
    """Write [channels, samples] of 16-bit values as FLAC."""
    import soundfile

    with soundfile.SoundFile(path, "w", rate, samples.shape[0], "PCM_16", format="FLAC") as file:
        for start in range(0, samples.shape[1], _CHUNK):
            file.write(np.ascontiguousarray(samples[:, start : start + _CHUNK].T))


def write_ogg(path: Path, audio: Audio, rate: int) -> None:
    """Write [channels, samples] as Ogg Vorbis of quality 8, about 256 kbit/s.

    In small pieces: libvorbis keeps what it is given in one call on the stack, and minutes of it end the process.
    """
    import soundfile

    with soundfile.SoundFile(path, "w", rate, audio.shape[0], "VORBIS", format="OGG", compression_level=1 - OGG_QUALITY) as file:
        for start in range(0, audio.shape[1], _OGG_CHUNK):
            file.write(np.ascontiguousarray(audio[:, start : start + _OGG_CHUNK].T))


def write_mp3(path: Path, audio: Audio, rate: int, quality: str | int = "V0") -> None:
    """Write [channels, samples] as MP3 (LAME through pedalboard): "V0", variable bit rate, or a constant one such as 320 kbit/s."""
    with _audio_file(str(path), "w", rate, audio.shape[0], quality=quality) as file:
        for start in range(0, audio.shape[1], _CHUNK):
            file.write(audio[:, start : start + _CHUNK])


def read_mp3(path: Path) -> Audio:
    """Decoded samples of an MP3 file, [channels, samples]; not clipped to full scale."""
    with _audio_file(str(path)) as file:
        return np.asarray(file.read(file.frames), dtype=np.float32)


def _audio_file(*arguments: Any, **options: Any) -> Any:
    from pedalboard import io  # its stubs differ between versions in what they export

    library: Any = io
    return library.AudioFile(*arguments, **options)
