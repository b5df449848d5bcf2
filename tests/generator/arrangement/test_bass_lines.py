"""The bass: walking lines with a direction, every chord stated, approach notes of all kinds, slides, riffs across the bar."""

from itertools import pairwise

import numpy as np
import pytest
from handwritten_song import brief_of, song_of

from contracts.music import PPQ, ChordEvent, Score
from services.generator.arrangement.bass import BassPlayer, play_bass
from services.generator.arrangement.frame import Frame, Hit
from services.music.packs.genres import genre


def line_of(style: str, seed: int, score: Score | None = None, **bass: object) -> tuple[Frame, list[Hit]]:
    """A bass part on the grid, playing everywhere, without kicks to lock to."""
    pack = genre(style)
    if bass:
        pack = pack.model_copy(update={"bass": pack.bass.model_copy(update=bass)})
    frame = Frame(score or song_of(style), brief_of(style), pack, seed)
    return frame, play_bass(frame, 28, 52, dict.fromkeys(frame.score.sections, True), set(), frozenset())


def two_chords_a_bar(style: str) -> Score:
    """The song with a second chord, a slash chord, in the middle of every bar."""
    score = song_of(style)
    sections = {
        name: section.model_copy(
            update={"chords": tuple(e for c in section.chords for e in (c, ChordEvent(bar=c.bar, beat=3, symbol="D7/F#")))}
        )
        for name, section in score.sections.items()
    }
    return score.model_copy(update={"sections": sections})


def test_a_walking_line_walks() -> None:
    """No note stalls, strong beats have chord tones, chords begin on their bass, moves are mostly steps and thirds, both ways."""
    for seed in (1, 2, 3):
        frame, hits = line_of("jazz", seed)
        beats = [
            h for h in hits if h.length > 300 and h.tick % PPQ == 0 and frame.section(frame.score.section_at(h.tick) or "").energy > 0.4
        ]
        moves = [b.pitch - a.pitch for a, b in pairwise(beats) if b.tick - a.tick == PPQ]
        assert np.mean([m == 0 for m in moves]) < 0.04
        assert np.mean([abs(m) <= 4 for m in moves]) > 0.6
        assert max(abs(m) for m in moves) <= 12
        assert 0.3 < np.mean([m > 0 for m in moves]) < 0.7
        strong = [h.pitch % 12 in frame.span_at(h.tick).chord.pitch_classes for h in beats if h.tick % (2 * PPQ) == 0]
        assert np.mean(strong) > 0.9
        firsts = [h.pitch % 12 == frame.span_at(h.tick).chord.bass_class for h in beats if frame.span_at(h.tick).start == h.tick]
        assert np.mean(firsts) == 1.0
        assert np.ptp([h.pitch for h in beats]) >= 12


def test_a_walking_line_steps_into_chords() -> None:
    """The note before a new chord lies a step, a fourth or a fifth from its bass in four cases of five."""
    frame, hits = line_of("jazz", 4)
    beats = [h for h in hits if h.tick % PPQ == 0 and h.length > 300]
    into = [abs(b.pitch - a.pitch) for a, b in pairwise(beats) if frame.span_at(b.tick).start == b.tick and b.tick - a.tick == PPQ]
    assert np.mean([m in (1, 2, 5, 7) for m in into]) > 0.8


@pytest.mark.parametrize("style", ["jazz", "pop", "rock", "country", "blues", "folk", "funk", "disco"])
def test_the_second_chord_of_a_bar_is_obeyed(style: str) -> None:
    """Slash chords off the first beat sound their bass: the first plain note under each is it, nine times in ten."""
    frame, hits = line_of(style, 1, two_chords_a_bar(style), approach=0.0)
    right = []
    for span in frame.spans:
        first = next((h for h in hits if span.start <= h.tick < span.end and h.length > 90), None)
        if first and span.start % (4 * PPQ):
            right.append(first.pitch % 12 == span.chord.bass_class)
    assert np.mean(right) >= 0.9


def test_approach_notes_come_in_their_kinds() -> None:
    """Diatonic approaches are scale steps, chromatic ones semitones, dominants a fifth above or a fourth below the target."""
    expected = {"diatonic": {-2, -1, 1, 2}, "chromatic": {-1, 1}, "dominant": {7, -5}}
    for kind, moves in expected.items():
        pack = genre("pop").model_copy(update={"bass": genre("pop").bass.model_copy(update={"approaches": {kind: 1.0}})})
        frame = Frame(song_of("pop"), brief_of("pop"), pack, 1)
        player = BassPlayer(frame, 28, 50)
        for span, following in pairwise(frame.spans):
            tick = span.end - PPQ
            away = player.approach(tick) - player.next_root(following.chord)
            assert away in moves, (kind, away)


def test_an_808_slides() -> None:
    """Long notes end in a slurred one, which begins where they end, on another pitch of the chord."""
    _, hits = line_of("trap", 2, slides=1.0)
    slurred = [(a, b) for a, b in pairwise(hits) if a.tick + a.length == b.tick and a.pitch != b.pitch]
    assert len(slurred) > 8


def test_a_riff_runs_across_the_bar_line() -> None:
    """With a cycle of three sixteenths in full sections, onsets of neighbouring bars differ, and come again four bars later."""
    frame, hits = line_of("techno", 1, cross=3, high=("1.11 .11. 11.1 1.11",), lock=0.0, approach=0.0)
    full = next(n for n in frame.score.sections if frame.level(n) == "high")
    start = frame.section(full).start_bar - 1
    rows = [{h.tick - b * frame.bar_ticks for h in hits if h.tick // frame.bar_ticks == b} for b in range(start, start + 6)]
    assert rows[0] != rows[1]
    assert rows[0] == rows[4] or rows[0] <= rows[4] or rows[4] <= rows[0]
