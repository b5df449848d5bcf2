"""The band as a whole: who plays, what every part must obey, in every genre and meter."""

from itertools import pairwise

import pytest
from handwritten_song import brief_of, song_of

from contracts.music import Role, Score
from services.generator.arrangement import arrange
from services.music.packs.genres import genres
from services.music.packs.instruments import instrument, instruments

METERS = ("4/4", "3/4", "6/8", "5/4", "7/8", "12/8")
PLAYABLE = tuple(i for i in instruments() if i != "vocals")


def played(style: str, meter: str = "4/4", seed: int = 1, wanted: tuple[str, ...] = (), unwanted: tuple[str, ...] = ()) -> Score:
    return arrange(song_of(style, meter), brief_of(style, meter, wanted, unwanted), seed).score


@pytest.mark.parametrize("style", sorted(genres()))
@pytest.mark.parametrize("meter", METERS)
def test_every_part_is_playable(style: str, meter: str) -> None:
    """In any genre and meter notes are sorted, inside the song and the range, never two on one pitch, never over the polyphony."""
    score = played(style, meter)
    assert len(score.parts) >= 5
    for part in score.parts.values():
        entry = instrument(part.instrument)
        low, high = (27, 87) if entry.is_drums else entry.range
        assert list(part.notes) == sorted(part.notes)
        assert part.notes[0].start >= 0
        assert max(n.end for n in part.notes) <= score.end_tick
        assert all(low <= n.pitch <= high and 1 <= n.velocity <= 127 and n.duration > 0 for n in part.notes)
        last: dict[int, int] = {}
        sounding: list[int] = []
        for note in part.notes:
            assert last.get(note.pitch, 0) <= note.start
            last[note.pitch] = note.end
            sounding = [end for end in sounding if end > note.start] + [note.end]
            assert len(sounding) <= entry.polyphony


@pytest.mark.parametrize("style", sorted(genres()))
@pytest.mark.parametrize("seed", [1, 2])
def test_who_is_wanted_plays_and_who_is_not_never_does(style: str, seed: int) -> None:
    """Three wanted instruments each sound in at least 15 % of the bars; the two unwanted have no note."""
    start = (sorted(genres()).index(style) * 3 + seed * 5) % len(PLAYABLE)
    ring = PLAYABLE + PLAYABLE
    wanted, unwanted = ring[start : start + 3], ring[start + 3 : start + 5]
    score = played(style, seed=seed, wanted=wanted, unwanted=unwanted)
    bar = score.meter_value.ticks_per_bar
    for name in wanted:
        bars = {n.start // bar for p in score.parts.values() if p.instrument == name for n in p.notes}
        sections = {score.section_at(b * bar) for b in bars}
        assert len(bars) >= 0.15 * score.bars or (name == "riser" and bars) or len(sections) >= 3, name
    assert not {p.instrument for p in score.parts.values()} & set(unwanted)


@pytest.mark.parametrize("name", PLAYABLE)
@pytest.mark.parametrize("style", ["dubstep", "classical"])
def test_every_instrument_has_a_place_in_every_style(style: str, name: str) -> None:
    """A violin in dubstep, a riser in classical: whoever is asked for gets a part."""
    score = played(style, wanted=(name,))
    assert any(p.instrument == name and p.notes for p in score.parts.values())


@pytest.mark.parametrize("style", sorted(genres()))
def test_the_same_seed_is_the_same_song_and_another_seed_is_not(style: str) -> None:
    """Byte-identical scores for one seed; other notes for another."""
    assert played(style, seed=3).to_json() == played(style, seed=3).to_json()
    assert played(style, seed=3).to_json() != played(style, seed=4).to_json()


@pytest.mark.parametrize("style", ["pop", "rock", "house", "jazz", "funk"])
def test_neighbouring_sections_differ(style: str) -> None:
    """At every boundary the density, the number of players, or both change."""
    score = played(style)
    bar = score.meter_value.ticks_per_bar

    def portrait(name: str) -> tuple[frozenset[str], float]:
        section = score.sections[name]
        start, end = (section.start_bar - 1) * bar, (section.end_bar - 1) * bar
        counts = {k: sum(start <= n.start < end for n in p.notes) for k, p in score.parts.items()}
        return frozenset(k for k, c in counts.items() if c), sum(counts.values()) / section.bars

    for first, second in pairwise(score.sections):
        (players, density), (others, other_density) = portrait(first), portrait(second)
        assert players != others or abs(density - other_density) > 0.1 * density


def test_energy_makes_the_song_denser() -> None:
    """The fullest section has at least a fifth more notes per bar than the calmest, in every genre."""
    for style in genres():
        score = played(style)
        bar = score.meter_value.ticks_per_bar
        ranked = sorted(score.sections.values(), key=lambda s: s.energy)

        def density(section: object, score: Score = score, bar: int = bar) -> float:
            start, end = (section.start_bar - 1) * bar, (section.end_bar - 1) * bar  # type: ignore[attr-defined]
            return sum(start <= n.start < end for p in score.parts.values() for n in p.notes) / section.bars  # type: ignore[attr-defined]

        assert density(ranked[-1]) > 1.2 * density(ranked[0]), style


def test_an_empty_band_still_has_harmony() -> None:
    """With the whole usual band unwanted somebody else plays the chords."""
    unwanted = genres()["pop"].identity.band
    score = arrange(song_of("pop", lead="violin"), brief_of("pop", unwanted=unwanted), 1).score
    assert any(p.role in (Role.HARMONY, Role.PAD) and p.notes for p in score.parts.values())


def test_a_soloist_alone() -> None:
    """Only a piano wanted, everything else unwanted: it plays the melody and accompanies itself."""
    unwanted = tuple(i for i in instruments() if i != "acoustic_piano")
    score = arrange(song_of("classical"), brief_of("classical", wanted=("acoustic_piano",), unwanted=unwanted), 1).score
    assert {p.instrument for p in score.parts.values()} == {"acoustic_piano"}
    assert len(score.parts) == 2


def test_decisions_are_told() -> None:
    """The arranger says which band, which groove and who plays when."""
    decisions = arrange(song_of("funk"), brief_of("funk"), 1).decisions
    assert {"band", "groove", "orchestration"} <= {d.topic for d in decisions}
    assert all(d.choice and d.why for d in decisions)
