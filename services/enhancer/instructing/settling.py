"""Edits of one instruction together: what is to stay stays, what is said of one goes before what is said of all, contradictions end it."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from contracts.edits import (
    AddEdit,
    Edit,
    EndingEdit,
    FeelEdit,
    FormEdit,
    InstrumentEdit,
    KeyEdit,
    LengthEdit,
    LevelEdit,
    MasterEdit,
    MixEdit,
    OctaveEdit,
    Outline,
    RemoveEdit,
    RewriteEdit,
    SpaceEdit,
    TempoEdit,
    TitleEdit,
)
from contracts.errors import BadInput

_PARTED = (InstrumentEdit, RemoveEdit, OctaveEdit, RewriteEdit, FeelEdit, LevelEdit, SpaceEdit)
_ONE = (EndingEdit, TitleEdit)
_OF_PLACES = (TempoEdit, KeyEdit)
_ALLOWED = "changes that go together"


def protected(edits: Sequence[Edit], kept: Sequence[str], outline: Outline) -> list[Edit]:
    """The edits without the parts that are to stay as they are."""
    if not kept:
        return list(edits)
    done: list[Edit] = []
    for edit in edits:
        if isinstance(edit, _PARTED):
            parts = tuple(name for name in (edit.parts or outline.parts) if name not in kept)
            if parts:
                done.append(edit.model_copy(update={"parts": parts}))
        else:
            done.append(edit)
    return done


def settled(edits: Sequence[Edit], outline: Outline) -> list[Edit]:
    """Each edit once, the general ones narrowed. Raises BadInput for a contradiction, naming its words."""
    done = _merged(_once(edits))
    levels = [edit for edit in done if isinstance(edit, LevelEdit)]
    for general in levels:
        if narrower := _narrowed(general, levels, outline):
            done = [narrower if edit is general else edit for edit in done]
    for one, other in combinations(done, 2):
        if _clash(one, other, outline):
            said = " / ".join(dict.fromkeys((one.words, other.words)))
            raise BadInput("instruction", said, _ALLOWED, hint="These contradict each other")
    return done


def _once(edits: Sequence[Edit]) -> list[Edit]:
    done: dict[str, Edit] = {}
    for edit in edits:
        done.setdefault(edit.model_dump_json(exclude={"words"}), edit)
    return list(done.values())


def _merged(edits: Sequence[Edit]) -> list[Edit]:
    """Loudness and ceiling as one edit; "no fade" beside another ending says nothing more."""
    done: list[Edit] = []
    other = any(isinstance(edit, EndingEdit) and edit.ending != "natural" for edit in edits)
    for edit in edits:
        if isinstance(edit, EndingEdit) and edit.ending == "natural" and other:
            continue
        whole = next((at for at, one in enumerate(done) if isinstance(one, MasterEdit)), None)
        if isinstance(edit, MasterEdit) and whole is not None:
            first = done[whole]
            apart = edit.model_dump(exclude_none=True, exclude={"words", "kind"})
            if isinstance(first, MasterEdit) and not apart.keys() & first.model_dump(exclude_none=True, exclude={"words", "kind"}).keys():
                done[whole] = first.model_copy(update={**apart, "words": f"{first.words}, {edit.words}"})
                continue
        done.append(edit)
    return done


def _narrowed(general: LevelEdit, levels: Sequence[LevelEdit], outline: Outline) -> LevelEdit | None:
    """Of "everything softer, the drums louder", "softer, but louder in the chorus": the rest of the one that says it of all."""
    for other in levels:
        if other is general or (general.db > 0) == (other.db > 0) or general.pieces or other.pieces or general.bars or other.bars:
            continue
        if not general.parts and other.parts and general.sections == other.sections:
            return general.model_copy(update={"parts": tuple(name for name in outline.parts if name not in other.parts)})
        if not general.sections and other.sections and general.parts == other.parts:
            return general.model_copy(update={"sections": tuple(name for name in outline.sections if name not in other.sections)})
    return None


def _clash(one: Edit, other: Edit, outline: Outline) -> bool:
    """Whether two edits cannot both be."""
    if type(one) is type(other):
        if isinstance(one, _ONE):
            return True
        if isinstance(one, _OF_PLACES) and isinstance(other, _OF_PLACES):
            return not (one.sections or other.sections) or bool(set(one.sections) & set(other.sections))
        if isinstance(one, LevelEdit) and isinstance(other, LevelEdit):
            apart = bool(one.pieces) != bool(other.pieces) or (one.pieces and not set(one.pieces) & set(other.pieces))
            return one.db * other.db < 0 and not apart and _overlap(one, other, outline)
        if isinstance(one, OctaveEdit) and isinstance(other, OctaveEdit):
            return one.octaves != other.octaves and _overlap(one, other, outline)
        if isinstance(one, InstrumentEdit) and isinstance(other, InstrumentEdit):
            return (one.instrument, one.patch) != (other.instrument, other.patch) and bool(set(one.parts) & set(other.parts))
        if isinstance(one, LengthEdit) and isinstance(other, LengthEdit):
            return one.section == other.section
        if isinstance(one, MasterEdit) and isinstance(other, MasterEdit):
            return None not in (one.target_lufs, other.target_lufs) and one.target_lufs != other.target_lufs
        if isinstance(one, FormEdit) and isinstance(other, FormEdit):
            return one.section == other.section and {one.action, other.action} == {"remove", "repeat"}
        if isinstance(one, MixEdit) and isinstance(other, MixEdit):
            return any(_opposed(a, b) for a, b in _shared_changes(one, other))
        return False
    return _silent(one, other, outline) or _silent(other, one, outline)


def _overlap(one: LevelEdit | OctaveEdit | RemoveEdit, other: LevelEdit | OctaveEdit, outline: Outline) -> bool:
    parts = set(one.parts or outline.parts) & set(other.parts or outline.parts)
    return bool(parts and _bars(one, outline) & _bars(other, outline))


def _bars(edit: LevelEdit | OctaveEdit | RemoveEdit, outline: Outline) -> set[int]:
    """The bars that an edit is about; without any in the song, its sections stand for themselves."""
    if not isinstance(edit, OctaveEdit) and edit.bars:
        return set(range(edit.bars[0], edit.bars[1] + 1))
    sections = [outline.sections[name] for name in edit.sections or outline.sections]
    return {bar for one in sections for bar in range(one.start_bar, one.start_bar + one.bars)} or {1}


def _shared_changes(one: MixEdit, other: MixEdit) -> Iterator[tuple[float, float]]:
    for name in one.mix.changes.keys() & other.mix.changes.keys() & {"width", "duck_scale", "high_end_db"}:
        middle = 1.0 if name in ("width", "duck_scale") else 0.0
        yield one.mix.changes[name] - middle, other.mix.changes[name] - middle


def _opposed(one: float, other: float) -> bool:
    return one * other < 0


def _silent(gone: Edit, other: Edit, outline: Outline) -> bool:
    """Whether something is asked of a part that is to be silent everywhere, or one comes whose instrument goes."""
    if not isinstance(gone, RemoveEdit) or gone.sections or gone.bars or gone.pieces:
        return False
    if isinstance(other, (LevelEdit, OctaveEdit)):
        return bool(other.parts) and _overlap(gone, other, outline)
    return isinstance(other, AddEdit) and any(outline.parts[name].instrument == other.instrument for name in gone.parts)
