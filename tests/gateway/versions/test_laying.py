"""Levels and spaces of single bars laid over the options: what is said of the same bars adds up, and goes with its section."""

from contracts.context import Options
from contracts.edits import FormEdit, LevelEdit, SpaceEdit
from contracts.sound import MixEdits, StretchEdit
from services.gateway.versions.laying import laid
from tests.evaluation.instructions_truth import SONGS

POP = SONGS["pop"]


def _stretches(options: Options, part: str) -> tuple[StretchEdit, ...]:
    assert options.mix is not None
    return options.mix.channels[part].stretches


def test_bars_become_bars_of_their_sections() -> None:
    """Bars 19 to 22 of the song are the last two of the first chorus and the first two of the second verse."""
    options = laid(Options(), (LevelEdit(parts=("bass",), bars=(19, 22), db=-3),), POP)
    assert _stretches(options, "bass") == (
        StretchEdit(section="chorus_1", first=7, last=8, level_db=-3),
        StretchEdit(section="verse_2", first=1, last=2, level_db=-3),
    )
    assert options.mix is not None
    assert set(options.mix.channels) == {"bass"}


def test_what_is_said_again_of_the_same_bars_adds_up_until_nothing_is_left() -> None:
    """A level and a space stand in one row; taken back both are gone."""
    more = (LevelEdit(parts=("bass",), bars=(37, 40), db=2), SpaceEdit(parts=("bass",), bars=(37, 40), db=6))
    options = laid(Options(), (*more, *more), POP)
    assert _stretches(options, "bass") == (StretchEdit(section="bridge", first=1, last=4, level_db=4, reverb_db=12),)
    less = (LevelEdit(parts=("bass",), bars=(37, 40), db=-4), SpaceEdit(parts=("bass",), bars=(37, 40), db=-12))
    assert _stretches(laid(options, less, POP), "bass") == ()


def test_a_space_in_whole_sections_names_no_bars_and_single_drums_are_not_the_mixers() -> None:
    """So that a section that grows has it throughout; a level of the kick is played, not mixed."""
    options = laid(Options(), (SpaceEdit(effect="echo", parts=("melody",), sections=("bridge",), db=6),), POP)
    assert _stretches(options, "melody") == (StretchEdit(section="bridge", echo_db=6),)
    kick = LevelEdit(parts=("drums",), pieces=("kick",), db=3)
    assert laid(Options(), (kick,), POP).mix in (None, MixEdits())


def test_what_stood_in_a_section_goes_when_it_goes() -> None:
    """The bridge taken out takes its stretches along."""
    options = laid(Options(), (LevelEdit(parts=("bass",), bars=(35, 38), db=2),), POP)
    left = laid(options, (FormEdit(action="remove", section="bridge"),), POP)
    assert [one.section for one in _stretches(left, "bass")] == ["chorus_2"]
