"""Sections bigger or smaller: who plays, how densely and how hard, and how the song gets there. All else stays note for note."""

from dataclasses import dataclass

from contracts.context import Decision
from contracts.edits import EnergyEdit
from contracts.music import Note, Part, Role, Score
from services.generator.arrangement.arranger import Rehearsal, Wish
from services.generator.arrangement.frame import Level
from services.generator.arrangement.rides import value_at
from services.generator.revising.song import Song, decided, listed, sections_of
from services.generator.revising.splicing import inside, spliced

_LEVELS: tuple[Level, ...] = ("low", "mid", "high")
_LEADS = frozenset({Role.MELODY, Role.VOCAL, Role.COUNTER})
_BEAT = frozenset({Role.DRUMS, Role.PERCUSSION})
_VELOCITY = 30.0
"""MIDI velocity that a whole step of energy is worth; the lead follows by half."""
_DENSER = 1.12
_JOIN_FROM = 0.1
_LIFT_DB = 5.0
"""Level that a whole step of energy is worth, beside what players do."""
_MOST_DB = 2.5
_MOVE = 120


@dataclass(frozen=True)
class _Change:
    """One section's part of the edit."""

    name: str
    by: float
    span: tuple[int, int]


def change_energy(song: Song, edit: EnergyEdit) -> tuple[Song, Decision]:
    """The song with some sections bigger or smaller."""
    names = sections_of(song.score, edit.sections)
    sections, changes = dict(song.score.sections), []
    for name in names:
        before = sections[name].energy
        after = round(min(max(before + edit.by, 0.05), 1.0), 3)
        sections[name] = sections[name].model_copy(update={"energy": after})
        changes.append(_Change(name, edit.by, song.ticks(name)))
    score = song.score.model_copy(update={"sections": sections})
    sheet = song.sheet.model_copy(update={"sections": sections})
    played = song.rehearsed(sheet, wish=_wish(song, names, edit.by))
    spans = [change.span for change in changes]
    parts = {name: _part(name, part, played, spans, edit.by) for name, part in song.score.parts.items()}
    parts |= _lead_ins(song, parts, played, names, edit.by)
    parts = {name: part for name, part in parts.items() if part.notes}
    told = _told(song, score.model_copy(update={"parts": parts}), names, edit.by)
    return song.moved(score.model_copy(update={"parts": parts}), sheet), told


def _wish(song: Song, names: tuple[str, ...], by: float) -> Wish:
    """Livelier or calmer players there, and for something bigger everybody who rests: the band has nobody else."""
    usual = song.rehearsed().plan.levels
    step = 1 if by > 0 else -1
    levels: dict[str, Level] = {}
    for name in names:
        levels[name] = _LEVELS[min(max(_LEVELS.index(usual[name]) + step, 0), 2)]
    joining: dict[str, frozenset[str]] = {}
    if by >= _JOIN_FROM:
        most = 1 + round(3 * by)
        for name in names:
            resting = [p for p, part in song.score.parts.items() if _rests(part, song.ticks(name)) and part.role is not Role.FX]
            resting.sort(key=lambda p: (song.score.parts[p].role not in (Role.PAD, Role.HARMONY, Role.COUNTER), p))
            for part in resting[:most]:
                joining[part] = joining.get(part, frozenset()) | {name}
    return Wish(joining=joining, levels=levels)


def _rests(part: Part, span: tuple[int, int]) -> bool:
    return not any(inside(note.start, [span]) for note in part.notes)


def _part(name: str, part: Part, played: Rehearsal, spans: list[tuple[int, int]], by: float) -> Part:
    """A part with its notes of these sections: kept and played harder or softer, or as the arranger writes them now."""
    fresh = played.parts.get(name)
    same = fresh is not None and fresh.instrument == part.instrument
    out = part
    for span in spans:
        ours = sum(inside(n.start, [span]) for n in part.notes)
        theirs = sum(inside(n.start, [span]) for n in fresh.notes) if fresh and same else 0
        if fresh and same and _taken(part.role, ours, theirs, by):
            out = spliced(out, fresh if theirs else None, [span])
        if ours and part.role is not Role.FX:
            out = _harder(out, span, by * (0.5 if part.role in _LEADS else 1.0))
    return out


def _taken(role: Role, ours: int, theirs: int, by: float) -> bool:
    """Whether what the arranger writes now takes the place of what was played: somebody joins or leaves, or plays clearly more or less."""
    if role is Role.FX:
        return False
    if not ours:
        return by > 0 and theirs > 0
    if not theirs:
        return by <= -_JOIN_FROM and role not in _LEADS
    if role in _LEADS:
        return False
    return theirs > ours * _DENSER if by > 0 else theirs * _DENSER < ours


def _harder(part: Part, span: tuple[int, int], by: float) -> Part:
    """Velocities and the fader of a stretch moved with the energy."""
    notes = tuple(_louder(note, by) if inside(note.start, [span]) else note for note in part.notes)
    move = round(min(max(by * _LIFT_DB, -_MOST_DB), _MOST_DB), 2)
    curve = part.controls.get("gain_db", ())
    start, end = span
    ramp = [(start - _MOVE, 0.0), (start, move), (end - _MOVE, move), (end, 0.0)]
    if start == 0:
        ramp = ramp[1:]
    ticks = sorted({tick for tick, _ in curve} | {tick for tick, _ in ramp})
    moved = tuple((tick, round(value_at(curve, tick) + value_at(tuple(ramp), tick), 3)) for tick in ticks)
    return part.model_copy(update={"notes": notes, "controls": {**part.controls, "gain_db": moved}})


def _louder(note: Note, by: float) -> Note:
    return note._replace(velocity=int(min(max(round(note.velocity + by * _VELOCITY), 12), 124)))


def _lead_ins(song: Song, parts: dict[str, Part], played: Rehearsal, names: tuple[str, ...], by: float) -> dict[str, Part]:
    """What leads into something bigger: the drummer's last bar before it, and risers, swells and impacts around its first beat."""
    if by <= 0:
        return {}
    bar = song.score.meter_value.ticks_per_bar
    order = list(song.score.sections)
    out: dict[str, Part] = {}
    for name in names:
        start = song.ticks(name)[0]
        before = order[order.index(name) - 1] if name != order[0] else None
        if before is None or before in names:
            continue
        length = min(4, song.score.sections[before].bars) * bar
        for part_id, part in parts.items():
            fresh = played.parts.get(part_id)
            if fresh is None or fresh.instrument != part.instrument:
                continue
            current = out.get(part_id, part)
            if part.role in _BEAT and not _rests(part, (start - bar, start)):
                out[part_id] = spliced(current, fresh, [(start - bar, start)])
            elif part.role is Role.FX and _rests(part, (start - length, start + bar)) and not _rests(fresh, (start - length, start + bar)):
                out[part_id] = spliced(current, fresh, [(start - length, start + bar)])
    return out


def _told(song: Song, score: Score, names: tuple[str, ...], by: float) -> Decision:
    joined, left = set(), set()
    for name in names:
        span = song.ticks(name)
        for part_id, part in song.score.parts.items():
            now = score.parts.get(part_id)
            played, plays = not _rests(part, span), now is not None and not _rests(now, span)
            if plays and not played:
                joined.add(part_id)
            if played and not plays:
                left.add(part_id)
    energies = ", ".join(f"{n} {song.score.sections[n].energy:.2f} → {score.sections[n].energy:.2f}" for n in names)
    who = [
        f"{listed(sorted(names))} {verb if len(names) > 1 else verb + 's'}" for names, verb in ((joined, "join"), (left, "rest")) if names
    ]
    how = "played harder and busier, with a fill into it" if by > 0 else "played softer and sparser"
    return decided("energy", "; ".join([energies, *who]), f"{how}; the rest of every part is as it was", sections=list(names), by=by)
