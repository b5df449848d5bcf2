"""Guitar shapes lie under a hand."""

import pytest

from contracts.music import Chord
from contracts.music.chord import QUALITIES
from services.generator.arrangement.voicings import GUITAR_STRINGS, guitar_shapes

MOST_FRETS = 4


@pytest.mark.parametrize("quality", sorted(QUALITIES))
def test_every_shape_can_be_fingered(quality):
    """For every quality on eight roots there are shapes: one note per neighbouring string, four frets, the root lowest in the first."""
    for root in ("C", "F#", "Bb", "E", "A", "D", "G", "Ab"):
        chord = Chord(root, quality)
        shapes = guitar_shapes(chord, False, 40, 79)
        assert shapes
        assert shapes[0][0] % 12 == chord.root_class
        for notes in shapes:
            assert {n % 12 for n in notes} <= set(chord.pitch_classes)
            assert any(_fits(notes, first) for first in range(7 - len(notes)))


def _fits(notes: tuple[int, ...], first: int) -> bool:
    """Whether the notes lie on the strings from `first` on within a hand's span, open strings aside."""
    frets = [note - string for note, string in zip(notes, GUITAR_STRINGS[first:], strict=False)]
    pressed = [fret for fret in frets if fret > 0]
    return min(frets) >= 0 and (not pressed or max(pressed) - min(pressed) < MOST_FRETS)


@pytest.mark.parametrize("symbol", ["F", "C", "G/B", "Bbm", "F#5", "Dm7"])
def test_power_chords_stand_on_their_root(symbol):
    """A power chord is root and fifth, the root below: a distorted fourth growls."""
    chord = Chord.parse(symbol)
    shapes = guitar_shapes(chord, True, 40, 79)
    assert shapes
    assert all(notes[0] % 12 == chord.root_class for notes in shapes)
