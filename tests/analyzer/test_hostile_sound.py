"""Sound that was made to do harm, or claims what cannot be: refused in words, within limits of time and memory; the parent lives."""

import contextlib
import os
import resource
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from contracts.errors import BadInput, Unavailable
from contracts.features import Features
from services.analyzer import reading
from services.analyzer.hearing import hear
from services.analyzer.humming import hear_tune
from services.analyzer.reading import read_recording
from services.runtime.isolation import PluginFailed, isolated
from tests.analyzer.hostile import RATE, damaged, decode_each, whole_files

PER_FORMAT = 25


def test_no_damage_to_any_format_does_harm(tmp_path: Path) -> None:
    """25 damaged files of each format and coding that libsndfile writes, seeded: each is heard as finite samples or refused.

    They are decoded in one child. Where it dies, every file goes through the door itself, which must refuse what kills.
    """
    formats, files = dict(whole_files()), []
    assert {"WAV PCM_16", "FLAC PCM_16", "OGG VORBIS", "MP3 MPEG_LAYER_III", "CAF ALAC_16", "AIFF DOUBLE"} <= set(formats)
    for name, data in formats.items():
        draw = np.random.default_rng([5, *name.encode()])
        files += [damaged(data, draw) for _ in range(PER_FORMAT)]
    try:
        ends = isolated(decode_each, files, timeout_s=300.0, what="the decoder", memory_bytes=1 << 30)
    except PluginFailed:
        ends = [_through_the_door(file, tmp_path / "hostile") for file in files]
    assert len(ends) == PER_FORMAT * len(formats)
    assert 0.1 < ends.count("heard") / len(ends) < 0.9


def _through_the_door(data: bytes, path: Path) -> str:
    path.write_bytes(data)
    try:
        read_recording(path)
    except BadInput:
        return "refused"
    return "heard"


def riff(channels: int = 2, rate: int = 44_100, data: bytes = b"", claims: int | None = None, bits: int = 16, tag: int = 1) -> bytes:
    """A WAV file of any claim."""
    align = channels * bits // 8 & 0xFFFF
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * align & 0xFFFFFFFF, align, bits)
    size = len(data) if claims is None else claims
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", min(len(body) - len(data) + size, 0xFFFFFFFF)) + body


def flac_that_claims(frames: int) -> bytes:
    """A FLAC header alone, with a number of frames of 36 bits."""
    packed = (44_100 << 44) | (1 << 41) | (15 << 36) | frames
    return b"fLaC\x80\x00\x00\x22" + struct.pack(">HH", 4096, 4096) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)


def id3(size: int, then: bytes) -> bytes:
    """An ID3v2 tag that says how large it is, before something else."""
    return b"ID3\x04\x00\x00" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + then


REFUSED = {
    "nothing": (b"", "empty"),
    "one byte": (b"R", "could not be read"),
    "no frames": (riff(), "holds no sound"),
    "one sample": (riff(1, 44_100, b"\1\1"), "1 sample"),
    "no channels": (riff(0, 44_100, bytes(64)), "could not be read"),
    "32 channels": (riff(32, 44_100, bytes(64 * 4410)), "32 channels"),
    "1024 channels": (riff(1024, 44_100, bytes(2048 * 4410)), "channels"),
    "1 Hz": (riff(1, 1, bytes(64)), "1 Hz"),
    "768 kHz": (riff(1, 768_000, bytes(768_000)), "768000 Hz"),
    "0 Hz": (riff(1, 0, bytes(64)), "read as sound"),
    "nothing but NaN": (riff(1, 44_100, np.full(44_100, np.nan, "<f4").tobytes(), bits=32, tag=3), "not one of its samples"),
    "FLAC of 2^36 frames": (flac_that_claims(2**36 - 1), "hours long"),
    "a tag of 256 MB": (id3((1 << 28) - 1, b"nothing"), "could not be read"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(500), "could not be read"),
    "a packed file": (zlib.compress(bytes(10**6)), "could not be read"),
    "a program": (b"\x7fELF" + bytes(500), "could not be read"),
    "a page that is a sound": (b"<html>RIFF</html>" + riff(1, 44_100, bytes(8820)), "could not be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_heard_is_refused_in_words(name: str, tmp_path: Path) -> None:
    """Field, file, what is possible, and why; for a reference and for a voice."""
    data, why = REFUSED[name]
    path = tmp_path / "hostile.wav"
    path.write_bytes(data)
    with pytest.raises(BadInput, match="1 to 16 channels at 4 to 384 kHz") as refused:
        read_recording(path)
    assert refused.value.field == "reference"
    assert why in refused.value.hint, refused.value.hint
    assert "hostile.wav" in str(refused.value)


@pytest.mark.parametrize("claims", [2**31, 0xFFFFFFFE])
def test_a_header_that_lies_about_its_length_costs_nothing(claims: int, tmp_path: Path) -> None:
    """A second of sound that claims hours: heard for that second, with a note, or refused; either way at once."""
    path = tmp_path / "lie.wav"
    path.write_bytes(riff(1, 8000, np.full(8000, 800, "<i2").tobytes(), claims))
    before = time.monotonic()
    with contextlib.suppress(BadInput):
        assert read_recording(path).duration_s == pytest.approx(1, abs=0.1)
    assert time.monotonic() - before < 20


def test_a_small_file_that_unpacks_to_hours_is_heard_in_its_middle(tmp_path: Path) -> None:
    """Three hours of silence in a FLAC of 400 KB: ten minutes are decoded, with little memory here."""
    path, block = tmp_path / "bomb.flac", np.zeros(60 * RATE, np.int16)
    with sf.SoundFile(path, "w", RATE, 1, "PCM_16", format="FLAC") as file:
        for _ in range(180):
            file.write(block)
    assert path.stat().st_size < 2**20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    recording = read_recording(path)
    assert recording.audio.shape == (2, 600 * RATE)
    assert recording.duration_s == 180 * 60
    assert any("middle 10 minutes" in note for note in recording.notes)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_a_name_means_nothing(tmp_path: Path) -> None:
    """A WAV called .raw, .mp3 or .txt, or behind a tag, is what its bytes say."""
    tone = (8000 * np.sin(np.arange(8000) / 3)).astype("<i2").tobytes()
    for name, data in (("a.raw", riff(1, 8000, tone)), ("a.mp3", riff(1, 8000, tone)), ("a.txt", riff(1, 8000, tone))):
        (tmp_path / name).write_bytes(data)
        assert read_recording(tmp_path / name).duration_s == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_only_files_are_opened(tmp_path: Path) -> None:
    """A folder, a pipe that nobody writes to, a device, a link that leads in a circle: refused at once; a link to a file is that file."""
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "circle.wav").symlink_to(tmp_path / "circle.wav")
    (tmp_path / "true.wav").write_bytes(riff(1, 8000, bytes(8000)))
    (tmp_path / "link.wav").symlink_to(tmp_path / "true.wav")
    before = time.monotonic()
    for path in (tmp_path, tmp_path / "pipe.wav", Path("/dev/zero"), tmp_path / "circle.wav", tmp_path / "nothing.wav", Path("a\0b.wav")):
        with pytest.raises(BadInput):
            read_recording(path)
    assert time.monotonic() - before < 5
    assert read_recording(tmp_path / "link.wav").duration_s == 0.5


def test_what_crashes_hangs_or_swells_is_refused_and_nothing_else_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that dies, sleeps or eats memory: BadInput with how it failed. The real door, another decoder behind it."""
    path = tmp_path / "evil.wav"
    path.write_bytes(riff(1, 8000, bytes(8000)))
    from tests.analyzer import hostile_decoders

    evil = hostile_decoders
    for decoder, limit_s, how in ((evil.crash, 30.0, "SIGSEGV"), (evil.swell, 30.0, "of memory"), (evil.hang, 3.0, "no answer within 3 s")):
        monkeypatch.setattr(reading, "DECODING_S", limit_s)
        monkeypatch.setattr(reading, "decode", decoder)
        with pytest.raises(BadInput) as refused:
            read_recording(path)
        assert how in refused.value.hint


def test_a_full_disk_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unavailable, to be tried again, where what was decoded finds no room."""
    path = tmp_path / "good.wav"
    path.write_bytes(riff(1, 8000, bytes(8000)))
    from tests.analyzer import hostile_decoders

    monkeypatch.setattr(reading, "decode", hostile_decoders.into_a_full_disk)
    with pytest.raises(Unavailable, match="room"):
        read_recording(path)


@pytest.mark.parametrize("name", ["nothing", "32 channels", "768 kHz", "nothing but NaN"])
def test_a_voice_is_refused_as_a_voice(name: str, tmp_path: Path) -> None:
    """The same door, on field "hum"."""
    (tmp_path / "v.wav").write_bytes(REFUSED[name][0])
    with pytest.raises(BadInput) as refused:
        hear_tune(tmp_path / "v.wav")
    assert refused.value.field == "hum"


def test_three_minutes_cost_little_more_than_without_a_process(tmp_path: Path) -> None:
    """CPU seconds of the child and of the parent for three minutes of WAV; decoding here takes 0.15 s of them."""
    path = tmp_path / "long.wav"
    sf.write(path, np.random.default_rng(0).normal(0, 0.1, (180 * 44_100, 2)).astype(np.float32), 44_100)
    before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    read_recording(path)
    after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    spent = sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True))
    assert spent < 1.5


def test_what_is_only_odd_is_heard(tmp_path: Path) -> None:
    """Half NaN, a click every two seconds, a wave at half the sample rate, a constant: features that JSON can hold, no warning."""
    draw, rate = np.random.default_rng(0), 8000
    odd = (
        np.where(draw.random(4 * rate) < 0.5, np.nan, draw.normal(0, 0.2, 4 * rate)),
        (np.arange(12 * rate) % (2 * rate) == 0).astype(float),
        np.tile([1.0, -1.0], 2 * rate),
        np.full(4 * rate, 0.5),
    )
    for samples in odd:
        sf.write(tmp_path / "odd.wav", samples, rate, subtype="FLOAT")
        features = hear(tmp_path / "odd.wav")
        assert Features.model_validate_json(features.to_json()) == features
        assert any("not numbers" in note for note in features.notes) == bool(np.isnan(samples).any())
