"""Other chords without saying which: other they are, in the key, and each section leads on as it led."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.edits import HarmonyEdit
from contracts.music import Chord, Key, Score
from contracts.music.chord import QUALITIES
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.generator.revising import revise
from services.generator.revising.harmony import substitute
from tests.generator.composition.briefs import brief

STYLES = ("pop", "rock", "house", "jazz", "folk")


def roots(score: Score, bars: range) -> list[tuple[int, bool]]:
    """Root and third of what each bar begins with."""
    chords = [event.chord for bar in bars if (event := score.chord_at(score.bar_tick(bar)))]
    return [(chord.root_class, chord.is_minor) for chord in chords]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("style", STYLES)
def test_new_chords_are_new_in_half_of_the_bars_and_lead_where_the_old_ones_led(style: str, seed: int) -> None:
    """For every section of a song in turn, also for one that stands still or whose style knows few ways; nothing else changes."""
    wanted = brief(style, key="E minor" if seed == 1 else "G major", duration_s=32.0)
    sheet = compose(wanted, seed).score
    score = arrange(sheet, wanted, seed).score
    for name, section in score.sections.items():
        bars = range(section.start_bar, section.end_bar)
        after = revise(score, (HarmonyEdit(sections=(name,)),), wanted, seed, sheet=sheet).score
        before, now = roots(score, bars), roots(after, bars)
        assert 2 * sum(one != other for one, other in zip(before, now, strict=True)) >= len(bars), (name, before, now)
        if len(bars) > 1:
            last = after.bar_tick(section.end_bar) - 1
            assert now[-1] == before[-1]
            assert str(after.chord_at(last).chord) == str(score.chord_at(last).chord)
        assert {n: s for n, s in after.sections.items() if n != name} == {n: s for n, s in score.sections.items() if n != name}


@settings(max_examples=50)
@given(
    st.sampled_from(sorted(QUALITIES)),
    st.sampled_from(("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")),
    st.sampled_from(("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian")),
    st.lists(st.integers(0, 11), max_size=2),
)
def test_a_substitute_is_another_chord_of_the_key(quality: str, root: str, mode: str, beside: list[int]) -> None:
    """For every chord in every mode, whatever stands beside it."""
    key = Key("A", mode)
    found = substitute(Chord(root, quality), key, beside)
    assert found.root_class != Chord(root).root_class
    assert {*found.pitch_classes} <= {*key.pitch_classes}
