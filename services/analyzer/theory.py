"""The theory of what a file's notes say: a score.json as it is, a MIDI file after its parts, meter and chords are read."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from pydantic import ValidationError

from contracts.context import Options
from contracts.errors import BadInput
from contracts.given import Given
from contracts.music import PPQ, Key, Meter, Note, Role, Score
from contracts.theory import Theory
from services.analyzer.bringing import bring
from services.analyzer.chord_finding import find_chords
from services.analyzer.midi_file import refused
from services.analyzer.note_facts import key_of_notes
from services.music.theory.piece import Line, LineRole, Piece, Stretch, TimedChord, timed
from services.music.theory.reading import read_theory

SCORE_BYTES = 64 * 2**20
MOST_SCORE_NOTES = 200_000
MOST_BARS = 2000
_LONGEST_HELD = 16 * PPQ
_SKIPPED = re.compile(r"(\d+) empty bars? before its first note")
_OURS = re.compile(r"it has no markers|its form is|\d+ empty bars? before|its signature says")
"""What reading for a composition says and this analysis says better, or undoes."""
_MIDI = b"MThd"
_ROLES: dict[Role, LineRole] = {
    Role.MELODY: "melody", Role.VOCAL: "melody", Role.COUNTER: "counter", Role.HARMONY: "chords", Role.PAD: "chords", Role.BASS: "bass",
    Role.DRUMS: "drums", Role.PERCUSSION: "drums",
}  # fmt: skip
_ALLOWED = "a Standard MIDI File of format 0 or 1, or score.json of a song that Houseband made"


def read_file(data: bytes, name: str) -> Theory:
    """The theory of a file's notes.

    Raises:
        BadInput: on field "midi" for a MIDI file that cannot be read, on "file" for a score that is none.
    """
    return read_theory(piece_of_midi(data, name) if data.startswith(_MIDI) else piece_of_score(data, name))


def piece_of_score(data: bytes, name: str) -> Piece:
    """A score.json as a piece: its own parts, sections and chords."""
    if len(data) > SCORE_BYTES:
        raise BadInput("file", name, _ALLOWED, hint=f"it has {len(data)} bytes; at most {SCORE_BYTES} are read")
    try:
        score = Score.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput("file", name, _ALLOWED, hint=f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}") from error
    return of_score(score, name)


def of_score(score: Score, name: str) -> Piece:
    """A score as a piece. Raises BadInput on "file" for one without sections or notes, or beyond the limits."""
    count = sum(len(part.notes) for part in score.parts.values())
    if not score.sections or not count:
        raise BadInput("file", name, _ALLOWED, hint="the score holds no section or no note")
    if count > MOST_SCORE_NOTES or score.bars > MOST_BARS:
        raise BadInput("file", name, _ALLOWED, hint=f"it is longer than {MOST_BARS} bars or {MOST_SCORE_NOTES} notes")
    if any(n.start < 0 or n.duration < 0 or not 0 <= n.pitch <= 127 for part in score.parts.values() for n in part.notes):
        raise BadInput("file", name, _ALLOWED, hint="a note begins before the first bar, ends before it begins, or has no MIDI pitch")
    events = score.chord_events()
    if not all(isfinite(number) for number in (score.tempo_bpm, *(event.beat for event in events))):
        raise BadInput("file", name, _ALLOWED, hint="its tempo or the beat of a chord is no finite number")
    meter, end = score.meter_value, score.end_tick
    lines = tuple(
        Line(part_id, _ROLES[part.role], notes)
        for part_id, part in score.parts.items()
        if part.role in _ROLES and (notes := tuple(n for n in part.notes if n.start < end))
    )
    stretches = tuple(Stretch(s.label, s.start_bar - 1, s.bars) for s in sorted(score.sections.values(), key=lambda s: s.start_bar))
    chords = timed(events, meter, end)
    Key.parse(score.key)
    return Piece(name, "score", meter, score.bars, lines, chords, stretches, score.tempo_bpm, score.key)


def piece_of_midi(data: bytes, name: str) -> Piece:
    """A MIDI file as a piece; it is read in a process that can die alone."""
    given = bring(Options(), (data, name), None, ())
    if given is None:
        raise refused(name, "it brings no notes")
    return of_given(given)


def of_given(given: Given) -> Piece:
    """What a MIDI file brought as a piece, counted from the file's own first bar; chords are looked for in whatever sounds together."""
    meter = Meter.parse(given.meter or "4/4")
    skipped = next((int(found[1]) for note in given.notes if (found := _SKIPPED.match(note))), 0)
    bars = max(given.bars, 1)
    lines = _lines(given)
    harmonic = [line for line in lines if line.role != "drums" and not _is_sound(line)]
    low = [n for line in harmonic if line.role == "bass" for n in line.notes]
    every = sorted(n for line in harmonic for n in line.notes)
    key = _key(given, every, low)
    chords = _chords(harmonic, bars, meter, key) if key else ()
    marked = any(note.startswith("its form is that of its markers") for note in given.notes)
    stretches = tuple(Stretch(s.label, s.start_bar - 1, s.bars) for s in given.sections.values()) if marked else ()
    notes = tuple(note for note in given.notes if not _OURS.match(note))
    kept = tuple(line if line in harmonic or line.role == "drums" else replace(line, role="drums") for line in lines)
    piece = Piece(given.name, "midi", meter, bars, kept, chords, stretches, given.tempo_bpm, str(key) if key else None, notes)
    return _later(piece, skipped)


def _later(piece: Piece, bars: int) -> Piece:
    """A piece with empty bars before it."""
    if not bars:
        return piece
    shift = bars * piece.bar_ticks
    lines = tuple(replace(line, notes=tuple(n._replace(start=n.start + shift) for n in line.notes)) for line in piece.lines)
    chords = tuple(replace(t, start=t.start + shift, end=t.end + shift) for t in piece.chords)
    stretches = tuple(replace(s, start=s.start + bars) for s in piece.stretches)
    if stretches:
        stretches = (replace(stretches[0], start=0, bars=stretches[0].bars + bars), *stretches[1:])
    return replace(piece, bars=piece.bars + bars, lines=lines, chords=chords, stretches=stretches)


def _is_sound(line: Line) -> bool:
    """Whether a line is one pitch again and again: a noise, a sample or a pulse, which says nothing about harmony."""
    return line.role == "other" and len({n.pitch for n in line.notes}) == 1


def _key(given: Given, notes: Sequence[Note], low: Sequence[Note]) -> Key | None:
    """The key that the notes have, where a sound of one pitch has no say; the file's reading where it names the same."""
    if not notes:
        return None
    heard, _ = key_of_notes(notes, low)
    read = Key.parse(given.key) if given.key else heard
    signed = any(note.startswith("its signature says") for note in given.notes)
    same = set(read.pitch_classes) == set(heard.pitch_classes) and not signed
    return read if same else heard


def _lines(given: Given) -> tuple[Line, ...]:
    """Parts as lines with names of their own."""
    roles: dict[str, LineRole] = {"melody": "melody", "chords": "chords", "bass": "bass", "drums": "drums", "other": "other"}
    found, seen = [], dict[str, int]()
    for part in given.parts:
        plain = part.name or part.role
        seen[plain] = seen.get(plain, 0) + 1
        found.append(Line(plain if seen[plain] == 1 else f"{plain} {seen[plain]}", roles[part.role], part.notes))
    return tuple(found)


def _chords(lines: Sequence[Line], bars: int, meter: Meter, key: Key) -> tuple[TimedChord, ...]:
    """The chords with how sure each is: the share of what sounds under it that it holds. One line makes none."""
    tune = [n for line in lines if line.role == "melody" for n in line.notes]
    rest = sorted(n for line in lines if line.role != "melody" for n in line.notes)
    every = sorted([*tune, *rest])
    if not any(line.role == "chords" for line in lines):  # single lines that make chords together, as in a chorale
        rest, tune = (every, []) if len(lines) > 1 else ([], tune)
    events = find_chords(rest, tune, bars, meter, key) if rest else ()
    starts = [n.start for n in every]
    longest = max((n.duration for n in every), default=0)
    found = []
    for t in timed(events, meter, bars * meter.ticks_per_bar):
        near = every[bisect_left(starts, t.start - min(longest, _LONGEST_HELD)) : bisect_left(starts, t.end)]
        found.append(replace(t, sure=_sure(t, near)))
    return tuple(found)


def _sure(chord: TimedChord, notes: Sequence[Note]) -> float:
    tones = set(chord.chord.pitch_classes)
    inside = total = 0
    for note in notes:
        sounding = min(note.end, chord.end) - max(note.start, chord.start)
        if sounding > 0:
            total += sounding
            inside += sounding * (note.pitch % 12 in tones)
    return round(inside / total, 3) if total else 0.3
