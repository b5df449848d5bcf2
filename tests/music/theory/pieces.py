"""Pieces whose theory is known: written out by hand for the tests, in bars and felt beats."""

from collections.abc import Sequence

from contracts.music import PPQ, Chord, Meter, Note
from contracts.theory import Theory
from services.music.theory.piece import Line, LineRole, Piece, TimedChord
from services.music.theory.reading import read_theory


def line(name: str, role: LineRole, tune: Sequence[tuple[int | None, float]], start: float = 0.0) -> Line:
    """A line of (pitch or rest, quarters) one after another."""
    notes, at = [], start
    for pitch, quarters in tune:
        if pitch is not None:
            notes.append(Note(round(at * PPQ), round(quarters * PPQ), pitch, 90))
        at += quarters
    return Line(name, role, tuple(notes))


def progression(text: str, quarters: float = 4.0) -> tuple[TimedChord, ...]:
    """Chords of equal length."""
    step = round(quarters * PPQ)
    return tuple(TimedChord(i * step, (i + 1) * step, Chord.parse(symbol)) for i, symbol in enumerate(text.split()))


def voiced(chords: Sequence[TimedChord]) -> tuple[Line, Line]:
    """Chords in close position and their bass."""
    upper, low = [], []
    for timed in chords:
        length = timed.end - timed.start
        low.append(Note(timed.start, length, 36 + timed.chord.bass_class, 90))
        upper += [Note(timed.start, length, 54 + (pc - 54) % 12, 80) for pc in timed.chord.pitch_classes[:4]]
    return Line("chords", "chords", tuple(sorted(upper))), Line("bass", "bass", tuple(low))


def piece(chords: Sequence[TimedChord] = (), *lines: Line, meter: str = "4/4", bars: int = 0, home: str | None = None) -> Piece:
    """A piece of chords, played as blocks, and further lines."""
    played = [*lines, *(voiced(chords) if chords else ())]
    value = Meter.parse(meter)
    end = max([n.end for part in played for n in part.notes])
    return Piece("a test", "midi", value, bars or -(-end // value.ticks_per_bar), tuple(played), tuple(chords), home=home)


def theory(text: str, *lines: Line, quarters: float = 4.0, meter: str = "4/4") -> Theory:
    """The theory of a progression, with lines beside it."""
    return read_theory(piece(progression(text, quarters), *lines, meter=meter))


def romans(read: Theory) -> str:
    """The numerals in a row."""
    return " ".join(chord.roman for chord in read.chords)
