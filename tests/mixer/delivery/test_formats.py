"""Every coding at its rates, read by other decoders: samples, gapless length, peaks, tags, the same bytes."""

import base64
import hashlib
import shutil
import struct
import subprocess

import mutagen
import numpy as np
import pytest
import soundfile
import soxr
from mutagen.flac import Picture as Block
from pedalboard.io import AudioFile

from contracts.sound import CODINGS, RATES_HZ, coding_and_rate
from services.mixer.delivery.formats import Format, encode
from services.mixer.delivery.png import png
from services.mixer.delivery.tagging import Tags
from services.music.audio.true_peak import true_peak, true_peak_dbtp
from services.music.pictures import read_picture

RATE = 48_000
FRAMES = 2 * RATE + 137
FORMATS = [f"{coding}@{rate}" for coding in CODINGS for rate in RATES_HZ if not (coding.startswith("mp3") and rate == 96_000)]
LOSSY = ("mp3_v0", "mp3_320", "ogg")
SUBTYPES = {"wav16": "PCM_16", "wav24": "PCM_24", "wav32f": "FLOAT", "flac": "PCM_24", "flac16": "PCM_16"}
TAGS = Tags("Goldene Dächer ♯", "deep house", 124.4, "F# minor", "2026-11-21", "Houseband, seed 3: four on the floor")


@pytest.fixture(scope="module")
def audio():
    """Two seconds with a true peak of -1.0 dBTP, on the grid of a 24-bit file."""
    rng = np.random.default_rng(2)
    t = np.arange(FRAMES) / RATE
    wave = np.sin(2 * np.pi * 220 * t) + 0.4 * np.sin(2 * np.pi * 3300 * t + 1)
    stereo = np.stack([wave, np.roll(wave, 90)]) + 0.1 * rng.standard_normal((2, FRAMES))
    stereo *= 10 ** (-1 / 20) / true_peak(stereo.astype(np.float32), 8)
    return (np.rint(stereo * 2**23) / 2**23).astype(np.float32)


@pytest.fixture(scope="module")
def cover():
    return read_picture(png(np.full((80, 80, 3), 60, dtype=np.uint8)))


def ffmpeg_frames(path):
    """How many frames ffmpeg decodes."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-"]
    return len(subprocess.run(command, capture_output=True, check=True).stdout) // 8


@pytest.mark.parametrize("text", FORMATS)
def test_a_format_holds_the_master_to_the_sample(tmp_path, audio, cover, text):
    """Rate, coding and number of samples by libsndfile and ffmpeg; the sound itself; under its ceiling; the same bytes again."""
    coding, rate = coding_and_rate(text)
    kind = Format.parse(text)
    path, again = tmp_path / f"a.{kind.how.suffix}", tmp_path / f"b.{kind.how.suffix}"
    written = encode(path, audio, RATE, kind, -1.0, TAGS, cover)
    encode(again, audio, RATE, kind, -1.0, TAGS, cover)
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(again.read_bytes()).digest()
    info, frames = soundfile.info(path), round(FRAMES * rate / RATE)
    assert (info.samplerate, info.frames, info.channels) == (rate, frames, 2)
    assert info.subtype == SUBTYPES.get(coding, info.subtype)
    if shutil.which("ffmpeg"):
        assert ffmpeg_frames(path) == frames
    sound = soundfile.read(path, dtype="float64")[0].T
    wanted = soxr.resample(audio.T.astype(np.float64), RATE, rate, quality="VHQ").T[:, :frames] * 10 ** (written.gain_db / 20)
    error = np.sqrt(np.mean((sound[:, : wanted.shape[1]] - wanted) ** 2))
    assert error < (0.05 if coding in LOSSY else 2.0 / 32768 if "16" in coding else 2e-7)
    peak = true_peak_dbtp(sound.astype(np.float32), rate, 8)
    assert peak <= (0.0 if coding in LOSSY else -0.98)
    assert peak == pytest.approx(written.true_peak_dbtp, abs=0.1)


def test_the_float_and_24_bit_files_of_the_master_are_its_very_samples(tmp_path, audio, cover):
    """At the master's own rate nothing is resampled, dithered or rounded again."""
    for text in ("wav24", "wav32f", "flac"):
        path = tmp_path / f"{text}.x"
        assert encode(path, audio, RATE, Format.parse(text), -0.9, TAGS, cover).gain_db == 0
        assert np.array_equal(soundfile.read(path, dtype="float32")[0].T, audio)


def test_a_resampler_that_raises_peaks_is_met_by_a_gain_that_is_told(tmp_path, cover):
    """Noise up to 24 kHz loses its top octave at 44.1 kHz: what stood at the ceiling would pass it."""
    noise = np.random.default_rng(8).uniform(-1, 1, (2, RATE)).astype(np.float32)
    noise *= np.float32(10 ** (-1 / 20) / true_peak(noise, 8))
    louder = encode(tmp_path / "a.wav", noise, RATE, Format.parse("wav24@44100"), -4.0, TAGS, cover)
    sound = soundfile.read(tmp_path / "a.wav", dtype="float32")[0].T
    assert louder.gain_db < -1
    assert true_peak_dbtp(sound, 44_100, 8) <= -4.0


@pytest.mark.parametrize("text", ["wav16", "wav32f", "flac", "mp3_v0", "ogg"])
def test_tags_and_cover_are_read_back(tmp_path, audio, cover, text):
    """Title, artist, album, genre, tempo, key, date, comment and picture, by mutagen."""
    kind = Format.parse(text)
    path = tmp_path / f"a.{kind.how.suffix}"
    encode(path, audio[:, :9000], RATE, kind, 0.0, TAGS, cover)
    tags = mutagen.File(path).tags
    if kind.how.suffix in ("wav", "mp3"):
        names = ("TIT2", "TPE1", "TALB", "TCON", "TBPM", "TKEY", "TDRC", "COMM::eng")
        found, picture = [str(tags[name]) for name in names], tags["APIC:"].data
    else:
        names = ("title", "artist", "album", "genre", "bpm", "initialkey", "date", "comment")
        found = [tags[name][0] for name in names]
        file = mutagen.File(path)
        picture = file.pictures[0].data if text == "flac" else Block(base64.b64decode(tags["metadata_block_picture"][0])).data
    assert found == [TAGS.title, "Houseband", "Houseband", "deep house", "124", "F#m", "2026-11-21", TAGS.comment]
    assert picture == cover.data


def chunks(path):
    """RIFF chunks by name."""
    data, found, at = path.read_bytes(), {}, 12
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        found[kind] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def test_a_wav_says_its_name_and_loudness_in_riff(tmp_path, audio, cover):
    """LIST INFO for players; bext version 2 with the loudness that was measured, in hundredths (EBU Tech 3285)."""
    path = tmp_path / "a.wav"
    encode(path, audio, RATE, Format.parse("wav16@44100"), -1.0, TAGS, cover)
    found = chunks(path)
    assert TAGS.title.encode() in found[b"LIST"]
    assert found[b"bext"][256:265] == b"Houseband"
    version, loudness, _, peak = struct.unpack_from("<H64xhhh", found[b"bext"], 346)
    assert version == 2
    assert -1500 < loudness < -300
    sound = soundfile.read(path, dtype="float32")[0].T
    assert peak == pytest.approx(100 * true_peak_dbtp(sound, 44_100), abs=3)


def test_pedalboard_reads_them_too(tmp_path, audio, cover):
    """A fourth decoder: every coding opens, at its rate."""
    for text in ("wav16@44100", "flac16", "mp3_320@44100", "ogg@96000"):
        kind = Format.parse(text)
        path = tmp_path / f"{kind.coding}.{kind.how.suffix}"
        encode(path, audio[:, :20_000], RATE, kind, -1.0, TAGS, cover)
        with AudioFile(str(path)) as file:
            assert file.samplerate == kind.rate
            assert np.abs(file.read(4000)).max() > 0.1


def test_silence_and_a_single_sample_become_files(tmp_path, cover):
    """Nothing to measure, nothing to divide by."""
    for count in (1, 5000):
        for text in ("wav16", "flac@44100", "ogg", "mp3_v0"):
            kind = Format.parse(text)
            path = tmp_path / f"{count}-{kind.coding}.{kind.how.suffix}"
            encode(path, np.zeros((2, count), dtype=np.float32), RATE, kind, -1.0, TAGS, cover)
            assert soundfile.info(path).samplerate == kind.rate
