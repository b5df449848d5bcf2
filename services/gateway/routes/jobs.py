"""Jobs: ask for a song, see how it goes, stop it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response

from services.gateway.database.queries import job_as_seen, jobs_page
from services.gateway.door.paging import link_next
from services.gateway.jobs.cancelling import cancel_job
from services.gateway.jobs.intake import read_form
from services.gateway.jobs.ordering import take_order
from services.gateway.jobs.views import Accepted, JobPage, JobView, accepted_view, job_view
from services.gateway.problems import not_found
from services.gateway.routes.openapi import JOB_FORM, problems
from services.gateway.routes.parts import Cursor, Limit, TheDesk, TheStandings, Who

router = APIRouter(tags=["jobs"])
Status = Literal["queued", "processing", "failed", "completed", "cancelled"]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=255, description="the same key and request make one job")]


@router.post("/jobs", status_code=202, openapi_extra=JOB_FORM, responses=problems(400, 409, 413, 415, 422, 507))
async def create_job(request: Request, response: Response, desk: TheDesk, who: Who, idempotency_key: Key = None) -> Accepted:
    """Ask for a song. It will be made, whatever crashes from here on."""
    async with read_form(request, desk.settings) as form:
        job = await take_order(desk, who, form, idempotency_key)
    request.app.state.relay.nudge()
    answer = accepted_view(job)
    response.headers["Location"] = answer.status_url
    return answer


@router.get("/jobs", responses=problems(422))
async def list_jobs(
    request: Request,
    response: Response,
    desk: TheDesk,
    who: Who,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[list[Status] | None, Query(description="only these")] = None,
    composition_id: Annotated[str | None, Query(max_length=64)] = None,
) -> JobPage:
    """Jobs, newest first."""
    async with desk.database.read() as session:
        found = await jobs_page(session, who, cursor=cursor, limit=limit + 1, statuses=status or (), composition_id=composition_id)
    items = tuple(job_view(job, version) for job, version in found[:limit])
    page = JobPage(items=items, next=items[-1].job_id if len(found) > limit else None)
    link_next(request, response, page.next)
    return page


@router.get("/jobs/{job_id}", response_model=JobView, responses=problems(404))
async def get_job(job_id: str, desk: TheDesk, who: Who, standings: TheStandings) -> Response:
    """A job as it stands."""

    async def read() -> JobView:
        async with desk.database.read() as session:
            found = await job_as_seen(session, who, job_id)
        if found is None:
            raise not_found("job", job_id)
        return job_view(*found)

    return Response(await standings.body(who.user, job_id, read), media_type="application/json")


@router.delete("/jobs/{job_id}", responses=problems(404, 409))
async def delete_job(job_id: str, desk: TheDesk, who: Who) -> JobView:
    """Stop a job. Stopping it twice is the same as once."""
    return job_view(await cancel_job(desk, who, job_id), None)
