"""The edge of the mixer: which messages it takes, and the work that each asks for."""

from faststream.nats import NatsMessage, NatsRouter

from contracts.pipeline import Stage
from services.runtime.queues import Asked, Desk, ask_queue, stage_queue

router = NatsRouter()


@router.subscriber(**stage_queue(Stage.MIXING))
async def mixing(message: NatsMessage, desk: Desk) -> None:
    """Dry stems to mixed stems."""
    await desk.stage(message, "services.mixer.work:mix")


@router.subscriber(**stage_queue(Stage.MASTERING))
async def mastering(message: NatsMessage, desk: Desk) -> None:
    """Mixed stems to the delivered audio."""
    await desk.stage(message, "services.mixer.work:master")


@router.subscriber(**ask_queue("mixer"))
async def asked(message: NatsMessage, desk: Asked) -> bytes:
    """A question that needs no job."""
    return await desk.answer(message.body)
