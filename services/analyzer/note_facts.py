"""What notes say about themselves: their key, the level of their sections, and a form where nobody marked one."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from contracts.music import Key, Note, Section
from contracts.music.pitch import FLAT_NAMES
from services.music.audio.chroma import MAJOR_PROFILE, MINOR_PROFILE

_HOME, _LAST = 0.06, 0.09
_HOME_OF_TUNE, _LAST_OF_TUNE = 0.02, 0.04
_BLOCK = 8
_SAME = 0.5


def class_weights(notes: Sequence[Note]) -> npt.NDArray[np.float64]:
    """Sounding time per pitch class [12], long notes capped at a whole note."""
    out = np.zeros(12)
    for note in notes:
        out[note.pitch % 12] += min(note.duration, 3840)
    return out


def key_of_notes(notes: Sequence[Note], low: Sequence[Note] = ()) -> tuple[Key, float]:
    """Major or minor key by correlation with key profiles, with the first and last low note as votes for the tonic; 0–1 sure.

    Profiles: Albrecht & Shanahan (2013); method: Krumhansl.
    """
    weights = class_weights(notes)
    ground = sorted(low or notes)
    first, last = ground[0].pitch % 12, max(ground, key=lambda n: (n.end, -n.pitch)).pitch % 12
    home, close = (_HOME, _LAST) if low else (_HOME_OF_TUNE, _LAST_OF_TUNE)
    ranked: list[tuple[float, int, str]] = []
    for mode, profile in (("major", MAJOR_PROFILE), ("minor", MINOR_PROFILE)):
        for tonic in range(12):
            fit = float(np.corrcoef(weights, np.roll(profile, tonic))[0, 1]) if weights.std() > 0 else 0.0
            ranked.append((fit + home * (first == tonic) + close * (last == tonic), tonic, mode))
    ranked.sort(reverse=True)
    (best, tonic, mode), (second, *_) = ranked[0], ranked[1]
    key = Key(FLAT_NAMES[0], mode).transpose(tonic)
    return key, float(np.clip(0.5 + 4 * (best - second), 0.0, 1.0) * np.clip(best, 0.0, 1.0))


def scale_share(notes: Sequence[Note], key: Key) -> float:
    """Share of the sounding time that lies in a key's scale."""
    weights = class_weights(notes)
    return float(weights[list(key.pitch_classes)].sum() / max(weights.sum(), 1e-9))


def energies(notes: Sequence[Note], starts: Sequence[int], bars: int, bar_ticks: int) -> list[float]:
    """Energy 0.25–0.9 of stretches of bars, by how many notes they strike and how hard, against the busiest."""
    edges = [*starts, bars]
    loads = []
    for a, b in pairwise(edges):
        here = [n for n in notes if a * bar_ticks <= n.start < b * bar_ticks]
        loads.append(sum(n.velocity / 100 for n in here) / max(b - a, 1))
    most = max(loads, default=0.0) or 1.0
    return [round(0.25 + 0.65 * load / most, 3) for load in loads]


def sections_of(labels: Sequence[str], starts: Sequence[int], levels: Sequence[float], bars: int, key: Key) -> dict[str, Section]:
    """Sections by id in order, from labels and first bars (from 0)."""
    out: dict[str, Section] = {}
    for i, (label, start, level) in enumerate(zip(labels, starts, levels, strict=True)):
        end = starts[i + 1] if i + 1 < len(starts) else bars
        count = list(labels).count(label)
        name = label.replace(" ", "_") + (f"_{labels[: i + 1].count(label)}" if count > 1 else "")
        out[name] = Section(label=label, start_bar=start + 1, bars=end - start, energy=level, key=str(key))
    return out


def form_by_repetition(tune: Sequence[Note], all_notes: Sequence[Note], bars: int, bar_ticks: int) -> tuple[list[str], list[int]]:
    """Labels and first bars of stretches of eight: what comes back loudest is the chorus, what frames it intro and outro."""
    starts = list(range(0, bars, _BLOCK))
    if len(starts) > 1 and bars - starts[-1] < _BLOCK // 2:
        starts.pop()
    prints = [_print(tune or all_notes, s * bar_ticks, (s + _BLOCK) * bar_ticks) for s in starts]
    kinds: list[int] = []
    for i, mark in enumerate(prints):
        kinds.append(next((kinds[j] for j in range(i) if mark and _alike(mark, prints[j]) >= _SAME), i))
    levels = energies(all_notes, starts, bars, bar_ticks)
    sung = [bool(mark) for mark in prints]
    returning = sorted(
        {k for k in kinds if kinds.count(k) > 1 and sung[k]}, key=lambda k: -max(levels[i] for i in range(len(kinds)) if kinds[i] == k)
    )
    hook = returning[0] if returning else max(range(len(starts)), key=lambda i: levels[i])
    labels = []
    for i, kind in enumerate(kinds):
        if not sung[i] and i == 0:
            labels.append("intro")
        elif not sung[i] and i == len(kinds) - 1:
            labels.append("outro")
        elif kind == hook:
            labels.append("chorus")
        elif kind in returning or i < kinds.index(hook):
            labels.append("verse")
        else:
            labels.append("bridge" if "chorus" in labels and kinds.count(kind) == 1 and i < len(kinds) - 1 else "verse")
    return labels, starts


def _print(notes: Sequence[Note], start: int, end: int) -> frozenset[tuple[int, int]]:
    """A stretch as (eighth, pitch class) pairs."""
    return frozenset((round((n.start - start) / 480), n.pitch % 12) for n in notes if start <= n.start < end)


def _alike(one: frozenset[tuple[int, int]], other: frozenset[tuple[int, int]]) -> float:
    return len(one & other) / max(len(one | other), 1)
