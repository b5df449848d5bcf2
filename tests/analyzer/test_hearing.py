"""The analyzer hears truth, says when there is nothing to hear, and refuses what is no sound with a reason."""

import contextlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from contracts.context import Context, Request
from contracts.errors import BadInput
from contracts.features import Features
from services.analyzer import reading
from services.analyzer.hearing import hear
from services.analyzer.work import analyze
from services.runtime.workbench import Workbench

RATE = 44_100
CHORDS = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))  # Am F C G


def music(seconds=20.0, bpm=100.0, rate=RATE) -> np.ndarray:
    """Chords and clicks [samples, 2]: 100 BPM, the notes of C major, stereo."""
    rng, t = np.random.default_rng(2), np.arange(round(seconds * rate)) / rate
    bar = (t // (4 * 60 / bpm)).astype(int) % 4
    left = np.zeros(len(t))
    for index, chord in enumerate(CHORDS):
        wave = sum(np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * t * k) / k**1.5 for p in (*chord, chord[0] - 24) for k in (1, 2, 3))
        left += np.where(bar == index, wave, 0) * 0.05
    for beat, start in enumerate(np.arange(0, seconds - 0.1, 60 / bpm)):
        at = round(start * rate)
        size = min(round(0.05 * rate), len(t) - at)
        left[at : at + size] += rng.normal(0, 0.2 if beat % 4 else 0.4, size) * np.exp(-np.arange(size) / (0.01 * rate))
    return np.stack([left, 0.7 * left + 0.01 * rng.normal(size=len(t))], axis=1).astype(np.float32)


@pytest.fixture
def written(tmp_path):
    """Writes samples to a file and returns its path."""

    def write(samples, name="reference.wav", rate=RATE, **how) -> Path:
        sf.write(tmp_path / name, samples, rate, **how)
        return tmp_path / name

    return write


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_every_format_is_heard_alike(name, written) -> None:
    """Tempo within 0.2 BPM, key, loudness and tone from WAV, FLAC, OGG and MP3."""
    features = hear(written(music(), name))
    assert features.tempo_bpm.value == pytest.approx(100, abs=0.2)
    assert features.key in ("C major", "A minor")
    assert features.channels == 2
    assert -30 < features.loudness_lufs.value < -10
    assert 0.9 < features.stereo_correlation.value <= 1
    assert len(features.spectrum_hz) == len(features.spectrum_db) > 20
    assert len(features.energy_curve) == pytest.approx(18, abs=1)
    assert 0 <= features.energy.value <= 1
    Features.model_validate_json(features.to_json())


def test_silence_has_no_features_but_a_note(written) -> None:
    """Silent: all fields None, and it is said."""
    features = hear(written(np.zeros((RATE * 5, 2))))
    assert features.tempo_bpm is features.key is features.loudness_lufs is features.energy is None
    assert any("silent" in note for note in features.notes)


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (11_025, 2), (48_000, 6), (96_000, 2), (192_000, 1)])
def test_odd_rates_and_channels(rate, channels, written) -> None:
    """Mono, six channels, 8 to 192 kHz: the same tempo."""
    samples = np.repeat(music(8, rate=rate)[:, :1], channels, axis=1)
    features = hear(written(samples, rate=rate))
    assert features.channels == channels
    assert features.sample_rate_hz == rate
    assert features.tempo_bpm.value == pytest.approx(100, abs=1)


@pytest.mark.parametrize("frames", [1, 50])
def test_a_few_samples_are_no_sound(frames, written) -> None:
    """Under 50 ms nothing can be heard: refused, with how long it is."""
    with pytest.raises(BadInput, match=f"it holds {frames} sample"):
        hear(written(music(2)[200 : 200 + frames]))


@pytest.mark.parametrize("frames", [4_000, 40_000])
def test_scraps_are_heard_as_far_as_they_go(frames, written) -> None:
    """From a tenth of a second to a second: no tempo, a note, no error."""
    features = hear(written(music(2)[200 : 200 + frames]))
    assert features.tempo_bpm is None
    assert any("too short" in note or "silent" in note for note in features.notes)


def test_samples_that_are_not_numbers_are_silenced(written) -> None:
    """NaN and infinity in a float file: a note, and finite features."""
    samples = music(6)
    samples[1000:1010] = np.nan
    samples[2000] = np.inf
    features = hear(written(samples, subtype="FLOAT"))
    assert any("not numbers" in note for note in features.notes)
    assert np.isfinite(features.loudness_lufs.value)


@pytest.mark.parametrize("name", ["cut.wav", "cut.flac", "cut.ogg", "cut.mp3"])
def test_a_truncated_file_is_heard_as_far_as_it_goes(name, written) -> None:
    """Half of the bytes: either heard with less than its length, or refused with a reason; never a traceback."""
    path = written(music(10), name)
    os.truncate(path, path.stat().st_size // 2)
    with contextlib.suppress(BadInput):
        assert hear(path).analyzed_s < 9


def riff(channels: int, rate: int, data: bytes) -> bytes:
    """A 16-bit WAV file of any claim."""
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


BROKEN = {
    "empty.wav": b"",
    "text.mp3": b"this is no music, only words " * 50,
    "noise.flac": bytes(range(256)) * 40,
    "header_only.wav": riff(2, 44_100, b""),
    "no_channels.wav": riff(0, 44_100, bytes(8)),
    "many_channels.wav": riff(200, 44_100, bytes(4000)),
    "one_hertz.wav": riff(1, 1, bytes(8)),
    "fast.wav": riff(1, 768_000, bytes(8000)),
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_sound_is_refused_with_a_reason(name, tmp_path) -> None:
    """Field "reference", the file's name, the formats that are possible, and what is wrong with it."""
    (tmp_path / name).write_bytes(BROKEN[name])
    with pytest.raises(BadInput) as refused:
        hear(tmp_path / name)
    assert refused.value.field == "reference"
    assert name in str(refused.value)
    assert "WAV, FLAC, OGG or MP3" in refused.value.allowed
    assert refused.value.hint


def test_a_missing_file_is_refused(tmp_path) -> None:
    """Not a traceback."""
    with pytest.raises(BadInput, match="no such file"):
        hear(tmp_path / "nowhere.wav")


def test_a_long_file_is_heard_in_its_middle(written, monkeypatch) -> None:
    """Beyond the limit only the middle is read; the limit here is six seconds instead of ten minutes."""
    monkeypatch.setattr(reading, "LONGEST_HEARD_S", 6.0)
    features = hear(written(music(20)))
    assert features.analyzed_s == pytest.approx(6, abs=0.01)
    assert features.duration_s == pytest.approx(20, abs=0.01)
    assert any("middle" in note for note in features.notes)


def test_a_file_that_claims_to_last_for_days_is_refused(written, monkeypatch) -> None:
    """Limits of time are checked before reading."""
    monkeypatch.setattr(reading, "LONGEST_FILE_S", 3.0)
    with pytest.raises(BadInput, match="hours long"):
        hear(written(music(4)))


def test_the_stage_stores_what_was_heard(store, written, tmp_path) -> None:
    """The context gets the features and a decision in words; a song without a reference has no business here."""
    reference = store.put_file("uploads/tune.wav", written(music(8)), "audio/wav")
    context = Context(composition_id="c", job_id="j", seq=0, created_at=0, request=Request(prompt="like this", seed=1, reference=reference))
    heard = analyze(context, Workbench(store, tmp_path, lambda *_: None))
    assert heard.analysis.features.tempo_bpm.value == pytest.approx(100, abs=0.5)
    assert heard.analysis.reference_name == "tune.wav"
    assert "100 bpm" in heard.ai_decisions[-1].choice
    with pytest.raises(BadInput, match="reference"):
        analyze(context.model_copy(update={"request": Request(prompt="x", seed=1)}), Workbench(store, tmp_path, lambda *_: None))
