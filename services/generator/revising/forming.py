"""Longer, shorter, in another order: what stays keeps every note, a return keeps its tune, what is new is in the song's style."""

from contracts.brief import SectionPlan, Source
from contracts.context import Decision
from contracts.edits import FormEdit, LengthEdit
from contracts.errors import BadInput
from contracts.music import Score
from services.generator.composition.functions import function_of, slug
from services.generator.composition.resizing import resized
from services.generator.revising.layout import Run, Slot, laid_out, whole
from services.generator.revising.song import Song, decided, is_edge, sections_of, stated

MOST_BARS = 600
_NEW_BARS = 8


def change_length(song: Song, edit: LengthEdit) -> tuple[Song, Decision]:
    """A section of so many bars, or the song so many bars longer or shorter. Raises BadInput where nothing would be left."""
    score = song.score
    if edit.section is None:
        bars = score.bars + edit.bars
        if not 1 <= bars <= MOST_BARS or edit.bars == 0:
            raise BadInput("length.bars", edit.bars, f"{1 - score.bars} to {MOST_BARS - score.bars}, not 0")
        return _done(song, _resized(score, bars), edit.words, f"{score.bars} → {bars} bars")
    name = _one(score, edit.section)
    if not 1 <= edit.bars <= 128:
        raise BadInput("length.bars", edit.bars, "1 to 128")
    before = score.sections[name].bars
    slots = [_of_length(score, slot, edit.bars) if slot.name == name else slot for slot in whole(score)]
    return _done(song, slots, edit.words, f"{_said(name)} {before} → {edit.bars} bars")


def change_form(song: Song, edit: FormEdit) -> tuple[Song, Decision]:
    """A section repeated, moved, taken out or put in."""
    score, slots = song.score, whole(song.score)
    after = _one(score, edit.after) if edit.after is not None else None
    if edit.action == "insert":
        new = _inserted(score, edit)
        return _done(song, _placed(slots, new, after), edit.words, f"{_said(new.name)} ({new.bars} bars) after {_said(after) or 'nothing'}")
    name = _one(score, edit.section)
    own = next(slot for slot in slots if slot.name == name)
    if edit.action == "remove":
        if len(slots) == 1:
            raise BadInput("form.section", name, "a song keeps one section at least")
        return _done(song, [slot for slot in slots if slot is not own], edit.words, f"without {_said(name)}")
    if edit.action == "move":
        if after == name:
            raise BadInput("form.after", after, ", ".join(n for n in score.sections if n != name))
        rest = [slot for slot in slots if slot is not own]
        return _done(song, _placed(rest, own, after), edit.words, f"{_said(name)} now after {_said(after) or 'nothing'}")
    again = Slot(_free(score, own.label), own.label, (Run(own.bars, name, 0, kept=False),))
    return _done(
        song, _placed(slots, again, after if edit.after else name), edit.words, f"{_said(name)} comes again as {_said(again.name)}"
    )


def _one(score: Score, name: str) -> str:
    """One section: an id, or the first of a label."""
    return sections_of(score, (name,), "section")[0]


def _placed(slots: list[Slot], new: Slot, after: str | None) -> list[Slot]:
    at = 0 if after is None else next(i for i, slot in enumerate(slots) if slot.name == after) + 1
    return [*slots[:at], new, *slots[at:]]


def _inserted(score: Score, edit: FormEdit) -> Slot:
    """A new section: the return of one of its kind that the song has, else something new."""
    label = slug(edit.section)
    alike = [name for name, s in score.sections.items() if function_of(s.label) == function_of(label)]
    name = _free(score, label)
    if not alike:
        return Slot(name, label, (Run(edit.bars or _NEW_BARS, fresh=name),))
    source = alike[-1]
    bars = edit.bars or score.sections[source].bars
    return Slot(name, score.sections[source].label, tuple(_returning(source, score.sections[source].bars, bars)))


def _returning(source: str, length: int, bars: int) -> list[Run]:
    """A section's tune over and over until `bars` are full; the last pass ends as it ends."""
    runs, rest = [], bars
    while rest > length:
        runs.append(Run(length, source, 0, kept=False))
        rest -= length
    return [*runs, Run(rest, source, 0 if rest == length or not runs else length - rest, kept=False)]


def _of_length(score: Score, slot: Slot, bars: int) -> Slot:
    """A section longer or shorter. Introductions and endings change where they are far from the song; all others at their end."""
    length, section = slot.bars, score.sections[slot.name]
    edge = is_edge(section)
    if bars <= length:
        first = length - bars if edge else 0
        return Slot(slot.name, slot.label, (Run(bars, slot.name, first),))
    more = bars - length
    again: list[Run] = []
    while more > 0:
        take = min(more, length)
        again.insert(0, Run(take, slot.name, 0 if edge else length - take, kept=False))
        more -= take
    kept = Run(length, slot.name, 0)
    return Slot(slot.name, slot.label, (*again, kept) if edge else (kept, *again))


def _resized(score: Score, bars: int) -> list[Slot]:
    """The whole song of so many bars; sections that stay keep their names."""
    out: list[Slot] = []
    taken: set[str] = set(score.sections)
    for piece in resized(score, bars, None):
        if piece.source and piece.kept:
            out.append(Slot(piece.source, piece.label, (Run(piece.bars, piece.source, piece.first),)))
            continue
        name = _next_free(taken, piece.label)
        taken.add(name)
        run = Run(piece.bars, piece.source, piece.first, kept=False) if piece.source else Run(piece.bars, fresh=name)
        out.append(Slot(name, piece.label, (run,)))
    return out


def _free(score: Score, label: str) -> str:
    return _next_free(set(score.sections), label)


def _next_free(taken: set[str], label: str) -> str:
    head = slug(label)
    if head not in taken and not any(name.startswith(f"{head}_") for name in taken):
        return head
    number = 2
    while f"{head}_{number}" in taken:
        number += 1
    return f"{head}_{number}"


def _done(song: Song, slots: list[Slot], words: str, what: str) -> tuple[Song, Decision]:
    if sum(slot.bars for slot in slots) > MOST_BARS:
        raise BadInput("length.bars", sum(slot.bars for slot in slots), f"at most {MOST_BARS} bars in all")
    score, sheet = laid_out(song, slots)
    plans = tuple(SectionPlan(label=s.label, bars=s.bars) for s in score.sections.values())
    brief = song.brief
    if brief.structure.is_stated:
        brief = brief.model_copy(update={"structure": brief.structure.model_copy(update={"value": plans, "source": Source.STATED})})
    brief = brief.model_copy(update={"duration_s": stated(brief.duration_s, round(score.duration_s, 3), words)})
    order = ", ".join(f"{name} {section.bars}" for name, section in score.sections.items())
    told = decided("form", what, f"what stays keeps every note: {order}", before=song.score.bars, after=score.bars)
    return song.moved(score, sheet, brief), told


def _said(name: str | None) -> str:
    return name.replace("_", " ") if name else ""
