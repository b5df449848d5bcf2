"""Every kind of edit changes what it names and nothing else: other parts are the same objects, other sections the same notes."""

import pytest

from contracts.edits import (
    AddEdit,
    Edit,
    EnergyEdit,
    FeelEdit,
    HarmonyEdit,
    InstrumentEdit,
    OctaveEdit,
    RemoveEdit,
    RewriteEdit,
    TempoEdit,
)
from contracts.errors import BadInput
from contracts.music import Role
from services.generator.scores import part_digest
from tests.generator.revising.songs import STYLES, Made, in_section, made, of_role, untouched

pytestmark = pytest.mark.parametrize("song", [pytest.param(made(style), id=style) for style in STYLES])


def local_edits(song: Made) -> list[tuple[Edit, set[str]]]:
    """Edits of one part in one section, each with the parts that it may touch."""
    bass, chords = of_role(song.score, Role.BASS), of_role(song.score, Role.HARMONY, Role.PAD)
    where = (song.inner,)
    return [
        (RemoveEdit(parts=(bass,), sections=where), {bass}),
        (RewriteEdit(parts=(chords,), sections=where), {chords}),
        (RewriteEdit(parts=(bass,), sections=where, density=-0.6), {bass}),
        (OctaveEdit(parts=("melody",), sections=where, octaves=-1), {"melody"}),
    ]


def test_an_edit_of_one_part_leaves_every_other_part_and_section(song: Made) -> None:
    """Other parts are the same objects; the part itself keeps its notes in other sections."""
    for edit, may in local_edits(song):
        try:
            after = song.edited(edit).score
        except BadInput:
            assert edit.kind == "octave"  # an instrument without that octave
            continue
        assert untouched(song.score, after) >= set(song.score.parts) - may, edit
        for name in may:
            for section in set(song.score.sections) - {song.inner}:
                assert in_section(after, after.parts[name], section) == in_section(song.score, song.score.parts[name], section), (
                    edit,
                    section,
                )


def test_another_instrument_plays_the_same_rhythm_inside_its_range(song: Made) -> None:
    """The chord player's part on a marimba, the tune on a flute: the same starts, pitches by octaves, nobody else changed."""
    for name, instrument, low, high in (("melody", "flute", 60, 96), (of_role(song.score, Role.BASS), "synth_bass", 21, 84)):
        revised = song.edited(InstrumentEdit(parts=(name,), instrument=instrument))
        after, old = revised.score, song.score.parts[name]
        new = next(p for n, p in after.parts.items() if n not in song.score.parts or n == name)
        assert new.instrument == instrument
        assert {n.start for n in new.notes} <= {n.start for n in old.notes}
        assert len({n.start for n in new.notes}) >= 0.9 * len({n.start for n in old.notes})
        assert all(low <= n.pitch <= high for n in new.notes)
        assert {n.pitch % 12 for n in new.notes} <= {n.pitch % 12 for n in old.notes}
        assert untouched(song.score, after) >= set(song.score.parts) - {name}
        assert instrument in revised.brief.instruments_with.value


def test_a_player_joins_where_asked_and_nobody_else_notices(song: Made) -> None:
    """A harp that plays in one section alone; taken out again, the song is what it was."""
    revised = song.edited(AddEdit(instrument="harp", sections=(song.inner,)))
    (name,) = set(revised.score.parts) - set(song.score.parts)
    assert untouched(song.score, revised.score) == set(song.score.parts)
    playing = [s for s in revised.score.sections if in_section(revised.score, revised.score.parts[name], s)]
    assert playing == [song.inner]
    back = Made(revised.brief, revised.sheet, revised.score).edited(RemoveEdit(parts=(name,)))
    assert back.score.parts == song.score.parts
    assert "harp" in back.brief.instruments_without.value


def test_a_bigger_section_is_bigger_and_the_others_are_as_they_were(song: Made) -> None:
    """More notes times velocity there; in sections that neither are it nor lead into it every part keeps every note."""
    name = song.inner
    revised = song.edited(EnergyEdit(sections=(name,), by=0.3)).score

    def force(score, section) -> int:
        return sum(v for part in score.parts.values() for *_, v in in_section(score, part, section))

    assert force(revised, name) > 1.05 * force(song.score, name)
    order = list(song.score.sections)
    leads_in = order[order.index(name) - 1]
    for section in set(order) - {name, leads_in}:
        for part_id, part in song.score.parts.items():
            if part.role is not Role.FX:
                assert in_section(revised, revised.parts[part_id], section) == in_section(song.score, part, section)


def test_other_chords_move_pitches_alone_and_only_there(song: Made) -> None:
    """Given chords over a section: the same starts for everybody, bass on the new roots, all else note for note."""
    revised = song.edited(HarmonyEdit(sections=(song.inner,), chords=("Dm", "E7"))).score
    first = song.score.bar_tick(song.score.sections[song.inner].start_bar)
    assert [str(e.symbol) for e in revised.sections[song.inner].chords][:2] == ["Dm", "E7"]
    for name, part in song.score.parts.items():
        for section in song.score.sections:
            ours, theirs = in_section(song.score, part, section), in_section(revised, revised.parts[name], section)
            if section != song.inner:
                assert [o[0] for o in ours] == [t[0] for t in theirs]
                assert [o[2:] for o in ours] == [t[2:] for t in theirs]
            else:
                assert {o[0] for o in ours} >= {t[0] for t in theirs}
    bass = revised.parts[of_role(revised, Role.BASS)]
    struck = [n.pitch % 12 for n in bass.notes if first - 60 <= n.start < first + 400]
    assert not struck or 2 in struck
    drums = {name for name, part in song.score.parts.items() if part.role in (Role.DRUMS, Role.PERCUSSION, Role.FX)}
    assert drums <= untouched(song.score, revised)


def test_tempo_and_feel_keep_what_they_must(song: Made) -> None:
    """Another tempo: every tick of every note. Another feel: every pitch and velocity, in order of pitch."""
    faster = song.edited(TempoEdit(bpm=song.score.tempo_bpm * 1.1)).score
    assert untouched(song.score, faster) == set(song.score.parts)
    assert faster.music_s == pytest.approx(song.score.music_s / 1.1)
    assert faster.tail_s == song.score.tail_s
    swung = song.edited(FeelEdit(swing=1.0)).score
    for name, part in song.score.parts.items():
        assert sorted(n[2:] for n in part.notes) == sorted(n[2:] for n in swung.parts[name].notes)


def test_the_same_edit_gives_the_same_bytes_and_another_take_others(song: Made) -> None:
    """Draws are keyed by the song's seed, the edit's place and its own seed."""
    edit = RewriteEdit(parts=(of_role(song.score, Role.BASS),), sections=(song.inner,))
    once, again = song.edited(edit).score, song.edited(edit).score
    assert {n: part_digest(p) for n, p in once.parts.items()} == {n: part_digest(p) for n, p in again.parts.items()}
