"""The composer's promises, over random briefs."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.brief import SectionPlan
from contracts.errors import BadInput
from contracts.features import Features
from contracts.music import Chord, Key, Role, Score
from services.generator.composition import compose
from services.generator.composition.form import plan_form
from services.generator.composition.harmony import Harmonist
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from tests.generator.composition.briefs import METERS, brief, briefs

SOME = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@SOME
@given(briefs(), st.integers(0, 2**63 - 1))
def test_a_song_is_whole(wanted, seed):
    """Bars tile without gaps, the length is within half a bar, chords parse and lie in their section, the melody never overlaps."""
    score = compose(wanted, seed).score
    bar = 1
    for section in score.sections.values():
        assert section.start_bar == bar
        bar = section.end_bar
        assert section.chords[0].bar == section.start_bar
        assert section.chords[0].beat == 1
        for event in section.chords:
            assert section.start_bar <= event.bar < section.end_bar
            assert event.roman == Chord.parse(event.symbol).roman(Key.parse(section.key))
    half_bar = score.meter_value.bar_seconds(score.tempo_bpm) / 2
    assert abs(score.duration_s - wanted.duration_s.value) <= half_bar + 1e-3
    _assert_playable(score, "melody", monophonic=True)
    _assert_playable(score, "counter", monophonic=False)


def _assert_playable(score: Score, name: str, *, monophonic: bool) -> None:
    if name not in score.parts:
        return
    part = score.parts[name]
    low, high = instruments()[part.instrument].range
    assert all(low <= n.pitch <= high for n in part.notes)
    assert all(0 <= n.start < n.end <= score.end_tick for n in part.notes)
    if monophonic:
        assert all(a.end <= b.start for a, b in zip(part.notes, part.notes[1:], strict=False))


@pytest.mark.parametrize("genre", sorted(genres()))
def test_same_seed_same_song_and_another_seed_another_song(genre):
    """Composing is a pure function of brief and seed."""
    first, again, other = (compose(brief(genre, duration_s=60), seed).score for seed in (1, 1, 2))
    assert first.to_json() == again.to_json()
    assert first.parts["melody"].notes != other.parts["melody"].notes


@pytest.mark.parametrize("meter", METERS)
def test_every_meter_has_a_melody(meter):
    """A melody is written in any meter, and the last bar of the song stands on the tonic."""
    score = compose(brief("pop", meter=meter, duration_s=60), 3).score
    assert len(score.parts["melody"].notes) > 10
    assert score.chord_events()[-1].chord.root_class == Key.parse(score.key).tonic_class


def test_stated_structure_is_obeyed_exactly():
    """Labels, order and bars are the user's; where only some bars are stated the rest fills the duration."""
    plan = (
        SectionPlan(label="Intro", bars=3),
        SectionPlan(label="verse", bars=7),
        SectionPlan(label="hook", bars=10),
        SectionPlan(label="verse"),
    )
    score = compose(brief("rock", structure=plan, duration_s=60), 5).score
    assert [s.label for s in score.sections.values()] == ["Intro", "verse", "hook", "verse"]
    assert [s.bars for s in score.sections.values()][:3] == [3, 7, 10]
    assert list(score.sections) == ["intro", "verse_1", "hook", "verse_2"]
    assert abs(score.duration_s - 60) < 1.0


@SOME
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("Intro", "verse", "Chorus", "drop 2", "B", "¿?", "guitar solo")), st.one_of(st.none(), st.integers(1, 20))
        ),
        min_size=1,
        max_size=14,
    ),
    st.sampled_from(sorted(genres())),
)
def test_any_structure_is_kept(sections, genre):
    """Whatever the labels are, they come back in order with their stated bars, under unique ids."""
    plan = tuple(SectionPlan(label=label, bars=bars) for label, bars in sections)
    form = plan_form(brief(genre, structure=plan, duration_s=45), genres()[genre].form, 0.5, 1)
    assert [s.label for s in form.slots] == [label for label, _ in sections]
    assert all(bars is None or slot.bars == bars for slot, (_, bars) in zip(form.slots, sections, strict=True))
    assert len({s.id for s in form.slots}) == len(sections)
    assert all(slot.bars >= 1 for slot in form.slots)


def test_stated_chords_are_lent_to_intro_and_outro():
    """With chords for verse and chorus only, the intro plays the verse's, the outro the chorus's and ends on the tonic."""
    given_chords = {"verse": ("Dm", "Bb"), "chorus": ("F", "C")}
    plan = tuple(SectionPlan(label=label, bars=4) for label in ("intro", "verse", "chorus", "outro"))
    score = compose(brief("pop", key="D minor", chords=given_chords, structure=plan), 2).score
    symbols = {name: [e.symbol for e in section.chords] for name, section in score.sections.items()}
    assert symbols["intro"] == ["Dm", "Bb", "Dm", "Bb"]
    assert symbols["outro"][:3] == ["F", "C", "F"]
    assert Chord.parse(symbols["outro"][3]).root == "D"


def test_stated_bars_win_over_the_duration():
    """Bars that contradict the duration are kept, and a decision says so."""
    composed = compose(brief("pop", structure=(SectionPlan(label="verse", bars=4),), duration_s=120), 1)
    assert composed.score.bars == 4
    assert "the structure wins" in composed.decisions[0].why


def test_stated_chords_are_obeyed_exactly():
    """Several chords in a bar, repeated over the section, in every section that they were stated for."""
    given_chords = {"verse": ("Am", "F G", "C"), "chorus": ("Dm7 G7 Cmaj7",)}
    plan = (SectionPlan(label="verse", bars=8), SectionPlan(label="chorus", bars=4))
    score = compose(brief("pop", chords=given_chords, structure=plan), 9).score
    verse, chorus = score.sections.values()
    by_bar = [tuple(e.symbol for e in verse.chords if e.bar == bar) for bar in range(1, 9)]
    assert by_bar == [("Am",), ("F", "G"), ("C",)] * 2 + [("Am",), ("F", "G")]
    assert [(e.symbol, e.beat) for e in chorus.chords if e.bar == 9] == [("Dm7", 1.0), ("G7", 3.0), ("Cmaj7", 4.0)]


@pytest.mark.parametrize(("genre", "function"), [("pop", "chorus"), ("rock", "chorus"), ("country", "chorus"), ("electronic", "drop")])
def test_the_hook_is_the_same_in_each_return(genre, function):
    """The head of the chorus or drop is identical each time, moved only where the key lifts."""
    for seed in range(3):
        score = compose(brief(genre, duration_s=180), seed).score
        heads = []
        for section in score.sections.values():
            if section.label != function or section.bars < 4:
                continue
            begin, end = score.bar_tick(section.start_bar), score.bar_tick(section.start_bar + 3)
            home = Key.parse(section.key).tonic_class
            heads.append(tuple((n.start - begin, (n.pitch - home) % 12) for n in score.parts["melody"].notes if begin <= n.start < end))
        assert len(set(heads)) <= 1


def test_chorus_lies_above_the_verse():
    """Over twelve pop songs the chorus is louder and higher in mean pitch."""
    higher = 0
    for seed in range(12):
        score = compose(brief("pop"), seed).score
        pitches: dict[str, list[int]] = {"verse": [], "chorus": []}
        for note in score.parts["melody"].notes:
            label = score.sections[score.section_at(note.start) or ""].label
            pitches.setdefault(label, []).append(note.pitch)
        energies = {s.label: s.energy for s in score.sections.values()}
        assert energies["chorus"] > energies["verse"] + 0.1
        higher += sum(pitches["chorus"]) / len(pitches["chorus"]) > sum(pitches["verse"]) / len(pitches["verse"])
    assert higher >= 9


def test_unwanted_instruments_never_lead_and_wanted_ones_do():
    """The lead comes from the wanted instruments; without any that sings there is no melody."""
    assert compose(brief("jazz", instruments_with=("flute",)), 1).score.parts["melody"].instrument == "flute"
    without = ("saxophone", "trumpet")
    assert compose(brief("jazz", instruments_without=without), 1).score.parts["melody"].instrument not in without
    silent = tuple(i for i in instruments() if i != "drum_kit")
    composed = compose(brief("rock", instruments_with=("drum_kit",), instruments_without=silent), 1)
    assert composed.score.parts == {}
    assert composed.decisions[-1].choice == "no melody"
    assert compose(brief("pop", instruments_with=("vocals",)), 1).score.parts["melody"].role is Role.VOCAL


def lifted_songs(count: int, **stated: str) -> int:
    """How many of so many pop songs leave the home key; checks that they do so for less than half of it."""
    table, found = genres()["pop"], 0
    for seed in range(count):
        wanted = brief("pop", duration_s=180, **stated)
        form = plan_form(wanted, table.form, table.identity.energy, seed)
        keys = {name: section.key for name, section in Harmonist(wanted, table.harmony, form, seed).write().items()}
        away = sum(slot.bars for slot in form.slots if str(keys[slot.id]) != wanted.key.value)
        assert away < form.bars / 2
        found += away > 0
    return found


def test_home_key_holds_most_of_the_song():
    """A lift comes only in unstated keys, late, and in at most a fifth of songs; a stated key never moves."""
    assert 0 < lifted_songs(40) <= 8
    assert lifted_songs(8, key="C major") == 0


def test_a_reference_bends_the_energies():
    """Where the reference is quiet, so is the song."""
    quiet_then_loud = (-40.0,) * 30 + (-10.0,) * 30
    features = Features(duration_s=60, sample_rate_hz=48000, channels=2, analyzed_s=60, energy_curve=quiet_then_loud)
    plain, bent = (list(compose(brief("pop"), 1, f).score.sections.values()) for f in (None, features))
    assert bent[0].energy < plain[0].energy


def test_impossible_words_are_told():
    """A chord that is none is named in the error."""
    with pytest.raises(BadInput, match="Hmaj7"):
        compose(brief("pop", chords={"all": ("Hmaj7",)}), 1)
