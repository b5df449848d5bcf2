"""How a handler subscribes: pull, one message at a time, settled by hand, on a consumer that the provisioner made."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypedDict

from faststream import AckPolicy, Context
from faststream.nats import JStream, NatsMessage, PullSub

from contracts.events import DRAFTS_STREAM, STAGES_STREAM, ask_subject
from contracts.pipeline import Stage
from services.runtime.asking import AskDesk
from services.runtime.drafting import DraftDesk
from services.runtime.provision import DRAFTS, stage_consumer, stem_consumer
from services.runtime.stage import Desk as StageDesk

FETCH_S = 5.0
Decoder = Callable[[Any], Awaitable[Any]]
Desk = Annotated[StageDesk, Context("desk")]
Asked = Annotated[AskDesk, Context("asked")]
Drafts = Annotated[DraftDesk, Context("drafts")]


class WorkQueue(TypedDict):
    """Arguments of `router.subscriber` for work."""

    subject: str
    stream: JStream
    durable: str
    pull_sub: "PullSub[Literal[False]]"
    ack_policy: AckPolicy
    decoder: Decoder


class AskQueue(TypedDict):
    """Arguments of `router.subscriber` for questions."""

    subject: str
    queue: str
    decoder: Decoder
    max_workers: int


async def raw_body(message: NatsMessage) -> bytes:
    """Decode nothing: a payload that fails inside the framework would never be settled."""
    return message.body


def stage_queue(stage: Stage) -> WorkQueue:
    """Arguments of `router.subscriber` for a stage."""
    return _work(f"houseband.stage.{stage}.ready.*", stage_consumer(stage))


def stem_queue(engine: str) -> WorkQueue:
    """Arguments of `router.subscriber` for a render engine. Subscribe once per slot: one message per slot is in hand."""
    return _work(f"houseband.stem.{engine}.ready.*", stem_consumer(engine))


def draft_queue() -> WorkQueue:
    """Arguments of `router.subscriber` for drafts: one song at a time is drafted per subscription."""
    return _work("houseband.draft.ready.*", DRAFTS, DRAFTS_STREAM)


def ask_queue(service: str) -> AskQueue:
    """Arguments of `router.subscriber` for questions; the instances of a service share them."""
    return {"subject": ask_subject(service), "queue": service, "decoder": raw_body, "max_workers": 8}


def _work(subject: str, durable: str, stream: str = STAGES_STREAM) -> WorkQueue:
    # More than one message per fetch, or more than one worker, would prefetch messages that get no heartbeat.
    return {
        "subject": subject,
        "stream": JStream(name=stream, declare=False),
        "durable": durable,
        "pull_sub": PullSub(batch_size=1, timeout=FETCH_S),
        "ack_policy": AckPolicy.MANUAL,
        "decoder": raw_body,
    }
