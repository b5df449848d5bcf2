"""What the client returns: jobs, their events and their results."""

from typing import Any

from pydantic import Field

from contracts.base import Document


class Event(Document):
    """One message of a job: a fact, or progress that carries the last fact's seq."""

    seq: int = 0
    time: float = 0.0
    type: str = ""
    stage: str | None = None
    progress: float = 0.0
    message: str | None = ""
    remaining_s: float | None = None
    data: dict[str, Any] | None = None


class StemResult(Document):
    """Where one delivered stem is."""

    instrument: str
    url: str


class Results(Document):
    """Where the files of a job are, relative to the server."""

    version: int | None = None
    mixed_track_url: str | None = None
    stems: tuple[StemResult, ...] = ()
    files: dict[str, str] = Field(default_factory=dict)
    reuse: dict[str, Any] | None = Field(default=None, description="of a revision: stages, parts and stems, each kept or made")


class Job(Document):
    """A job as the API shows it."""

    job_id: str
    composition_id: str = ""
    status: str
    progress: float = 0.0
    stage: str | None = None
    remaining_s: float | None = None
    prompt: str = ""
    seed: int | None = None
    created_at: float = 0.0
    ended_at: float | None = None
    results: Results | None = None
    error: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ("completed", "failed", "cancelled")


class Member(Document):
    """Somebody with a part in a composition."""

    user: str
    role: str
    since: float = 0.0


class Comment(Document):
    """A remark at a place of a version."""

    comment_id: str
    composition_id: str
    version: int
    user: str
    bar: int | None = None
    beat: float | None = None
    part: str | None = None
    text: str
    reply_to: str | None = None
    resolved: bool = False
    revision: int = 1
    created_at: float = 0.0
    updated_at: float = 0.0


class CommentPage(Document):
    """Comments, and the cursor of the following page."""

    items: tuple[Comment, ...]
    next: str | None = None


class Change(Document):
    """One message of a composition: a change with its revision as seq, or what is told only live (presence, job_progress, heartbeat)."""

    seq: int
    time: float = 0.0
    type: str
    composition_id: str = ""
    user: str | None = None
    message: str = ""
    data: dict[str, Any] = Field(default_factory=dict)
