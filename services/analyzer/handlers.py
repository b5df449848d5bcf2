"""The edge of the analyzer: which messages it takes, and the work that each asks for."""

from faststream.nats import NatsMessage, NatsRouter

from contracts.pipeline import Stage
from services.runtime.queues import Asked, Desk, ask_queue, stage_queue

router = NatsRouter()


@router.subscriber(**stage_queue(Stage.ANALYSIS))
async def analysis(message: NatsMessage, desk: Desk) -> None:
    """Reference to features."""
    await desk.stage(message, "services.analyzer.work:analyze")


@router.subscriber(**ask_queue("analyzer"))
async def asked(message: NatsMessage, desk: Asked) -> bytes:
    """A question that needs no job."""
    return await desk.answer(message.body)
