"""Who is who in a MIDI file: melody, bass, chords and drums, by name, instrument, register and how many notes sound at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.music import PPQ, Note
from services.analyzer.midi_file import Voice

TOGETHER = PPQ // 12
"""Onsets within 80 ticks are one stroke."""
_NAMES = {
    "melody": re.compile(r"melod|lead|voca|voice|sing|solo|theme|tune|hook|soprano|right|\brh\b", re.IGNORECASE),
    "bass": re.compile(r"\bbass\b|\bsub\b|contrabass|left hand bass", re.IGNORECASE),
    "chords": re.compile(r"chord|harmon|pad|comp|accomp|strum|rhythm g|keys|left|\blh\b", re.IGNORECASE),
    "drums": re.compile(r"drum|percuss|\bkit\b|\bbeat\b", re.IGNORECASE),
}
_LEADS = {*range(40, 45), *range(52, 55), *range(56, 80), *range(80, 88), 22, 85, 110, 111}
"""General MIDI programs that usually lead: solo strings, voices, brass, reeds, pipes, synth leads."""


@dataclass(frozen=True)
class Shape:
    """How a voice is written."""

    mean_pitch: float
    single: float
    """Share of strokes that are one note, with nothing else of the voice still sounding for long."""
    voices: float
    """Notes per stroke."""
    notes: int


def shape_of(notes: Sequence[Note]) -> Shape:
    """Register and texture of a voice."""
    strokes = strokes_of(notes)
    alone, sounding_until = 0, 0
    for stroke in strokes:
        start = stroke[0].start
        alone += len(stroke) == 1 and sounding_until <= start + PPQ // 4
        sounding_until = max(sounding_until, *(n.end for n in stroke))
    return Shape(sum(n.pitch for n in notes) / len(notes), alone / len(strokes), len(notes) / len(strokes), len(notes))


def strokes_of(notes: Sequence[Note]) -> list[list[Note]]:
    """Notes that begin together, in time order."""
    out: list[list[Note]] = []
    for note in sorted(notes):
        if out and note.start - out[-1][0].start <= TOGETHER:
            out[-1].append(note)
        else:
            out.append([note])
    return out


def skyline(notes: Sequence[Note], *, single: bool = False) -> list[Note]:
    """The upper voice: of each stroke the highest note, without what moves below a held one; each ends where the next begins.

    `single`: the voice is one line whose notes may overlap, and nothing moves below it.
    """
    out: list[Note] = []
    for stroke in strokes_of(notes):
        top = max(stroke, key=lambda n: (n.pitch, n.duration))
        if not single and out and top.start < out[-1].end - TOGETHER and top.pitch < out[-1].pitch - 2:
            continue
        if out and out[-1].end > top.start:
            out[-1] = out[-1]._replace(duration=top.start - out[-1].start)
        out.append(top)
    return out


def roles_of(voices: Sequence[Voice]) -> dict[int, str]:
    """Role of each voice by its index: at most one melody and one bass, the rest chords, drums or other."""
    shapes = {i: shape_of(v.notes) for i, v in enumerate(voices)}
    roles = {i: "drums" for i, v in enumerate(voices) if v.is_drums or (v.program is None and _NAMES["drums"].search(v.name))}
    pitched = [i for i in shapes if i not in roles]
    bass = _bass(voices, shapes, pitched)
    if bass is not None:
        roles[bass] = "bass"
    rest = [i for i in pitched if i != bass]
    lead = _lead(voices, shapes, rest)
    if lead is not None:
        roles[lead] = "melody"
    for i in rest:
        if i != lead:
            several = shapes[i].voices >= 1.6 or shapes[i].single < 0.6
            roles[i] = "chords" if several or _NAMES["chords"].search(voices[i].name) else "other"
    return roles


def _bass(voices: Sequence[Voice], shapes: dict[int, Shape], pitched: list[int]) -> int | None:
    """A voice that is called or plays a bass, else the lowest single line well below the others."""
    named = [i for i in pitched if _NAMES["bass"].search(voices[i].name) or 32 <= (voices[i].program or 0) <= 39]
    named = [i for i in named if shapes[i].mean_pitch < 60]
    if named:
        return max(named, key=lambda i: shapes[i].notes)
    low = [i for i in pitched if shapes[i].mean_pitch < 50 and shapes[i].single > 0.8]
    return min(low, key=lambda i: shapes[i].mean_pitch) if low and len(pitched) > 1 else None


def _lead(voices: Sequence[Voice], shapes: dict[int, Shape], rest: list[int]) -> int | None:
    """The voice that sings: named so, or single, high, busy enough and on an instrument that leads; None where all are chords."""

    def score(i: int) -> float:
        voice, shape = voices[i], shapes[i]
        named = 3.0 * bool(_NAMES["melody"].search(voice.name)) - 3.0 * bool(_NAMES["chords"].search(voice.name))
        leads = 0.7 * ((voice.program or 0) in _LEADS)
        return named + leads + 2.5 * shape.single + min(shape.mean_pitch, 84) / 24 + 0.4 * min(shape.notes / most, 1.0)

    most = max((shapes[i].notes for i in rest), default=1)
    able = [i for i in rest if shapes[i].single > 0.5 or _NAMES["melody"].search(voices[i].name)]
    if not able:
        able = [i for i in rest if _sings(voices[i].notes)] if len(rest) == 1 else []
    return max(able, key=score) if able else None


def _sings(notes: Sequence[Note]) -> bool:
    """Whether a voice of several notes at once has a tune on top: its strokes differ in size, and the top moves more than the rest."""
    strokes = strokes_of(notes)
    return sum(len(s) <= 2 for s in strokes) / len(strokes) > 0.4
