"""The tables. Times are Unix seconds; documents are JSON as the contracts write them."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Float, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

OPEN = ("queued", "processing")
ENDED = ("completed", "failed", "cancelled")

# SQLite only gives rowid-backed autoincrement to INTEGER, PostgreSQL wants 64 bits.
_RowId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Composition(Base):
    """What a user owns and works on."""

    __tablename__ = "compositions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(String(128))
    prompt: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(200), default="", server_default="")
    revision: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Counts every change of what belongs to the composition: versions, members, comments, title (optimistic concurrency)."""
    created_at: Mapped[float] = mapped_column(Float)
    updated_at: Mapped[float] = mapped_column(Float, default=0.0, server_default="0")
    erased_at: Mapped[float | None] = mapped_column(Float, default=None)
    """Deleted: nobody sees it any more, and its files are being removed."""


class Job(Base):
    """One run of the pipeline. `last_seq` numbers its facts; `republished` counts the reconciler's attempts."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("user", "idempotency_key", name="uq_jobs_idempotency_key"),
        Index("ix_jobs_status", "status", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    composition_id: Mapped[str] = mapped_column(ForeignKey("compositions.id"), index=True)
    user: Mapped[str] = mapped_column(String(128))
    status: Mapped[str] = mapped_column(String(16), default="queued")
    stage: Mapped[str | None] = mapped_column(String(32), default=None)
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    attempt: Mapped[int] = mapped_column(Integer, default=1)
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    created_at: Mapped[float] = mapped_column(Float)
    updated_at: Mapped[float] = mapped_column(Float)
    deadline_at: Mapped[float] = mapped_column(Float)
    ended_at: Mapped[float | None] = mapped_column(Float, default=None)
    last_seq: Mapped[int] = mapped_column(Integer, default=0)
    republished: Mapped[int] = mapped_column(Integer, default=0)
    parent: Mapped[int | None] = mapped_column(Integer, default=None)
    """The version that it revises."""
    branch: Mapped[str] = mapped_column(String(64), default="main", server_default="main")
    idempotency_key: Mapped[str | None] = mapped_column(String(255), default=None)
    idempotency_digest: Mapped[str | None] = mapped_column(String(64), default=None)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Of the files that were brought with it."""
    expects: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    """How long its stages will take (early/times.py); None once it has ended."""


class FactRow(Base):
    """One fact of a job in the order in which the gateway learned it. `fact_id` makes a redelivery harmless."""

    __tablename__ = "facts"
    __table_args__ = (UniqueConstraint("job_id", "fact_id", name="uq_facts_fact_id"),)

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    fact_id: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(32))
    stage: Mapped[str | None] = mapped_column(String(32), default=None)
    time: Mapped[float] = mapped_column(Float)
    progress: Mapped[float] = mapped_column(Float)
    remaining_s: Mapped[float | None] = mapped_column(Float, default=None)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)


class StageTime(Base):
    """What a stage took: `load` songs were made at the same time. Nothing of it says whose song it was."""

    __tablename__ = "stage_times"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True, autoincrement=True)
    stage: Mapped[str] = mapped_column(String(32))
    seconds: Mapped[float] = mapped_column(Float)
    length_s: Mapped[float] = mapped_column(Float)
    parts: Mapped[int] = mapped_column(Integer)
    cores: Mapped[int] = mapped_column(Integer)
    load: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[float] = mapped_column(Float)


class Version(Base):
    """The immutable result of a job, numbered per composition. `artifacts` maps a file's name to its reference."""

    __tablename__ = "versions"
    composition_id: Mapped[str] = mapped_column(ForeignKey("compositions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    parent: Mapped[int | None] = mapped_column(Integer, default=None)
    branch: Mapped[str] = mapped_column(String(64), default="main", server_default="main")
    stage: Mapped[str | None] = mapped_column(String(32), default=None)
    """The stage that it got to: before finalization it is a partial version."""
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What was asked of it in words: the instruction, or that it was restored."""
    reuse: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    """Of a revision: which score parts and dry stems are its parent's, and which were made."""
    restores: Mapped[int | None] = mapped_column(Integer, default=None)
    """The version whose files it has, where it was restored and not made by a job of its own."""
    status: Mapped[str] = mapped_column(String(16))
    revision: Mapped[str] = mapped_column(Text)
    artifacts: Mapped[dict[str, Any]] = mapped_column(JSON)
    stems: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Of its files that its parent does not have."""
    created_at: Mapped[float] = mapped_column(Float)


class Taste(Base):
    """What was learned of a user. `judgements` counts what it was learned from: whoever changes it says which count it saw."""

    __tablename__ = "tastes"

    user: Mapped[str] = mapped_column(String(128), primary_key=True)
    judgements: Mapped[int] = mapped_column(Integer)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated_at: Mapped[float] = mapped_column(Float)


class FeedbackRow(Base):
    """One judgement as it was given: what taste is learned from, and what a reward model can be trained on."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_user", "user", "id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(String(128))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[float] = mapped_column(Float)


class OutboxRow(Base):
    """A stage event that is owed to the bus: written with its job, marked when the bus has it."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    created_at: Mapped[float] = mapped_column(Float)
    sent_at: Mapped[float | None] = mapped_column(Float, default=None, index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text, default=None)


class Member(Base):
    """Somebody beside the owner who may see (viewer) or change (editor) a composition."""

    __tablename__ = "members"

    composition_id: Mapped[str] = mapped_column(ForeignKey("compositions.id", ondelete="CASCADE"), primary_key=True)
    user: Mapped[str] = mapped_column(String(128), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[float] = mapped_column(Float)


class Comment(Base):
    """A remark at a place of a version: bars are 1-based; `part` None: of the whole. `revision` counts its changes."""

    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_composition", "composition_id", "id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    composition_id: Mapped[str] = mapped_column(ForeignKey("compositions.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    user: Mapped[str] = mapped_column(String(128))
    bar: Mapped[int | None] = mapped_column(Integer, default=None)
    beat: Mapped[float | None] = mapped_column(Float, default=None)
    part: Mapped[str | None] = mapped_column(String(128), default=None)
    text: Mapped[str] = mapped_column(Text)
    reply_to: Mapped[str | None] = mapped_column(String(64), default=None)
    resolved: Mapped[bool] = mapped_column(Boolean, default=False)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[float] = mapped_column(Float)
    updated_at: Mapped[float] = mapped_column(Float)


class ChangeRow(Base):
    """One change of a composition, numbered by the composition's revision: what its live stream replays."""

    __tablename__ = "changes"

    composition_id: Mapped[str] = mapped_column(ForeignKey("compositions.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True)
    time: Mapped[float] = mapped_column(Float)
    user: Mapped[str | None] = mapped_column(String(128), default=None)
    type: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class ApiKey(Base):
    """A key of a user. Only its hash is kept; `prefix` is what a list shows."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(String(128), index=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(128), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    limits: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[float] = mapped_column(Float)
    expires_at: Mapped[float | None] = mapped_column(Float, default=None)
    revoked_at: Mapped[float | None] = mapped_column(Float, default=None)
    used_at: Mapped[float | None] = mapped_column(Float, default=None)


class Ticket(Base):
    """A short-lived proof for where no header can be set: for what lies under `path`, or (None) for one stream, once."""

    __tablename__ = "tickets"

    digest: Mapped[str] = mapped_column(String(128), primary_key=True)
    user: Mapped[str] = mapped_column(String(128))
    key_id: Mapped[str | None] = mapped_column(String(64), default=None)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    path: Mapped[str | None] = mapped_column(String(512), default=None)
    expires_at: Mapped[float] = mapped_column(Float, index=True)


class Usage(Base):
    """How much of something a user took in a period (`2026-11` or `2026-11-21`, UTC): jobs, seconds of music, bytes in and out."""

    __tablename__ = "usage"

    user: Mapped[str] = mapped_column(String(128), primary_key=True)
    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    what: Mapped[str] = mapped_column(String(32), primary_key=True)
    amount: Mapped[float] = mapped_column(Float)


class AuditRow(Base):
    """Who did what to which object, and whether it was allowed."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_user", "user", "id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    time: Mapped[float] = mapped_column(Float)
    user: Mapped[str] = mapped_column(String(128))
    key_id: Mapped[str | None] = mapped_column(String(64), default=None)
    action: Mapped[str] = mapped_column(String(64))
    object: Mapped[str] = mapped_column(String(200))
    status: Mapped[int] = mapped_column(Integer)
    address: Mapped[str] = mapped_column(String(64), default="")


class Replay(Base):
    """The answer to a POST that bore an Idempotency-Key, given again to the same request."""

    __tablename__ = "replays"

    user: Mapped[str] = mapped_column(String(128), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[float] = mapped_column(Float, index=True)
