"""Versions: the immutable results of jobs, numbered per composition."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.artifacts import Artifact
from contracts.context import Context
from services.gateway.database.models import Composition, Job, Version

MASTER = "master.wav"
CONTEXT = "context.json"
_STEMS = "stems/"


@dataclass(frozen=True)
class VersionDraft:
    """What a version holds, before it has a number."""

    status: str
    revision: str
    artifacts: dict[str, Any] = field(default_factory=dict)
    stems: list[dict[str, str]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)


def draft_version(status: str, revision: str, context: Context, document: Artifact | None = None) -> VersionDraft | None:
    """The version that a context makes. A job that failed without results makes none.

    A job that stopped early has not written `context.json`: the revision itself, `document`, is delivered under that name.
    """
    if status == "cancelled" or (status == "failed" and not context.artifacts):
        return None
    delivered = {CONTEXT: document, **context.artifacts} if document else context.artifacts
    artifacts = {name: artifact.model_dump(mode="json") for name, artifact in sorted(delivered.items())}
    return VersionDraft(status=status, revision=revision, artifacts=artifacts, stems=_stems(context), summary=_summary(context))


def _stems(context: Context) -> list[dict[str, str]]:
    """Each delivered stem with the instrument that plays it; the return of a shared effect goes by its own name."""
    plan = context.production.plan if context.production else {}
    found = []
    for name in sorted(name for name in context.artifacts if name.startswith(_STEMS)):
        part = name.removeprefix(_STEMS).rsplit(".", 1)[0]
        found.append({"part": part, "instrument": plan[part].instrument if part in plan else part, "name": name})
    return found


def _summary(context: Context) -> dict[str, Any]:
    """What a list of versions shows."""
    musical, verdict = context.musical, context.finalization.verdict if context.finalization else None
    master = context.mastering.master if context.mastering else None
    return {
        "title": context.ideation.brief.title if context.ideation else "",
        "tempo_bpm": musical.tempo_bpm if musical else None,
        "key": musical.key if musical else None,
        "genre": musical.genre if musical else None,
        "duration_s": round(master.duration_s, 3) if master else None,
        "passed": verdict.passed if verdict else None,
        "attempts": context.attempt,
        "seed": context.seed,
    }


async def add_version(session: AsyncSession, job: Job, draft: VersionDraft) -> int:
    """Give a draft the next number of its composition. Called once per job, with its terminal fact."""
    await session.get(Composition, job.composition_id, with_for_update=True)  # one numbering at a time
    newest = await session.scalar(select(func.max(Version.number)).where(Version.composition_id == job.composition_id))
    number = (newest or 0) + 1
    session.add(
        Version(
            composition_id=job.composition_id,
            number=number,
            job_id=job.id,
            status=draft.status,
            revision=draft.revision,
            artifacts=draft.artifacts,
            stems=draft.stems,
            summary=draft.summary,
            created_at=job.ended_at or job.updated_at,
        )
    )
    return number
