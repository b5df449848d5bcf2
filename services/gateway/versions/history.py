"""The history of a composition as a graph: versions with their parents, branches with their heads, and what is being made."""

from typing import Any

from pydantic import Field

from contracts.base import Document
from services.gateway.database.models import OPEN, Job, Version


class Node(Document):
    """A version in the graph. `parent` is the version it goes on from; `restores` the one whose files it has."""

    version: int
    parent: int | None
    branch: str
    restores: int | None
    stage: str | None
    status: str
    note: str
    job_id: str
    created_at: float
    summary: dict[str, Any]


class Branch(Document):
    """A chain of versions: the newest, the one it began from on another branch, and all of them, oldest first."""

    head: int
    base: int | None = Field(description="null: it began with the composition")
    versions: tuple[int, ...]


class AtWork(Document):
    """A job that is making a version."""

    job_id: str
    parent: int | None
    branch: str
    status: str
    progress: float


class History(Document):
    """Every version, branch and job at work of a composition."""

    composition_id: str
    nodes: tuple[Node, ...]
    branches: dict[str, Branch]
    working: tuple[AtWork, ...]


def history_of(composition_id: str, versions: list[Version], jobs: list[Job]) -> History:
    """The graph. `versions` in the order of their numbers."""
    chains: dict[str, list[Version]] = {}
    for version in versions:
        chains.setdefault(version.branch, []).append(version)
    return History(
        composition_id=composition_id,
        nodes=tuple(_node(version) for version in versions),
        branches={
            name: Branch(head=chain[-1].number, base=chain[0].parent, versions=tuple(version.number for version in chain))
            for name, chain in chains.items()
        },
        working=tuple(
            AtWork(job_id=job.id, parent=job.parent, branch=job.branch, status=job.status, progress=round(job.progress, 2))
            for job in jobs
            if job.status in OPEN
        ),
    )


def _node(version: Version) -> Node:
    return Node(
        version=version.number,
        parent=version.parent,
        branch=version.branch,
        restores=version.restores,
        stage=version.stage,
        status=version.status,
        note=version.note,
        job_id=version.job_id,
        created_at=version.created_at,
        summary=version.summary,
    )
