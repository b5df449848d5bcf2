"""Further formats: a right file passes; a wrong rate, missing dither, another sound or a high peak is found."""

import dataclasses

import numpy as np
import pytest
import soundfile as sf
import soxr

from contracts.sound import format_file
from services.qa.checks.formats import check_formats
from services.qa.listening import listen

RATE = 48_000


@pytest.fixture
def judged(make_song):
    """Writes one further file of a song and returns its check: `judged("wav16", samples, rate, subtype)`."""
    song = make_song()
    delivered = song.write()
    heard = listen(delivered)

    def judge(text, samples, rate, subtype, gain_db=0.0):
        path = song.folder / "further"
        if samples is not None:
            sf.write(path, samples.T, rate, subtype=subtype, format={"VORBIS": "OGG"}.get(subtype, "WAV"))
        asked = dataclasses.replace(song.asked, formats=(text,), told={format_file(text): {"gain_db": gain_db}})
        further = {format_file(text): path} if samples is not None else {}
        return check_formats(heard, dataclasses.replace(delivered, further=further), asked)

    judge.master = song.master
    return judge


def dithered(audio):
    """Sixteen bits with triangular dither, as floats on the grid."""
    noise = np.random.default_rng(4).random((2, *audio.shape))
    return np.rint(audio * 32768 + noise[0] - noise[1]) / 32768


def test_right_files_pass(judged):
    """The very samples at the master's rate, dithered ones at 16 bits, resampled ones, and a quieter one that says so."""
    assert judged("wav24", judged.master, RATE, "PCM_24").passed
    assert judged("wav16", dithered(judged.master), RATE, "PCM_16").passed
    up = soxr.resample(judged.master.T.astype(np.float32), RATE, 96_000, quality="VHQ").T
    assert judged("wav32f@96000", up, 96_000, "FLOAT").passed
    assert judged("wav32f", judged.master * 0.5, RATE, "FLOAT", gain_db=20 * np.log10(0.5)).passed


@pytest.mark.parametrize(
    ("text", "change", "rate", "subtype", "words"),
    [
        ("wav16", lambda a: np.rint(a * 32768) / 32768, RATE, "PCM_16", "error 0.2"),
        ("wav16", dithered, 44_100, "PCM_16", "44100 Hz"),
        ("wav24", lambda a: a, RATE, "PCM_16", "PCM_16"),
        ("wav24", lambda a: a[:, 5:], RATE, "PCM_24", "samples in place of"),
        ("wav24", lambda a: a * 0.9, RATE, "PCM_24", "differs by"),
        ("wav32f", lambda a: a * 20, RATE, "FLOAT", "true peak"),
        ("ogg", lambda a: a[:, ::-1], RATE, "VORBIS", "from the master"),
    ],
)
def test_wrong_files_are_found(judged, text, change, rate, subtype, words):
    """Undithered, at another rate, of other bits, cut, quieter than told, clipping, another sound."""
    check = judged(text, change(judged.master), rate, subtype)
    assert not check.passed
    assert words in check.note


def test_a_missing_file_is_found(judged):
    """Asked for, not there."""
    check = judged("flac", None, RATE, "PCM_24")
    assert (check.passed, check.measured) == (False, 0)
