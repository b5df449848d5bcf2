"""Stopping a job on its user's wish."""

from services.gateway.database.models import ENDED, Job
from services.gateway.jobs.endings import end_job
from services.gateway.people.access import Role, job_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused


async def cancel_job(desk: Desk, who: Principal, job_id: str) -> Job:
    """Cancel a job; its state afterwards. Cancelling twice is the same as once.

    Raises Refused: 404 for a job that is not there, 403 for one of others, 409 for one that ended in another way.
    """
    job = await load_job(desk, who, job_id, "editor")
    if job.status not in ENDED:
        await end_job(desk, job, "cancelled")
        job = await load_job(desk, who, job_id, "editor")
    if job.status != "cancelled":
        raise Refused(
            409, f"The job has already {job.status}.", code="already_ended", field="status", value=job.status, allowed="queued, processing"
        )
    return job


async def load_job(desk: Desk, who: Principal, job_id: str, need: Role = "viewer") -> Job:
    """A job as it stands. Raises Refused (404, 403)."""
    async with desk.database.read() as session:
        return await job_for(session, who, job_id, need)
