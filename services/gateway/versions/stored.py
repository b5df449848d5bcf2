"""Whether what a stage works on is still in the store: dry stems and mixes are the first to go where room is short."""

from collections.abc import Iterable

from contracts.artifacts import Artifact
from contracts.context import Context
from contracts.pipeline import Stage
from contracts.retake import DELIVERS
from services.runtime.workbench import Objects


def first_there(objects: Objects, context: Context, stage: Stage) -> Stage:
    """`stage`, or the nearest one before it whose input is there; stems that are there are found again by their digests."""
    while stage in _INPUTS and not _all_there(objects, _INPUTS[stage](context)):
        stage = _MADE_BY[stage]
    return stage


def _dry(context: Context) -> Iterable[Artifact] | None:
    return context.production.stems.values() if context.production else None


def _mixed(context: Context) -> Iterable[Artifact] | None:
    return context.mixing.stems.values() if context.mixing else None


def _mastered(context: Context) -> Iterable[Artifact] | None:
    return (context.mastering.master, *context.mastering.stems.values()) if context.mastering else None


def _written(context: Context) -> Iterable[Artifact] | None:
    files = [context.artifacts.get(name) for name in DELIVERS[Stage.ARRANGEMENT]]
    return [file for file in files if file] if all(files) else None


_INPUTS = {Stage.PRODUCTION: _written, Stage.MIXING: _dry, Stage.MASTERING: _mixed, Stage.FINALIZATION: _mastered}
_MADE_BY = {
    Stage.PRODUCTION: Stage.ARRANGEMENT,
    Stage.MIXING: Stage.PRODUCTION,
    Stage.MASTERING: Stage.MIXING,
    Stage.FINALIZATION: Stage.MASTERING,
}


def _all_there(objects: Objects, artifacts: Iterable[Artifact] | None) -> bool:
    return artifacts is not None and all(objects.exists(artifact.key) for artifact in artifacts)
