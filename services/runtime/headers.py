"""Headers of every event: the message id, CloudEvents attributes, and the trace that the event belongs to.

All events of a job share one trace, whose id is derived from the job's id: so a trace is whole even where one service
runs without a tracer. An OpenTelemetry middleware overrides `traceparent` with its own span.
"""

import hashlib
import os
from datetime import UTC, datetime

MESSAGE_ID = "Nats-Msg-Id"
TRACEPARENT = "traceparent"


def trace_id(job_id: str) -> str:
    """The W3C trace id of a job, 32 hex digits."""
    return hashlib.sha256(f"houseband:{job_id}".encode()).hexdigest()[:32]


def event_headers(message_id: str, kind: str, *, source: str, job_id: str) -> dict[str, str]:
    """Headers for one event (CloudEvents 1.0, NATS protocol binding, binary mode)."""
    return {
        MESSAGE_ID: message_id,
        "ce-specversion": "1.0",
        "ce-id": message_id,
        "ce-source": f"/houseband/{source}",
        "ce-type": f"houseband.{kind}.v1",
        "ce-subject": job_id,
        "ce-time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "content-type": "application/json",
        TRACEPARENT: f"00-{trace_id(job_id)}-{os.urandom(8).hex()}-01",
    }
