"""The keys that a piece is in, bar by bar: the best path over twelve tonics in six modes through its notes and chords."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from contracts.music import MODES, Key
from services.music.theory.modulation import spans_of
from services.music.theory.piece import Piece, TimedChord

Array = npt.NDArray[np.float64]

# Shares of pitch classes in major and minor pieces: Albrecht & Shanahan (2013); a mode bends the notes that make it one.
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
_BENT = {
    "major": (_MAJOR, ()),
    "minor": (_MINOR, ()),
    "mixolydian": (_MAJOR, ((10, 11),)),
    "lydian": (_MAJOR, ((5, 6),)),
    "dorian": (_MINOR, ((8, 9),)),
    "phrygian": (_MINOR, ((1, 2),)),
}
NAMES = tuple(_BENT)
_RARE = {"major": 0.0, "minor": 0.0, "mixolydian": 0.12, "dorian": 0.10, "lydian": 0.2, "phrygian": 0.2}
"""What a mode must explain better per bar than the plain keys."""
_BEGINS, _ENDS = 0.3, 0.15
"""Share of a piece that its first and last key are given beside the bars they hold."""
_OWN_CHORD = {"mixolydian": 10, "dorian": 5, "lydian": 2, "phrygian": 1}
"""Root above the tonic of the major chord that gives a mode away."""
_FLOOR = 0.012
_SWITCH, _NEAR = 4.2, 0.7
"""What a change of key must gain, in bars that fit; less for a close key."""
_TONIC, _DOMINANT = 0.8, 0.2
_STATED = {"score": 0.35, "midi": 0.1}
_FRAME, _LAST = 2.0, 2.0
"""Weight of the first and the last chord being the tonic."""


def profiles() -> Array:
    """Log share of each pitch class in each of 72 keys [mode * 12 + tonic, 12], mean 0 over a key's own notes."""
    rows = []
    for mode in NAMES:
        base, swaps = _BENT[mode]
        own = np.array(base) + _FLOOR
        for one, other in swaps:
            own[[one, other]] = own[[other, one]]
        logs = np.log(own / own.sum())
        rows += [np.roll(logs, tonic) for tonic in range(12)]
    return np.stack(rows)


def bar_classes(piece: Piece) -> Array:
    """Sounding time per pitch class in each bar [bars, 12], a chord's own tones added, rows summing to 1 or 0."""
    out = np.zeros((piece.bars, 12))
    for line in piece.pitched:
        for note in line.notes:
            first, last = note.start // piece.bar_ticks, (note.end - 1) // piece.bar_ticks
            for bar in range(max(first, 0), min(last, piece.bars - 1) + 1):
                low, high = max(note.start, bar * piece.bar_ticks), min(note.end, (bar + 1) * piece.bar_ticks)
                out[bar, note.pitch % 12] += high - low
    total = out.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0, out / np.maximum(total, 1e-9), 0.0))


def _chord_fits(piece: Piece) -> Array:
    """What the chords of each bar say [bars, 72]: tonic and dominant chords speak for their key."""
    out = np.zeros((piece.bars, 72))
    for timed in piece.chords:
        for bar in range(timed.start // piece.bar_ticks, min(-(-timed.end // piece.bar_ticks), piece.bars)):
            share = (min(timed.end, (bar + 1) * piece.bar_ticks) - max(timed.start, bar * piece.bar_ticks)) / piece.bar_ticks
            strong = 1.0 if bar % 4 == 0 else 0.8 if bar % 2 == 0 else 0.55
            out[bar] += share * strong * _says(timed)
    return out


def _says(timed: TimedChord) -> Array:
    chord, out = timed.chord, np.zeros(72)
    dominant = 4 in chord.intervals and 10 in chord.intervals
    thirdless = 3 not in chord.intervals and 4 not in chord.intervals
    for index, mode in enumerate(NAMES):
        minor = 3 in MODES[mode]
        if chord.is_minor == minor or thirdless:
            seventh = 0.5 if dominant and mode != "mixolydian" else 1.0
            out[index * 12 + chord.root_class] += _TONIC * seventh
        if mode in _OWN_CHORD and 4 in chord.intervals:
            out[index * 12 + (chord.root_class - _OWN_CHORD[mode]) % 12] += _DOMINANT
        if 4 in chord.intervals and mode in ("major", "minor"):
            out[index * 12 + (chord.root_class + 5) % 12] += _DOMINANT * (1.5 if dominant else 1.0)
    return out


def key_fits(piece: Piece) -> Array:
    """How well each key explains each bar [bars, 72]."""
    classes = bar_classes(piece)
    rare = np.repeat([_RARE[mode] for mode in NAMES], 12)
    fits = classes @ profiles().T - rare * (classes.sum(axis=1, keepdims=True) > 0) + _chord_fits(piece)
    if piece.chords:
        for timed, weight in ((piece.chords[0], _FRAME), (piece.chords[-1], _LAST)):
            bar = min(timed.start // piece.bar_ticks, piece.bars - 1)
            fits[bar] += weight * (_says(timed) >= _TONIC * 0.5)
    else:
        _frame_by_notes(piece, fits)
    return np.asarray(fits + _stated(piece))


def _stated(piece: Piece) -> Array:
    """What the named home key weighs in every bar [72]: a score's own more than one that was read."""
    out = np.zeros(72)
    if piece.home:
        home = Key.parse(piece.home)
        for index, mode in enumerate(NAMES):
            if (3 in MODES[mode]) == home.is_minor:
                out[index * 12 + home.tonic_class] += _STATED[piece.source] * (1.0 if mode == home.mode else 0.8)
    return out


def _frame_by_notes(piece: Piece, fits: Array) -> None:
    """Without chords the first and the last lowest note vote for the tonic."""
    notes = sorted(note for line in piece.pitched for note in line.notes)
    if notes:
        last = max(notes, key=lambda note: (note.end, -note.pitch))
        for note, weight in ((notes[0], _FRAME / 2), (last, _LAST)):
            fits[min(note.start // piece.bar_ticks, piece.bars - 1), note.pitch % 12 :: 12] += weight


def _cost() -> Array:
    """What a change between two keys costs [72, 72]: close signatures less, another tonic with the same notes as much as any."""
    signature = np.array([(7 * _relative(mode, tonic)) % 12 for mode in NAMES for tonic in range(12)])
    apart = np.abs(signature[:, None] - signature)
    apart = np.minimum(apart, 12 - apart)
    cost = _SWITCH * np.where(apart <= 1, 1.0, 1.0 + 0.08 * apart)
    tonics = np.tile(np.arange(12), len(NAMES))
    cost = np.where((tonics[:, None] == tonics) & (apart > 0), cost * _NEAR, cost)
    cost = np.where(apart == 0, cost * 1.2, cost)
    np.fill_diagonal(cost, 0.0)
    return np.asarray(cost)


def _relative(mode: str, tonic: int) -> int:
    """Tonic of the major key that has the same notes."""
    return (tonic + {"major": 0, "minor": 3, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5}[mode]) % 12


def key_path(fits: Array) -> list[int]:
    """The best key for each bar by Viterbi."""
    cost, score = _cost(), fits[0].copy()
    back = np.zeros(fits.shape, np.int64)
    for bar in range(1, len(fits)):
        moved = score[:, None] - cost
        back[bar] = moved.argmax(axis=0)
        score = moved.max(axis=0) + fits[bar]
    path = [int(score.argmax())]
    for bar in range(len(fits) - 1, 0, -1):
        path.append(int(back[bar, path[-1]]))
    return path[::-1]


def keys_in_force(piece: Piece) -> list[tuple[int, Key, float]]:
    """(first bar from 0, key, how sure 0–1) in order; empty where nothing has a pitch."""
    if not piece.pitched:
        return []
    fits = key_fits(piece)
    spans = spans_of(key_path(fits))
    ends = [start for start, _ in spans[1:]] + [piece.bars]
    return [(start, named(state, piece), _sure(fits[start:end], state)) for (start, state), end in zip(spans, ends, strict=True)]


def named(state: int, piece: Piece) -> Key:
    """A state as a key, spelled as the file spells it where it names the same."""
    key = Key("C", NAMES[state // 12]).transpose(state % 12)
    if piece.home:
        written = Key.parse(piece.home)
        if written.tonic_class == key.tonic_class:
            return Key(written.tonic, key.mode)
    return key


def _sure(fits: Array, state: int) -> float:
    """How far a key is ahead of the best other one, per bar."""
    total = fits.sum(axis=0) / max(len(fits), 1)
    second = np.delete(total, state).max()
    return float(np.clip(0.5 + 1.5 * (total[state] - second), 0.05, 1.0))


def key_at(areas: Sequence[tuple[int, Key, float]], bar: int) -> Key:
    """The key in force in a bar from 0."""
    return next((key for start, key, _ in reversed(areas) if start <= bar), areas[0][1])


def home_of(areas: Sequence[tuple[int, Key, float]], bars: int) -> tuple[Key, float]:
    """The key that holds longest; where a piece begins and where it ends speak for themselves."""
    spans: dict[Key, float] = {}
    ends = [start for start, _, _ in areas[1:]] + [bars]
    for index, ((start, key, _), end) in enumerate(zip(areas, ends, strict=True)):
        framing = bars * (_BEGINS * (index == 0) + _ENDS * (index == len(areas) - 1))
        spans[key] = spans.get(key, 0.0) + end - start + framing
    home = max(spans, key=lambda key: spans[key])
    return home, max(sure for _, key, sure in areas if key == home)
