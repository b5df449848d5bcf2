"""A whole toy house in one service: every stage and stem, with toy work. `python -m tests.runtime.toy_service` runs it."""

from typing import Any

from faststream.nats import NatsMessage, NatsRouter

from contracts.pipeline import Stage
from services.runtime.provision import stage_consumer, stem_consumer
from services.runtime.queues import Asked, Desk, Drafts, ask_queue, draft_queue, stage_queue, stem_queue
from services.runtime.service import Place, Service
from services.runtime.settings import RuntimeSettings

WORK = {
    Stage.ANALYSIS: "analyze",
    Stage.IDEATION: "ideate",
    Stage.COMPOSITION: "compose",
    Stage.ARRANGEMENT: "arrange",
    Stage.PRODUCTION: "plan",
    Stage.MIXING: "mix",
    Stage.MASTERING: "master",
    Stage.FINALIZATION: "finalize",
}


def routes(slots: int) -> NatsRouter:
    """Subscribers for everything."""
    router = NatsRouter()

    def stage_handler(work: str) -> Any:
        async def handler(message: NatsMessage, desk: Desk) -> None:
            await desk.stage(message, f"tests.runtime.toys:{work}")

        return handler

    async def stem(message: NatsMessage, desk: Desk) -> None:
        await desk.stem(message, "tests.runtime.toys:render")

    async def draft(message: NatsMessage, drafts: Drafts) -> None:
        await drafts.draft(message, "tests.runtime.toys:draft")

    async def asked(message: NatsMessage, desk: Asked) -> bytes:
        return await desk.answer(message.body)

    for stage, work in WORK.items():
        router.subscriber(**stage_queue(stage))(stage_handler(work))
    for _ in range(slots):
        router.subscriber(**stem_queue("sampled"))(stem)
    router.subscriber(**draft_queue())(draft)
    router.subscriber(**ask_queue("toy"))(asked)
    return router


def service(settings: RuntimeSettings, works_in: Place = "process") -> Service:
    """The toy service."""
    return Service(
        name="toy",
        settings=settings,
        router=routes(settings.worker_slots),
        consumers=(*map(stage_consumer, Stage), stem_consumer("sampled")),
        modules=("tests.runtime.toys",),
        works_in=works_in,
        answers={"echo": "tests.runtime.toys:answer"},
        answers_in="thread",
    )


if __name__ == "__main__":
    service(RuntimeSettings()).run()
