"""Other chords under the same rhythm: each player's notes move to the nearest tones of the new chord, as hands would."""

from collections import defaultdict
from collections.abc import Sequence

from contracts.music import Chord, Key, Note, Part, Role, Score
from services.generator.arrangement.finish import without_overlaps
from services.generator.revising.splicing import EARLY
from services.music.packs.instruments import instrument
from services.music.theory.scales import chord_scale, mode_classes, nearest

Span = tuple[int, int, Chord]
_TOGETHER = 150
_STRONG = 480
_LEFT_HAND = 56
_PASSING = 2
"""Semitones by which a note of a tune may move to fit."""


def revoiced(part: Part, spans: Sequence[Span], score: Score, before: Score | None = None) -> Part:
    """A part that plays over new chords inside some spans [start, end); elsewhere note for note as it was.

    Args:
        part: bass, chords or a line.
        spans: where other chords stand, and which.
        score: with the new chords and keys of the sections.
        before: with the old chords: roots stay roots, fifths fifths. None: the part's own lowest notes tell.
    """
    low, high = _reach(part)
    inside: dict[int, list[Note]] = defaultdict(list)
    rest: list[Note] = []
    for note in part.notes:
        index = next((i for i, (start, end, _) in enumerate(spans) if start - EARLY <= note.start < end - EARLY), None)
        (rest if index is None else inside[index]).append(note)
    out = list(rest)
    for index, notes in inside.items():
        start, _, chord = spans[index]
        key = _key_at(score, start)
        event = before.chord_at(max(start, 0)) if before else None
        old = event.chord if event else None
        line = _bass_line if part.role is Role.BASS else _voices
        out += line(notes, old, chord, key, low, high)
    return part.model_copy(update={"notes": tuple(without_overlaps(_cut(out, spans, part)))})


def _reach(part: Part) -> tuple[int, int]:
    """Where a part may go: where it was, an octave at least, inside its instrument's range."""
    low, high = instrument(part.instrument).range
    pitches = [note.pitch for note in part.notes] or [low, high]
    bottom, top = min(pitches) - _PASSING, max(pitches) + _PASSING
    spare = max(12 - (top - bottom), 0)
    return max(low, bottom - (spare + 1) // 2), min(high, top + (spare + 1) // 2)


def fitted(part: Part, spans: Sequence[Span], score: Score) -> Part:
    """A tune over new chords: notes that fit stay; those that would rub go to the nearest tone that does not."""
    low, high = instrument(part.instrument).range
    out = []
    for note in part.notes:
        chord = next((c for start, end, c in spans if start - EARLY <= note.start < end - EARLY), None)
        out.append(note if chord is None else note._replace(pitch=_fit(note, chord, _key_at(score, note.start), low, high)))
    return part.model_copy(update={"notes": tuple(sorted(out))})


def _fit(note: Note, chord: Chord, key: Key, low: int, high: int) -> int:
    """A long or accented note stands on a tone that the chord bears, a passing one on its scale."""
    scale = chord_scale(key, chord, mode_classes(key))
    tones = frozenset(chord.pitch_classes)
    heavy = note.duration >= _STRONG or (note.start + EARLY // 2) % 960 < EARLY
    if note.pitch % 12 in tones or (note.pitch % 12 in scale and not (heavy and _rubs(note.pitch, tones))):
        return note.pitch
    return nearest(note.pitch, tones if heavy else scale, max(low, note.pitch - _PASSING - 1), min(high, note.pitch + _PASSING + 1))


def _rubs(pitch: int, tones: frozenset[int]) -> bool:
    """Whether a pitch lies a semitone above a chord tone: what an ear calls a wrong note when it is held."""
    return (pitch - 1) % 12 in tones


def _key_at(score: Score, tick: int) -> Key:
    name = score.section_at(min(max(tick, 0), max(score.end_tick - 1, 0)))
    return Key.parse(score.sections[name].key) if name and score.sections[name].key else score.key_value


def _voices(notes: list[Note], old: Chord | None, chord: Chord, key: Key, low: int, high: int) -> list[Note]:
    """Voicings moved by their nearest way: notes struck together keep their order and do not fall into one.

    A left hand that had the chord's lowest note has it still.
    """
    scale = chord_scale(key, chord, mode_classes(key))
    tones = frozenset(chord.pitch_classes)
    out: list[Note] = []
    groups: list[list[Note]] = []
    for note in sorted(notes):
        if groups and note.start - groups[-1][0].start <= _TOGETHER:
            groups[-1].append(note)
        else:
            groups.append([note])
    for group in groups:
        taken: set[int] = set()
        for note in sorted(group, key=lambda n: n.pitch):
            passing = len(group) == 1 and note.duration < _STRONG // 2 and note.pitch % 12 in scale
            if passing:
                out.append(note)
                continue
            if old and not taken and note.pitch < _LEFT_HAND and note.pitch % 12 == old.bass_class:
                taken.add(nearest(note.pitch, frozenset({chord.bass_class}), low, high))
                out.append(note._replace(pitch=max(taken)))
                continue
            free = [p for p in range(max(low, note.pitch - 7), min(high, note.pitch + 7) + 1) if p % 12 in tones and p not in taken]
            above = [p for p in free if not taken or p > max(taken)]
            pitch = min(above or free or [note.pitch], key=lambda p: (abs(p - note.pitch), p))
            taken.add(pitch)
            out.append(note._replace(pitch=pitch))
    return out


def _bass_line(notes: list[Note], old: Chord | None, chord: Chord, key: Key, low: int, high: int) -> list[Note]:
    """A bass line with its roots, fifths and thirds on those of the new chord; what passes between them stays in the scale."""
    scale = chord_scale(key, chord, mode_classes(key))
    ordered = sorted(notes)
    root = old.bass_class if old else (ordered[0].pitch % 12 if ordered else 0)
    shift = (chord.bass_class - root + 5) % 12 - 5
    third = 3 if chord.is_minor or 3 in chord.intervals else 4
    fifth = next((step for step in (7, 6, 8) if step in chord.intervals), 7)
    out = []
    for note in ordered:
        above = (note.pitch - root) % 12
        pitch = note.pitch + shift
        if above in (3, 4) and len(chord.intervals) > 2:
            pitch += third - above
        elif above in (6, 7, 8):
            pitch += fifth - above
        elif above != 0 and pitch % 12 not in scale:
            pitch = nearest(pitch, scale, pitch - 2, pitch + 2)
        while pitch < low:
            pitch += 12
        while pitch > high:
            pitch -= 12
        out.append(note._replace(pitch=pitch))
    return out


def _cut(notes: list[Note], spans: Sequence[Span], part: Part) -> list[Note]:
    """Notes that ring across the beginning or the end of a stretch of new chords are let go there."""
    borders = sorted({tick for start, end, _ in spans for tick in (start, end)})
    out = []
    for note in notes:
        border = next((b for b in borders if note.start + EARLY < b < note.end - EARLY), None)
        kept = border is None or part.role is Role.FX
        out.append(note if kept or border is None else note._replace(duration=max(border - note.start, 30)))
    return out
