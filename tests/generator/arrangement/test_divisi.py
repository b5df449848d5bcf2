"""Sections voiced desk by desk: ranges, crossings, parallels, completeness."""

from itertools import combinations, pairwise

import pytest

from contracts.music import Chord, Key
from services.generator.arrangement.divisi import DESKS, divided
from services.music.packs.instruments import instruments
from services.music.theory.roman import numerals_to_bars, parse_numeral
from services.music.theory.voicing import has_parallel_perfects

PROGRESSIONS = (
    "i | bVI | bIII | bVII | iv | bVI | bVII | V | i | iv | V | i",
    "I | V/3 | vi | iii | IV | I/3 | ii | V | I | IV | V | I",
    "I I7/3 | IV #IV°7 | I/5 VI7 | ii7 V7 | iii7 VI7 | ii7 bII7 | Imaj7 | V7sus4 V7 | I",
    "iiø7 | V7b9 | i7 | iv7 | bVII9 | bIIImaj7 | bVImaj7 | iiø7 | V7b9 | i6",
    "i5 | bVI5 | bVII5 | i5 | bII5",
)
TONICS = ("C", "D", "Eb", "F#", "A", "B")


def chords(text: str, tonic: str) -> list[Chord]:
    """A progression in a key."""
    minor = text.split(maxsplit=1)[0].startswith(("i", "ii"))
    key = Key(tonic, "minor" if minor else "major")
    return [parse_numeral(n, key) for bar in numerals_to_bars(text) for n in bar]


@pytest.mark.parametrize("section", sorted(DESKS))
@pytest.mark.parametrize("text", PROGRESSIONS)
def test_every_desk_stays_in_its_range_and_order(section: str, text: str) -> None:
    """Four voices, each inside its desk's range and the instrument's, none above its upper neighbour, the bass in the lowest."""
    low, high = instruments()[section].range
    for tonic in TONICS:
        progression = chords(text, tonic)
        for chord, voicing in zip(progression, divided(progression, section), strict=True):
            assert len(voicing) == 4
            assert list(voicing) == sorted(voicing)
            assert all(desk.low <= pitch <= desk.high for desk, pitch in zip(DESKS[section], voicing, strict=True))
            assert low <= voicing[0]
            assert voicing[-1] <= high
            assert voicing[0] % 12 == chord.bass_class
            assert {p % 12 for p in voicing} <= {*chord.pitch_classes, chord.bass_class}


@pytest.mark.parametrize("section", sorted(DESKS))
def test_no_parallel_fifths_or_octaves(section: str) -> None:
    """Outer voices never move in parallel perfects, inner ones hardly ever (at most one pair in forty moves of any two voices)."""
    inner = moves = 0
    for text in PROGRESSIONS[:4]:
        for tonic in TONICS:
            for before, after in pairwise(divided(chords(text, tonic), section)):
                assert not has_parallel_perfects(before, after), (text, tonic, before, after)
                for a, b in combinations(range(4), 2):
                    moves += 1
                    inner += has_parallel_perfects((before[a], before[b]), (after[a], after[b]))
    assert inner <= moves / 40


@pytest.mark.parametrize("section", sorted(DESKS))
def test_thirds_and_sevenths_sound(section: str) -> None:
    """Every triad has its third, every seventh chord its third and seventh; a leading tone is not doubled in a dominant."""
    for text in PROGRESSIONS[:4]:
        progression = chords(text, "C")
        for chord, voicing in zip(progression, divided(progression, section), strict=True):
            steps = [(p - chord.root_class) % 12 for p in voicing]
            members = [s % 12 for s in chord.intervals]
            assert {s for s in members if s in (3, 4)} <= set(steps)
            if len(members) == 4:
                assert {s for s in members if s in (10, 11)} <= set(steps)
            if {4, 10} <= set(members):
                assert steps.count(4) == 1


def test_voices_move_little() -> None:
    """In strings the three upper voices move by a third or less on average, and the whole chain is the same every time."""
    progression = chords(PROGRESSIONS[0], "D")
    chain = divided(progression, "string_ensemble")
    moved = [abs(b - a) for before, after in pairwise(chain) for a, b in zip(before[1:], after[1:], strict=True)]
    assert sum(moved) / len(moved) <= 3.0
    assert divided(progression, "string_ensemble") == chain
    assert divided([], "choir") == []
