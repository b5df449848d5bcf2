"""The services' own answers on the bus of a test, without the services around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from faststream.nats import NatsBroker, NatsMessage

from contracts.errors import HousebandError
from contracts.events import Answer, Ask, ask_subject
from services.runtime.queues import raw_body
from services.runtime.workbench import Objects, Workbench

ANSWERS = {
    "enhancer": {
        "brief": "services.enhancer.answers:brief",
        "catalog": "services.enhancer.answers:catalog",
        "instruct": "services.enhancer.instructing.answering:instruct",
        "judge": "services.enhancer.judging:judge",
        "taste": "services.enhancer.judging:taste",
    },
    "mixer": {"catalog": "services.mixer.answers:catalog", "judge": "services.mixer.answers:judge"},
    "generator": {"catalog": "services.generator.answers:catalog"},
    "analyzer": {"features": "services.analyzer.answers:features", "theory": "services.analyzer.answers:theory"},
}


@asynccontextmanager
async def answering(nats_url: str, objects: Objects, scratch: Path) -> AsyncIterator[None]:
    """Answer what the gateway asks the services, with their real functions, in threads."""
    broker = NatsBroker(nats_url, logger=None)
    bench = Workbench(objects=objects, scratch=scratch, progress=lambda *_: None)
    await asyncio.to_thread(scratch.mkdir, parents=True, exist_ok=True)
    for service in ANSWERS:
        _register(broker, service, bench)
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()


def _register(broker: NatsBroker, service: str, bench: Workbench) -> None:
    @broker.subscriber(ask_subject(service), decoder=raw_body)
    async def asked(message: NatsMessage) -> bytes:
        question = Ask.model_validate_json(message.body)
        try:
            return Answer(result=await asyncio.to_thread(_answer, service, question, bench)).to_json()
        except HousebandError as error:
            return Answer(problem=error.problem()).to_json()


def _answer(service: str, question: Ask, bench: Workbench) -> Any:
    module, _, function = ANSWERS[service][question.what].partition(":")
    return getattr(import_module(module), function)(question.arguments, bench)
