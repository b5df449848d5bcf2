"""A message that no worker can finish does not leave its job hanging."""

from tests.gateway.conftest import Open, killed
from tests.gateway.test_reconciler import queue_holds


async def test_a_dead_letter_fails_the_job_with_the_reason(open_house: Open) -> None:
    """Workers that die at every delivery: the advisory ends the job, and its queue is empty."""
    async with open_house(play=False) as house:
        job = await house.ended((await killed(house))["job_id"])
        assert (job["status"], job["error"]["code"]) == ("failed", "unavailable")
        assert "2 deliveries" in job["error"]["detail"]
        await queue_holds(house, job["job_id"], False)
