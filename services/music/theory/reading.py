"""The theory of a piece: everything that is read of it, put together."""

from contracts.music import Key
from contracts.theory import Density, Phrase, Theory
from services.music.theory.chords_read import read_chords, read_keys, shares
from services.music.theory.crossing import cross_rhythms
from services.music.theory.endings import read_cadences
from services.music.theory.form_read import read_form
from services.music.theory.keys_in_force import home_of, keys_in_force
from services.music.theory.leading import voice_leading
from services.music.theory.metre import read_metre
from services.music.theory.motifs import motifs
from services.music.theory.phrasing import ended, groups, lettered, read_phrases
from services.music.theory.piece import Line, Piece, strokes
from services.music.theory.scale_use import scales_of
from services.music.theory.syncopation import syncopations


def read_theory(piece: Piece) -> Theory:
    """The analysis of a piece. What it does not hold is left empty: a drum solo has no key."""
    areas = keys_in_force(piece)
    home, sure = home_of(areas, piece.bars) if areas else (None, 0.0)
    form = read_form(piece, home)
    found = read_phrases(piece, [(s.bar - 1, s.bars) for s in form.sections]) if piece.pitched else []
    phrases = lettered(piece, found)
    rhythm = {
        "syncopation": syncopations(piece), "cross_rhythms": cross_rhythms(piece), "metre": read_metre(piece),
        "density": tuple(_density(piece, line) for line in piece.lines if line.notes),
    }  # fmt: skip
    plain = Theory(
        name=piece.name, source=piece.source, bars=piece.bars, meter=str(piece.meter), tempo_bpm=piece.tempo_bpm, form=form,
        notes=piece.notes, **rhythm,
    )  # fmt: skip
    return _with_pitches(plain, piece, areas, home, sure, phrases) if home is not None else plain


def _with_pitches(
    theory: Theory, piece: Piece, areas: list[tuple[int, Key, float]], home: Key, sure: float, phrases: tuple[Phrase, ...]
) -> Theory:
    chords = read_chords(piece, areas)
    cadences = read_cadences(piece, areas, phrases)
    closed = ended(phrases, cadences)
    return theory.model_copy(
        update={
            "key": str(home), "key_confidence": round(sure, 3), "keys": read_keys(piece, areas, home), "chords": chords,
            "functions": shares(chords, "function"), "origins": shares(chords, "origin"),
            "harmonic_rhythm": round(max(len(chords) - 1, 0) / piece.bars, 2) if chords else None, "cadences": cadences,
            "voice_leading": voice_leading(piece), "scales": scales_of(piece, home, areas), "motifs": motifs(piece, areas),
            "phrases": closed, "groups": groups(piece, closed, cadences),
        }
    )  # fmt: skip


def _density(piece: Piece, line: Line) -> Density:
    hits = strokes(line.notes)
    curve = [0] * piece.bars
    for note in line.notes:
        if piece.bar_of(note.start) < piece.bars:
            curve[piece.bar_of(note.start)] += 1
    seconds = piece.meter.bar_seconds(piece.tempo_bpm or 120.0) * piece.bars
    return Density(
        part=line.name, notes_per_bar=round(len(hits) / piece.bars, 2), notes_per_s=round(len(hits) / seconds, 2),
        voices=round(len(line.notes) / len(hits), 2), curve=tuple(curve),
    )  # fmt: skip
