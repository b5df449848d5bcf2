"""What of a version is its parent's and what was made: told from digests, not from what was asked."""

from typing import Any, Literal

from contracts.context import Context
from contracts.pipeline import Stage
from contracts.retake import stages_from

Fate = Literal["kept", "made"]


def reuse_of(parent: Context, child: Context, number: int | None) -> dict[str, Any]:
    """Stages, score parts and dry stems of `child`: `kept` from `parent`, which is version `number`, or `made`.

    Only what the child has is told: parts that fell silent are in the diff. A part is its notes, controls and instrument; a dry stem
    is known by the key under which it lies, which is the digest of all that determines it.
    """
    first = child.request.revises.from_stage if child.request.revises else None
    again = stages_from(first) if first else ()
    done = [stage for stage in Stage if _has(child, stage)]
    return {
        "of": number,
        "stages": {stage.value: "made" if stage in again else "kept" for stage in done},
        "parts": _fates(_parts(parent), _parts(child)),
        "stems": _fates(_stems(parent), _stems(child)),
    }


def _has(context: Context, stage: Stage) -> bool:
    return getattr(context, stage.value) is not None


def _parts(context: Context) -> dict[str, str]:
    return context.arrangement.part_digests if context.arrangement else {}


def _stems(context: Context) -> dict[str, str]:
    return {part: plan.key for part, plan in context.production.plan.items()} if context.production else {}


def _fates(before: dict[str, str], after: dict[str, str]) -> dict[str, Fate]:
    return {name: "kept" if before.get(name) == digest else "made" for name, digest in after.items()}
