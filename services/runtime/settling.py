"""Settling a message: whatever happens to its work, it is acknowledged, given back with a delay, or buried. Once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import nats.errors
import structlog
from faststream.nats import NatsMessage
from pydantic import ValidationError
from structlog.contextvars import bound_contextvars

from contracts.context import Context
from contracts.errors import BadInput, Cancelled, HousebandError, Unavailable
from services.runtime.bus import Bus, Work
from services.runtime.dead import fail_job, letter, letter_id, read_work
from services.runtime.ending import publish_end, read_end
from services.runtime.settings import RuntimeSettings
from services.runtime.stopping import end_tasks
from services.runtime.workbench import Objects
from services.runtime.worker import WorkCrashed

LONGEST_DELAY_S = 60.0
LONGEST_BEAT_S = 1.0
GIVE_BACK_S = 5.0
log = structlog.get_logger()


@dataclass(frozen=True)
class Delivery:
    """One delivery of one message."""

    message: NatsMessage
    number: int
    stream_seq: int
    published_at: float

    @classmethod
    def of(cls, message: NatsMessage) -> "Delivery":
        """Read the broker's metadata."""
        known = message.raw_message.metadata
        return cls(message, known.num_delivered or 1, known.sequence.stream, known.timestamp.timestamp())


Act = Callable[[Work, Delivery], Awaitable[None]]


class Settler:
    """Runs the act that a message asks for and settles the message by its outcome.

    Done: acknowledged. BadInput: the job fails, nothing is retried. Unavailable, and any bug: given back with a delay
    that triples; at the last delivery the job fails with the reason and the message becomes a dead letter. Cancelled:
    acknowledged. The service stops: given back at once, so that another worker takes it.
    """

    def __init__(self, bus: Bus, objects: Objects, settings: RuntimeSettings) -> None:
        self._bus, self._objects, self._settings = bus, objects, settings
        self._beat_s = min(LONGEST_BEAT_S, settings.ack_wait_s / 4)
        self._acting: set[asyncio.Future[None]] = set()
        self._settling: set[asyncio.Task[Any]] = set()
        self._stopping = False

    async def settle(self, message: NatsMessage, act: Act) -> None:
        """Decode, act, settle."""
        task = asyncio.current_task()
        if task:  # FastStream gives each message a task of its own
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
        delivery, subject = Delivery.of(message), message.raw_message.subject
        try:
            event = read_work(subject, message.body)
        except ValidationError as error:
            await self._bury(delivery, f"the payload is no event: {error}")
            return
        with bound_contextvars(job_id=event.job_id, work=".".join(subject.split(".")[1:3]), delivery=delivery.number):
            try:
                await self._outcome(event, delivery, act)
            except asyncio.CancelledError:
                await asyncio.shield(message.nack())
                if self._cancelled_from_outside():
                    raise
            except (nats.errors.Error, HousebandError, TimeoutError) as error:
                log.warning("message_not_settled", reason=repr(error))  # the bus delivers it again

    async def drain(self, timeout_s: float) -> None:
        """Stop: let the work in hand finish for `timeout_s`, then give it back."""
        self._stopping = True
        if self._acting:
            await asyncio.wait(self._acting, timeout=timeout_s)
        for acting in tuple(self._acting):
            acting.cancel()
        if self._settling:
            await asyncio.wait(self._settling, timeout=GIVE_BACK_S)

    @staticmethod
    def _cancelled_from_outside() -> bool:
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0

    async def _outcome(self, event: Work, delivery: Delivery, act: Act) -> None:
        try:
            await self._alive(event, delivery, act)
        except Cancelled:
            log.info("work_dropped", reason="the job has ended")
            await delivery.message.ack_sync()
        except BadInput as error:
            log.info("job_refused", reason=str(error))
            await fail_job(self._bus, self._objects, event, error.problem())
            await delivery.message.ack_sync()
        except Unavailable as error:
            await self._again_or_never(event, delivery, error)
        except WorkCrashed as error:
            log.error("work_crashed", traceback=str(error))
            await self._again_or_never(event, delivery, Unavailable("this step", f"it crashed: {_last_line(str(error))}"))
        except Exception as error:  # anything else is a bug: told with its traceback, then treated as Unavailable
            log.exception("handler_crashed")
            await self._again_or_never(event, delivery, Unavailable("this step", f"it crashed: {error!r}"))
        else:
            await delivery.message.ack_sync()

    async def _alive(self, event: Work, delivery: Delivery, act: Act) -> None:
        """Act, with heartbeats. Raises Cancelled when the job ends meanwhile, CancelledError when the service stops."""
        if self._stopping:
            raise asyncio.CancelledError
        acting = asyncio.ensure_future(act(event, delivery))
        self._acting.add(acting)
        try:
            while not (await asyncio.wait({acting}, timeout=self._beat_s))[0]:
                await self._beat(delivery)
                if await self._ended(event):
                    raise Cancelled(f"job {event.job_id} has ended")
            acting.result()
        finally:
            await end_tasks(acting)
            self._acting.discard(acting)

    @staticmethod
    async def _beat(delivery: Delivery) -> None:
        """Tell the broker that the work goes on. Without it for a while, the work is done again by another and dropped here."""
        try:
            await delivery.message.in_progress()
        except nats.errors.Error as error:
            log.warning("heartbeat_lost", reason=repr(error))

    async def _ended(self, event: Work) -> bool:
        try:
            return await read_end(self._objects, event.composition_id, event.job_id) is not None
        except Unavailable as error:
            log.warning("store_not_asked", reason=str(error))
            return False

    async def _again_or_never(self, event: Work, delivery: Delivery, error: Unavailable) -> None:
        if delivery.number < self._settings.max_deliver:
            delay_s = error.delay_s if error.delay_s is not None else self._settings.retry_delay_s * 3 ** (delivery.number - 1)
            log.warning("work_postponed", reason=str(error), delay_s=min(delay_s, LONGEST_DELAY_S))
            await delivery.message.nack(delay=min(delay_s, LONGEST_DELAY_S))
            return
        await fail_job(self._bus, self._objects, event, error.problem())
        await self._bury(delivery, str(error))

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        message = delivery.message
        log.error("dead_letter", subject=message.raw_message.subject, reason=reason)
        headers = dict(message.raw_message.headers or {})
        dead = letter(message.raw_message.subject, message.body, headers, reason, delivery.number)
        await self._bus.dead(dead, letter_id(delivery.stream_seq))
        await message.ack_sync()


async def already_ended(bus: Bus, objects: Objects, about: Work | Context) -> bool:
    """Whether the job has ended; its fact is published again, in case its writer died before."""
    end = await read_end(objects, about.composition_id, about.job_id)
    if end:
        await publish_end(bus, end)
    return end is not None


def wall_since(moment: float) -> float:
    """Seconds since a Unix time, never negative."""
    return max(0.0, time.time() - moment)


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
