"""How long a song will take: measured stage times against its length and its players, learned per machine.

A stage's time is a prior of the song's size, times what this machine made of it so far: the median of measured over expected times
of earlier songs, those of like size and the newer ones counting most. A song that is being made corrects the rest of itself: by
how its own finished stages went, and within a stage by how much of it is done.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from contracts.context import Request, first_stage
from contracts.pipeline import FORWARD, PROGRESS_AT, Stage

DEFAULT_LENGTH_S, DEFAULT_PARTS, DEFAULT_CORES = 120.0, 8, 2
LOAD_SHARE = 0.6
"""What each further song that is made at the same time adds to a stage's time."""
LIKE = 0.7
"""Songs whose logarithm of size differs by this much count less by e."""
FADE = 0.97
"""Weight of a measurement against the next newer one."""
PRIOR_WEIGHT = 0.5
OWN_SHARE, OWN_MOST, OWN_LEAST_S = 0.7, 4.0, 0.8
"""How far a song's own finished stages speak for its next ones; stages that were to take less than the last say nothing."""
LEFT = 0.15
"""Of a stage that takes longer than expected and does not say how far it is, this share is still to come."""
SURE = 0.03


class Prior(NamedTuple):
    """Seconds of a stage on two cores: fixed, per second of song, per second and player; and how it falls with cores."""

    fixed: float
    per_s: float = 0.0
    per_s_and_part: float = 0.0
    spread: float = 0.0


# Measured by `make bench` on two cores.
PRIORS: dict[Stage, Prior] = {
    Stage.ANALYSIS: Prior(6.0),
    Stage.IDEATION: Prior(0.15),
    Stage.COMPOSITION: Prior(0.3, 0.006),
    Stage.ARRANGEMENT: Prior(0.15, 0.0025),
    Stage.PRODUCTION: Prior(2.0, 0.0, 0.0079, 0.9),
    Stage.MIXING: Prior(1.0, 0.0, 0.0077, 0.5),
    Stage.MASTERING: Prior(1.0, 0.0, 0.0054, 0.5),
    Stage.FINALIZATION: Prior(1.0, 0.022),
}


@dataclass(frozen=True)
class Size:
    """How much there is to do."""

    length_s: float = DEFAULT_LENGTH_S
    parts: int = DEFAULT_PARTS
    cores: int = DEFAULT_CORES
    load: int = 1
    """Songs that are made at the same time, this one included."""

    @property
    def log(self) -> float:
        """Logarithm of length times players."""
        return math.log(max(self.length_s, 1.0) * max(self.parts, 1))


@dataclass(frozen=True)
class Measured:
    """One stage of one song that was made here."""

    seconds: float
    size: Size


def prior_s(stage: Stage, size: Size) -> float:
    """Expected seconds before anything was measured."""
    prior = PRIORS[stage]
    alone = prior.fixed + size.length_s * (prior.per_s + prior.per_s_and_part * size.parts)
    faster = math.pow(DEFAULT_CORES / max(size.cores, 1), prior.spread)
    return alone * faster * (1.0 + LOAD_SHARE * (max(size.load, 1) - 1))


def expected_s(stage: Stage, size: Size, measured: Iterable[Measured]) -> float:
    """Expected seconds of a stage. `measured`: the same stage of earlier songs, newest first."""
    votes = [(0.0, PRIOR_WEIGHT)]
    for age, one in enumerate(measured):
        ratio = math.log(max(one.seconds, 1e-3) / prior_s(stage, one.size))
        votes.append((ratio, FADE**age * math.exp(-abs(one.size.log - size.log) / LIKE)))
    return prior_s(stage, size) * math.exp(_weighted_median(votes))


def _weighted_median(votes: list[tuple[float, float]]) -> float:
    """Median of (value, weight), between the two middle values where the half falls between them."""
    ordered = sorted(votes)
    half, so_far = sum(weight for _, weight in ordered) / 2, 0.0
    for index, (value, weight) in enumerate(ordered):
        so_far += weight
        if abs(so_far - half) < 1e-12 and index + 1 < len(ordered):
            return (value + ordered[index + 1][0]) / 2
        if so_far >= half:
            return value
    return ordered[-1][0]


def stages_of(request: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The stages that a job goes through if nothing is sent back."""
    wanted = Request.model_validate(request)
    path = [first_stage(wanted)]
    while path[-1] in FORWARD and path[-1] is not wanted.options.until:
        path.append(FORWARD[path[-1]])
    return tuple(path)


def fraction_of(stage: Stage, percent: float) -> float | None:
    """How much of a stage is done when the job is at `percent`; None where that says nothing: QA sent the song back."""
    begin = PROGRESS_AT[stage]
    end = PROGRESS_AT[FORWARD[stage]] if stage in FORWARD else 100.0
    share = (percent - begin) / (end - begin)
    return min(max(share, 0.0), 1.0) if share <= 1.0 + 1e-9 else None


def remaining_s(expects: Mapping[str, Any], percent: float, now: float) -> float:
    """Seconds until a job is done, by what was expected of it (`times.Times.carry`), how far it is and what time it is."""
    speed = float(expects.get("speed", 1.0))
    stage = Stage(expects["stage"]) if expects.get("stage") else None
    seconds: Mapping[str, float] = expects["seconds"]
    rest = sum(float(one) for name, one in seconds.items() if name != stage) * speed
    elapsed = max(now - float(expects["began"]), 0.0)
    if stage is None:
        return max(rest - elapsed, LEFT * rest)
    whole = float(seconds.get(stage, 0.0)) * speed
    left = max(whole - elapsed, LEFT * whole)
    done = fraction_of(stage, percent)
    if done is not None and done > SURE and elapsed > 0.0:
        left = (1.0 - done) * left + done * elapsed * (1.0 / done - 1.0)
    return rest + left


def speed_of(ratios: Iterable[tuple[float, float]]) -> float:
    """How a song's own stages (measured, expected seconds) say that the next ones will go: 1 as expected, 2 twice as long."""
    told = [(measured, expected) for measured, expected in ratios if expected >= OWN_LEAST_S]
    if not told:
        return 1.0
    ratio = sum(measured for measured, _ in told) / sum(expected for _, expected in told)
    return math.pow(min(max(ratio, 1.0 / OWN_MOST), OWN_MOST), OWN_SHARE)
