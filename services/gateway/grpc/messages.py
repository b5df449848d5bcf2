"""What the doors show, as messages of contracts/studio.proto."""

from typing import Any

from contracts import studio_pb2 as wire
from contracts.artifacts import Artifact
from services.gateway.database.models import Version
from services.gateway.grpc.documents import struct
from services.gateway.grpc.refusing import problem_message
from services.gateway.jobs.views import Accepted, JobView

_STATUSES = {
    "queued": wire.JOB_STATUS_QUEUED,
    "processing": wire.JOB_STATUS_PROCESSING,
    "completed": wire.JOB_STATUS_COMPLETED,
    "failed": wire.JOB_STATUS_FAILED,
    "cancelled": wire.JOB_STATUS_CANCELLED,
}


def accepted_message(view: Accepted) -> wire.Accepted:
    """The answer to a job that was taken."""
    return wire.Accepted(job_id=view.job_id, composition_id=view.composition_id, status_url=view.status_url, events_url=view.events_url)


def job_message(view: JobView, version: Version | None) -> wire.Job:
    """A job as it stands."""
    return wire.Job(
        job_id=view.job_id,
        composition_id=view.composition_id,
        status=_STATUSES[view.status],
        progress=view.progress,
        stage=view.stage or "",
        attempt=view.attempt,
        prompt=view.prompt,
        seed=view.seed,
        created_at=view.created_at,
        updated_at=view.updated_at,
        ended_at=view.ended_at,
        last_seq=view.last_seq,
        results=_results(version) if version else None,
        error=problem_message(view.error) if view.error else None,
        remaining_s=getattr(view, "remaining_s", None),
    )


def event_message(message: dict[str, Any]) -> wire.JobEvent:
    """One message of a job's events, from its JSON."""
    data = message.get("data")
    return wire.JobEvent(
        seq=message["seq"],
        time=message["time"],
        type=message["type"],
        stage=message["stage"] or "",
        progress=message["progress"],
        message=message["message"],
        data=struct(data) if data else None,
        remaining_s=message.get("remaining_s"),
    )


def file_message(name: str, artifact: Artifact) -> wire.File:
    """A delivered file."""
    return wire.File(name=name, media_type=artifact.media_type, size=artifact.bytes, sha256=artifact.sha256)


def _results(version: Version) -> wire.Results:
    return wire.Results(
        version=version.number,
        files=[file_message(name, Artifact.model_validate(artifact)) for name, artifact in version.artifacts.items()],
        stems=[wire.Stem(part=stem["part"], instrument=stem["instrument"], name=stem["name"]) for stem in version.stems],
    )
