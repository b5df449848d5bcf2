"""The one provisioner of streams and durable consumers. Services declare nothing; they subscribe to what stands here.

Subscribing never updates an existing consumer, and a second declaration of a stream silently overwrites the first, so
whoever starts the system runs this once before the services. Running it again changes only what differs.
"""

from dataclasses import dataclass

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from contracts.errors import Unavailable
from contracts.events import ADVISORIES_STREAM, DEAD_STREAM, DRAFTS_STREAM, ENGINES, FACTS_STREAM, STAGES_STREAM
from contracts.pipeline import Stage
from services.runtime.waiting import wait_for_port

OLDEST_SERVER = (2, 11)
DUPLICATE_WINDOW_S = 180.0
DAY_S = 86_400.0
DRAFT_AGE_S = 600.0
"""Nobody waits longer to hear a song early."""
ADVISORY_SUBJECTS = ("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>", "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>")
DEAD_LETTERS = "dead-letters"
GATEWAY_FACTS = "gateway-facts"
DRAFTS = "drafts"


@dataclass(frozen=True)
class Delivery:
    """How consumers of work deliver. Seconds."""

    ack_wait_s: float = 6.0
    max_deliver: int = 5


def stage_consumer(stage: Stage) -> str:
    """Durable name of a stage's consumer."""
    return f"stage-{stage}"


def stem_consumer(engine: str) -> str:
    """Durable name of a render engine's consumer."""
    return f"stem-{engine}"


def streams(replicas: int = 1) -> tuple[StreamConfig, ...]:
    """The five streams. STAGES and DRAFTS are work queues; the others keep what happened: facts for a month, dead letters for three."""
    work = ["houseband.stage.*.ready.*", "houseband.stem.*.ready.*"]
    return (
        _stream(STAGES_STREAM, work, replicas, RetentionPolicy.WORK_QUEUE),
        _stream(DRAFTS_STREAM, ["houseband.draft.ready.*"], replicas, RetentionPolicy.WORK_QUEUE, max_age_s=DRAFT_AGE_S),
        _stream(FACTS_STREAM, ["houseband.fact.>"], replicas, max_age_s=30 * DAY_S),
        _stream(DEAD_STREAM, ["houseband.dead.>"], replicas, max_age_s=90 * DAY_S),
        _stream(ADVISORIES_STREAM, list(ADVISORY_SUBJECTS), replicas, max_age_s=7 * DAY_S),
    )


def _stream(
    name: str, subjects: list[str], replicas: int, retention: RetentionPolicy = RetentionPolicy.LIMITS, max_age_s: float = 0.0
) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=subjects,
        retention=retention,
        max_age=max_age_s,
        storage=StorageType.FILE,
        num_replicas=replicas,
        duplicate_window=DUPLICATE_WINDOW_S,
    )


def consumers(delivery: Delivery) -> tuple[tuple[str, ConsumerConfig], ...]:
    """Every durable consumer with its stream: one per stage, one per engine, the drafts, the dead letters, the gateway's facts."""

    def work(name: str, subject: str, stream: str = STAGES_STREAM) -> tuple[str, ConsumerConfig]:
        return stream, ConsumerConfig(
            durable_name=name,
            filter_subject=subject,
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=delivery.ack_wait_s,
            max_deliver=delivery.max_deliver,
            max_ack_pending=10_000,
        )

    def reader(stream: str, name: str) -> tuple[str, ConsumerConfig]:
        config = ConsumerConfig(durable_name=name, ack_policy=AckPolicy.EXPLICIT, deliver_policy=DeliverPolicy.ALL, ack_wait=30.0)
        return stream, config

    return (
        *(work(stage_consumer(stage), f"houseband.stage.{stage}.ready.*") for stage in Stage),
        *(work(stem_consumer(engine), f"houseband.stem.{engine}.ready.*") for engine in ENGINES),
        work(DRAFTS, "houseband.draft.ready.*", DRAFTS_STREAM),
        reader(ADVISORIES_STREAM, DEAD_LETTERS),
        reader(FACTS_STREAM, GATEWAY_FACTS),
    )


def check_server(client: Client) -> None:
    """Raise Unavailable for a server older than 2.11, which ignores newer fields without a word."""
    version = client.connected_server_version
    if (version.major, version.minor) < OLDEST_SERVER:
        needed = ".".join(map(str, OLDEST_SERVER))
        raise Unavailable(f"nats-server {needed} or newer", f"the one that answers is {version}")


async def provision(nats_url: str, delivery: Delivery | None = None, *, replicas: int = 1, timeout_s: float = 30.0) -> None:
    """Create or update every stream and consumer. Raises Unavailable where the server is missing or too old."""
    await wait_for_port(nats_url, timeout_s)
    client = await nats.connect(nats_url, name="houseband-provision", connect_timeout=5, max_reconnect_attempts=3)
    try:
        check_server(client)
        await _provision(client.jetstream(), delivery or Delivery(), replicas)
    finally:
        await client.close()


async def _provision(js: JetStreamContext, delivery: Delivery, replicas: int) -> None:
    for stream in streams(replicas):
        try:
            await js.stream_info(str(stream.name))
        except NotFoundError:
            await js.add_stream(stream)
        else:
            await js.update_stream(stream)
    for name, config in consumers(delivery):
        await js.add_consumer(name, config)  # on an existing durable this updates it
