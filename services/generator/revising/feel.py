"""How the notes lie on the grid: the swing of the off-beats, and how far hands stray from it."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from contracts.context import Decision
from contracts.edits import FeelEdit
from contracts.errors import BadInput
from contracts.music import PPQ, Note, Part, Role
from services.generator.arrangement.metre import SIXTEENTH
from services.generator.revising.song import Song, decided, listed, parts_of
from services.music.rng import rng

_OFF = (0.42, 0.74)
"""Where in a pair of notes the second one may lie that swings."""
_LEAST = 12
_SPREAD_MS = 45.0
"""Standard deviation of the timing at looseness 1."""
_FLAM = 60
"""Ticks within which strokes are one gesture: a strummed chord moves as a whole."""


def change_feel(song: Song, edit: FeelEdit) -> tuple[Song, Decision]:
    """The song with another swing, looser or tighter. Raises BadInput where neither is said."""
    if edit.swing is None and edit.looseness is None:
        raise BadInput("feel", "nothing", "swing 0 (straight) to 1 (triplets), looseness 0 (exact) to 1")
    names = [name for name in parts_of(song.score, edit.parts) if song.score.parts[name].role is not Role.FX]
    groove = song.rehearsed().groove
    period = PPQ if groove.swing_unit == 8 else PPQ // 2
    share = _share_now([n for name in names for n in song.score.parts[name].notes], period)
    wanted = share if edit.swing is None else _share(1.0 + edit.swing)
    ms = groove.frame.ms_to_ticks(1.0)
    parts = dict(song.score.parts)
    for name in names:
        notes = [_bent(note, share, wanted, period) for note in parts[name].notes] if wanted != share else list(parts[name].notes)
        if edit.looseness is not None:
            notes = _loosened(notes, wanted, period, edit.looseness * _SPREAD_MS * ms, song, name)
        parts[name] = _with(parts[name], notes)
    said = [f"swing {_ratio(share):.2f} → {_ratio(wanted):.2f}"] if edit.swing is not None else []
    said += [f"looseness {edit.looseness:g}"] if edit.looseness is not None else []
    whose = listed(names) if edit.parts else "everybody"
    told = decided("feel", f"{whose}: {', '.join(said)}", "the notes are the same; only their place on the grid moves", parts=names)
    return song.moved(song.score.model_copy(update={"parts": parts})), told


def _share(ratio: float) -> float:
    return ratio / (1.0 + ratio)


def _ratio(share: float) -> float:
    return share / (1.0 - share)


def _share_now(notes: Sequence[Note], period: int) -> float:
    """Where the off-beats lie now, 0.5 straight to 0.67 triplets, heard from the notes themselves."""
    phases = np.array([(note.start % period) / period for note in notes])
    off = phases[(phases > _OFF[0]) & (phases < _OFF[1])]
    if off.size < _LEAST:
        return 0.5
    share = float(np.median(off))
    return 0.5 if abs(share - 0.5) < 0.02 else share


def _bent(note: Note, share: float, wanted: float, period: int) -> Note:
    start, end = _moved(note.start, share, wanted, period), _moved(note.end, share, wanted, period)
    return note._replace(start=start, duration=max(end - start, 30))


def _moved(tick: int, share: float, wanted: float, period: int) -> int:
    """A tick whose pair of notes is divided at `wanted` in place of `share`."""
    pair, inside = divmod(tick, period)
    phase = inside / period
    bent = phase / share * wanted if phase <= share else wanted + (phase - share) / (1.0 - share) * (1.0 - wanted)
    return pair * period + round(bent * period)


def _loosened(notes: list[Note], share: float, period: int, spread: float, song: Song, name: str) -> list[Note]:
    """Notes as far from the grid as is wanted: what they strayed before, made larger or smaller, and drawn where there was nothing."""
    gestures: dict[int, list[Note]] = defaultdict(list)
    first: int | None = None
    for note in sorted(notes):
        if first is None or note.start - first > _FLAM:
            first = note.start
        gestures[first].append(note)
    away = {tick: tick - _grid(tick, share, period) for tick in gestures}
    now = float(np.std(list(away.values()))) if away else 0.0
    factor = min(spread / now, 3.0) if now > 1.0 else 0.0
    draws = rng(song.own_seed("feel"), name).normal(0.0, 1.0, len(gestures))
    missing = float(np.sqrt(max(spread**2 - (factor * now) ** 2, 0.0)))
    out: list[Note] = []
    for (tick, group), draw in zip(gestures.items(), draws, strict=True):
        target = tick - away[tick] + round(away[tick] * factor + draw * missing)
        out += [n._replace(start=max(n.start + target - tick, 0)) for n in group]
    return sorted(out)


def _grid(tick: int, share: float, period: int) -> int:
    """The nearest place of the swung grid of sixteenths, or of triplets where that is nearer."""
    straight = _moved(tick, share, 0.5, period)
    sixteenth = round(straight / SIXTEENTH) * SIXTEENTH
    swung = _moved(sixteenth, 0.5, share, period)
    triplet = round(tick / (PPQ // 3)) * (PPQ // 3)
    return triplet if abs(tick - triplet) < abs(tick - swung) - 20 else swung


def _with(part: Part, notes: list[Note]) -> Part:
    """A part with moved notes; each syllable goes with its note."""
    if not part.lyrics:
        return part.model_copy(update={"notes": tuple(sorted(notes))})
    moved = {old.start: new.start for old, new in zip(part.notes, notes, strict=False)}
    words = tuple(sorted((moved.get(tick, tick), text) for tick, text in part.lyrics))
    return part.model_copy(update={"notes": tuple(sorted(notes)), "lyrics": words})
