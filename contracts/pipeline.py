"""The stages of a song and the legal moves between them: one table."""

from enum import StrEnum

from contracts.errors import IllegalMove


class Stage(StrEnum):
    """A stage of the pipeline."""

    ANALYSIS = "analysis"
    IDEATION = "ideation"
    COMPOSITION = "composition"
    ARRANGEMENT = "arrangement"
    PRODUCTION = "production"
    MIXING = "mixing"
    MASTERING = "mastering"
    FINALIZATION = "finalization"


MAX_ATTEMPTS = 3

FORWARD: dict[Stage, Stage] = {
    Stage.ANALYSIS: Stage.IDEATION,
    Stage.IDEATION: Stage.COMPOSITION,
    Stage.COMPOSITION: Stage.ARRANGEMENT,
    Stage.ARRANGEMENT: Stage.PRODUCTION,
    Stage.PRODUCTION: Stage.MIXING,
    Stage.MIXING: Stage.MASTERING,
    Stage.MASTERING: Stage.FINALIZATION,
}
BACK: dict[Stage, Stage] = {
    Stage.COMPOSITION: Stage.IDEATION,
    Stage.ARRANGEMENT: Stage.COMPOSITION,
    Stage.PRODUCTION: Stage.ARRANGEMENT,
    Stage.MIXING: Stage.PRODUCTION,
    Stage.MASTERING: Stage.MIXING,
    Stage.FINALIZATION: Stage.MASTERING,
}
SERVICE: dict[Stage, str] = {
    Stage.ANALYSIS: "analyzer",
    Stage.IDEATION: "enhancer",
    Stage.COMPOSITION: "generator",
    Stage.ARRANGEMENT: "generator",
    Stage.PRODUCTION: "generator",
    Stage.MIXING: "mixer",
    Stage.MASTERING: "mixer",
    Stage.FINALIZATION: "qa",
}
SERVICES = ("gateway", "enhancer", "generator", "mixer", "qa", "analyzer")
"""The six, in the order in which they are started: who is needed first comes first."""
# Percent of a job that is done when a stage begins; measured on a two-minute song on two cores.
PROGRESS_AT: dict[Stage, float] = {
    Stage.ANALYSIS: 0.0,
    Stage.IDEATION: 2.0,
    Stage.COMPOSITION: 4.0,
    Stage.ARRANGEMENT: 8.0,
    Stage.PRODUCTION: 12.0,
    Stage.MIXING: 55.0,
    Stage.MASTERING: 70.0,
    Stage.FINALIZATION: 85.0,
}


def legal_moves(stage: Stage) -> frozenset[Stage]:
    """Stages that may follow `stage`, forward or back."""
    return frozenset(move[stage] for move in (FORWARD, BACK) if stage in move)


def check_move(current: Stage, target: Stage) -> None:
    """Raise IllegalMove unless `target` is one legal move away from `current`."""
    allowed = legal_moves(current)
    if target not in allowed:
        raise IllegalMove("stage", f"{current} -> {target}", f"from {current}: {', '.join(sorted(allowed)) or 'nothing'}")


def walk_back(current: Stage, target: Stage) -> tuple[Stage, ...]:
    """The stages passed on the way back from `current` to `target`, both ends included.

    Each step is a legal back move. Raises IllegalMove where no chain of back moves leads there.
    """
    path = [current]
    while path[-1] != target:
        if path[-1] not in BACK:
            raise IllegalMove("stage", f"{current} -> {target}", f"a stage before {current}, back to {Stage.IDEATION}")
        check_move(path[-1], BACK[path[-1]])
        path.append(BACK[path[-1]])
    return tuple(path)


def progress_percent(stage: Stage, fraction: float) -> float:
    """Percent of the whole job when `fraction` (0–1) of a stage is done."""
    start = PROGRESS_AT[stage]
    end = PROGRESS_AT[FORWARD[stage]] if stage in FORWARD else 100.0
    return start + (end - start) * min(max(fraction, 0.0), 1.0)
