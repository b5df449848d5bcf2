"""Edits of single drums, of keys and tempos of some sections, of titles and of words: what they name changes, and nothing else."""

import pytest

from contracts.brief import Source, Stated
from contracts.edits import FormEdit, KeyEdit, LevelEdit, LyricsEdit, RemoveEdit, TempoEdit, TitleEdit
from contracts.errors import BadInput
from contracts.music import Key, Score
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.generator.composition.slowing import unslowed
from services.generator.revising.splicing import EARLY
from services.music.comparing import Song, differences
from services.music.pieces import PIECES
from tests.generator.composition.briefs import brief
from tests.generator.revising.songs import SEED, Made, in_section, made, untouched

POP = made("pop")
INNER = POP.inner
LINES = {"verse": ("Walking down the river in the rain", "nobody remembers how it ends"), "chorus": ("Sail away with me",)}


def _told(after: Score, before: Score = POP.score) -> list[str]:
    return [one.text for one in differences(Song(before), Song(after))]


def test_a_single_drum_gets_a_curve_over_its_place_and_keeps_its_strokes() -> None:
    """The curve stands at the asked level over every stroke of the section, and at 0 over all others; no other part is touched."""
    after = POP.edited(LevelEdit(parts=("drums",), pieces=("kick",), sections=(INNER,), db=4)).score
    assert untouched(POP.score, after) == set(POP.score.parts) - {"drums"}
    drums = after.parts["drums"]
    assert drums.notes == POP.score.parts["drums"].notes
    points = dict(drums.controls["kick_db"])
    section = after.sections[INNER]
    start, end = after.bar_tick(section.start_bar) - EARLY, after.bar_tick(section.end_bar) - EARLY
    assert (points[start], points[end]) == (4.0, 0.0)
    assert _told(after) == [f"{INNER}: kick of drums 4 dB louder"]


def test_a_drum_that_nobody_strikes_is_refused_with_those_that_are_struck() -> None:
    """The song's own drums are named."""
    with pytest.raises(BadInput) as refused:
        POP.edited(LevelEdit(parts=("drums",), pieces=("cowbell",), db=3))
    assert refused.value.field == "level.pieces"
    assert "kick" in refused.value.allowed


def test_what_was_moved_of_a_drum_adds_up_and_goes_with_its_section() -> None:
    """Twice 3 dB are 6; a section that moves takes the level of its drums along."""
    edit = LevelEdit(parts=("drums",), pieces=("kick",), sections=(INNER,), db=3)
    last = list(POP.score.sections)[-1]
    after = POP.edited(edit, edit, FormEdit(action="move", section=INNER, after=last)).score
    one = after.sections[INNER]
    held = [level for tick, level in after.parts["drums"].controls["kick_db"] if tick == after.bar_tick(one.start_bar)]
    assert held == [6.0]
    quiet = [n for n in after.parts["drums"].notes if n.pitch in PIECES["kick"] and n.start < after.bar_tick(one.start_bar) - EARLY]
    assert quiet


def test_one_section_in_another_key_leaves_the_others_note_for_note() -> None:
    """The section is transposed with its chords, drums and other sections stay; the song's own key stays."""
    revised = POP.edited(KeyEdit(key="C minor", sections=(INNER,)))
    after, old = revised.score, POP.score
    assert (after.key, after.sections[INNER].key) == (old.key, "C minor")
    shift = (Key.parse("C minor").tonic_class - Key.parse(old.sections[INNER].key).tonic_class) % 12
    pairs = zip(old.sections[INNER].chords, after.sections[INNER].chords, strict=True)
    assert {(new.chord.root_class - one.chord.root_class) % 12 for one, new in pairs} == {shift}
    for name, part in old.parts.items():
        for section in set(old.sections) - {INNER}:
            assert in_section(after, after.parts[name], section) == in_section(old, part, section), (name, section)
    assert _told(after) == [f"{INNER}: key A minor → C minor"]


def test_one_section_at_another_tempo_keeps_every_note_on_its_tick_and_takes_its_tempo_along() -> None:
    """Only its time changes, by as much as was asked; moved, it is still the one that is slower."""
    old, name = POP.score, INNER
    slower = TempoEdit(bpm=old.tempo_bpm / 2, sections=(name,))
    after = POP.edited(slower).score
    bar_s = old.meter_value.bar_seconds(old.tempo_bpm)
    assert after.parts == old.parts
    assert after.duration_s - old.duration_s == pytest.approx(old.sections[name].bars * bar_s, abs=0.01)
    last = list(old.sections)[-1]
    moved = POP.edited(slower, FormEdit(action="move", section=name, after=last)).score
    assert unslowed(moved) == ((0, old.tempo_bpm), (moved.bar_tick(moved.sections[name].start_bar), old.tempo_bpm / 2))
    back = POP.edited(slower, TempoEdit(bpm=old.tempo_bpm, sections=(name,))).score
    assert back.tempo_map == old.tempo_map
    assert _told(after)[-1] == f"{name}: tempo 112 → 56"


def test_a_title_changes_no_note() -> None:
    """The score, its lead sheet and the brief bear it."""
    revised = POP.edited(TitleEdit(title="Winter Sun"))
    assert (revised.score.title, revised.sheet.title, revised.brief.title) == ("Winter Sun",) * 3
    assert revised.score.parts == POP.score.parts


@pytest.fixture(scope="module")
def sung() -> Made:
    """A song with words."""
    wanted = brief("pop", key="A minor", duration_s=60.0)
    wanted = wanted.model_copy(update={"lyrics": Stated(value=LINES, source=Source.STATED)})
    sheet = compose(wanted, SEED).score
    return Made(wanted, sheet, arrange(sheet, wanted, SEED).score)


def _words(score: Score, section: str) -> str:
    one = score.sections[section]
    ticks = score.bar_tick(one.start_bar) - EARLY, score.bar_tick(one.end_bar) - EARLY
    return " ".join(text for tick, text in score.parts["melody"].lyrics if ticks[0] <= tick < ticks[1]).replace("- ", "")


def test_other_words_are_sung_where_they_were_asked_for(sung: Made) -> None:
    """A line exchanged in the verse: the verse sings it, every other section and part stays as it is."""
    revised = sung.edited(LyricsEdit(find="in the rain", text="in the snow", sections=("verse",)))
    after = revised.score
    assert "river in the snow" in _words(after, "verse")
    assert _words(after, "chorus") == _words(sung.score, "chorus")
    assert untouched(sung.score, after) >= set(sung.score.parts) - {"melody"}
    for section in set(after.sections) - {"verse"}:
        assert in_section(after, after.parts["melody"], section) == in_section(sung.score, sung.score.parts["melody"], section)
    assert revised.brief.lyrics is not None
    assert revised.brief.lyrics.value["verse"][0] == "Walking down the river in the snow"
    assert _told(after, sung.score)[0].startswith("verse sings")


def test_a_line_by_its_number_and_all_lines_of_a_section(sung: Made) -> None:
    """The last line alone; then both."""
    edits = (
        LyricsEdit(text="the lights go out again", line=-1, sections=("verse",)),
        LyricsEdit(text="Come home / to me", sections=("chorus",)),
    )
    after = sung.edited(*edits).score
    assert _words(after, "verse").lower().endswith("the lights go out again")
    assert _words(after, "chorus").lower() == "come home to me"


@pytest.mark.parametrize("edit", [LyricsEdit(find="paper boats", text="planes"), LyricsEdit(text="la", line=9, sections=("verse",))])
def test_words_that_are_not_sung_are_refused(sung: Made, edit: LyricsEdit) -> None:
    """With what is sung."""
    with pytest.raises(BadInput, match="lyrics"):
        sung.edited(edit)
    with pytest.raises(BadInput, match="lyrics"):
        sung.edited(RemoveEdit(parts=("melody",)), edit)
