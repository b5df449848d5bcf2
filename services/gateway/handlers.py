"""The edge to the bus: facts and progress come in."""

from collections.abc import Callable

import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from contracts.errors import Unavailable
from contracts.events import FACT, FACTS_STREAM, TERMINAL_FACTS, Progress
from services.gateway.events.progress import ProgressLedger
from services.gateway.jobs.endings import record_fact
from services.gateway.jobs.facts import overtook
from services.gateway.ports import Desk
from services.runtime.provision import GATEWAY_FACTS
from services.runtime.queues import raw_body

log = structlog.get_logger(__name__)

_RETRY_S, _OVERTAKEN_S = 1.0, 0.2
_WAITS = 3
"""So often an end waits for the stage before it, which another gateway may still be writing; it may also have got lost."""


def subscribe(broker: NatsBroker, desk: Desk, ledger: ProgressLedger, on_end: Callable[[], None] = lambda: None) -> None:
    """Put the gateway's subscribers on a broker that has not started. `on_end` is called when a job has ended."""
    facts = broker.subscriber(
        "houseband.fact.>",
        stream=JStream(FACTS_STREAM, declare=False),
        durable=GATEWAY_FACTS,
        pull_sub=PullSub(batch_size=1, timeout=5.0),
        ack_policy=AckPolicy.MANUAL,
        decoder=raw_body,
    )

    @facts
    async def on_fact(message: NatsMessage) -> None:
        """Record a fact; what is no fact is put aside, what cannot be written now comes again."""
        try:
            fact = FACT.validate_json(message.body)
            if (message.raw_message.metadata.num_delivered or 1) <= _WAITS and await overtook(desk.database, fact):
                await message.nack(delay=_OVERTAKEN_S)
                return
            await record_fact(desk, fact)
            if fact.fact in TERMINAL_FACTS:
                on_end()
        except ValidationError as error:
            log.error("fact_unreadable", body=message.body[:200], errors=error.error_count())
        except (Unavailable, OperationalError) as error:
            log.warning("fact_postponed", reason=str(error))
            await message.nack(delay=_RETRY_S)
            return
        await message.ack()

    @broker.subscriber("houseband.progress.*", queue="gateways", decoder=raw_body)
    async def on_progress(message: NatsMessage) -> None:
        """Note a line of progress: one of the gateways does, and tells the others that have readers of it."""
        try:
            ledger.note(Progress.model_validate_json(message.body))
        except ValidationError:
            log.warning("progress_unreadable", body=message.body[:200])
