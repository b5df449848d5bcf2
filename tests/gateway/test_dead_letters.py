"""A message that no worker can finish does not leave its job hanging."""

import contextlib

import nats
import nats.errors

from services.gateway.settings import GatewaySettings
from services.runtime.provision import Delivery, provision
from tests.gateway.conftest import Open, form


async def test_a_dead_letter_fails_the_job_with_the_reason(open_house: Open, settings: GatewaySettings) -> None:
    """Workers that die at every delivery: the advisory ends the job, and its queue is empty."""
    async with open_house(play=False) as house:
        await provision(settings.nats_url, Delivery(ack_wait_s=0.2, max_deliver=2))
        job_id = (await house.http.post("/jobs", files=form())).json()["job_id"]
        worker = await nats.connect(settings.nats_url)
        subscription = await worker.jetstream().pull_subscribe_bind("stage-ideation", stream="STAGES")
        with contextlib.suppress(nats.errors.TimeoutError):
            for _ in range(3):
                await subscription.fetch(1, timeout=1)  # taken, and never settled
        job = await house.ended(job_id)
        await worker.close()
        assert (job["status"], job["error"]["code"]) == ("failed", "unavailable")
        assert "2 deliveries" in job["error"]["detail"]
        assert not await house.desk.bus.pending(job_id)
