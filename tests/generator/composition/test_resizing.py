"""A finished song made longer, shorter or carried on: what stays, stays note for note."""

import pytest

from contracts.music import Score
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.generator.composition.functions import function_of
from tests.generator.composition.briefs import brief

GENRES = ("pop", "house", "jazz", "folk")


def song(genre: str, duration_s: float, seed: int = 5) -> Score:
    wanted = brief(genre, duration_s=duration_s)
    return arrange(compose(wanted, seed).score, wanted, seed).score


def remade(base: Score, genre: str, duration_s: float, mode=None) -> Score:
    wanted = brief(genre, duration_s=duration_s)
    return arrange(compose(wanted, 9, base=base, resize=mode).score, wanted, 9, base=base).score


def notes_in(score: Score, section: str, part: str, first: int = 0, bars: int | None = None) -> list[tuple[int, ...]]:
    entry = score.sections[section]
    start = score.bar_tick(entry.start_bar + first)
    end = score.bar_tick(entry.start_bar + first + (bars or entry.bars - first))
    part_notes = score.parts[part].notes if part in score.parts else ()
    return [(n.start - start, n.duration, n.pitch, n.velocity) for n in part_notes if start <= n.start < end]


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize(("duration_s", "mode"), [(150.0, None), (200.0, "extend"), (140.0, "continue"), (60.0, None), (33.0, "shorten")])
def test_the_length_is_the_asked_one_and_kept_sections_keep_every_note(genre, duration_s, mode):
    """The new song is as long as asked within a bar; every part of a kept section has the base's notes, no more and no fewer."""
    base = song(genre, 100.0)
    new = remade(base, genre, duration_s, mode)
    bar_s = base.meter_value.bar_seconds(base.tempo_bpm)
    assert abs(new.duration_s - duration_s) <= bar_s
    kept = {name: s for name, s in new.sections.items() if s.kept}
    assert kept
    for name, section in kept.items():
        for part in sorted({*base.parts, *new.parts}):
            assert notes_in(new, name, part) == notes_in(base, section.source, part, section.source_bar, section.bars)


def test_a_longer_song_brings_the_hook_back():
    """What is put in is returns of what is known, with one fresh section at most; the ending stays the ending."""
    base = song("pop", 100.0)
    new = remade(base, "pop", 220.0)
    hooks = [sum(function_of(s.label) == "chorus" for s in score.sections.values()) for score in (base, new)]
    assert hooks[1] > hooks[0]
    assert sum(not s.source for s in new.sections.values()) <= 1
    assert list(new.sections.values())[-1].source == list(base.sections)[-1]


def test_carrying_on_leaves_everything_before_it():
    """To continue adds after the song and before its ending: all sections keep their order and their bars."""
    base = song("rock", 80.0)
    new = remade(base, "rock", 140.0, "continue")
    assert [s.source for s in new.sections.values() if s.kept] == list(base.sections)


def test_a_return_keeps_its_tune():
    """A section that returns has the lead's notes of its source, and a band that plays anew."""
    base = song("pop", 90.0)
    new = remade(base, "pop", 200.0)
    name, section = next((n, s) for n, s in new.sections.items() if s.source and not s.kept)
    assert notes_in(new, name, "melody") == notes_in(base, section.source, "melody")
    assert notes_in(new, name, "drums") != notes_in(base, section.source, "drums")


def test_the_same_length_changes_nothing():
    """A song resized to the length it has is the same song."""
    base = song("folk", 90.0)
    new = remade(base, "folk", 90.0)
    assert {name: part.notes for name, part in new.parts.items()} == {name: part.notes for name, part in base.parts.items()}
