"""The judge's measures say what they are meant to say, on pieces whose truth is plain."""

import random

import pytest

from tests.evaluation.comparing import overlap, tell_apart
from tests.evaluation.features import compression, entropy, features_of, texture
from tests.evaluation.piece import BAR, Phrase, Piece, Span, Tone
from tests.evaluation.real import real_features
from tests.evaluation.signs import SIGNS, Judge, real_against_real
from tests.evaluation.variety import grams, hook_returns

TRIADS = {0: (0, 4, 7), 5: (5, 9, 0), 7: (7, 11, 2), 9: (9, 0, 4)}


def _song(melody: list[list[tuple[int, int]]], letters: str) -> Piece:
    """A piece of four-bar phrases; `melody`: (slot, pitch) for each bar."""
    tones = tuple(Tone(bar * BAR + slot, 2, pitch, 80) for bar, notes in enumerate(melody) for slot, pitch in notes)
    roots = (0, 9, 5, 7)
    chords = tuple(Span(n * BAR, (n + 1) * BAR, roots[n % 4], roots[n % 4], frozenset(TRIADS[roots[n % 4]])) for n in range(len(melody)))
    phrases = tuple(Phrase(letter, 4 * i, 4, True) for i, letter in enumerate(letters))
    return Piece("truth", len(melody), tones, chords=chords, phrases=phrases)


def _phrase(low: int) -> list[list[tuple[int, int]]]:
    return [[(0, low), (4, low + 4), (8, low + 7)], [(0, low + 9), (6, low + 7)], [(0, low + 5), (4, low + 9), (8, low)], [(0, low + 7)]]


def test_entropy_and_groove_have_their_textbook_values() -> None:
    """Four classes alike: two bits. Equal bars: groove 1; bars that share no slot of two: 1 − 2/16."""
    assert entropy([0, 4, 7, 11]) == pytest.approx(2.0)
    same = texture([Tone(bar * BAR, 1, 60 + bar) for bar in range(4)], 4)
    assert same["groove"] == same["groove_adjacent"] == pytest.approx(1.0)
    other = texture([Tone(bar * BAR + bar % 2, 1, 60) for bar in range(4)], 4)
    assert other["groove_adjacent"] == pytest.approx(1 - 2 / 16)
    assert same["empty_beats"] == pytest.approx(0.75)


def test_repetition_return_and_lift_are_heard() -> None:
    """A A B B A: A and B return exactly, B lies a fifth higher, nothing is shared between them but chords."""
    song = _song([*_phrase(60), *_phrase(60), *_phrase(67), *_phrase(67), *_phrase(60)], "AABBA")
    found = features_of(song)
    assert found["return_same"] == 1.0
    assert found["returns_all_equal"] == 1.0
    assert found["lift_pitch"] == pytest.approx(7.0)
    assert found["shared_bars"] == 0.0
    assert found["shared_chords"] == 1.0
    assert found["earlier_1"] == pytest.approx(9 / 15)
    assert found["triads"] == 4.0


def test_noise_compresses_less_than_a_tune() -> None:
    """The same number of notes, in phrases or at random."""
    tune = _song(_phrase(60) * 6, "AAAAAA").melody
    draw = random.Random(1)
    noise = [Tone(t.step, 2, draw.randrange(55, 80), 80) for t in tune]
    assert compression(tune) > 2 * compression(noise)


def test_a_real_song_is_judged_like_real_songs_and_noise_is_not() -> None:
    """About four of five real songs lie within 3 on their worst sign; random notes lie far outside."""
    songs = list(real_features().values())
    assert len(songs) > 100
    worst = [max(row.values()) for row in real_against_real(songs)]
    assert 0.75 < sum(value <= 3 for value in worst) / len(worst) <= 1.0
    draw = random.Random(2)
    noise = _song([[(slot, draw.randrange(48, 84)) for slot in sorted(draw.sample(range(16), 6))] for _ in range(64)], "ABCD" * 4)
    signs = Judge(songs).signs(features_of(noise))
    assert set(signs) <= set(SIGNS)
    assert max(signs.values()) > 4


def test_real_songs_overlap_with_themselves_and_cannot_be_told_apart() -> None:
    """Two halves of the held-out songs: overlap near one, a classifier near chance; shifted values are told at once."""
    songs = list(real_features().values())
    half, other = songs[::2], songs[1::2]
    assert overlap(half, other, "melody.entropy") > 0.85
    assert 0.3 < tell_apart(half, other).accuracy < 0.65
    moved = [{name: value + 5 for name, value in song.items()} for song in half]
    assert tell_apart(moved, other).accuracy > 0.95
    assert overlap(moved, other, "melody.entropy") < 0.2


def test_shared_stretches_and_returning_hooks_are_found() -> None:
    """A tune shares its 12-grams with itself in another key; plain repetition is no stretch; a hook in all choruses returns."""
    tune = [(60 + (i * i) % 7, 2 * i) for i in range(30)]
    assert set(grams(tune)) & set(grams([(pitch + 5, step + 3) for pitch, step in tune]))
    assert not list(grams([(60, 2 * i) for i in range(30)]))
    hook = [[(60, 0), (62, 2), (64, 4)], [(65, 0)]]
    assert hook_returns([hook, [[(67, 0), (69, 2), (71, 4)]]])
    assert not hook_returns([hook, [[(67, 0), (69, 3), (71, 4)]]])
