"""The messages of a job's event stream."""

from typing import Any

from pydantic import ValidationError

from contracts.base import Document
from contracts.events import FACT, Fact, Failed, Here, PreviewReady, Progress, QaRejected, StageFinished, StageStarted, StemFinished
from services.gateway.database.models import ChangeRow, FactRow
from services.gateway.jobs.views import preview_url


class Message(Document):
    """One message of `WS /jobs/{id}/events`. `seq` is that of the last fact, so that a reader can go on from it."""

    seq: int
    time: float
    type: str
    stage: str | None = None
    progress: float
    remaining_s: float | None = None
    message: str
    data: dict[str, Any]


def fact_message(row: FactRow) -> Message:
    """A stored fact as a message."""
    try:
        text = fact_text(FACT.validate_python(row.payload))
    except ValidationError:  # of a newer gateway, beside this one while the house is brought up to date
        text = row.type
    data = {**row.payload, "url": preview_url(row.job_id)} if row.type == "preview_ready" else row.payload
    return Message(
        seq=row.seq,
        time=row.time,
        type=row.type,
        stage=row.stage,
        progress=row.progress,
        remaining_s=row.remaining_s,
        message=text,
        data=data,
    )


def progress_message(progress: Progress, seq: int, percent: float, time: float) -> Message:
    """A line of progress; `percent` is what the job reached at most."""
    return Message(
        seq=seq,
        time=time,
        type="progress",
        stage=progress.stage,
        progress=percent,
        remaining_s=progress.remaining_s,
        message=progress.message,
        data={},
    )


def heartbeat_message(seq: int, percent: float, time: float) -> Message:
    """A sign of life in a long silence."""
    return Message(seq=seq, time=time, type="heartbeat", progress=percent, message="", data={})


class CompositionMessage(Document):
    """One message of `WS /compositions/{id}/events`. `seq` is the composition's revision after it; `user` made the change."""

    seq: int
    time: float
    type: str
    composition_id: str
    user: str | None = None
    message: str
    data: dict[str, Any]


def change_message(row: ChangeRow) -> CompositionMessage:
    """A stored change as a message."""
    return CompositionMessage(
        seq=row.revision,
        time=row.time,
        type=row.type,
        composition_id=row.composition_id,
        user=row.user,
        message=change_text(row.type, row.user, row.data),
        data=row.data,
    )


def job_progress_message(progress: Progress, composition_id: str, seq: int, time: float) -> CompositionMessage:
    """A line of progress of one of a composition's jobs."""
    data = {"job_id": progress.job_id, "stage": progress.stage, "progress": progress.percent}
    text = progress.message
    return CompositionMessage(seq=seq, time=time, type="job_progress", composition_id=composition_id, message=text, data=data)


def presence_message(composition_id: str, people: list[Here], count: int, seq: int, time: float) -> CompositionMessage:
    """Who has a composition open: `people`, at most a page of them, of `count`."""
    shown = [here.model_dump(mode="json", exclude={"gone"}) for here in people]
    text = f"{count} {'connection' if count == 1 else 'connections'}"
    data = {"people": shown, "count": count}
    return CompositionMessage(seq=seq, time=time, type="presence", composition_id=composition_id, message=text, data=data)


def change_text(kind: str, user: str | None, data: dict[str, Any]) -> str:
    """A change in one line for people."""
    who = user or "the house"
    match kind:
        case "version_added":
            return f"version {data.get('version')} is there"
        case "job_started" | "job_ended":
            return "a job began" if kind == "job_started" else f"a job {data.get('status', 'ended')}"
        case "title_changed":
            return f"{who} called it {data.get('title', '')!r}"
        case "member_changed" | "member_removed":
            return f"{data.get('member')} is {data.get('role', 'no member any more')}"
        case _:
            return f"{kind.replace('_', ' ')} by {who}"


def fact_text(fact: Fact) -> str:
    """A fact in one line for people."""
    match fact:
        case StageStarted():
            return f"{fact.stage} began"
        case StageFinished():
            return fact.summary or f"{fact.stage} done in {fact.seconds:.1f} s"
        case StemFinished():
            return f"{fact.part} {'was there already' if fact.cached else f'rendered in {fact.seconds:.1f} s'}"
        case PreviewReady():
            return f"{fact.start_s:.0f} to {fact.start_s + fact.seconds:.0f} s can be heard"
        case QaRejected():
            return f"sent back to {fact.walk[-1] if fact.walk else 'an earlier stage'}: {', '.join(fact.reasons)}"
        case Failed():
            return fact.problem.detail
        case _:
            return fact.fact
