"""The bus: work and facts are published with acknowledgement and a message id, progress and questions over core NATS.

Publishing is retried with the same message id inside the broker's duplicate window, so that a lost acknowledgement or a
change of leader neither loses an event nor doubles it.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any, Self

import nats.errors
import structlog
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError, ServiceUnavailableError

from contracts.errors import BadInput, Unavailable
from contracts.events import (
    DEAD_STREAM,
    DRAFTS_STREAM,
    FACTS_STREAM,
    STAGES_STREAM,
    Answer,
    Ask,
    DeadLetter,
    DraftReady,
    Fact,
    Progress,
    StageReady,
    StemReady,
    ask_subject,
    fact_id,
    fact_subject,
)
from services.runtime.headers import event_headers
from services.runtime.provision import check_server
from services.runtime.stopping import PATIENCE_S, end_or_tell
from services.runtime.waiting import wait_for_port

Work = StageReady | StemReady
EXIT_LOST = 75
"""Exit code of a process whose line to the bus was closed for good (sysexits.h: EX_TEMPFAIL)."""
# What passes: no leader yet, an acknowledgement lost, a connection being made again.
PASSING = (
    NoStreamResponseError,
    ServiceUnavailableError,
    TimeoutError,
    nats.errors.TimeoutError,
    nats.errors.NoRespondersError,
    nats.errors.ConnectionReconnectingError,
    nats.errors.StaleConnectionError,
    nats.errors.OutboundBufferLimitError,
)
PUBLISH_TRIES = 8
ACK_TIMEOUT_S = 5.0
log = structlog.get_logger()


class Lifeline:
    """Ends the process when its line to the bus is closed for good while it works, or when it was asked to stop and does not.

    A lost line comes back by itself. It is closed for good where the server refuses what was sent (a protocol error): then the client
    gives up, readers spin on it without ever yielding, and nothing in this process could work or even stop again. Whoever watches over it
    starts it anew.
    """

    def __init__(self, *, ends: bool = True) -> None:
        self._ends = ends
        self.working = False  # neither starting nor stopping

    def stop(self, graceful_s: float) -> None:
        """The process stops from now on; one that gives its open work so long and does not end tells where it stands, and ends."""
        self.working = False
        if self._ends:
            end_or_tell(asyncio.get_running_loop(), graceful_s + PATIENCE_S)

    async def closed(self) -> None:
        """The client's callback."""
        if self._ends and self.working:
            log.critical("bus_closed_for_good", remedy="the process ends, to be started anew")
            os._exit(EXIT_LOST)


class Bus:
    """One connection to NATS, through a FastStream broker that may carry subscribers.

    `Bus(url, name="gateway")` makes its own broker; a service passes the broker with its subscribers.
    """

    def __init__(self, nats_url: str, *, name: str, broker: NatsBroker | None = None, connect_timeout_s: float = 30.0) -> None:
        self.name, self._url, self._timeout_s = name, nats_url, connect_timeout_s
        self.broker = broker or NatsBroker(nats_url.split(","), name=name, max_reconnect_attempts=-1, logger=None)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Wait for the server, connect, check its version. Raises Unavailable."""
        await wait_for_port(self._url, self._timeout_s)
        await self.broker.connect()
        check_server(self.broker.config.connection_state.connection)

    async def close(self) -> None:
        """Close the connection (and the subscribers, where there are any)."""
        await self.broker.stop()

    @property
    def core(self) -> Client:
        """The open connection itself, for core NATS."""
        client: Client = self.broker.config.connection_state.connection
        return client

    @property
    def jetstream(self) -> JetStreamContext:
        """JetStream of the open connection."""
        stream: JetStreamContext = self.broker.config.connection_state.stream
        return stream

    async def publish(self, event: Work, *, suffix: str = "") -> bool:
        """Publish work for a stage or a render worker: True, or False where the broker has seen this message id.

        `suffix` ("/r1") is for reconciler and replay: an id stays blocked for the duplicate window even after the ack.
        """
        return await self._publish(event, event.subject, STAGES_STREAM, event.message_id + suffix)

    async def fact(self, fact: Fact, *, suffix: str = "") -> bool:
        """Publish a fact: True, or False where the broker has it already."""
        return await self._publish(fact, fact_subject(fact), FACTS_STREAM, fact_id(fact) + suffix)

    async def draft(self, event: DraftReady) -> bool:
        """Ask for a draft of a song's beginning, once."""
        return await self._publish(event, event.subject, DRAFTS_STREAM, event.message_id)

    async def dead(self, letter: DeadLetter, message_id: str) -> bool:
        """Store a dead letter."""
        return await self._publish(letter, letter.dead_subject, DEAD_STREAM, message_id)

    async def progress(self, progress: Progress) -> None:
        """Tell progress. It may be lost."""
        await self.broker.publish(progress.to_json(), progress.subject)

    async def ask(self, service: str, what: str, arguments: Mapping[str, Any] | None = None, *, timeout_s: float = 30.0) -> Any:
        """Ask a service and return its result. Raises BadInput or Unavailable as the service says, Unavailable on silence."""
        question = Ask(what=what, arguments=dict(arguments or {}))
        try:
            reply = await self.broker.request(question.to_json(), ask_subject(service), timeout=timeout_s)
        except (nats.errors.NoRespondersError, nats.errors.TimeoutError, TimeoutError) as error:
            raise Unavailable(f"service {service}", f"it does not answer within {timeout_s:g} s") from error
        return _unwrapped(Answer.model_validate_json(reply.body), service)

    async def purge(self, job_id: str) -> None:
        """Remove a job's waiting work, as after a cancellation."""
        for kind in ("stage", "stem"):
            await self.jetstream.purge_stream(STAGES_STREAM, subject=f"houseband.{kind}.*.ready.{job_id}")

    async def holds_work(self, job_id: str) -> bool:
        """Whether STAGES holds any message of a job, waiting or in flight."""
        info = await self.jetstream.stream_info(STAGES_STREAM, subjects_filter=f"houseband.*.*.ready.{job_id}")
        return bool(info.state.subjects)

    async def _publish(self, event: Work | DraftReady | Fact | DeadLetter, subject: str, stream: str, message_id: str) -> bool:
        headers = event_headers(message_id, type(event).__name__, source=self.name, job_id=event.job_id)
        delay_s = 0.1
        for attempt in range(1, PUBLISH_TRIES + 1):
            try:
                ack = await self.broker.publish(event.to_json(), subject, headers=headers, stream=stream, timeout=ACK_TIMEOUT_S)
            except PASSING as error:
                if attempt == PUBLISH_TRIES:
                    raise Unavailable(f"stream {stream}", f"publishing to {subject} was not acknowledged: {error!r}") from error
                log.warning("publish_retried", subject=subject, attempt=attempt, error=repr(error))
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, 2.0)
            else:
                return not ack.duplicate
        raise AssertionError("unreachable")


def _unwrapped(answer: Answer, service: str) -> Any:
    """The result of an answer, or its problem raised as the error it was."""
    problem = answer.problem
    if problem is None:
        return answer.result
    if problem.field is not None:
        error = BadInput(problem.field, problem.value, problem.allowed or "")
        error.value, error.args, error.code, error.status = problem.value or "", (problem.detail,), problem.code, problem.status
        raise error
    raise Unavailable(f"service {service}", problem.detail)


def now() -> float:
    """Unix seconds, for facts."""
    return time.time()
