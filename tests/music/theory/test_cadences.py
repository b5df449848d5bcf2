"""Cadences in timed chords, and the path of keys."""

import numpy as np
import pytest

from contracts.music import Chord, Key
from services.music.theory.cadences import Timed, changes, joined, phrase_cadences
from services.music.theory.modulation import closeness, key_path


def timed(symbols: str, length: float = 1.0) -> list[Timed]:
    """Chords of one length, one after the other."""
    return [Timed(i * length, (i + 1) * length, Chord.parse(symbol)) for i, symbol in enumerate(symbols.split())]


@pytest.mark.parametrize(
    ("symbols", "kind"),
    [
        ("C F G7 C", "authentic"),
        ("C Am F C", "plagal"),
        ("C Am F G", "half"),
        ("C F G Am", "deceptive"),
        ("C F G Ab", "deceptive"),
        ("C Em Am F", None),
    ],
)
def test_a_phrase_ends_as_its_last_two_chords_say(symbols, kind) -> None:
    """In C major: V–I authentic, IV–I plagal, on V half, V–vi deceptive; else none."""
    found = phrase_cadences(timed(symbols), [4.0], lambda _: Key("C"), near=0.3)
    assert [end.kind for end in found] == ([kind] if kind else [])
    if found:
        assert found[0].time == 3.0


def test_colours_are_one_chord_and_the_key_in_force_counts() -> None:
    """G, G7 and Gsus4 before C are one dominant; the same chords in G major end on IV and are no cadence."""
    chords = timed("C F G G7 C C")
    assert len(joined(chords)) == 4
    assert changes(chords) == 3
    assert [end.kind for end in phrase_cadences(chords, [6.0], lambda _: Key("C"), 0.3)] == ["authentic"]
    assert phrase_cadences(chords, [6.0], lambda _: Key("G"), 0.3) == []


def test_a_rest_before_the_last_chord_is_no_cadence() -> None:
    """Where a gap lies between the two chords nothing leads from one to the other."""
    chords = [Timed(0, 1, Chord.parse("G7")), Timed(3, 4, Chord.parse("C"))]
    assert phrase_cadences(chords, [4.0], lambda _: Key("C"), 0.3) == []


def test_keys_change_only_for_enough_evidence() -> None:
    """Evidence that outweighs the cost of a change moves the key once, at its place; less of it does not."""
    fits = np.zeros((20, 24))
    fits[:10, 0], fits[10:, 2] = 1.0, 1.0
    assert key_path(fits, switch=5.0) == [(0, 0), (10, 2)]
    assert len(key_path(fits, switch=15.0)) == 1
    assert key_path(fits[:0], switch=1.0) == []


def test_relative_keys_are_nearest() -> None:
    """C major and A minor share their notes; C and F sharp lie six fifths apart."""
    apart = closeness()
    assert apart[0, 12 + 9] == 0
    assert apart[0, 7] == 1
    assert apart[0, 6] == 6
