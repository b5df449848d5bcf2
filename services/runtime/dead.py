"""Dead letters: messages that no worker could finish.

Two ways lead here. A handler that fails at its last delivery writes the letter itself, with the reason. Where no handler
lived to say so (its process was killed at every delivery), the broker's MAX_DELIVERIES advisory says it, as soon as a
worker asks that consumer for work again; `DeadLetters` reads the advisories, moves the message from STAGES to DEAD, and
fails the job.

The gateway mounts it beside its own subscribers:

    letters = DeadLetters(bus, objects)
    task = asyncio.create_task(letters.run())      # until cancelled
    await letters.list()                           # [(seq, DeadLetter), …] for `houseband dead list`
    await letters.replay(seq)                      # publishes the work again under a new message id; returns the event
"""

import asyncio
import base64
import contextlib
import json

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from contracts.context import EndDocument, end_key
from contracts.errors import BadInput, HousebandError, Problem, Unavailable
from contracts.events import ADVISORIES_STREAM, DEAD_STREAM, STAGES_STREAM, DeadLetter, StageReady, StemReady
from services.runtime.bus import Bus, Work, now
from services.runtime.ending import end_job, read_end
from services.runtime.headers import MESSAGE_ID
from services.runtime.provision import DEAD_LETTERS
from services.runtime.workbench import Objects

RETRY_S = 5.0
_ALL = "houseband.dead.>"
log = structlog.get_logger()


def read_work(subject: str, payload: bytes) -> Work:
    """The event in a message of STAGES. Raises ValidationError for what is none."""
    kind = StemReady if subject.startswith("houseband.stem.") else StageReady
    return kind.model_validate_json(payload)


def letter(subject: str, payload: bytes, headers: dict[str, str], reason: str, deliveries: int) -> DeadLetter:
    """The dead letter of a message. The payload is kept as base64, since it may be anything."""
    words = subject.split(".")
    stage = "-".join(words[1:3]) if words[1] == "stem" else words[2]
    text = base64.b64encode(payload).decode()
    return DeadLetter(
        job_id=words[-1], stage=stage, subject=subject, reason=reason, deliveries=deliveries, payload=text, headers=headers, time=now()
    )


def letter_id(stream_seq: int) -> str:
    """One letter per message, whoever writes it."""
    return f"dead:{STAGES_STREAM}:{stream_seq}"


async def fail_job(bus: Bus, objects: Objects, event: Work, problem: Problem) -> EndDocument:
    """End a job because of a problem at this event."""
    about = {"job_id": event.job_id, "composition_id": event.composition_id, "revision": event.revision, "attempt": event.attempt}
    return await end_job(bus, objects, EndDocument.model_validate({**about, "status": "failed", "problem": problem, "ended_at": now()}))


class DeadLetters:
    """Reads the advisories and keeps the letters. One per system is enough; several share the work."""

    def __init__(self, bus: Bus, objects: Objects) -> None:
        self._bus, self._objects = bus, objects

    async def run(self) -> None:
        """Bury what the advisories name, until cancelled. A bus that is away for a while is waited for."""
        while True:
            try:
                await self._read()
            except nats.errors.Error as error:
                log.warning("advisories_not_read", reason=repr(error))
                await asyncio.sleep(RETRY_S)

    async def _read(self) -> None:
        subscription = await self._bus.jetstream.pull_subscribe_bind(DEAD_LETTERS, stream=ADVISORIES_STREAM)
        try:
            while True:
                with contextlib.suppress(nats.errors.TimeoutError):
                    for advisory in await subscription.fetch(1, timeout=RETRY_S):
                        await self._settle(advisory)
        finally:
            await subscription.unsubscribe()

    async def list(self, *, after: int = 0, most: int = 1000) -> list[tuple[int, DeadLetter]]:
        """Letters with their sequence numbers, oldest first: at most `most` of those above `after`."""
        found: list[tuple[int, DeadLetter]] = []
        with contextlib.suppress(NotFoundError):  # none follows
            while len(found) < most:
                message = await self._bus.jetstream.get_msg(DEAD_STREAM, after + 1, subject=_ALL, next=True)
                after = message.seq or after + 1
                found.append((after, DeadLetter.model_validate_json(_data(message))))
        return found

    async def show(self, seq: int) -> DeadLetter:
        """One letter. Raises BadInput where there is none."""
        try:
            return DeadLetter.model_validate_json(_data(await self._bus.jetstream.get_msg(DEAD_STREAM, seq)))
        except NotFoundError as error:
            raise BadInput("seq", seq, "the sequence number of a dead letter") from error

    async def replay(self, seq: int) -> Work:
        """Publish a letter's work again and drop the letter.

        The message id gets the next suffix (/r1, /r2), since the old one stays blocked for the duplicate window. A job
        that had failed with this letter is open again.
        """
        old = await self.show(seq)
        event = read_work(old.subject, base64.b64decode(old.payload))
        end = await read_end(self._objects, event.composition_id, event.job_id)
        if end and end.status == "failed" and end.problem and end.problem.code == Unavailable.code:
            await asyncio.to_thread(self._objects.delete, end_key(event.composition_id, event.job_id))
        await self._bus.publish(event, suffix=f"/r{_replays(old.headers.get(MESSAGE_ID, '')) + 1}")
        await self._bus.jetstream.delete_msg(DEAD_STREAM, seq)
        log.info("dead_letter_replayed", job_id=event.job_id, seq=seq)
        return event

    async def _settle(self, advisory: Msg) -> None:
        try:
            await self._bury(json.loads(advisory.data))
        except HousebandError as error:
            log.warning("dead_letter_delayed", reason=str(error))
            await advisory.nak(delay=RETRY_S)
            return
        except (ValueError, KeyError) as error:
            log.error("advisory_not_understood", reason=repr(error), advisory=advisory.data.decode(errors="replace"))
        await advisory.ack()

    async def _bury(self, advisory: dict[str, object]) -> None:
        """Move the message that an advisory names from STAGES to DEAD and fail its job."""
        if advisory.get("stream") != STAGES_STREAM:
            return
        seq, deliveries = int(str(advisory["stream_seq"])), int(str(advisory.get("deliveries", 0)))
        js = self._bus.jetstream
        try:
            message = await js.get_msg(STAGES_STREAM, seq)
        except NotFoundError:
            return  # settled by its handler after all, or buried already
        subject, payload, reason = message.subject or "", _data(message), f"no worker lived to finish it in {deliveries} deliveries"
        await self._bus.dead(letter(subject, payload, dict(message.headers or {}), reason, deliveries), letter_id(seq))
        log.error("dead_letter", subject=subject, deliveries=deliveries, reason=reason)
        with contextlib.suppress(ValidationError):
            event = read_work(subject, payload)
            remedy = f"{reason}; see the service's log, then replay it with `houseband dead replay`"
            await fail_job(self._bus, self._objects, event, Unavailable(f"a worker for {subject.split('.')[2]}", remedy).problem())
        await js.delete_msg(STAGES_STREAM, seq)


def _data(message: RawStreamMsg) -> bytes:
    return message.data or b""


def _replays(message_id: str) -> int:
    """How often a message was replayed, from its id's suffix."""
    number = message_id.rpartition("/r")[2] if "/r" in message_id else "0"
    return int(number) if number.isdigit() else 0
