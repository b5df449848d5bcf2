"""The table of `houseband analyze`: what a musician reads of a file."""

import io

import numpy as np
import pytest
from PIL import Image

from contracts.features import DrumVoice, Evidence, Features, HeardChord, HeardDrums, HeardSection, Measured, Swing
from houseband.cli import main
from houseband.commands.analyze import holds_notes, rows_of
from services.analyzer.drawing import draw

FILE = {"duration_s": 133.04, "sample_rate_hz": 44_100, "channels": 2, "analyzed_s": 133.04}


def test_numbers_have_units_and_guesses_are_called_so() -> None:
    """Tempo with its octaves, the key with how sure it is, borders as a player shows them."""
    heard = Features(
        **FILE,
        tempo_bpm=Measured(value=89.2, unit="bpm", confidence=0.8),
        key="Bb major",
        key_confidence=0.41,
        loudness_lufs=Measured(value=-14.02, unit="LUFS"),
        boundaries_s=(10.8, 63.62),
        energy_curve=(-30.0, -14.0),
    )
    rows = {name: (value, remark) for name, value, remark in rows_of(heard)}
    assert rows["length"][0] == "2:13.0"
    assert rows["tempo"] == ("89.2 bpm", "sure (80%); may be felt as 44.6 or 178.4")
    assert rows["key"] == ("Bb major", "a guess (41%)")
    assert rows["loudness"][0] == "-14.0 LUFS"
    assert rows["changes at"][0] == "0:10.8  1:03.6"
    assert rows["loudness curve"][0] == "▃█"


def test_what_was_not_heard_is_not_invented() -> None:
    """Silence: length and format, and no tempo."""
    rows = {name: value for name, value, _ in rows_of(Features(**FILE | {"channels": 1}))}
    assert rows["format"] == "mono, 44.1 kHz"
    assert rows["key"] == "not heard"
    assert not {"tempo", "loudness", "stereo", "tone"} & set(rows)


def test_sections_chords_and_drums_are_read_at_a_glance() -> None:
    """A section's chords with numerals, a loop told once; a bar of drums as marks; tags in quotation marks."""
    chords = [HeardChord(start_s=4 * n, end_s=4 * n + 4, symbol=s, roman=r) for n, (s, r) in enumerate([("Am", "i"), ("F", "VI")] * 2)]
    kick = DrumVoice(per_bar=2.0, pattern=(0.9, 0, 0, 0, 0.3, 0, 0, 0), late_ms=(8.0,) + (0.0,) * 7)
    heard = Features(
        **FILE,
        chords=tuple(chords),
        sections=(HeardSection(start_s=0, end_s=16, label="verse", letter="A", bars=8, energy=0.5, loudness_lufs=-15.2),),
        drums=HeardDrums(steps_per_bar=8, bars=8, voices={"kick": kick}),
        swing=Swing(ratio=1.6, confidence=0.8),
        evidence=(Evidence(name="title", value="Obey me"),),
    )
    rows = {name: (value, remark) for name, value, remark in rows_of(heard)}
    assert rows["A verse"] == ("0:00.0  8 bars  ▅ 0.50  -15 LUFS", "Am F  (i VI)")
    assert rows["kick"] == ("|X·|··|x·|··|", "2.0 per bar, 6 ms late")
    assert rows["swing"][0] == "1.60 : 1"
    assert rows["tag: title"] == ('"Obey me"', "the file says so")


def test_notes_are_told_from_sound_by_content(tmp_path) -> None:
    """A MIDI file called .wav holds notes; a sound file called .mid does not."""
    (tmp_path / "a.wav").write_bytes(b"MThd\x00\x00\x00\x06")
    (tmp_path / "b.mid").write_bytes(b"RIFF....WAVE")
    assert holds_notes(tmp_path / "a.wav")
    assert not holds_notes(tmp_path / "b.mid")


def test_the_picture_shows_what_was_heard_and_is_the_same_each_time() -> None:
    """A PNG of one size from much, little and nothing; two sections and a beat more change it."""
    plain = Features(**FILE)
    rich = plain.model_copy(
        update={
            "beats_s": (1.0, 2.0),
            "downbeats_s": (1.0,),
            "sections": tuple(HeardSection(start_s=a, end_s=a + 60, label="verse", letter="AB"[a > 0]) for a in (0, 60)),
            "energy_curve": (-20.0, -15.0),
        }
    )
    noise = np.random.default_rng(0).normal(0, 0.1, 22_050).astype(np.float32)
    first, again, bare = draw(rich, noise), draw(rich, noise), draw(plain, np.zeros(0, np.float32))
    assert first == again != bare
    assert Image.open(io.BytesIO(first)).size == Image.open(io.BytesIO(bare)).size == (1600, 900)


@pytest.mark.parametrize(
    ("content", "more", "named"),
    [
        (b"MThd", ["--midi", "out.mid"], "midi"),
        (b"MThd", ["--picture", "out.png"], "picture"),
        (b"{}", ["--separate", "bands"], "separate"),
        (b"RIFF", ["--midi", "none/out.mid"], "midi"),
        (b"RIFF", ["--picture", "."], "picture"),
        (b"RIFF", ["--picture", "file"], "picture"),
        (b"RIFF", ["--midi", "out.mid", "--separate", "none"], "separate"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_heard(content, more, named, tmp_path, monkeypatch, capsys) -> None:
    """Exit code 2 with the option's name: nothing is left out in silence, the analyzed file is never written over."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(content)
    assert main(["analyze", "file", *more]) == 2
    assert f"houseband: {named}: " in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == content
