"""The tables. Times are Unix seconds; documents are JSON as the contracts write them."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
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
    created_at: Mapped[float] = mapped_column(Float)


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
    idempotency_key: Mapped[str | None] = mapped_column(String(255), default=None)
    idempotency_digest: Mapped[str | None] = mapped_column(String(64), default=None)


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
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)


class Version(Base):
    """The immutable result of a job, numbered per composition. `artifacts` maps a file's name to its reference."""

    __tablename__ = "versions"
    composition_id: Mapped[str] = mapped_column(ForeignKey("compositions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    parent: Mapped[int | None] = mapped_column(Integer, default=None)
    status: Mapped[str] = mapped_column(String(16))
    revision: Mapped[str] = mapped_column(Text)
    artifacts: Mapped[dict[str, Any]] = mapped_column(JSON)
    stems: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
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
