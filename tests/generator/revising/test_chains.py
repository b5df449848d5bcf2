"""Edit after edit on one song, through JSON each time as versions are stored: it stays a song that can be played and edited."""

import random
from itertools import pairwise

import pytest

from contracts.edits import (
    AddEdit,
    Edit,
    EndingEdit,
    EnergyEdit,
    FeelEdit,
    FormEdit,
    HarmonyEdit,
    InstrumentEdit,
    KeyEdit,
    LengthEdit,
    MoodEdit,
    RemoveEdit,
    RewriteEdit,
    TempoEdit,
)
from contracts.errors import BadInput
from contracts.music import Role, Score
from services.generator.revising.song import unpitched
from services.generator.scores import part_digest
from services.music.packs.instruments import instrument
from services.music.renaming import Naming
from tests.generator.revising.songs import Made, in_section, made


def some_edit(score: Score, draw: random.Random) -> Edit:
    """An edit of any kind, of parts and sections that are there."""
    section = draw.choice(list(score.sections))
    part = draw.choice([n for n, p in score.parts.items() if not unpitched(p) and p.role is not Role.FX])
    return draw.choice([
        TempoEdit(bpm=draw.randint(70, 150)),
        KeyEdit(key=draw.choice(["C minor", "E major", "D dorian"])),
        InstrumentEdit(parts=(part,), instrument=draw.choice(["cello", "vibraphone", "electric_guitar"])),
        AddEdit(instrument=draw.choice(["violin", "organ", "trumpet"]), sections=(section,)),
        RemoveEdit(parts=(part,), sections=(section,)),
        EnergyEdit(sections=(section,), by=draw.uniform(-0.5, 0.5)),
        RewriteEdit(parts=(part,), sections=(section,), density=draw.uniform(-1, 1)),
        HarmonyEdit(sections=(section,)),
        LengthEdit(section=section, bars=draw.randint(1, 16)),
        FormEdit(action=draw.choice(["repeat", "remove"]), section=section),
        FormEdit(action="insert", section="bridge", after=section),
        MoodEdit(mood=draw.choice(["sad", "happy"])),
        FeelEdit(swing=draw.random(), looseness=draw.random()),
        EndingEdit(ending=draw.choice(["loop", "fade", "natural"])),
    ])  # fmt: skip


@pytest.mark.parametrize(("style", "seed"), [("rock", 1), ("bossa_nova", 2)])
def test_a_chain_of_edits_keeps_a_song_playable(style: str, seed: int) -> None:
    """Notes lie in the song and in their instruments' range, curves go forward, the lead sheet has its form, digests survive JSON."""
    song, draw = made(style, duration_s=40.0), random.Random(seed)
    for _ in range(7):
        edit = some_edit(song.score, draw)
        try:
            revised = song.edited(edit)
        except BadInput:
            continue
        stored = Score.model_validate_json(revised.score.to_json())
        assert {n: part_digest(p) for n, p in stored.parts.items()} == {n: part_digest(p) for n, p in revised.score.parts.items()}
        assert revised.sheet.sections == stored.sections
        for part in stored.parts.values():
            entry = instrument(part.instrument)
            assert all(0 <= n.start < stored.end_tick and n.duration > 0 and 1 <= n.velocity <= 127 for n in part.notes), edit
            if not entry.is_drums and part.role is not Role.FX:
                assert all(entry.range[0] <= n.pitch <= entry.range[1] for n in part.notes), edit
            for curve in part.controls.values():
                assert all(0 <= a[0] < b[0] for a, b in pairwise(curve)), edit
        song = Made(revised.brief, revised.sheet, stored)


def test_one_revision_names_parts_as_the_song_had_them() -> None:
    """Swapped for each other, then an octave up: ids are those of before the first edit. The mix counts on the names that come of it."""
    song = made("pop")
    own = [n for n, p in song.score.parts.items() if p.instrument == n and not unpitched(p) and p.role is not Role.FX]
    one, two = own[:2]
    edits = (
        InstrumentEdit(parts=(one,), instrument=song.score.parts[two].instrument),
        InstrumentEdit(parts=(two,), instrument=song.score.parts[one].instrument),
        RemoveEdit(parts=(one,), sections=(song.inner,)),
        AddEdit(instrument="violin"),
        InstrumentEdit(parts=(one, two), instrument="violin"),
    )
    after = song.edited(*edits).score
    naming = Naming({n: p.instrument for n, p in song.score.parts.items()}, {n: p.role.value for n, p in song.score.parts.items()})
    called = {}
    for edit in edits:
        called |= naming.after(naming.heard(edit))
    assert len(after.parts) == len(song.score.parts) + 1
    assert [n for n in after.parts if n.startswith("violin")] == ["violin_2", "violin_3", "violin"]
    assert set(naming.heard(RemoveEdit(parts=(one, two))).parts) == {"violin_2", "violin_3"} <= set(called.values())
    silent = naming.heard(RemoveEdit(parts=(one,))).parts[0]
    assert not in_section(after, after.parts[silent], song.inner)
