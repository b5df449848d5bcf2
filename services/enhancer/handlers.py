"""The edge of the enhancer: which messages it takes, and the work that each asks for."""

from faststream.nats import NatsMessage, NatsRouter

from contracts.pipeline import Stage
from services.runtime.queues import Asked, Desk, ask_queue, stage_queue

IN_HAND = 4
"""Jobs at once: one that waits for a language model must not keep the others waiting."""
router = NatsRouter()


async def ideation(message: NatsMessage, desk: Desk) -> None:
    """Prompt to brief."""
    await desk.stage(message, "services.enhancer.work:ideate")


for _ in range(IN_HAND):
    router.subscriber(**stage_queue(Stage.IDEATION))(ideation)


@router.subscriber(**ask_queue("enhancer"))
async def asked(message: NatsMessage, desk: Asked) -> bytes:
    """A question that needs no job."""
    return await desk.answer(message.body)
