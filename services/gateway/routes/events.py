"""A job's events over WebSocket."""

from typing import Annotated

from fastapi import APIRouter, Query, WebSocket

from services.gateway.events.websocket import Follower
from services.gateway.jobs.cancelling import load_job
from services.gateway.problems import Refused, problem_response
from services.gateway.routes.parts import TheDesk, Who

router = APIRouter(tags=["events"])
_MOST_SEQ = 2**31 - 1


@router.websocket("/jobs/{job_id}/events")
async def follow_job(socket: WebSocket, job_id: str, desk: TheDesk, who: Who, after: Annotated[str, Query()] = "0") -> None:
    """Facts after `after`, then live, until the last one. An unknown job is refused with 404 before the upgrade."""
    try:
        await load_job(desk, who, job_id)
        seq = read_seq(after)
    except Refused as refused:
        await socket.send_denial_response(problem_response(refused.problem()))
        return
    await socket.accept()
    await Follower(desk, socket, job_id, seq).run()


def read_seq(text: str) -> int:
    """The seq of the last fact that a reader has. Raises Refused (422)."""
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_SEQ):
        raise Refused(422, "after is not a seq.", field="after", value=text, allowed=f"0 to {_MOST_SEQ}")
    return int(text)
