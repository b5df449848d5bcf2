"""How songs end: as the brief asks, and measurably so."""

import pytest
from handwritten_song import brief_of, song_of

from contracts.music import Role, Score
from services.generator.arrangement import arrange
from services.generator.arrangement.rides import value_at


def ended(style: str, ending: str, seed: int = 1) -> Score:
    return arrange(song_of(style).model_copy(update={"ending": ending}), brief_of(style), seed).score


@pytest.mark.parametrize("style", ["pop", "house", "jazz", "ambient"])
@pytest.mark.parametrize("ending", ["loop", "cut"])
def test_a_loop_and_a_cut_have_no_last_chord(style: str, ending: str) -> None:
    """The last bar is played like the bars before it: drums and bass strike after its first beat, and nothing passes its line."""
    score = ended(style, ending)
    last = score.end_tick - score.meter_value.ticks_per_bar
    assert all(note.end <= score.end_tick for part in score.parts.values() for note in part.notes)
    late = [n for p in score.parts.values() if p.role is not Role.FX for n in p.notes if n.start > last + 900]
    landed = [n for p in ended(style, "natural").parts.values() if p.role is not Role.FX for n in p.notes if n.start > last + 900]
    assert late
    assert len(late) >= len(landed)
    assert all(value_at(p.controls.get("gain_db", ()), score.end_tick) >= -6.0 for p in score.parts.values())


@pytest.mark.parametrize("style", ["pop", "house", "ambient"])
def test_a_fade_is_a_fade(style: str) -> None:
    """Every part's gain falls steadily to -60 dB at the last bar line, over eight to sixteen seconds, while the band plays on."""
    score = ended(style, "fade")
    for part in score.parts.values():
        curve = part.controls["gain_db"]
        assert value_at(curve, score.end_tick) <= -50.0
        points = [(score.music_s - score.seconds_at(tick), value) for tick, value in curve]
        start = min(seconds for seconds, value in points if value == max(v for s, v in points if s <= 16.1) and seconds > 4.0)
        assert 8.0 <= start <= 16.1
        falling = [value_at(curve, round(score.end_tick * (0.9 + 0.01 * i))) for i in range(11)]
        assert falling == sorted(falling, reverse=True)
    last = score.end_tick - score.meter_value.ticks_per_bar
    assert any(n.start > last + 900 or n.start < last < n.end - 2000 for p in score.parts.values() for n in p.notes)


def test_a_natural_ending_eases() -> None:
    """The accompaniment of an outro of four bars and more comes down by two and a half decibels."""
    score = ended("rock", "natural")
    start = score.bar_tick(score.sections["outro"].start_bar)
    for part in score.parts.values():
        curve = part.controls["gain_db"]
        moved = value_at(curve, score.end_tick) - value_at(curve, start + 960)
        assert moved == pytest.approx(0.0 if part.role is Role.MELODY else -2.5, abs=0.3)
