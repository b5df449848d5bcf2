"""`houseband process`: the command as people type it."""

import json
import resource

import numpy as np
import pytest
import soundfile

from houseband.cli import main


@pytest.fixture
def song(tmp_path):
    t = np.arange(48_000 * 3) / 48_000
    wave = 0.2 * np.sin(2 * np.pi * 220 * t)
    soundfile.write(tmp_path / "in.wav", np.stack([wave, 0.5 * wave], axis=1), 48_000)
    return tmp_path


def run(capsys, *arguments):
    code = main(["process", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_it_tells_what_was_done_and_what_came_of_it(song, capsys):
    """Every parameter, and length, loudness and true peak before and after; the file is as asked."""
    (song / "ops.json").write_text('[{"effect": "trim", "parameters": {"start": 1}}]')
    steps = ["eq:hz=300Hz,db=-3,q=1", "normalise:lufs=-14", "convert:format=flac16,rate=44100"]
    options = [part for step in steps for part in ("--do", step)]
    code, out, _ = run(capsys, song / "in.wav", song / "out.flac", "--ops", song / "ops.json", *options)
    assert code == 0
    for text in ("trim: start 1", "eq: hz 300, db -3, q 1, shape peak", "2.000 s", "-14.0", "LUFS", "44.1 kHz"):
        assert text in out
    made = soundfile.info(song / "out.flac")
    assert (made.samplerate, made.frames, made.subtype) == (44_100, 88_200, "PCM_16")


def test_as_json_it_is_one_object(song, capsys):
    """Before, after, and each step with the length after it."""
    code, out, _ = run(capsys, song / "in.wav", song / "out.wav", "--do", "speed:factor=2", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["before"]["seconds"], told["after"]["seconds"], told["steps"][0]["seconds"]) == (3.0, 1.5, 1.5)
    assert told["after"]["loudness_lufs"] < 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["in.wav", "out.wav"], "do"),
        (["in.wav", "out.wav", "--do", "eq:hz=1"], "do[0].parameters.hz: 1.0 is not possible; allowed: a number from 10 to 90000 Hz"),
        (["in.wav", "out.wav", "--do", "trim:start=9"], "0 to 3.000 s"),
        (["in.wav", "in.wav", "--do", "reverse"], "another file"),
        (["gone.wav", "out.wav", "--do", "reverse"], "in: "),
        (["text.wav", "out.wav", "--do", "reverse"], "a sound file"),
        (["in.wav", "out.wav", "--ops", "text.wav"], "ops: "),
        (["in.wav", "out.wav", "--ops", "bad.json"], "ops[0].parameters"),
        (["in.wav", "out.mp3", "--do", "resample:rate=96000"], "a rate that MP3 has"),
        (["in.wav", "out.wav", "--do", "convert:format=flac"], "ends in .flac"),
        (["in.wav", "out.wav", "--do", "plugin:path=gone.vst3"], "a file that exists"),
    ],
)
def test_what_cannot_be_ends_with_two_and_leaves_nothing(song, capsys, monkeypatch, arguments, told):
    """Field, value and what is allowed on stderr; no file appears."""
    (song / "text.wav").write_text("hello")
    (song / "bad.json").write_text('[{"effect": "eq", "parameters": {"hz": [1]}}]')
    monkeypatch.chdir(song)
    before = sorted(song.iterdir())
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert told in err
    assert out == ""
    assert sorted(song.iterdir()) == before


@pytest.mark.parametrize("name", ["out.wav", "out.flac", "out.mp3"])
def test_a_full_disk_is_told_and_leaves_nothing(song, capsys, name):
    """The write fails half way: exit 4 with the file's name, and no part of it stays."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
    try:
        code, _, err = run(capsys, song / "in.wav", song / name, "--do", "repeat:times=9")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert code == 4
    assert name in err
    assert [path.name for path in song.iterdir()] == ["in.wav"]
