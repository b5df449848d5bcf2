"""Our WAV files: read back as they were written, by us and by libsndfile, and the same bytes on every run."""

import io

import numpy as np
import pytest
import soundfile

from contracts.errors import BadInput
from services.music.audio.wave import IEEE_FLOAT, MOST_BYTES, PCM, header, read_wave, wave_shape, write_float_wav, write_wav_24

RATE = 48_000
STEP = 2.0**-23


def noise(channels, samples, seed=1):
    return np.random.default_rng(seed).uniform(-1.1, 1.1, (channels, samples)).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("samples", [0, 1, 7, 300_001])
def test_floats_come_back_bit_for_bit(tmp_path, channels, samples):
    """Ours and libsndfile's reader give the samples that were written."""
    path, audio = tmp_path / "x.wav", noise(channels, samples)
    write_float_wav(path, audio, 44_100)
    ours, rate = read_wave(path)
    theirs, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == 44_100
    assert np.array_equal(ours, audio)
    assert np.array_equal(theirs.T, audio)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("samples", [0, 1, 7, 300_001])
def test_24_bits_are_the_nearest(tmp_path, channels, samples):
    """Within half a step, clipped at full scale, and what libsndfile reads is what we read."""
    path, audio = tmp_path / "x.wav", noise(channels, samples)
    write_wav_24(path, audio, RATE)
    ours, _ = read_wave(path)
    theirs, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert np.array_equal(ours, theirs.T)
    assert np.abs(ours - np.clip(audio, STEP - 1, 1 - STEP)).max(initial=0) <= STEP / 2
    assert soundfile.info(path).subtype == "PCM_24"


def test_every_value_of_24_bits_is_read_as_written(tmp_path):
    """The ends, the middle, and each step around them."""
    path = tmp_path / "x.wav"
    values = np.array([-8388607, -8388606, -65536, -257, -256, -255, -1, 0, 1, 255, 256, 257, 65536, 8388606, 8388607], dtype=np.float64)
    audio = np.stack([values, values[::-1]]).astype(np.float32) * np.float32(STEP)
    write_wav_24(path, audio, RATE)
    assert np.array_equal(read_wave(path)[0], audio)


def test_a_view_is_written_like_its_copy(tmp_path):
    """Samples that do not lie in one piece are written as those that do."""
    audio = noise(2, 5001)
    for write in (write_float_wav, write_wav_24):
        write(tmp_path / "view.wav", audio[:, ::2], RATE)
        write(tmp_path / "copy.wav", audio[:, ::2].copy(), RATE)
        assert (tmp_path / "view.wav").read_bytes() == (tmp_path / "copy.wav").read_bytes()


@pytest.mark.parametrize("write", [write_float_wav, write_wav_24])
def test_chunks_around_the_samples_are_passed_over(tmp_path, write):
    """A file with chunks before and behind its samples is read as one without, and its size is told right."""
    path, audio = tmp_path / "x.wav", noise(1, 5)
    write(path, audio, RATE, b"LIST\x04\0\0\0INFO", b"junk\x02\0\0\0ab")
    plain = tmp_path / "plain.wav"
    write(plain, audio, RATE)
    assert np.array_equal(read_wave(path)[0], read_wave(plain)[0])
    assert int.from_bytes(path.read_bytes()[4:8], "little") == path.stat().st_size - 8
    assert np.array_equal(soundfile.read(path, dtype="float32")[0], soundfile.read(plain, dtype="float32")[0])


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_32", "DOUBLE"])
def test_other_codings_are_left_to_others(tmp_path, subtype):
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros((8, 2)), RATE, subtype=subtype)
    assert read_wave(path) is None


@pytest.mark.parametrize("data", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEdata\x08\0\0\0abcdefgh", b"fLaC" + b"\0" * 64])
def test_what_is_no_wave_is_left_to_others(data):
    assert wave_shape(io.BytesIO(data)) is None


def test_a_file_that_was_cut_off_holds_what_is_there(tmp_path):
    """As libsndfile reads it: the whole frames that are there."""
    path, audio = tmp_path / "x.wav", noise(2, 100)
    write_float_wav(path, audio, RATE)
    path.write_bytes(path.read_bytes()[:-13])
    assert np.array_equal(read_wave(path)[0], audio[:, :98])


@pytest.mark.parametrize("write", [write_float_wav, write_wav_24])
def test_a_file_that_ends_in_its_header_is_left_to_others(tmp_path, write):
    """Wherever it was cut off before its samples, nothing is read and nothing breaks."""
    path = tmp_path / "x.wav"
    write(path, noise(2, 10), RATE)
    data = path.read_bytes()
    start = data.index(b"data") + 8
    assert [size for size in range(start) if wave_shape(io.BytesIO(data[:size])) is not None] == []
    assert wave_shape(io.BytesIO(data[:start])).frames == 0


@pytest.mark.parametrize(("kind", "bits"), [(PCM, 24), (IEEE_FLOAT, 32)])
def test_four_gibibytes_are_the_end(kind, bits):
    frames = MOST_BYTES // (bits // 4)
    assert header(kind, bits, RATE, 2, frames)
    with pytest.raises(BadInput, match="4 GiB"):
        header(kind, bits, RATE, 2, frames + 1)
