"""Other notes in the same chairs: another take, busier or sparser, another octave, harder or softer, on another grid."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from contracts.music import Note, Part, Role, Score
from services.music.comparing.chords import key_of, of_chords
from services.music.comparing.grids import lie_of, periods
from services.music.comparing.players import EARLY, pairs_of, plays
from services.music.comparing.songs import Difference, listed, places, said, ticks_of
from services.music.packs.instruments import instruments

_SAME_TICKS = 240
_TAKE = 0.2
"""Share of notes that differ from which a stretch counts as another take."""
_BUSIER = 1.15
_HARDER = 1.5
_SWING = 0.04
_SPREAD, _LOOSER = 6.0, 1.5
_OCTAVE = 12
_REGISTER = 0.7
_MANY = 5
_TOPICS = {
    "take": "take", "busier": "take", "sparser": "take", "higher": "octave", "lower": "octave", "harder": "dynamics", "softer": "dynamics",
    "swung": "feel", "straighter": "feel", "looser": "feel", "tighter": "feel",
}  # fmt: skip


@dataclass(frozen=True)
class _Seen:
    """How a part's notes of one section compare: what is told of them, and a number."""

    kind: str
    value: float = 0.0


def of_notes(before: Score, after: Score) -> Iterator[Difference]:
    """Parts whose notes differ in sections that both songs have at the same length; sections and parts with one change are told together.

    Where the chords are others, other pitches in the same rhythm are no news.
    """
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    playing: dict[str, list[str]] = {}
    other_chords = {one.data["section"] for one in of_chords(before, after)}
    names = [n for n, s in after.sections.items() if n in before.sections and before.sections[n].bars == s.bars]
    for old, new in pairs_of(before, after).items():
        one, other = before.parts[old], after.parts[new]
        if one == other or one.role is Role.FX:
            continue
        playing[new] = [name for name in names if plays(before, one, name) and plays(after, other, name)]
        same: list[tuple[Note, Note]] = []
        for name in playing[new]:
            revoiced = _is_modal(before, after, name) or name in other_chords
            for seen in _compared(before, one, after, other, name, same, revoiced=revoiced):
                found[seen.kind, new].append(name)
                values[seen.kind, new].append(seen.value)
        for seen in _grid([a for a, _ in same], [b for _, b in same]):
            found[seen.kind, new], values[seen.kind, new] = playing[new], [seen.value]
    told: dict[tuple[str, tuple[str, ...]], list[tuple[str, float]]] = defaultdict(list)
    for (kind, part), where in found.items():
        key = () if where == playing[part] and (len(where) > 1 or _TOPICS[kind] == "feel") else tuple(where)
        told[kind, key].append((part, float(np.mean(values[kind, part]))))
    for (kind, key), parts in told.items():
        text = _text(kind, [said(p) for p, _ in parts], places(after, list(key)), float(np.mean([v for _, v in parts])))
        yield Difference(_TOPICS[kind], text, {"parts": [p for p, _ in parts], "sections": list(key)})


def _text(kind: str, parts: list[str], where: str, value: float) -> str:
    who, place = listed(parts) if len(parts) < _MANY else f"{len(parts)} players", f" in {where}" if where else ""
    match kind:
        case "take":
            return f"{who}: another take{place}"
        case "busier" | "sparser":
            return f"{who}: {kind}{place} (× {value:.2g} notes)"
        case "higher" | "lower":
            return f"{who}: {value:.0f} octave{'s' if value > 1.5 else ''} {kind}{place}"
        case "harder" | "softer":
            return f"{where or 'throughout'}: {who} played {kind} (velocity {value:+.0f})"
        case "swung" | "straighter":
            return f"{who}: {kind}{place} (off-beats at {value:.0f} %)"
        case _:
            return f"{who}: played {'more loosely' if kind == 'looser' else 'more tightly'}{place}"


def _compared(
    before: Score, one: Part, after: Score, other: Part, section: str, kept: list[tuple[Note, Note]], *, revoiced: bool
) -> Iterator[_Seen]:
    """What is told of a part in one section. Notes that are the same but for touch and time are added to `kept`, in pairs."""
    a, b = _inside(before, one, section), _inside(after, other, section)
    drums = one.role in (Role.DRUMS, Role.PERCUSSION) or (one.instrument in instruments() and instruments()[one.instrument].is_drums)
    shift = 0 if drums else _shift(before, after, section, a, b)
    pairs, same = _matched(a, b, shift, drums=drums, modal=_is_modal(before, after, section))
    ratio = len(b) / max(len(a), 1)
    if 1.0 - 2 * same / max(len(a) + len(b), 1) > _TAKE or not 1 / _BUSIER <= ratio <= _BUSIER:
        kind = "busier" if ratio > _BUSIER else "sparser" if ratio < 1 / _BUSIER else "take"
        if not (revoiced and kind == "take" and _same_rhythm(a, b)):
            yield _Seen(kind, ratio)
        return
    octaves = [round((y.pitch - x.pitch - shift) / _OCTAVE) for x, y in pairs]
    if octaves and abs(float(np.mean(octaves))) > _REGISTER and not drums and shift == 0:
        yield _Seen("higher" if np.mean(octaves) > 0 else "lower", abs(float(np.median(octaves))))
    louder = float(np.mean([y.velocity - x.velocity for x, y in pairs])) if pairs else 0.0
    if abs(louder) >= _HARDER:
        yield _Seen("harder" if louder > 0 else "softer", louder)
    kept += pairs


def _grid(a: list[Note], b: list[Note]) -> Iterator[_Seen]:
    """Whether the same notes swing more or less, or are played more tightly or loosely."""
    for period in periods():
        one, other = lie_of(a, period), lie_of(b, period)
        if abs(other.share - one.share) >= _SWING:
            yield _Seen("swung" if other.share > one.share else "straighter", 100.0 * other.share)
            return
    one, other = lie_of(a, periods()[0]), lie_of(b, periods()[0])
    if abs(other.spread - one.spread) >= _SPREAD and not 1 / _LOOSER <= (other.spread + 1.0) / (one.spread + 1.0) <= _LOOSER:
        yield _Seen("looser" if other.spread > one.spread else "tighter", other.spread)


def _same_rhythm(a: list[Note], b: list[Note]) -> bool:
    ours, theirs = {n.start for n in a}, {n.start for n in b}
    return len(ours & theirs) >= (1.0 - _TAKE) * max(len(ours), len(theirs), 1)


def _inside(score: Score, part: Part, section: str) -> list[Note]:
    start, end = ticks_of(score, score.sections[section])
    return [n._replace(start=n.start - start) for n in part.notes if start - EARLY <= n.start < end - EARLY]


def _is_modal(before: Score, after: Score, section: str) -> bool:
    """Whether a section is in another mode than it was."""
    return key_of(before, section).mode != key_of(after, section).mode


def _shift(before: Score, after: Score, section: str, a: list[Note], b: list[Note]) -> int:
    """Semitones between a section's keys, in the octave in which the part was moved."""
    keys = key_of(after, section).tonic_class - key_of(before, section).tonic_class
    if keys % 12 == 0 and not _is_modal(before, after, section):
        return 0
    away = float(np.median([n.pitch for n in b]) - np.median([n.pitch for n in a])) if a and b else 0.0
    return min((keys % 12 - 24, keys % 12 - 12, keys % 12, keys % 12 + 12), key=lambda s: abs(s - away))


def _matched(a: list[Note], b: list[Note], shift: int, *, drums: bool, modal: bool) -> tuple[list[tuple[Note, Note]], int]:
    """Notes that are the same but for octave, touch and a little time; and how many they are. In another mode a third may differ."""
    free: dict[int, list[Note]] = defaultdict(list)
    for note in b:
        free[_name(note.pitch, drums=drums)].append(note)
    pairs = []
    for note in a:
        wanted = note.pitch + (0 if drums else shift)
        near: list[tuple[int, Note, int]] = []
        for step in (0, 1, -1) if modal and not drums else (0,):
            pool = _name(wanted + step, drums=drums)
            near += [(abs(n.start - note.start), n, pool) for n in free[pool] if abs(n.start - note.start) <= _SAME_TICKS]
        if near:
            _, best, pool = min(near, key=lambda item: (item[0], item[1]))
            free[pool].remove(best)
            pairs.append((note, best))
    return pairs, len(pairs)


def _name(pitch: int, *, drums: bool) -> int:
    return pitch if drums else pitch % 12
