"""Drafts: the beginning of a song in chunks, while the song itself is made. Somebody asked to hear it.

A draft is never in the way: it takes one worker at a time, goes only as far ahead of whoever listens as it has to, ends with its
job, and where it cannot be made, the song is made all the same. Chunks are stored once under keys of their own, so that a
delivery after a crash finds what is there, tells it again (the fact's id is the same) and goes on.
"""

import asyncio
import time

import nats.errors
import structlog
from faststream.nats import NatsMessage
from pydantic import ValidationError

from contracts.context import Context
from contracts.early import DraftChunk, wanted_key
from contracts.errors import HousebandError, Unavailable
from contracts.events import DraftReady, PreviewReady
from contracts.upgrades import read_context
from services.runtime import moves
from services.runtime.bus import Bus, now
from services.runtime.ending import read_end
from services.runtime.settings import RuntimeSettings
from services.runtime.stopping import end_tasks
from services.runtime.workbench import Objects
from services.runtime.worker import WorkCrashed, Workers

LEAST_AHEAD_S, SPARE_S, SLOWER = 2.0, 1.0, 2.5
"""A chunk is begun when those who listen from the first moment have so much left to hear: some seconds, and what it may take, which
is more than the one before took, since it is longer. Not earlier: what the song itself has rendered by then is not played twice."""
BEAT_S = 0.5
log = structlog.get_logger()


class _Over(Exception):
    """The job has ended: nobody needs the rest."""


class DraftDesk:
    """Where drafts are made. Handlers call `draft`; `work(context, chunk, bench) -> DraftChunk`."""

    def __init__(self, bus: Bus, objects: Objects, workers: Workers, settings: RuntimeSettings) -> None:
        self._bus, self._objects, self._workers = bus, objects, workers
        self._beat_s = min(BEAT_S, settings.ack_wait_s / 4)
        self._drafting: set[asyncio.Task[None]] = set()

    async def draft(self, message: NatsMessage, work: str) -> None:
        """One draft, to its last chunk. Whatever happens, the message is settled and no job fails of it."""
        task = asyncio.ensure_future(self._settled(message, work))
        self._drafting.add(task)
        task.add_done_callback(self._drafting.discard)
        await task

    async def drain(self) -> None:
        """Give back what is in hand: another generator goes on where this one stood."""
        await end_tasks(*self._drafting)

    async def _settled(self, message: NatsMessage, work: str) -> None:
        try:
            event = DraftReady.model_validate_json(message.body)
            with structlog.contextvars.bound_contextvars(job_id=event.job_id, work="draft"):
                await self._draft(event, message, work)
        except ValidationError as error:
            log.error("draft_unreadable", errors=error.error_count())
        except _Over:
            log.info("draft_over", reason="the job has ended")
        except asyncio.CancelledError:
            await asyncio.shield(message.nack())
            raise
        except (HousebandError, WorkCrashed) as error:
            log.warning("draft_not_made", reason=str(error))
        except nats.errors.Error as error:
            log.warning("draft_not_told", reason=repr(error))  # the bus delivers it again
            return
        await message.ack()

    async def _draft(self, event: DraftReady, message: NatsMessage, work: str) -> None:
        context = read_context(await asyncio.to_thread(self._objects.read, event.revision))
        asked = time.monotonic()
        made = await self._chunk(context, 0, message, work)
        began, took_s = time.monotonic(), time.monotonic() - asked
        while not made.last:
            heard_s = made.start_s + made.seconds
            await self._wait(event, message, began + heard_s - max(LEAST_AHEAD_S, SPARE_S + SLOWER * took_s))
            asked = time.monotonic()
            made = await self._chunk(context, made.chunk + 1, message, work)
            took_s = time.monotonic() - asked
            began = max(began, time.monotonic() - heard_s)  # who has to wait for a chunk plays it when it comes

    async def _chunk(self, context: Context, chunk: int, message: NatsMessage, work: str) -> DraftChunk:
        """Make one chunk and tell it. Raises _Over where the job ends meanwhile."""
        making: asyncio.Future[DraftChunk] = asyncio.ensure_future(self._workers.run(work, context, chunk))
        try:
            while not (await asyncio.wait({making}, timeout=self._beat_s))[0]:
                await self._look(context, message)
            made = making.result()
        finally:
            await end_tasks(making)
        await self._look(context, message)
        await self._bus.fact(
            PreviewReady(
                job_id=context.job_id,
                composition_id=context.composition_id,
                time=now(),
                attempt=context.attempt,
                chunk=made.chunk,
                start_s=made.start_s,
                seconds=made.seconds,
                audio=made.audio,
                last=made.last,
            )
        )
        return made

    async def _wait(self, event: DraftReady, message: NatsMessage, until: float) -> None:
        while (left_s := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left_s, self._beat_s))
            await self._look(event, message)

    async def _look(self, about: DraftReady | Context, message: NatsMessage) -> None:
        await message.in_progress()
        if await read_end(self._objects, about.composition_id, about.job_id) is not None:
            raise _Over


async def is_wanted(objects: Objects, context: Context) -> bool:
    """Whether a song's draft is to be made as soon as it can be."""
    early = context.request.options.early
    if early != "auto" or context.arrangement is None:
        return early == "on" and context.arrangement is not None
    return await asyncio.to_thread(objects.exists, wanted_key(context.composition_id, context.job_id))


async def ask_for_draft(bus: Bus, context: Context) -> None:
    """Ask for the draft of the song whose arrangement stands in `context`. What cannot be asked now costs nothing but the draft."""
    event = DraftReady(
        job_id=context.job_id, composition_id=context.composition_id, revision=moves.key_of(context), attempt=context.attempt
    )
    try:
        await bus.draft(event)
    except (Unavailable, nats.errors.Error) as error:
        log.warning("draft_not_asked_for", reason=str(error))
