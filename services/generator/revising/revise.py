"""Edits of a finished score carried out one after another; what an edit does not name stays bit for bit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from contracts.brief import Brief
from contracts.context import Decision
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
    LevelEdit,
    LyricsEdit,
    MoodEdit,
    OctaveEdit,
    RemoveEdit,
    RewriteEdit,
    TempoEdit,
    TitleEdit,
)
from contracts.errors import BadInput
from contracts.features import Features
from contracts.given import Given
from contracts.music import Part, Score
from contracts.pipeline import Stage
from services.generator.revising.ending import change_ending
from services.generator.revising.energy import change_energy
from services.generator.revising.feel import change_feel
from services.generator.revising.forming import change_form, change_length
from services.generator.revising.harmony import reharmonise
from services.generator.revising.instruments import change_instrument
from services.generator.revising.keys import change_key
from services.generator.revising.mood import change_mood
from services.generator.revising.piece_levels import change_piece_level
from services.generator.revising.players import add_player, move_octaves, remove_players
from services.generator.revising.song import Song, lead_sheet, stated
from services.generator.revising.takes import rewrite
from services.generator.revising.tempo import change_tempo
from services.generator.revising.words import change_lyrics, change_title
from services.music.renaming import Naming

_DOES: dict[type, Callable[[Song, Any], tuple[Song, Decision]]] = {
    TempoEdit: change_tempo,
    KeyEdit: change_key,
    InstrumentEdit: change_instrument,
    AddEdit: add_player,
    RemoveEdit: remove_players,
    OctaveEdit: move_octaves,
    EnergyEdit: change_energy,
    RewriteEdit: rewrite,
    HarmonyEdit: reharmonise,
    LengthEdit: change_length,
    FormEdit: change_form,
    MoodEdit: change_mood,
    FeelEdit: change_feel,
    EndingEdit: change_ending,
    TitleEdit: change_title,
    LyricsEdit: change_lyrics,
    LevelEdit: change_piece_level,
}


@dataclass(frozen=True)
class Revised:
    """A score after its edits: with its lead sheet, the brief as it is asked for now, and what was done in a musician's words."""

    score: Score
    sheet: Score
    brief: Brief
    decisions: tuple[Decision, ...]


def revise(
    score: Score,
    edits: tuple[Edit, ...],
    brief: Brief,
    seed: int,
    *,
    sheet: Score | None = None,
    given: Given | None = None,
    features: Features | None = None,
    take: int = 0,
) -> Revised:
    """A finished score with some edits. Pure: the same arguments give the same notes.

    Parts that no edit touches are the very same objects, so that their digests and those of their dry stems stay.

    Args:
        score: the finished song, performed.
        edits: in order, naming parts as `score` does, also after one of them renamed a part; those of the mix and the master are
            not for the score and change nothing here.
        brief: what was asked so far.
        seed: the song's; draws of an edit are keyed by it, a purpose and the edit's place in the list.
        sheet: its lead sheet as composed; None: read off the score.
        given: what the user brought as notes.
        features: what was heard in a reference.
        take: round of QA that asks for other draws; 0: the first.

    Raises:
        BadInput: an edit names something that the song or the catalogue does not have, or that cannot be.
    """
    if not score.sections or not score.parts:
        raise BadInput("score", score.title or "a score", "a score with sections and parts")
    song = Song(score, lead_sheet(score, sheet), brief, seed, take, 0, given, features)
    naming = Naming({n: p.instrument for n, p in score.parts.items()}, {n: p.role.value for n, p in score.parts.items()})
    decisions = []
    for index, said in enumerate(edits):
        if said.stage is not Stage.ARRANGEMENT:
            continue
        edit = naming.heard(said)
        song, told = _DOES[type(edit)](replace(song, index=index), edit)
        naming.after(edit)
        decisions.append(told)
    if abs(song.score.duration_s - score.duration_s) > 1e-6:
        words = next((edit.words for edit in edits if edit.words), "")
        length = stated(song.brief.duration_s, round(song.score.duration_s, 3), words)
        song = song.moved(song.score, brief=song.brief.model_copy(update={"duration_s": length}))
    parts = {name: _same_as(song.score.parts[name], score.parts.get(name)) for name in song.score.parts}
    return Revised(song.score.model_copy(update={"parts": parts}), song.sheet, song.brief, tuple(decisions))


def _same_as(part: Part, before: Part | None) -> Part:
    """The part as it was where nothing of it has changed."""
    return before if before is not None and before == part else part
