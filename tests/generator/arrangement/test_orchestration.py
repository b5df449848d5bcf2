"""Who plays when: layers by energy, contrast at borders, growing returns, thinning, breaks that are not holes, curves on occasions."""

from itertools import pairwise

import pytest
from handwritten_song import brief_of, song_of

from contracts.brief import Brief
from contracts.music import Role, Score
from services.generator.arrangement import arrange
from services.generator.arrangement.layers import layer_target
from services.generator.arrangement.rides import summed, value_at
from services.music.packs.genres import genres

BUILDS = tuple(sorted(s for s, pack in genres().items() if pack.arrangement.layers == 1.0 and not pack.arrangement.fade_out))
CLUBS = ("house", "electronic", "dubstep")


def played(style: str, seed: int = 1) -> Score:
    return arrange(song_of(style), brief_of(style), seed).score


def players(score: Score, name: str) -> frozenset[str]:
    """Parts that are heard in a section: notes in half of its bars or held through."""
    section, bar = score.sections[name], score.meter_value.ticks_per_bar
    inside = range(section.start_bar - 1, section.end_bar - 1)
    out = set()
    for part, entry in score.parts.items():
        bars = {b for n in entry.notes for b in range((n.start + 60) // bar, max((n.end - 61) // bar, (n.start + 60) // bar) + 1)}
        if entry.role is not Role.FX and 2 * len(bars & set(inside)) >= section.bars:
            out.add(part)
    return frozenset(out)


def test_layers_follow_energy() -> None:
    """Of seven players one or two beside the lead at an energy of .2, four or five at .6, all at 1 (notes on craft, 4)."""
    assert layer_target(0.2, 7) in (2, 3)
    assert layer_target(0.6, 7) in (4, 5)
    assert layer_target(1.0, 7) == 7
    assert [layer_target(e / 10, 8) for e in range(11)] == sorted(layer_target(e / 10, 8) for e in range(11))


@pytest.mark.parametrize("style", BUILDS)
def test_big_sections_are_fuller(style: str) -> None:
    """Choruses and drops are played by more than verses and intros, and the last of them by the most."""
    score = played(style)
    counts = {name: len(players(score, name)) for name in score.sections}
    big = [n for n in counts if score.sections[n].label in ("chorus", "drop")]
    calm = [n for n in counts if score.sections[n].label in ("verse", "intro", "breakdown")]
    assert sum(counts[n] for n in big) / len(big) >= sum(counts[n] for n in calm) / len(calm) + 1.5
    assert counts[big[-1]] == max(counts.values())


@pytest.mark.parametrize("style", BUILDS)
def test_every_border_is_marked(style: str) -> None:
    """At each border at least two things change: who plays, how many notes, how loud, how low and high."""
    score = played(style)
    bar = score.meter_value.ticks_per_bar

    def portrait(name: str) -> tuple[frozenset[str], float, float, int, int]:
        section = score.sections[name]
        start, end = (section.start_bar - 1) * bar, (section.end_bar - 1) * bar
        notes = [n for p in score.parts.values() if p.role is not Role.FX for n in p.notes if start - 60 <= n.start < end - 60]
        tuned = [n.pitch for p in score.parts.values() if p.role not in (Role.FX, Role.DRUMS, Role.PERCUSSION)
                 for n in p.notes if start - 60 <= n.start < end - 60]  # fmt: skip
        velocity = sum(n.velocity for n in notes) / max(len(notes), 1)
        return players(score, name), len(notes) / section.bars, velocity, min(tuned, default=0), max(tuned, default=0)

    for first, second in pairwise(score.sections):
        a, b = portrait(first), portrait(second)
        changed = [
            a[0] != b[0],
            abs(a[1] - b[1]) > 0.15 * max(a[1], b[1]),
            abs(a[2] - b[2]) > 3,
            abs(a[3] - b[3]) > 2,
            abs(a[4] - b[4]) > 2,
        ]
        assert sum(changed) >= 2, (first, second, a, b)


@pytest.mark.parametrize("style", [s for s in BUILDS if s not in CLUBS])
def test_a_second_verse_is_not_the_first(style: str) -> None:
    """What comes again is played by others or by more, or from another bar on."""
    score = played(style)
    bar = score.meter_value.ticks_per_bar

    def entries(name: str) -> dict[str, frozenset[int]]:
        section = score.sections[name]
        first = section.start_bar - 1
        return {k: frozenset((n.start + 60) // bar - first for n in p.notes if first <= (n.start + 60) // bar < first + section.bars)
                for k, p in score.parts.items() if p.role is not Role.FX}  # fmt: skip

    assert players(score, "verse_1") != players(score, "verse_2") or entries("verse_1") != entries("verse_2")
    assert len(players(score, "chorus_2")) >= len(players(score, "chorus_1"))


@pytest.mark.parametrize("style", sorted(genres()))
@pytest.mark.parametrize("seed", [1, 2])
def test_no_bar_is_a_hole(style: str, seed: int) -> None:
    """From the first note to the last nothing is silent for longer than half a bar, also where the band breaks off.

    A stroke counts for an eighth at least: drums and plucked strings ring.
    """
    score = played(style, seed)
    reach, worst = 0, (0, 0)
    first = min(n.start for p in score.parts.values() for n in p.notes)
    for start, end in sorted((n.start, max(n.end, n.start + 480)) for p in score.parts.values() for n in p.notes if p.role is not Role.FX):
        worst = max(worst, (start - max(reach, first), start // score.meter_value.ticks_per_bar + 1))
        reach = max(reach, end)
    assert worst[0] <= score.meter_value.ticks_per_bar // 2, worst


@pytest.mark.parametrize("style", CLUBS)
def test_the_low_end_comes_back_with_the_drop(style: str) -> None:
    """In the second half of a build before a drop the bass is silent; on the drop's first beat it plays."""
    score = played(style)
    bar = score.meter_value.ticks_per_bar
    build, drop = score.sections["build"], score.sections["drop_1"]
    late = range((build.start_bar - 1 + build.bars // 2) * bar, (build.end_bar - 1) * bar - 240)
    starts = [n.start for n in score.parts["bass"].notes]
    assert not [tick for tick in starts if tick in late]
    assert any(abs(tick - (drop.start_bar - 1) * bar) < 500 for tick in starts)


def test_later_choruses_double_the_hook() -> None:
    """In pop the melody is doubled an octave away in the second chorus and not in the first; jazz doubles nothing that way."""
    score = played("pop")
    double = score.parts["double"]
    assert {score.section_at(n.start + 60) for n in double.notes} <= {"chorus_2", "outro"}
    tune = {round(n.start / 120): n.pitch for n in score.parts["melody"].notes}
    shifts = [n.pitch - tune[round(n.start / 120)] for n in double.notes if round(n.start / 120) in tune]
    assert len(shifts) > 10
    assert all(shift % 12 == 0 for shift in shifts)
    assert "double" not in played("jazz").parts


def test_moments_differ_from_seed_to_seed() -> None:
    """Another seed seats the same band, but it does not always break off and thin out at the same place."""
    remarks = set()
    for seed in range(1, 9):
        arranged = arrange(song_of("pop"), brief_of("pop"), seed)
        remarks |= {d.choice for d in arranged.decisions if d.topic == "moments"}
    assert len(remarks) >= 2


def test_who_enters_where_is_told() -> None:
    """The decision on orchestration names sections, bars and players; doublings and endings have decisions of their own."""
    brief: Brief = brief_of("pop")
    decisions = {d.topic: d for d in arrange(song_of("pop").model_copy(update={"ending": "fade"}), brief, 1).decisions}
    assert "chorus_1 (bar 13)" in decisions["orchestration"].choice
    assert "join" in decisions["orchestration"].choice
    assert "octave" in decisions["doubling"].choice
    assert "faders" in decisions["ending"].choice


def test_sends_move_on_occasions() -> None:
    """The lead is thrown into a space at the end of sections, chords stand further back in a breakdown, and return."""
    score = played("house")
    bar = score.meter_value.ticks_per_bar
    lead = score.parts["melody"].controls["delay_send_db"]
    drop = score.sections["drop_1"]
    assert value_at(lead, (drop.end_bar - 1) * bar - 1) == 6.0
    assert value_at(lead, (drop.start_bar + 1) * bar) == 0.0
    pad = score.parts["pad_synth"].controls["reverb_send_db"]
    breakdown = score.sections["breakdown"]
    assert value_at(pad, breakdown.start_bar * bar) == 3.0
    assert value_at(pad, drop.start_bar * bar) == 0.0


def test_builds_grow() -> None:
    """The accompaniment's gain rises through a build and is back at rest in the drop."""
    score = played("electronic")
    bar = score.meter_value.ticks_per_bar
    build = score.sections["build"]
    for name in ("drums", "pad_synth"):
        curve = score.parts[name].controls["gain_db"]
        assert value_at(curve, (build.end_bar - 1) * bar - 200) > value_at(curve, (build.start_bar - 1) * bar + 200) + 3
        assert value_at(curve, build.end_bar * bar) == 0.0


def test_curves_add() -> None:
    """The sum of curves is their sum everywhere, not only at their points."""
    first, second = ((0, 0.0), (100, 10.0)), ((50, 0.0), (60, -6.0))
    both = summed([first, second, ()])
    for tick in (0, 20, 55, 60, 80, 100, 500):
        assert value_at(both, tick) == pytest.approx(value_at(first, tick) + value_at(second, tick), abs=1e-3)


def test_who_follows_no_producer_plays_piano_and_forte() -> None:
    """In classical music the whole band is softer in calm sections by the style's depth and swells inside them; in house it is not."""
    score = played("classical")
    for part in score.parts.values():
        curve = part.controls["gain_db"]
        calm = value_at(curve, score.bar_tick(score.sections["verse_1"].start_bar + 5))
        full = value_at(curve, score.bar_tick(score.sections["chorus_2"].start_bar + 5))
        assert full - calm >= 2.0
    chorus = score.sections["chorus_2"]
    curve = score.parts["melody"].controls["gain_db"]
    assert value_at(curve, score.bar_tick(chorus.start_bar + 5)) > value_at(curve, score.bar_tick(chorus.start_bar)) + 1.0


@pytest.mark.parametrize(("wanted", "basses"), [(("double_bass",), {"double_bass"}), ((), {"synth_bass"})])
def test_a_named_bass_is_the_only_one(wanted: tuple[str, ...], basses: set[str]) -> None:
    """A bass that is played has no synthesised one below it in the same octave; without such a wish the style keeps its own."""
    brief = brief_of("house", wanted=wanted)
    score = arrange(song_of("house"), brief, 1).score
    assert {part.instrument for part in score.parts.values() if part.role is Role.BASS} == basses
