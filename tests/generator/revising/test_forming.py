"""Edits of the form: what is kept keeps every note, returns keep their tune, and the new form is what was asked."""

import pytest

from contracts.edits import EndingEdit, FormEdit, LengthEdit, RewriteEdit
from contracts.errors import BadInput
from contracts.music import Role, Score
from services.generator.revising.song import LEADS
from tests.generator.revising.songs import Made, in_section, made


def kept(before: Score, after: Score, sections: set[str]) -> None:
    """Every part plays every note of these sections where they are now."""
    for name, part in before.parts.items():
        for section in sections:
            ours = in_section(before, part, section)
            assert not ours or in_section(after, after.parts[name], section) == ours, (name, section)


def whole(score: Score) -> None:
    """Sections follow each other without a gap, and nothing sounds outside of them."""
    bar = 1
    for section in score.sections.values():
        assert section.start_bar == bar
        assert section.chords
        assert all(section.start_bar <= e.bar < section.end_bar for e in section.chords)
        bar = section.end_bar
    assert all(0 <= n.start < score.end_tick for part in score.parts.values() for n in part.notes)


@pytest.mark.parametrize("song", [pytest.param(made(style), id=style) for style in ("pop", "classical")])
def test_forms_are_as_asked_and_keep_their_notes(song: Made) -> None:
    """Repeated, taken out, moved, put in, longer and shorter."""
    names, inner = list(song.score.sections), song.inner
    bars, length = song.score.bars, song.score.sections[inner].bars
    edits = [
        (FormEdit(action="remove", section=inner), bars - length, set(names) - {inner}),
        (FormEdit(action="move", section=inner, after=names[0]), bars, set(names)),
        (FormEdit(action="repeat", section=inner), bars + length, set(names)),
        (FormEdit(action="insert", section="bridge", after=inner, bars=4), bars + 4, set(names)),
        (LengthEdit(section=names[0], bars=song.score.sections[names[0]].bars + 4), bars + 4, set(names[1:])),
        (LengthEdit(bars=8), bars + 8, set(names)),
        (LengthEdit(bars=-4), bars - 4, set()),
    ]
    for edit, wanted, stay in edits:
        revised = song.edited(edit)
        assert revised.score.bars == wanted, edit
        assert revised.sheet.sections == revised.score.sections
        assert revised.brief.duration_s.value == pytest.approx(revised.score.duration_s, abs=1e-3)
        whole(revised.score)
        # Before the last section a longer song may be cut in two; those that kept their length keep their notes.
        kept(song.score, revised.score, {s for s in stay if s in revised.score.sections})


def test_a_repeated_chorus_has_its_tune() -> None:
    """The lead of the return is that of the chorus; the band plays anew."""
    song = made("pop")
    name = next(n for n in song.score.sections if n.startswith("chorus"))
    after = song.edited(FormEdit(action="repeat", section=name)).score
    (new,) = set(after.sections) - set(song.score.sections)
    for lead in set(LEADS) & set(song.score.parts):
        assert in_section(after, after.parts[lead], new) == in_section(song.score, song.score.parts[lead], name)
    assert any(in_section(after, p, new) for p in after.parts.values() if p.role is Role.DRUMS)


def test_a_new_tune_has_one_hook() -> None:
    """The melody written anew: other notes in the verses, and the hook's pitches the same in each chorus of one length."""
    song = made("pop", duration_s=150.0)
    after = song.edited(RewriteEdit(parts=("melody",)))
    choruses = [n for n, s in after.sheet.sections.items() if s.label == "chorus"]
    tunes = [[(s, p) for s, _, p, _ in in_section(after.sheet, after.sheet.parts["melody"], n)] for n in choruses]
    heads = [[(s, p) for s, p in tune if s < 4 * 3840] for tune in tunes]
    assert len(choruses) > 1
    shared = set(heads[0]) & set(heads[1])
    assert len(shared) >= 0.6 * max(len(heads[0]), len(heads[1]))
    old = {(n.start, n.pitch) for n in song.sheet.parts["melody"].notes}
    new = {(n.start, n.pitch) for n in after.sheet.parts["melody"].notes}
    assert len(old & new) < 0.5 * len(old)
    assert after.sheet.sections == song.sheet.sections


@pytest.mark.parametrize("ending", ["loop", "cut", "fade", "natural"])
def test_endings(ending: str) -> None:
    """Up to its last bar every note stays; a fade goes down and nothing else does."""
    song = made("pop")
    revised = song.edited(EndingEdit(ending=ending))
    score, last = revised.score, song.score.end_tick - song.score.meter_value.ticks_per_bar
    assert score.ending == ending
    for name, part in song.score.parts.items():
        ours = [n[:1] + n[2:] for n in part.notes if n.start < last - 110]
        assert ours == [n[:1] + n[2:] for n in score.parts[name].notes if n.start < last - 110]
    faded = [p.controls["gain_db"][-1][1] <= -50 for p in score.parts.values() if p.controls.get("gain_db")]
    assert all(faded) if ending == "fade" else not any(faded)
    assert score.tail_s == {"loop": 0.0, "cut": 0.3, "fade": 0.4}.get(ending, song.score.tail_s)


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (FormEdit(action="remove", section="coda_9"), "section"),
        (FormEdit(action="move", section="outro", after="outro"), "form.after"),
        (LengthEdit(bars=-500), "length.bars"),
        (LengthEdit(section="outro", bars=0), "length.bars"),
    ],
)
def test_what_cannot_be_is_told(edit, field) -> None:
    """With the field and what the song has."""
    with pytest.raises(BadInput) as told:
        made("pop").edited(edit)
    assert told.value.field == field
