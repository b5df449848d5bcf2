"""The edge of the generator: which messages it takes, and the work that each asks for."""

from faststream.nats import NatsMessage, NatsRouter

from contracts.errors import BadInput
from contracts.events import ENGINES
from contracts.pipeline import Stage
from services.generator.settings import GeneratorSettings
from services.runtime.queues import Asked, Desk, Drafts, ask_queue, draft_queue, stage_queue, stem_queue


async def composition(message: NatsMessage, desk: Desk) -> None:
    """Brief to score."""
    await desk.stage(message, "services.generator.work:compose")


async def arrangement(message: NatsMessage, desk: Desk) -> None:
    """Score to the parts of the whole band."""
    await desk.stage(message, "services.generator.work:arrange")


async def production(message: NatsMessage, desk: Desk) -> None:
    """Parts to a plan of stems; they are rendered one by one."""
    await desk.stage(message, "services.generator.work:plan")


async def stem(message: NatsMessage, desk: Desk) -> None:
    """One part to its dry stem."""
    await desk.stem(message, "services.generator.work:render")


async def draft(message: NatsMessage, drafts: Drafts) -> None:
    """The beginning of a song that is being made, for whoever listens."""
    await drafts.draft(message, "services.generator.early.work:draft")


async def asked(message: NatsMessage, desk: Asked) -> bytes:
    """A question that needs no job."""
    return await desk.answer(message.body)


def routes(settings: GeneratorSettings) -> NatsRouter:
    """The subscribers that these settings ask for. Raises BadInput for an engine that nobody publishes to."""
    router = NatsRouter()
    router.subscriber(**ask_queue("generator"))(asked)
    if settings.writes:
        for stage, handler in WRITES.items():
            router.subscriber(**stage_queue(stage))(handler)
    if settings.drafts:
        for _ in range(settings.worker_slots):
            router.subscriber(**draft_queue())(draft)
    for engine in settings.engines:
        if engine not in ENGINES:
            raise BadInput("engines", engine, ", ".join(ENGINES))
        for _ in range(settings.worker_slots):
            router.subscriber(**stem_queue(engine))(stem)
    return router


WRITES = {Stage.COMPOSITION: composition, Stage.ARRANGEMENT: arrangement, Stage.PRODUCTION: production}
