"""Forms fill the duration and keep a shape."""

import pytest

from contracts.brief import SectionPlan, Source, Stated
from services.generator.composition.form import plan_form
from services.generator.composition.functions import function_of, section_ids, slug
from services.music.packs.genres import genres
from tests.generator.composition.briefs import brief


@pytest.mark.parametrize("genre", sorted(genres()))
@pytest.mark.parametrize("duration_s", [10.0, 20.0, 30.0, 61.5, 137.0, 600.0])
def test_duration_is_exact(genre, duration_s):
    """Bars and tail make the asked duration; phrases tile each section."""
    pack = genres()[genre]
    wanted = brief(genre, duration_s=duration_s)
    form = plan_form(wanted, pack.form, pack.identity.energy, 7)
    bar_s = 4 * 60 / wanted.tempo_bpm.value
    assert abs(form.bars * bar_s + form.tail_s - duration_s) <= bar_s / 2 + 1e-3
    for slot in form.slots:
        assert sum(p.bars for p in slot.phrases) == slot.bars
        assert 0.05 <= slot.energy <= 1


@pytest.mark.parametrize("genre", ["pop", "rock", "house", "dubstep", "folk"])
def test_half_a_minute_still_has_a_shape(genre):
    """Thirty seconds hold more than one section."""
    pack = genres()[genre]
    assert len(plan_form(brief(genre, duration_s=30), pack.form, pack.identity.energy, 1).slots) >= 3


def test_blues_comes_in_twelves():
    """Verses and solos of a blues are twelve bars."""
    pack = genres()["blues"]
    for seed in range(5):
        form = plan_form(brief("blues", duration_s=200), pack.form, pack.identity.energy, seed)
        assert {s.bars for s in form.slots if s.function in ("verse", "solo")} == {12}


def test_most_sections_are_multiples_of_four():
    """Over many songs two thirds to all of the sections divide by four."""
    lengths = [
        slot.bars
        for genre, pack in genres().items()
        for seed in range(2)
        for slot in plan_form(brief(genre, duration_s=150), pack.form, pack.identity.energy, seed).slots
    ]
    assert 0.66 <= sum(n % 4 == 0 for n in lengths) / len(lengths) < 1


def test_labels_are_understood():
    """Common names find their function; ids are unique snake_case."""
    assert [function_of(x) for x in ("Verse 2", "Hook", "Middle Eight", "guitar solo", "Drop 1", "Coda", "xyz")] == [
        "verse", "chorus", "bridge", "solo", "drop", "outro", "verse",
    ]  # fmt: skip
    assert section_ids(["Intro", "verse", "verse", "verse 1", "2nd part"]) == ["intro", "verse_2", "verse_3", "verse_1", "part_2nd_part"]
    assert slug("Pre-Chorus!") == "pre_chorus"


@pytest.mark.parametrize("ending", ["loop", "cut", "fade"])
@pytest.mark.parametrize("genre", ["pop", "house", "jazz", "classical"])
@pytest.mark.parametrize("duration_s", [12.0, 45.0, 150.0])
def test_endings_keep_the_duration(genre, ending, duration_s):
    """A loop has neither entrance, ending nor tail; a cut has no ending; all are as long as asked within half a bar."""
    pack = genres()[genre]
    wanted = brief(genre, duration_s=duration_s, ending=ending)
    form = plan_form(wanted, pack.form, pack.identity.energy, 3)
    bar_s = 4 * 60 / wanted.tempo_bpm.value
    functions = {slot.function for slot in form.slots}
    assert abs(form.bars * bar_s + form.tail_s - duration_s) <= bar_s / 2 + 1e-3
    assert form.ending == ending
    assert not functions & {"loop": {"intro", "outro"}, "cut": {"outro"}, "fade": set()}[ending]
    assert form.tail_s == {"loop": 0.0, "cut": 0.3, "fade": 0.4}[ending]


def test_a_family_draws_many_forms():
    """Forty pop songs have at least fifteen different forms, since no form of real songs covers more than 5 %."""
    pack = genres()["pop"]
    forms = {
        tuple(s.function for s in plan_form(brief("pop", duration_s=200), pack.form, pack.identity.energy, seed).slots)
        for seed in range(40)
    }
    assert len(forms) >= 15


def test_fixed_sections_in_a_long_song_leave_the_rest_to_the_free_ones():
    """Ten minutes at 300 BPM around a few short fixed sections: what is free fills the bars, however long it becomes."""
    pack = genres()["drum_and_bass"]
    plan = (SectionPlan(label="intro"), *(SectionPlan(label=name, bars=4) for name in ("verse", "chorus") * 12), SectionPlan(label="outro"))
    wanted = brief("drum_and_bass", duration_s=600.0)
    wanted = wanted.model_copy(
        update={"structure": Stated(value=plan, source=Source.STATED), "tempo_bpm": Stated(value=300.0, source=Source.STATED)}
    )
    form = plan_form(wanted, pack.form, pack.identity.energy, 7)
    assert abs(form.bars * 0.8 + form.tail_s - 600.0) <= 0.8
    assert [slot.bars for slot in form.slots[1:-1]] == [4] * 24


@pytest.mark.parametrize("genre", sorted(genres()))
def test_every_section_has_room_to_speak(genre):
    """Between entrance and ending no section of a song of two minutes is shorter than four bars, and no song stumbles in with one bar."""
    pack = genres()[genre]
    for seed in range(4):
        form = plan_form(brief(genre, duration_s=120), pack.form, pack.identity.energy, seed)
        assert all(slot.bars >= 4 for slot in form.slots if slot.function not in ("intro", "outro"))
        assert form.slots[0].bars > 1


@pytest.mark.parametrize("genre", ["pop", "rock", "country", "funk", "disco", "punk"])
def test_a_song_says_its_hook_twice(genre):
    """A song of a minute and a half that has a chorus has it twice."""
    pack = genres()[genre]
    for seed in range(6):
        hooks = [slot for slot in plan_form(brief(genre, duration_s=90), pack.form, pack.identity.energy, seed).slots if slot.is_hook]
        assert len(hooks) != 1


def test_a_jazz_chorus_is_whole():
    """Heads and solos keep the tune's form; only the last one may have a bar more, for the last chord."""
    pack = genres()["jazz"]
    for seed in range(8):
        form = plan_form(brief("jazz", duration_s=120), pack.form, pack.identity.energy, seed)
        assert all(slot.bars % 8 == 0 for slot in form.slots[:-1] if slot.function in ("head", "solo"))
        assert form.slots[-1].function == "outro" or form.slots[-1].bars % 8 <= 1
