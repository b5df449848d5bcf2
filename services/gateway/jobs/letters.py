"""Dead letters as whoever runs the house sees them: what no worker could finish, and playing it again."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nats.errors
from nats.js.errors import Error as JetStreamError
from pydantic import Field, ValidationError

from contracts.base import Document
from contracts.errors import BadInput, Unavailable
from contracts.events import DeadLetter
from services.gateway.database.models import Job
from services.gateway.jobs.endings import find_end
from services.gateway.jobs.facts import reopen
from services.gateway.jobs.views import status_url
from services.gateway.ports import Desk
from services.gateway.problems import Refused, not_found
from services.runtime.dead import DeadLetters, read_work


class DeadView(Document):
    """A message that no worker could finish, with why."""

    id: int = Field(description="to show and to replay it")
    job_id: str
    stage: str
    subject: str
    reason: str
    deliveries: int = Field(description="how often it was tried")
    time: float = Field(description="Unix seconds")
    event: dict[str, Any] | None = Field(description="what it asked for; null where it is no event of ours")


class DeadPage(Document):
    """Dead letters, oldest first. `next` is the cursor of the following page."""

    items: tuple[DeadView, ...]
    next: str | None


class Replayed(Document):
    """A letter whose work is on its way again. The letter is gone."""

    job_id: str
    stage: str
    status_url: str


def dead_view(letter_id: int, letter: DeadLetter) -> DeadView:
    """A letter as it is shown."""
    return DeadView(
        id=letter_id,
        job_id=letter.job_id,
        stage=letter.stage,
        subject=letter.subject,
        reason=letter.reason,
        deliveries=letter.deliveries,
        time=letter.time,
        event=_event(letter),
    )


async def dead_page(letters: DeadLetters, after: int, limit: int) -> DeadPage:
    """Letters above `after`. Raises Unavailable."""
    with _told():
        found = await letters.list(after=after, most=limit + 1)
    items = tuple(dead_view(*one) for one in found[:limit])
    return DeadPage(items=items, next=str(items[-1].id) if len(found) > limit else None)


async def dead_letter(letters: DeadLetters, letter_id: int) -> DeadLetter:
    """One letter. Raises Refused (404) or Unavailable."""
    try:
        with _told():
            return await letters.show(letter_id)
    except BadInput as error:
        raise not_found("dead letter", str(letter_id)) from error


async def replay_letter(desk: Desk, letters: DeadLetters, letter_id: int) -> Replayed:
    """Give a letter's work to the bus again; its job, which failed with it, is open again.

    A crash between the steps is harmless: the letter goes last, and whoever replays it twice publishes work whose revision is made.
    Raises Refused: 404 where there is no letter, 409 where its job ended for another reason, or it holds no event; Unavailable.
    """
    letter = await dead_letter(letters, letter_id)
    if _event(letter) is None:
        raise Refused(409, "This letter holds no event, so nothing can be played again.", field="id", value=letter_id)
    async with desk.database.read() as session:
        job = await session.get(Job, letter.job_id)
    if job is None:
        raise Refused(409, "The job of this letter is gone.", field="id", value=letter_id, allowed="a letter of a job that is there")
    end = await find_end(desk.objects, job.composition_id, job.id)
    if end is not None and (end.status != "failed" or (end.problem and end.problem.code != Unavailable.code)):
        told = end.problem.code if end.problem else end.status
        raise Refused(
            409,
            f"The job has ended for another reason: {told}.",
            code="already_ended",
            field="status",
            value=told,
            allowed=Unavailable.code,
        )
    with _told():
        await letters.replay(letter_id)
    async with desk.database.write() as session:
        found = await session.get_one(Job, job.id, with_for_update=True)
        if found.status == "failed":
            await reopen(session, job.id, desk.clock() + desk.settings.job_deadline_s)
    desk.hub.wake(job.id)
    return Replayed(job_id=job.id, stage=letter.stage, status_url=status_url(job.id))


def _event(letter: DeadLetter) -> dict[str, Any] | None:
    payload = base64.b64decode(letter.payload)
    try:
        read_work(letter.subject, payload)
        event: dict[str, Any] = json.loads(payload)
    except (ValidationError, ValueError):
        return None
    return event


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (nats.errors.Error, JetStreamError, TimeoutError, OSError) as error:
        raise Unavailable("the stream of dead letters", f"the bus says: {error!r}") from error
