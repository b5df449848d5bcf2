"""Hearing a song while it is made, and quick copies of what is made."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from services.gateway.artifacts import artifact_response
from services.gateway.early.coding import MEDIA_TYPES, Format
from services.gateway.early.copies import copy_stream, find_copy, source_of
from services.gateway.early.drafts import check_early, draft_stream, want
from services.gateway.jobs.cancelling import load_job
from services.gateway.people.access import version_for
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import TheDesk, Who

router = APIRouter(tags=["hear it early"])
_LIVE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
_SOUND: dict[int | str, dict[str, Any]] = {
    200: {"description": "the sound as it comes", "content": {kind: {} for kind in MEDIA_TYPES.values()}}
}


@router.get("/jobs/{job_id}/preview", response_class=Response, responses={**_SOUND, **problems(404, 409, 422)})
async def hear_job(
    job_id: str,
    desk: TheDesk,
    who: Who,
    format: Annotated[Format, Query(description="wav: 16 bit, 48 kHz; mp3: 128 kbit/s")] = "mp3",  # noqa: A002 - its name in the API
    rest: Annotated[bool, Query(description="go on with the finished record where the draft stops")] = False,
) -> Response:
    """The draft of a song's beginning while the song is made: what is there at once, then what comes. Asking for it starts it."""
    job = await load_job(desk, who, job_id)
    check_early(job)
    await want(desk, job)
    return StreamingResponse(draft_stream(desk, job, format, rest=rest), media_type=MEDIA_TYPES[format], headers=_LIVE)


@router.get(
    "/compositions/{composition_id}/versions/{number}/previews/{name:path}.mp3",
    response_class=Response,
    responses={**_SOUND, **problems(404, 412, 416)},
)
async def hear_version(request: Request, composition_id: str, number: int, name: str, desk: TheDesk, who: Who) -> Response:
    """A small MP3 of `master` or of a stem by its part, made when first asked for; Range is answered once it is there."""
    async with desk.database.read() as session:
        source = source_of(await version_for(session, who, composition_id, number, "viewer"), name)
    copy = await find_copy(desk, source)
    if copy is not None:
        return await artifact_response(request, desk.objects, f"{name}.mp3", copy)
    return StreamingResponse(copy_stream(desk, source), media_type=MEDIA_TYPES["mp3"], headers=_LIVE)
