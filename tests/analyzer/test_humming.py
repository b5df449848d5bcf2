"""A hummed melody is recovered: its notes, its tempo, its bars; what holds none is refused."""

from difflib import SequenceMatcher

import numpy as np
import pytest
import soundfile as sf

from contracts.errors import BadInput
from services.analyzer import note_tracking
from services.analyzer.humming import hear_tune, tune_in
from tests.analyzer.voices import RATE, performed, voice

TUNES = {
    "ode": ([64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62], [1.0] * 12 + [1.5, 0.5, 2], 100),
    "round": (
        [60, 62, 64, 60, 60, 62, 64, 60, 64, 65, 67, 64, 65, 67, 67, 69, 67, 65, 64, 60],
        [1.0] * 10 + [2, 1, 1, 2] + [0.5] * 4 + [1, 1],
        112,
    ),
    "syncopated": ([57, 60, 62, 64, 62, 60, 57, None, 67, 69, 67, 64, 62, 60], [0.5, 1, 0.5, 1, 1, 0.5, 1.5, 1, 0.5, 1, 0.5, 1, 1, 2], 92),
    "leaps": ([60, 67, 64, 72, 71, 67, 69, 64, 65, 60], [1, 1, 1, 1, 0.5, 0.5, 1, 1, 1, 2], 120),
}


def starts_of(beats: list[float], pitches: list[int | None]) -> list[int]:
    edges = np.concatenate([[0], np.cumsum(beats)[:-1]])
    return [round(float(at) * 4) for at, pitch in zip(edges, pitches, strict=True) if pitch is not None]


@pytest.mark.parametrize("name", TUNES)
@pytest.mark.parametrize("formants", [(300.0, 1100.0), (650.0, 1200.0)], ids=["hum", "ah"])
def test_a_sung_tune_is_recovered_note_for_note(name: str, formants: tuple[float, float]) -> None:
    """Every pitch in order and nothing else, each on its sixteenth, the tempo within two percent: half the voices 30 cents sharp."""
    pitches, beats, bpm = TUNES[name]
    cents = 30.0 if formants[0] > 400 else 0.0
    given = tune_in(voice(performed(pitches, beats, bpm), cents=cents, formants=formants), "x.wav", None, None, [])
    notes = given.parts[0].notes
    assert [n.pitch for n in notes] == [p for p in pitches if p is not None]
    assert given.tempo_bpm == pytest.approx(bpm, rel=0.02)
    assert [(n.start - notes[0].start) // 240 for n in notes] == starts_of(beats, pitches)


def test_without_the_network_pyin_recovers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where basic-pitch is not installed the tune is heard all the same: 95 % of the notes at least."""
    monkeypatch.setattr(note_tracking, "network_file", lambda: None)
    pitches, beats, bpm = TUNES["leaps"]
    given = tune_in(voice(performed(pitches, beats, bpm)), "x.wav", None, None, [])
    matched = SequenceMatcher(None, pitches, [n.pitch for n in given.parts[0].notes], autojunk=False).get_matching_blocks()
    assert sum(block.size for block in matched) >= 0.95 * len(pitches)
    assert any("pYIN" in note for note in given.notes)


def test_a_tempo_that_is_not_sung_in_does_not_bend_the_rhythm() -> None:
    """Sung at 112, the song is to go at 90: the rhythm is the sung one, on its own beats, and that is told."""
    pitches, beats, bpm = TUNES["round"]
    given = tune_in(voice(performed(pitches, beats, bpm)), "x.wav", 90.0, "4/4", [])
    notes = given.parts[0].notes
    assert given.tempo_bpm == pytest.approx(bpm, rel=0.02)
    assert [(n.start - notes[0].start) // 240 for n in notes] == starts_of(beats, pitches)
    assert any("not sung at 90 bpm but at 11" in note for note in given.notes)


def test_a_stated_tempo_is_the_grid() -> None:
    """The same singing counted in a given tempo and meter."""
    pitches, beats, bpm = TUNES["ode"]
    given = tune_in(voice(performed(pitches, beats, bpm)), "x.wav", 100.0, "4/4", [])
    assert (given.tempo_bpm, given.bars) == (100.0, 4)


@pytest.mark.parametrize("what", ["silence", "noise", "text", "short"])
def test_what_holds_no_melody_is_refused(tmp_path, what: str) -> None:
    """BadInput on hum, in words."""
    path = tmp_path / "hum.wav"
    if what == "text":
        path.write_text("la la la")
    else:
        draw = np.random.default_rng(0)
        sound = {"silence": np.zeros(RATE), "noise": draw.normal(0, 0.1, RATE), "short": draw.normal(0, 0.1, 2000)}[what]
        sf.write(path, sound, RATE)
    with pytest.raises(BadInput) as refused:
        hear_tune(path)
    assert refused.value.field == "hum"
