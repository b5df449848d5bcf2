"""The edge of the qa: which messages it takes, and the work that each asks for."""

from faststream.nats import NatsMessage, NatsRouter

from contracts.pipeline import Stage
from services.runtime.queues import Asked, Desk, ask_queue, stage_queue

router = NatsRouter()


@router.subscriber(**stage_queue(Stage.FINALIZATION))
async def finalization(message: NatsMessage, desk: Desk) -> None:
    """The delivered song to a verdict and a bundle."""
    await desk.stage(message, "services.qa.work:finalize")


@router.subscriber(**ask_queue("qa"))
async def asked(message: NatsMessage, desk: Asked) -> bytes:
    """A question that needs no job."""
    return await desk.answer(message.body)
