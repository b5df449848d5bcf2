"""How jobs end: `end.json`, created once, decides; the terminal fact and the version follow from it."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.context import Context, EndDocument, end_key
from contracts.errors import BadInput, Problem, Unavailable
from contracts.events import TERMINAL_FACTS, CancelledFact, Fact, Failed, Finished
from services.gateway.database.models import ENDED, Job
from services.gateway.jobs.facts import append_fact, changes_composition, job_of, reopen
from services.gateway.jobs.revisions import load_context, newest_revision
from services.gateway.jobs.versions import VersionDraft, draft_version
from services.gateway.ports import Desk
from services.runtime.workbench import Objects

log = structlog.get_logger(__name__)


async def end_job(desk: Desk, job: Job, status: str, problem: Problem | None = None) -> EndDocument:
    """End a job, unless it ended already; how it ended.

    A crash between the steps is harmless: the reconciler finds `end.json` and does the rest again.
    """
    revision = await asyncio.to_thread(newest_revision, desk.objects, job.composition_id, job.id)
    end = EndDocument.model_validate(
        {
            "status": status,
            "job_id": job.id,
            "composition_id": job.composition_id,
            "revision": revision,
            "problem": problem,
            "attempt": job.attempt,
            "ended_at": desk.clock(),
        }
    )
    key = end_key(job.composition_id, job.id)
    if not await asyncio.to_thread(desk.objects.create, key, end.to_json()):
        end = EndDocument.model_validate_json(await asyncio.to_thread(desk.objects.read, key))
    await settle_end(desk, end)
    return end


async def settle_end(desk: Desk, end: EndDocument) -> None:
    """Record how a job ended and tell it: database first, since that is what users see."""
    fact = terminal_fact(end)
    await record_fact(desk, fact, end)
    try:
        await desk.bus.publish_fact(fact)
        await desk.bus.purge(end.job_id)
    except Unavailable as error:  # the end stands; workers see end.json before they write
        log.warning("end_not_told", job_id=end.job_id, reason=str(error))


async def record_fact(desk: Desk, fact: Fact, end: EndDocument | None = None) -> bool:
    """Record a fact and wake who watches; whether it was new. A terminal fact is replaced by what `end.json` says."""
    async with desk.database.read() as session:
        job, is_known = await job_of(session, fact)
    terminal, ended = fact.fact in TERMINAL_FACTS, job is not None and job.status in ENDED
    if is_known and not ended:  # the relay tells of every job what its order has written already
        return False
    if end is None and (terminal or ended):
        end = await find_end(desk.objects, fact.composition_id, fact.job_id)
    if job is not None and ended and _is_end_of(job, end):
        return False
    draft = None
    if terminal and end is not None:
        fact = terminal_fact(end)
        if end.revision:
            draft = await _draft(desk, end, end.revision)

    async def append(session: AsyncSession) -> bool:
        if ended:
            await reopen(session, fact.job_id, desk.clock() + desk.settings.job_deadline_s)
        return await append_fact(session, fact, draft, desk.times)

    new = await desk.database.change(append)
    if new:
        desk.hub.wake(fact.job_id)
        if changes_composition(fact):
            desk.hub.wake_composition(fact.composition_id)
    return new


async def _draft(desk: Desk, end: EndDocument, revision: str) -> VersionDraft | None:
    """The version that an end makes; none where its revision cannot be read, since the job has to end all the same."""
    try:
        context = await load_context(desk.objects, revision)
    except BadInput as error:
        log.error("end_without_version", job_id=end.job_id, reason=str(error))
        return None
    document = await asyncio.to_thread(desk.objects.find, revision)
    return draft_version(end.status, revision, context, document, await _parent(desk, context))


async def _parent(desk: Desk, context: Context) -> Context | None:
    """What a revision goes on from; None for a song of its own, or where it cannot be read: then nobody says what was reused."""
    if context.request.revises is None:
        return None
    try:
        return await load_context(desk.objects, context.request.revises.revision)
    except (BadInput, Unavailable) as error:
        log.warning("parent_unread", job_id=context.job_id, reason=str(error))
        return None


def _is_end_of(job: Job, end: EndDocument | None) -> bool:
    """Whether a job's row says what `end.json` says. Where it does not, a dead letter of the job was replayed."""
    return end is not None and end.status == job.status and abs(end.ended_at - (job.ended_at or 0.0)) < 0.001


def terminal_fact(end: EndDocument) -> Fact:
    """The fact that an end document stands for."""
    common = {"job_id": end.job_id, "composition_id": end.composition_id, "time": end.ended_at, "attempt": end.attempt}
    if end.status == "cancelled":
        return CancelledFact.model_validate(common)
    if end.status == "completed":
        return Finished.model_validate({**common, "revision": end.revision or ""})
    problem = end.problem or Problem(title="The job failed", status=500, detail="The job failed and left no reason.", code="failed")
    return Failed.model_validate({**common, "problem": problem, "revision": end.revision})


async def find_end(objects: Objects, composition_id: str, job_id: str) -> EndDocument | None:
    """How a job ended, if it has."""
    key = end_key(composition_id, job_id)
    if not await asyncio.to_thread(objects.exists, key):
        return None
    return EndDocument.model_validate_json(await asyncio.to_thread(objects.read, key))
