"""How a job ends: one document, created once, decides; its creator's fact is the one that everybody publishes."""

import asyncio

from contracts.context import EndDocument, end_key
from contracts.errors import Problem
from contracts.events import CancelledFact, Fact, Failed, Finished
from services.runtime.bus import Bus
from services.runtime.workbench import Objects


async def read_end(objects: Objects, composition_id: str, job_id: str) -> EndDocument | None:
    """How the job ended; None while it goes on."""
    key = end_key(composition_id, job_id)
    if not await asyncio.to_thread(objects.exists, key):
        return None
    return EndDocument.model_validate_json(await asyncio.to_thread(objects.read, key))


async def end_job(bus: Bus, objects: Objects, end: EndDocument) -> EndDocument:
    """End a job, unless it has ended already, and publish the fact of how it ended. Returns the document that stands."""
    key = end_key(end.composition_id, end.job_id)
    if not await asyncio.to_thread(objects.create, key, end.to_json()):
        end = EndDocument.model_validate_json(await asyncio.to_thread(objects.read, key))
    await publish_end(bus, end)
    return end


async def publish_end(bus: Bus, end: EndDocument) -> None:
    """Publish the fact of an end. The message id names the document, so that repeating it is harmless."""
    await bus.fact(_fact(end), suffix=f":{end.ended_at:.3f}")


def _fact(end: EndDocument) -> Fact:
    about = {"job_id": end.job_id, "composition_id": end.composition_id, "time": end.ended_at, "attempt": end.attempt}
    if end.status == "completed":
        return Finished.model_validate({**about, "revision": end.revision or ""})
    if end.status == "cancelled":
        return CancelledFact.model_validate(about)
    problem = end.problem or Problem(title="The job failed", status=500, detail="no reason was recorded", code="error")
    return Failed.model_validate({**about, "problem": problem, "revision": end.revision})
