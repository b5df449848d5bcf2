"""A score as text says what is in it: form, numerals, degrees, grids."""

from contracts.music import PPQ, ChordEvent, Note, Part, Role, Score, Section
from services.music.notation import score_text


def _score() -> Score:
    chords = (ChordEvent(bar=1, beat=1, symbol="Am"), ChordEvent(bar=2, beat=1, symbol="F"), ChordEvent(bar=2, beat=3, symbol="E7"))
    melody = tuple(Note(tick, PPQ, pitch, 90) for tick, pitch in ((0, 69), (PPQ + 30, 72), (4 * PPQ, 81), (6 * PPQ - 20, 68)))
    drums = (Note(0, 60, 36, 110), Note(PPQ, 60, 38, 90), Note(PPQ + 240, 60, 38, 30))
    return Score(
        genre="rock",
        tempo_bpm=120,
        key="A minor",
        sections={"verse_1": Section(label="verse", start_bar=1, bars=3, energy=0.5, key="A minor", chords=chords)},
        parts={
            "melody": Part(role=Role.MELODY, instrument="flute", notes=melody),
            "drums": Part(role=Role.DRUMS, instrument="drum_kit", notes=drums),
            "bass": Part(role=Role.BASS, instrument="bass_guitar", notes=(Note(0, PPQ, 33, 90),)),
        },
    )


def test_the_text_names_form_chords_degrees_and_strokes() -> None:
    """Humanised notes stand at their nearest sixteenth; octaves, numerals and loudness are told."""
    text = score_text(_score())
    assert "rock: A minor, 4/4, 120 BPM, 3 bars" in text
    assert "form: verse 3" in text
    assert "| Am     | F E7   | %      |" in text
    assert "| i      | bVI V7 | %      |" in text
    assert "x... x... .... ....   1 b3" in text
    assert "x... .... x... ....   1' 7," in text
    assert "X... .... .... ....   kick" in text
    assert ".... xo.. .... ....   snare" in text
    assert "x... .... .... ....   A1" in text


def test_the_same_score_gives_the_same_text() -> None:
    """Pure, and without trailing spaces."""
    assert score_text(_score()) == score_text(_score())
    assert all(line == line.rstrip() for line in score_text(_score()).splitlines())
