"""Cadences of a piece with their strength: perfect where dominant and tonic stand on their roots and the tonic is on top."""

from collections.abc import Sequence

from contracts.music import Chord, Key
from contracts.theory import Phrase, ReadCadence, Strength
from services.music.theory.cadences import Timed, phrase_cadences
from services.music.theory.chords_read import Areas
from services.music.theory.keys_in_force import key_at
from services.music.theory.piece import Piece
from services.music.theory.roman import numeral_of


def read_cadences(piece: Piece, areas: Areas, phrases: Sequence[Phrase]) -> tuple[ReadCadence, ...]:
    """The cadence of each phrase that has one."""
    bar_ticks = piece.bar_ticks
    chords = [Timed(t.start, t.end, t.chord) for t in piece.chords]
    ends = sorted({(phrase.bar - 1 + phrase.bars) * bar_ticks for phrase in phrases})
    found = []
    for end in phrase_cadences(chords, ends, lambda tick: key_at(areas, int(tick) // bar_ticks), piece.meter.ticks_per_beat / 2):
        bar, beat = piece.place(end.time)
        key = key_at(areas, bar - 1)
        found.append(
            ReadCadence(
                bar=bar, beat=beat, kind=end.kind, strength=_strength(piece, end.kind, end.before, end.last, end.time, key),
                chords=(str(end.before), str(end.last)), romans=(numeral_of(end.before, key), numeral_of(end.last, key)), key=str(key),
                confidence=round(min((t.sure for t in piece.chords if t.start <= end.time < t.end), default=1.0), 3),
            )
        )  # fmt: skip
    return tuple(found)


def _strength(piece: Piece, kind: str, before: Chord, last: Chord, tick: float, key: Key) -> Strength:
    if kind != "authentic":
        return ""
    rooted = before.bass_class == before.root_class == (key.tonic_class + 7) % 12 and last.bass_class == last.root_class
    return "perfect" if rooted and _on_top(piece, tick, key) else "imperfect"


def _on_top(piece: Piece, tick: float, key: Key) -> bool:
    """Whether the tune comes to rest on the tonic: the last note that it sounds over the final chord, or begins just before."""
    lead = piece.leading
    lines = [lead] if lead else list(piece.of("chords", "other", "counter"))
    bar_end = (int(tick) // piece.bar_ticks + 1) * piece.bar_ticks
    sounding = [
        n for line in lines for n in line.notes if n.end > tick + 60 and n.start < min(bar_end, tick + 2 * piece.meter.ticks_per_beat)
    ]
    if not sounding:
        return False
    latest = max(n.start for n in sounding)
    return max((n for n in sounding if latest - n.start < 80), key=lambda n: n.pitch).pitch % 12 == key.tonic_class
