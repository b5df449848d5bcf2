"""A job's events for one reader of a gRPC stream: a reader of the shared feed like any other."""

import json
from collections.abc import AsyncIterator
from typing import Any

from services.gateway.database.models import Job
from services.gateway.events.reader import CUT_OFF, ERASED, SLOW, Line
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused, not_found


async def job_events(desk: Desk, who: Principal, job: Job, after: int) -> AsyncIterator[dict[str, Any]]:
    """Facts after `after`, then live with progress and heartbeats, until the last fact.

    Raises Refused where the stream ends before: 403 for a reader who lost their part in it, 404 where it was erased, 504 for one
    to whom nothing could be sent for too long.
    """
    line = Line()
    with desk.streams.job(job.id, job.composition_id, who, after, line) as reader:
        async for entry in line.entries(reader):
            yield json.loads(entry.text)
    if line.code == CUT_OFF:
        raise Refused(403, "You have no part in this any more.", field="job_id", value=job.id)
    if line.code == ERASED:
        raise not_found("job", job.id)
    if line.code == SLOW:
        raise Refused(504, "Nothing could be sent for too long.", code="reader_stalled", field="stream")
