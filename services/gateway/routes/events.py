"""What happens, as it happens: over WebSocket, and over server-sent events for those who have nothing better."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response, WebSocket
from pydantic import Field, ValidationError

from contracts.base import Document
from contracts.events import Here
from services.gateway.database.models import ENDED, Job
from services.gateway.events.following import EventStream, Unwelcome, follow_over_socket, ignore
from services.gateway.events.reader import Reader, Way
from services.gateway.jobs.cancelling import load_job
from services.gateway.people.access import composition_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused, problem_response
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import TheDesk, Who

router = APIRouter(tags=["events"])
_MOST_SEQ = 2**31 - 1
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Messages as server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}
_ALL_READ: dict[int | str, dict[str, Any]] = {204: {"description": "The job has ended and all was read"}}
After = Annotated[str | None, Query(description="seq of the last message that the reader has; 0: all", examples=["0"])]
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID", description="as `after`, as a browser sends it when it comes back")]


class Look(Document):
    """What somebody looks at, as their client tells it over the socket of a composition."""

    type: str = Field(pattern="^look$")
    version: int | None = Field(default=None, ge=1, le=_MOST_SEQ)
    bar: int | None = Field(default=None, ge=1, le=_MOST_SEQ)
    part: str | None = Field(default=None, max_length=128)


@router.websocket("/jobs/{job_id}/events")
async def follow_job(socket: WebSocket, job_id: str, desk: TheDesk, who: Who, after: Annotated[str, Query()] = "0") -> None:
    """Facts after `after`, then live, until the last one. An unknown job is refused with 404 before the upgrade."""
    try:
        job = await _job_to_follow(desk, who, job_id)
        seq = read_seq(after)
    except Refused as refused:
        await socket.send_denial_response(problem_response(refused.problem()))
        return
    await socket.accept()

    def reading(way: Way) -> AbstractContextManager[Reader]:
        return desk.streams.job(job_id, job.composition_id, who, seq, way)

    await follow_over_socket(socket, reading, ignore, desk.settings.reader_timeout_s)


@router.get("/jobs/{job_id}/events", response_class=Response, responses={**_STREAM, **_ALL_READ, **problems(404, 422)})
async def stream_job(job_id: str, desk: TheDesk, who: Who, after: After = None, last_event_id: LastEventId = None) -> Response:
    """The same messages as server-sent events. 204 where the job has ended and all was read: an EventSource stops then."""
    job = await _job_to_follow(desk, who, job_id)
    seq = read_seq(last_event_id or after or "0")
    if job.status in ENDED and seq >= job.last_seq:
        return Response(status_code=204)
    return EventStream(lambda way: desk.streams.job(job_id, job.composition_id, who, seq, way), desk.settings.reader_timeout_s)


@router.websocket("/compositions/{composition_id}/events")
async def follow_composition(socket: WebSocket, composition_id: str, desk: TheDesk, who: Who, after: Annotated[str, Query()] = "0") -> None:
    """Changes above the revision `after`, then live, with who is there.

    The client may say what it looks at: `{"type": "look", "version": 2, "bar": 17, "part": "bass"}`.
    """
    try:
        seq = await _may_follow(desk, who, composition_id, after)
    except Refused as refused:
        await socket.send_denial_response(problem_response(refused.problem()))
        return
    await socket.accept()
    here = Here(connection=desk.new_id(), user=who.user, since=desk.clock())

    def hears(text: str) -> None:
        nonlocal here
        look = read_look(text)
        here = here.model_copy(update=look.model_dump(exclude={"type"}))
        desk.presence.enter(composition_id, here)

    @contextmanager
    def reading(way: Way) -> Iterator[Reader]:
        with desk.streams.composition(composition_id, who, seq, way) as reader:
            desk.presence.enter(composition_id, here)
            yield reader

    try:
        await follow_over_socket(socket, reading, hears, desk.settings.reader_timeout_s)
    finally:
        desk.presence.leave(composition_id, here)


@router.get("/compositions/{composition_id}/events", response_class=Response, responses={**_STREAM, **problems(404, 422)})
async def stream_composition(
    composition_id: str, desk: TheDesk, who: Who, after: After = None, last_event_id: LastEventId = None
) -> Response:
    """The same messages as server-sent events, for those who only listen: they are not counted among who is there."""
    seq = await _may_follow(desk, who, composition_id, last_event_id or after or "0")
    return EventStream(lambda way: desk.streams.composition(composition_id, who, seq, way), desk.settings.reader_timeout_s)


async def _job_to_follow(desk: Desk, who: Principal, job_id: str) -> Job:
    found: Job = await desk.entrances.look(("job", who.user, job_id), lambda: load_job(desk, who, job_id))
    return found


async def _may_follow(desk: Desk, who: Principal, composition_id: str, after: str) -> int:
    async def read() -> None:
        async with desk.database.read() as session:
            await composition_for(session, who, composition_id, "viewer")

    await desk.entrances.look(("composition", who.user, composition_id), read)
    return read_seq(after)


def read_seq(text: str) -> int:
    """The seq of the last message that a reader has. Raises Refused (422)."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _MOST_SEQ):
        raise Refused(422, "after is not a seq.", field="after", value=text, allowed=f"0 to {_MOST_SEQ}")
    return int(text)


def read_look(text: str) -> Look:
    """What a client says that it looks at. Raises Unwelcome."""
    try:
        return Look.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise Unwelcome(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"[:120]) from error
    except (ValueError, RecursionError) as error:
        raise Unwelcome("no JSON") from error
