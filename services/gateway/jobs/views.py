"""What users see: jobs, compositions and versions as documents with addresses."""

from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from contracts.base import Document
from contracts.errors import Problem
from services.gateway.database.models import Composition, Job, Version
from services.gateway.early.times import remaining_of
from services.gateway.jobs.versions import MASTER

API = "/api/v1"


class Accepted(Document):
    """The answer to a posted job."""

    job_id: str
    composition_id: str
    status_url: str
    events_url: str


class StemView(Document):
    """One delivered stem."""

    instrument: str
    part: str
    url: str


class Reuse(Document):
    """What a revision took from the version it goes on from (`of`), and what was made: stages, score parts, dry stems."""

    of: int | None
    stages: dict[str, Literal["kept", "made"]]
    parts: dict[str, Literal["kept", "made"]]
    stems: dict[str, Literal["kept", "made"]]


class Results(Document):
    """Where the delivered files are."""

    version: int
    version_url: str
    mixed_track_url: str | None = Field(description="master.wav; null where the job stopped before mastering")
    stems: tuple[StemView, ...]
    files: dict[str, str]
    reuse: Reuse | None = Field(default=None, description="null for a song of its own")


class JobView(Document):
    """A job as it stands."""

    job_id: str
    composition_id: str
    status: Literal["queued", "processing", "failed", "completed", "cancelled"]
    progress: float = Field(ge=0, le=100, description="percent; never falls")
    stage: str | None
    attempt: int
    prompt: str
    seed: int
    created_at: float
    updated_at: float
    ended_at: float | None
    last_seq: int = Field(description="seq of the last fact; events?after=SEQ goes on from there")
    status_url: str
    events_url: str
    preview_url: str = Field(default="", description="where its beginning is heard while it is made")
    parent: int | None = Field(default=None, description="the version that it revises")
    branch: str = "main"
    remaining_s: float | None = Field(default=None, description="seconds until it is done, from measured times; null once it has ended")
    results: Results | None = None
    error: Problem | None = None


class VersionView(Document):
    """A version, without its context."""

    composition_id: str
    version: int
    parent: int | None
    branch: str = "main"
    stage: str | None = Field(default=None, description="the stage that it got to; before finalization it is a partial version")
    note: str = Field(default="", description="what was asked of it")
    restores: int | None = Field(default=None, description="the version whose files it has")
    job_id: str
    status: str
    created_at: float
    summary: dict[str, Any]
    results: Results


class VersionDetail(VersionView):
    """A version with its whole context."""

    context: dict[str, Any]


class CompositionView(Document):
    """A composition and what there is of it."""

    composition_id: str
    title: str = ""
    prompt: str
    created_at: float
    updated_at: float = 0.0
    revision: int = Field(default=0, description="counts its changes, and is its entity tag")
    versions: int
    versions_url: str
    latest: VersionView | None = None


class JobPage(Document):
    """Jobs, newest first. `next` is the cursor of the following page."""

    items: tuple[JobView, ...]
    next: str | None


class CompositionPage(Document):
    """Compositions, newest first. `next` is the cursor of the following page."""

    items: tuple[CompositionView, ...]
    next: str | None


class VersionList(Document):
    """The versions of a composition, oldest first."""

    items: tuple[VersionView, ...]


def accepted_view(job: Job) -> Accepted:
    """The answer to a posted job."""
    return Accepted(job_id=job.id, composition_id=job.composition_id, status_url=status_url(job.id), events_url=events_url(job.id))


def job_view(job: Job, version: Version | None) -> JobView:
    """A job with the results of its version, if it made one."""
    return JobView.model_validate(
        {
            "job_id": job.id,
            "composition_id": job.composition_id,
            "status": job.status,
            "progress": round(job.progress, 2),
            "stage": job.stage,
            "attempt": job.attempt,
            "prompt": job.request["prompt"],
            "seed": job.request["seed"],
            "created_at": job.created_at,
            "updated_at": job.updated_at,
            "ended_at": job.ended_at,
            "last_seq": job.last_seq,
            "status_url": status_url(job.id),
            "events_url": events_url(job.id),
            "preview_url": preview_url(job.id),
            "remaining_s": remaining_of(job),
            "parent": job.parent,
            "branch": job.branch,
            "results": results_view(version) if version else None,
            "error": job.problem,
        }
    )


def results_view(version: Version) -> Results:
    """The files of a version with their addresses."""
    files = {name: artifact_url(version, name) for name in version.artifacts}
    stems = tuple(StemView(instrument=stem["instrument"], part=stem["part"], url=files[stem["name"]]) for stem in version.stems)
    return Results(
        version=version.number,
        version_url=f"{composition_url(version.composition_id)}/versions/{version.number}",
        mixed_track_url=files.get(MASTER),
        stems=stems,
        files=files,
        reuse=Reuse.model_validate(version.reuse) if version.reuse else None,
    )


def version_view(version: Version) -> VersionView:
    """A version in a list."""
    return VersionView(
        composition_id=version.composition_id,
        version=version.number,
        parent=version.parent,
        branch=version.branch,
        stage=version.stage,
        note=version.note,
        restores=version.restores,
        job_id=version.job_id,
        status=version.status,
        created_at=version.created_at,
        summary=version.summary,
        results=results_view(version),
    )


def composition_view(composition: Composition, versions: int, latest: Version | None) -> CompositionView:
    """A composition in a list."""
    return CompositionView(
        composition_id=composition.id,
        title=composition.title,
        prompt=composition.prompt,
        created_at=composition.created_at,
        updated_at=composition.updated_at,
        revision=composition.revision,
        versions=versions,
        versions_url=f"{composition_url(composition.id)}/versions",
        latest=version_view(latest) if latest else None,
    )


def status_url(job_id: str) -> str:
    """Where a job's state is."""
    return f"{API}/jobs/{job_id}"


def events_url(job_id: str) -> str:
    """Where a job's events are (WebSocket)."""
    return f"{API}/jobs/{job_id}/events"


def preview_url(job_id: str) -> str:
    """Where a job is heard while it is made."""
    return f"{API}/jobs/{job_id}/preview"


def composition_url(composition_id: str) -> str:
    """Where a composition is."""
    return f"{API}/compositions/{composition_id}"


def artifact_url(version: Version, name: str) -> str:
    """Where a delivered file is."""
    return f"{composition_url(version.composition_id)}/versions/{version.number}/artifacts/{quote(name)}"
