"""The draft of a song that is being made, as one stream: what is there, then what comes; then, if asked, the finished record."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import structlog
from sqlalchemy import select

from contracts.artifacts import Artifact, AudioArtifact
from contracts.early import preview_prefix, wanted_key
from contracts.errors import BadInput, Unavailable
from contracts.events import DraftReady
from services.gateway.database.models import ENDED, FactRow, Job, Version
from services.gateway.database.queries import version_of_job
from services.gateway.early.coding import Coder, Format, Samples, coder
from services.gateway.early.feed import Feed
from services.gateway.early.sound import Sound
from services.gateway.jobs.revisions import load_context, newest_revision
from services.gateway.jobs.versions import MASTER
from services.gateway.ports import Desk
from services.gateway.problems import Refused

RATE_HZ = 48_000
JOIN_S = 0.05
"""Draft and record cross over so long."""
LOOK_S = 5.0
"""A chunk whose wake-up was lost is found so late."""
log = structlog.get_logger(__name__)


def check_early(job: Job) -> None:
    """Raise Refused for a job that was to have no draft."""
    early = (job.request.get("options") or {}).get("early", "auto")
    if early == "off":
        raise Refused(409, "This job was asked to make no draft.", code="no_preview", field="early", value=early, allowed="auto, on")


async def want(desk: Desk, job: Job) -> None:
    """Somebody listens: note it, and ask for the draft where the arrangement stands already.

    The note comes first: the generator looks for it after the arrangement was stored, so one of the two sees the other. The bus
    drops a second asking.
    """
    if job.status in ENDED:
        return
    await asyncio.to_thread(desk.objects.create, wanted_key(job.composition_id, job.id), b"{}")
    revision = await asyncio.to_thread(newest_revision, desk.objects, job.composition_id, job.id)
    if revision is None:
        return
    try:
        context = await load_context(desk.objects, revision)
        if context.arrangement is not None:
            event = DraftReady(job_id=job.id, composition_id=job.composition_id, revision=revision, attempt=context.attempt)
            await desk.bus.publish_draft(event)
    except (Unavailable, BadInput) as error:  # the song is made all the same
        log.warning("draft_not_asked_for", job_id=job.id, reason=str(error))


def draft_stream(desk: Desk, job: Job, kind: Format, *, rest: bool = False) -> AsyncIterator[bytes]:
    """The draft of a job as bytes. All who listen in one way share one coder."""

    async def make(feed: Feed) -> None:
        await _Listening(desk, job.id, job.composition_id, feed, coder(kind, RATE_HZ), rest=rest).run()

    return desk.listening.read(f"draft:{job.id}:{kind}:{rest}", desk.settings.scratch_dir, make)


async def drop_draft(desk: Desk, composition_id: str, job_id: str) -> int:
    """Delete a job's stored draft; how many objects."""
    keys = await asyncio.to_thread(desk.objects.list, f"{preview_prefix(composition_id, job_id)}/")
    for key in keys:
        await asyncio.to_thread(desk.objects.delete, key)
    return len(keys)


class _Listening:
    """One stream of a draft."""

    def __init__(self, desk: Desk, job_id: str, composition_id: str, feed: Feed, by: Coder, *, rest: bool) -> None:
        self._desk, self._job_id, self._composition_id, self._feed, self._coder = desk, job_id, composition_id, feed, by
        self._rest = rest
        self._held = np.zeros((0, 2), dtype=np.float32)
        self._frames = 0

    async def run(self) -> None:
        """Send the chunks, then the rest where it is wanted."""
        await self._feed.append(self._coder.begin())
        await self._chunks()
        if self._rest and (master := await self._record()) is not None:
            await self._go_on(master)
        await self._send(self._held)
        await self._feed.append(await asyncio.to_thread(self._coder.end))

    async def _chunks(self) -> None:
        following = 0
        with self._desk.hub.watch(self._job_id) as watch:
            while True:
                watch.bell.clear()
                ended, facts = await self._known(following)
                for fact in facts:
                    if not await self._chunk(AudioArtifact.model_validate(fact["audio"])) or fact["last"]:
                        return
                    following += 1
                if ended:
                    return
                if not facts:
                    await self._rung(watch.bell)

    @staticmethod
    async def _rung(bell: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(LOOK_S):  # not wait_for: of Python 3.11 it swallows a cancellation that comes with the bell
                await bell.wait()
        except TimeoutError:
            return

    async def _known(self, following: int) -> tuple[bool, list[dict[str, object]]]:
        """Whether the job has ended, and the facts of the chunks from `following` on, in order and without a gap."""
        statement = select(FactRow.payload).where(FactRow.job_id == self._job_id, FactRow.type == "preview_ready")
        async with self._desk.database.read() as session:
            job = await session.get_one(Job, self._job_id)
            rows = {row["chunk"]: row for row in await session.scalars(statement)}
        facts = []
        while following in rows:
            facts.append(rows[following])
            following += 1
        return job.status in ENDED, facts

    async def _chunk(self, audio: AudioArtifact) -> bool:
        """Send one chunk; whether it was still there."""
        try:
            path = await asyncio.to_thread(self._desk.objects.local_path, audio)
            sound = await asyncio.to_thread(Sound, path)
        except (Unavailable, OSError) as error:
            log.info("chunk_gone", job_id=self._job_id, key=audio.key, reason=str(error))
            return False
        with sound:
            while (block := await asyncio.to_thread(sound.read)).size:
                self._frames += len(block)
                await self._hold(block)
        return True

    async def _hold(self, block: Samples) -> None:
        """Send a block, but for the last moment, which crosses over to the record."""
        whole = np.concatenate([self._held, block]) if self._held.size else block
        keep = round(JOIN_S * RATE_HZ) if self._rest else 0
        cut = max(len(whole) - keep, 0)
        self._held = whole[cut:]
        await self._send(whole[:cut])

    async def _record(self) -> Artifact | None:
        """The finished master, once the job has ended; None where it made none."""
        with self._desk.hub.watch(self._job_id) as watch:
            while True:
                watch.bell.clear()
                async with self._desk.database.read() as session:
                    job = await session.get_one(Job, self._job_id)
                    version: Version | None = await version_of_job(session, self._job_id)
                if job.status in ENDED:
                    found = version.artifacts.get(MASTER) if version else None
                    return Artifact.model_validate(found) if found else None
                await self._rung(watch.bell)

    async def _go_on(self, master: Artifact) -> None:
        """The record from where the draft stops."""
        sound = await asyncio.to_thread(Sound, await asyncio.to_thread(self._desk.objects.local_path, master))
        with sound:
            await asyncio.to_thread(sound.seek, self._frames - len(self._held))
            first = True
            while (block := await asyncio.to_thread(sound.read)).size:
                if first:
                    block, first = self._crossed(block), False
                await self._send(block)

    def _crossed(self, block: Samples) -> Samples:
        count = min(len(self._held), len(block))
        if count:
            share = np.linspace(0.0, 1.0, count, dtype=np.float32)[:, None]
            block = np.concatenate([self._held[:count] * (1 - share) + block[:count] * share, block[count:]])
        self._held = self._held[:0]
        return block

    async def _send(self, block: Samples) -> None:
        if len(block):
            async with self._desk.coding:
                data = await asyncio.to_thread(self._coder.code, block)
            await self._feed.append(data)
