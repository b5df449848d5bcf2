"""Versions: the immutable results of jobs, numbered per composition."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.artifacts import Artifact
from contracts.context import Context
from contracts.retake import reached
from services.gateway.collaboration.changes import record_change
from services.gateway.database.models import Job, Version
from services.gateway.people.usage import MUSIC_S, add_usage
from services.gateway.versions.branches import branches_of, locked
from services.gateway.versions.reuse import reuse_of

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
    stage: str | None = None
    note: str = ""
    reuse: dict[str, Any] | None = None


def draft_version(
    status: str, revision: str, context: Context, document: Artifact | None = None, parent: Context | None = None
) -> VersionDraft | None:
    """The version that a context makes. A job that failed without results of its own makes none.

    A job that stopped early has not written `context.json`: the revision itself, `document`, is delivered under that name.
    `parent` is the context that a revision goes on from.
    """
    if status == "cancelled" or (status == "failed" and (context.stage is None or not context.artifacts)):
        return None
    stage, revises = reached(context), context.request.revises
    delivered = {CONTEXT: document, **context.artifacts} if document else context.artifacts
    artifacts = {name: artifact.model_dump(mode="json") for name, artifact in sorted(delivered.items())}
    return VersionDraft(
        status=status,
        revision=revision,
        artifacts=artifacts,
        stems=_stems(context),
        summary=_summary(context),
        stage=stage.value if stage else None,
        note=_note(context),
        reuse=reuse_of(parent, context, revises.version) if parent and revises else None,
    )


def _note(context: Context) -> str:
    """What was asked of a revision, in a line."""
    revises = context.request.revises
    if revises is None:
        return ""
    return revises.instruction or "; ".join(revises.told) or f"made again from {revises.from_stage} on"


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
    """Give a draft the next number of its composition. Called once per end of a job, with its terminal fact.

    Where another version came on its branch meanwhile, the branch forks. A job that was replayed goes on from what it had left.
    """
    await locked(session, job.composition_id)
    earlier = await session.scalar(select(func.max(Version.number)).where(Version.job_id == job.id, Version.restores.is_(None)))
    branches = await branches_of(session, job.composition_id, but=job.id)
    number = max(branches.heads.values(), default=0) + 1
    parent = earlier if earlier is not None else job.parent
    job.branch = branches.landed(job.branch, parent)
    moment = job.ended_at or job.updated_at
    session.add(
        Version(
            composition_id=job.composition_id,
            number=number,
            job_id=job.id,
            parent=parent,
            branch=job.branch,
            stage=draft.stage,
            note=draft.note,
            reuse=draft.reuse,
            status=draft.status,
            revision=draft.revision,
            artifacts=draft.artifacts,
            stems=draft.stems,
            summary=draft.summary,
            bytes=await _new_bytes(session, job.composition_id, parent, draft.artifacts),
            created_at=moment,
        )
    )
    if draft.status == "completed":
        await add_usage(session, job.user, {MUSIC_S: draft.summary.get("duration_s") or 0.0}, moment)
    about = {"version": number, "branch": job.branch, "job_id": job.id, "status": draft.status}
    await record_change(session, job.composition_id, "version_added", time=moment, user=job.user, **about)
    return number


async def _new_bytes(session: AsyncSession, composition_id: str, parent: int | None, artifacts: dict[str, Any]) -> int:
    """Bytes of the files that the parent version does not have."""
    before = await session.get(Version, (composition_id, parent)) if parent is not None else None
    had = {artifact["key"] for artifact in before.artifacts.values()} if before is not None else set()
    new = {artifact["key"]: int(artifact["bytes"]) for artifact in artifacts.values() if artifact["key"] not in had}
    return sum(new.values())
