"""The revisions of a job in the object store."""

import asyncio

from contracts.context import Context, job_prefix
from contracts.errors import BadInput
from contracts.upgrades import read_context
from services.runtime.workbench import Objects


async def load_context(objects: Objects, revision: str) -> Context:
    """The context at a revision. Raises BadInput for one that cannot be read."""
    raw = await asyncio.to_thread(objects.read, revision)
    try:
        return read_context(raw)
    except ValueError as error:
        raise BadInput("revision", revision, "a context that can be read", hint=str(error).splitlines()[0]) from error


def newest_revision(objects: Objects, composition_id: str, job_id: str) -> str | None:
    """Key of a job's newest revision: keys begin with the padded seq, so the last in order is the newest."""
    keys = objects.list(f"{job_prefix(composition_id, job_id)}/context/")
    return max(keys, default=None)
