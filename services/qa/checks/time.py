"""Checks of length: the file as long as asked, and no dead air that the score does not have."""

import numpy as np
import numpy.typing as npt

from contracts.music.score import Score
from contracts.report import Check, Relation
from services.qa.asked import Asked
from services.qa.checks.tempo import Fit
from services.qa.listening import Heard

FRAME_S = 0.05
DEAD_DBFS = -66.0
LONGEST_DEAD_AIR_S = 0.75
LONGEST_DECAY_S = 3.0
"""A plucked string may die away under a long written note; silence under held notes for longer than this is dead air."""


def check_duration(heard: Heard, asked: Asked) -> Check:
    """The file, tail included, within one bar of the asked duration."""
    measured = round(heard.duration_s, 3)
    return Check(
        name="duration",
        asked=asked.duration_s,
        measured=measured,
        unit="s",
        tolerance=round(asked.bar_s, 3),
        relation=Relation.WITHIN,
        passed=abs(measured - asked.duration_s) <= asked.bar_s + 1e-3,
        how="length of master.wav with its tail; one bar of tolerance, since a song ends with a bar",
    )


def dead_stretches(heard: Heard) -> list[tuple[float, float]]:
    """Start and end in seconds of every stretch of the master below −66 dBFS RMS in frames of 50 ms."""
    size = max(1, round(FRAME_S * heard.rate_hz))
    count = heard.audio.shape[1] // size
    power = np.square(heard.audio[:, : count * size].reshape(heard.audio.shape[0], count, size), dtype=np.float32).mean(axis=(0, 2))
    dead = np.concatenate([[False], power < 10 ** (DEAD_DBFS / 10), [False]])
    edges = np.flatnonzero(dead[1:] != dead[:-1])
    return [(float(a) * FRAME_S, float(b) * FRAME_S) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _sounding(score: Score, scale: float) -> npt.NDArray[np.float64]:
    """Written notes as [notes, 2] start and end in seconds of the audio."""
    notes = [(score.seconds_at(n.start) * scale, score.seconds_at(n.end) * scale) for p in score.parts.values() for n in p.notes]
    return np.asarray(sorted(notes), np.float64).reshape(-1, 2)


def _dead_air(start: float, end: float, notes: npt.NDArray[np.float64]) -> float:
    """Seconds of a silent stretch that are dead air: from the first written onset in it, or all of a long one under held notes."""
    onsets = notes[(notes[:, 0] >= start - 0.02) & (notes[:, 0] < end), 0]
    from_onset = end - max(start, float(onsets[0])) if len(onsets) else 0.0
    held = notes[(notes[:, 0] < end) & (notes[:, 1] > start)]
    covered = float(np.minimum(held[:, 1], end).max() - max(start, float(held[:, 0].min()))) if len(held) else 0.0
    return max(from_onset, covered if covered > LONGEST_DECAY_S else 0.0)


def check_silence(heard: Heard, score: Score, asked: Asked, fit: Fit | None) -> Check:
    """No dead air inside the song beyond the rests of the score."""
    scale = score.tempo_bpm / asked.tempo_bpm * (fit.scale if fit else 1.0)
    notes = _sounding(score, scale)
    worst, where = 0.0, 0.0
    for start, end in dead_stretches(heard):
        dead = _dead_air(start, end, notes)
        if dead > worst:
            worst, where = dead, start
    silent = not heard.audio.size or float(np.abs(heard.audio).max()) < 10 ** (DEAD_DBFS / 20)
    return Check(
        name="silence",
        asked=LONGEST_DEAD_AIR_S,
        measured=round(heard.duration_s if silent else worst, 2),
        unit="s",
        relation=Relation.AT_MOST,
        passed=not silent and worst <= LONGEST_DEAD_AIR_S,
        how=f"longest stretch of master.wav below {DEAD_DBFS:.0f} dBFS in which the score has notes",
        note=f"from {where:.1f} s" if worst > LONGEST_DEAD_AIR_S else None,
    )
