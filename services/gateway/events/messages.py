"""The messages of a job's event stream."""

from typing import Any

from contracts.base import Document
from contracts.events import FACT, Fact, Failed, Progress, QaRejected, StageFinished, StageStarted, StemFinished
from services.gateway.database.models import FactRow


class Message(Document):
    """One message of `WS /jobs/{id}/events`. `seq` is that of the last fact, so that a reader can go on from it."""

    seq: int
    time: float
    type: str
    stage: str | None = None
    progress: float
    message: str
    data: dict[str, Any]


def fact_message(row: FactRow) -> Message:
    """A stored fact as a message."""
    text = fact_text(FACT.validate_python(row.payload))
    return Message(seq=row.seq, time=row.time, type=row.type, stage=row.stage, progress=row.progress, message=text, data=row.payload)


def progress_message(progress: Progress, seq: int, percent: float, time: float) -> Message:
    """A line of progress; `percent` is what the job reached at most."""
    return Message(seq=seq, time=time, type="progress", stage=progress.stage, progress=percent, message=progress.message, data={})


def heartbeat_message(seq: int, percent: float, time: float) -> Message:
    """A sign of life in a long silence."""
    return Message(seq=seq, time=time, type="heartbeat", progress=percent, message="", data={})


def fact_text(fact: Fact) -> str:
    """A fact in one line for people."""
    match fact:
        case StageStarted():
            return f"{fact.stage} began"
        case StageFinished():
            return fact.summary or f"{fact.stage} done in {fact.seconds:.1f} s"
        case StemFinished():
            return f"{fact.part} {'was there already' if fact.cached else f'rendered in {fact.seconds:.1f} s'}"
        case QaRejected():
            return f"sent back to {fact.walk[-1] if fact.walk else 'an earlier stage'}: {', '.join(fact.reasons)}"
        case Failed():
            return fact.problem.detail
        case _:
            return fact.fact
