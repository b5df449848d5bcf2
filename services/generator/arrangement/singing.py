"""The lead after its performance: notes that the user brought stand where they stood, and each syllable stays with its note."""

from bisect import bisect_left
from collections.abc import Sequence

from contracts.given import Given
from contracts.music import Note, Part, Score
from services.generator.composition.building import verbatim_in
from services.generator.composition.placing import one_voice

NEAR = 220
"""Ticks by which a performed note may lie beside the written one."""


def as_written(played: Part, score: Score, given: Given | None) -> Part:
    """A performed melody with what must not move: the brought notes as the composer placed them, and the lyrics.

    Args:
        played: the melody as performed.
        score: what the composer wrote.
        given: what the user brought.
    """
    written = score.parts["melody"]
    kept = verbatim_in(score, given) if given else frozenset()
    notes = _with_kept(played.notes, kept) if kept else played.notes
    if not written.lyrics:
        return played.model_copy(update={"notes": notes})
    notes, lyrics = _with_words(notes, written)
    return played.model_copy(update={"notes": notes, "lyrics": lyrics})


def _with_kept(played: Sequence[Note], kept: frozenset[Note]) -> tuple[Note, ...]:
    """Brought notes in place of their performed copies; what else is played makes room for them."""
    ordered = sorted(kept)
    starts = [n.start for n in ordered]
    out: list[Note] = []
    for note in played:
        if _copies(note, ordered, starts):
            continue
        at = bisect_left(starts, note.start)
        inside = at > 0 and ordered[at - 1].end > note.start + NEAR // 4
        if inside:
            continue
        room = starts[at] - note.start if at < len(starts) else note.duration
        if room > 0:
            out.append(note._replace(duration=min(note.duration, room)))
    return tuple(sorted([*out, *ordered]))


def _copies(note: Note, kept: Sequence[Note], starts: Sequence[int]) -> bool:
    """Whether a performed note is one of the kept, a little early or late."""
    first = bisect_left(starts, note.start - NEAR)
    for other in kept[first:]:
        if other.start > note.start + NEAR:
            return False
        if other.pitch % 12 == note.pitch % 12:
            return True
    return False


def _with_words(notes: Sequence[Note], written: Part) -> tuple[tuple[Note, ...], tuple[tuple[int, str], ...]]:
    """Each syllable at the performed start of its note; a note that the performance lost is played as it was written."""
    by_start = {n.start: n for n in written.notes}
    free = sorted(notes)
    out: list[tuple[int, str]] = []
    more: list[Note] = []
    index = 0
    for tick, syllable in written.lyrics:
        note = by_start.get(tick)
        while index < len(free) and free[index].start < tick - NEAR:
            index += 1
        near = [i for i in range(index, min(index + 6, len(free))) if abs(free[i].start - tick) <= NEAR]
        same = [i for i in near if note is None or free[i].pitch % 12 == note.pitch % 12]
        if same:
            best = min(same, key=lambda i: abs(free[i].start - tick))
            out.append((free[best].start, syllable))
            index = best + 1
        elif note is not None:
            more.append(note)
            out.append((tick, syllable))
    return tuple(one_voice(sorted([*notes, *more]))), tuple(sorted(out))
