"""Stopping a job on its user's wish."""

from services.gateway.database.models import ENDED, Job
from services.gateway.jobs.endings import end_job
from services.gateway.ports import Desk
from services.gateway.problems import Refused, not_found


async def cancel_job(desk: Desk, job_id: str) -> Job:
    """Cancel a job; its state afterwards. Cancelling twice is the same as once.

    Raises Refused: 404 for a job that is not there, 409 for one that ended in another way.
    """
    job = await load_job(desk, job_id)
    if job.status not in ENDED:
        await end_job(desk, job, "cancelled")
        job = await load_job(desk, job_id)
    if job.status != "cancelled":
        raise Refused(
            409, f"The job has already {job.status}.", code="already_ended", field="status", value=job.status, allowed="queued, processing"
        )
    return job


async def load_job(desk: Desk, job_id: str) -> Job:
    """A job as it stands. Raises Refused (404)."""
    async with desk.database.read() as session:
        job = await session.get(Job, job_id)
    if job is None:
        raise not_found("job", job_id)
    return job
