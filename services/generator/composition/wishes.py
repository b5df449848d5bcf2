"""What one song wants to be: a point of the joint distribution of real songs, moved to where the style lies.

Judging every song by the middle of real songs would make all of them alike, which is itself the mark of a machine.
"""

from dataclasses import dataclass

import numpy as np

from contracts.brief import Brief
from services.generator.composition.grid import Grid
from services.generator.composition.habits import WIDEST, Array, habits
from services.generator.composition.lead import Register
from services.music.packs.melody_table import MelodyTable
from services.music.rng import rng

_SHRUNK = 0.9
"""Share of the real spread that songs are drawn from: the ends of it are where real songs are odd."""
_USUAL = MelodyTable()
_TASTE = 0.2
_HURRIED_S = 0.125
_LEAST = np.array([0.9, 0.15, 0.0, 0.0, 0.05, 0.02])
_MOST = np.array([4.8, 1.7, 2.8, 2.8, 2.4, 0.7])


@dataclass(frozen=True)
class SongWish:
    """Wishes of one song, the same for all its takes."""

    rhythm: Array
    """Mean `half_features` of its half bars."""
    register: Register
    lift: float
    """Semitones that choruses lie above verses."""
    peak: int
    """Semitones that the highest note of verses stays below that of the choruses."""
    strictness: float
    """0–1: how literally phrases return."""
    silent: frozenset[str]
    """Functions of sections that are the band's alone, unless the style says otherwise."""
    degrees: Array
    """Log odds of the twelve degrees that this song likes more or less than others do."""
    intervals: Array
    """The same of intervals in semitones, from `-WIDEST` up."""
    features: dict[str, float]
    """What the critic should measure."""


def song_wish(brief: Brief, table: MelodyTable, register: Register, grid: Grid, seed: int) -> SongWish:
    """The wishes of a song, drawn by its seed."""
    draw = rng(seed, "composition", "melody", "wish")
    features = _features(table, draw)
    lift = float(np.clip(draw.normal(1.15 * table.lift, 0.6 * min(2.5, table.lift)), 0.0, table.lift + 4.0)) if table.lift else 0.0
    register, lift = _register(register, features["range"], lift, draw)
    peak = round(lift * float(draw.uniform(0.5, 1.1))) if draw.random() < 0.8 else 0
    silence = {"intro": 1 - table.preludes, "outro": 1 - table.preludes, "postchorus": 0.4, "bridge": 0.2}
    silent = frozenset(name for name, share in silence.items() if draw.random() < share)
    rhythm = _rhythm(brief, table, grid, features["notes_per_beat"], draw)
    degrees, intervals = _TASTE * draw.standard_normal(12), _TASTE * draw.standard_normal(2 * WIDEST + 1)
    return SongWish(rhythm, register, lift, peak, float(draw.beta(2.0, 1.4)), silent, degrees, intervals, features)


def _features(table: MelodyTable, draw: np.random.Generator) -> dict[str, float]:
    songs = habits().songs
    spread = np.linalg.cholesky(songs.covariance + 1e-9 * np.eye(len(songs.mean)))
    values = songs.mean + _SHRUNK * spread @ np.clip(draw.standard_normal(len(songs.mean)), -2.0, 2.0)
    wish = dict(zip(songs.names, map(float, values), strict=True))
    wish["notes_per_beat"] *= table.notes_per_beat[1] / _USUAL.notes_per_beat[1]
    wish["empty_beats"] += table.empty_beats[1] - _USUAL.empty_beats[1]
    wish["leaps"] *= table.leaps / _USUAL.leaps
    low, high = table.span
    wish["range"] = float(np.clip(wish["range"], low, high + 3))
    return wish


def _rhythm(brief: Brief, table: MelodyTable, grid: Grid, density: float, draw: np.random.Generator) -> Array:
    learned = habits().rhythms
    spread = np.linalg.cholesky(learned.covariance + 1e-9 * np.eye(len(learned.mean)))
    wish = learned.mean + _SHRUNK * spread @ np.clip(draw.standard_normal(len(learned.mean)), -2.0, 2.0)
    wish *= 0.5 + 0.5 * density / (1.08 * max(0.5, wish[0] / learned.mean[0]))
    wish *= 0.82 + 0.22 * brief.energy.value
    wish[1:3] *= (max(0.02, table.syncopation) / _USUAL.syncopation) ** 0.25
    kept = float(np.clip(60.0 / brief.tempo_bpm.value / grid.beat_steps / _HURRIED_S, 0.3, 1.0)) ** 1.5
    wish[0] -= 0.6 * (1 - kept) * max(wish[2], 0.0)
    wish[2:4] *= kept
    return np.clip(wish, _LEAST, _MOST)


def _register(register: Register, span: float, lift: float, draw: np.random.Generator) -> tuple[Register, float]:
    """A register as wide as this song wants, with room for the choruses above the verses."""
    width = round(min(span + 2.5, register.high - register.low))
    lift = min(lift, max(0.0, width - 8.0))
    middle = register.centre + lift / 2
    low = round(float(np.clip(middle - width * draw.uniform(0.46, 0.54), register.low, register.high - width)))
    centre = round(float(np.clip(register.centre, low + 3, low + width - 4 - lift)))
    return Register(low, low + width, centre), lift
