"""Chords in motion: what chord players add to the bare chord."""

import pytest

from services.generator.arrangement.colouring import Hand, coloured
from services.generator.arrangement.frame import Frame, Hit
from services.music.packs.genres import genre
from tests.evaluation.ours import brief_of, write


@pytest.mark.parametrize("style", ["pop", "country", "folk"])
@pytest.mark.parametrize("seed", [1, 2])
def test_foreign_notes_are_short_and_never_state_a_chord(style: str, seed: int) -> None:
    """Struck quarters of bare triads get foreign notes, none of them longer than a quarter, and each chord begins as it is written."""
    brief = brief_of(style, seed, seconds=60.0)
    frame = Frame(write(brief, seed).composed, brief, genre(style), seed)
    hits = []
    for tick in range(0, frame.score.end_tick, frame.meter.ticks_per_beat):
        hits += [Hit(tick, 480, 48 + pc, 80.0, "chord") for pc in sorted(set(frame.span_at(tick).chord.pitch_classes))]
    kinds = dict.fromkeys(frame.score.sections, "chords")
    played = coloured(frame, Hand("keys", 0, kinds, 84), hits, frozenset())
    assert coloured(frame, Hand("keys", 0, kinds, 84), hits, frozenset()) == played
    starts = {span.start for span in frame.spans}
    foreign = [hit for hit in played if hit.pitch % 12 not in frame.span_at(hit.tick).chord.pitch_classes]
    assert foreign
    assert not [hit for hit in foreign if hit.tick in starts or hit.length > frame.meter.ticks_per_beat]
    assert [hit for hit in played if hit.tick in starts] == sorted(hit for hit in hits if hit.tick in starts)
