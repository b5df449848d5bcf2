"""Removing what erased compositions leave, while others work on.

An object that lies under its digest may be named by somebody else at any moment: a job that asks whether it exists finds it, and
names it in a document that is written later. So it is not deleted: it is put aside, where no job finds it. Jobs that were open at that
moment may have found it before; while one of them is open, what they name is put back. Once all of them have ended nobody can name
it any more, and it goes. Everything is in the store, so a gateway that dies goes on from there.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import String, cast, delete, select

from contracts.artifacts import AudioArtifact
from contracts.errors import BadInput, Unavailable
from services.gateway.database.models import OPEN, Base, Composition, FeedbackRow, Job, Replay
from services.gateway.door.forms import remove_stale, spool_folder
from services.gateway.door.replays import forgotten_before
from services.gateway.erasing.erasure import erase_outlived, stop_jobs
from services.gateway.erasing.references import ANSWERS, objects_of, of_composition, of_jobs, own_prefixes, unit
from services.gateway.ports import Desk
from services.runtime.workbench import Objects

log = structlog.get_logger(__name__)

ASIDE = "aside/"
_BEFORE, _AFTER = "before.json", "after.json"
_SKEW_S = 5.0
_KEPT_TABLES = frozenset({"audit"})


@dataclass(frozen=True)
class Swept:
    """What one round did."""

    compositions: tuple[str, ...] = ()
    aside: int = 0
    deleted: int = 0
    restored: int = 0


class Sweeper:
    """Erases what is due, again and again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run(self) -> None:
        """Sweep until cancelled; quickly while something lies aside that a job may still want."""
        while True:
            swept = await self.sweep()
            waits = swept.aside - swept.deleted - swept.restored > 0
            await asyncio.sleep(min(1.0, self._desk.settings.erasure_period_s) if waits else self._desk.settings.erasure_period_s)

    async def sweep(self) -> Swept:
        """One round: expired answers, outlived compositions, erased ones that are due, and what lies aside."""
        await self._forget_answers()
        await asyncio.to_thread(lambda: remove_stale(spool_folder(self._desk.settings)))
        await erase_outlived(self._desk)
        gone = []
        for composition_id, wants_answers in await self._due():
            try:
                if await self._is_quiet(composition_id):
                    await self._put_aside(composition_id, wants_answers=wants_answers)
                    await self._remove_rows(composition_id)
                    gone.append(composition_id)
            except (Unavailable, BadInput) as error:
                log.warning("erasure_postponed", composition_id=composition_id, reason=str(error))
        counts = await self._settle()
        if gone:
            log.info("compositions_swept", compositions=gone, **counts)
        return Swept(tuple(gone), **counts)

    async def _forget_answers(self) -> None:
        async with self._desk.database.write() as session:
            await session.execute(delete(Replay).where(forgotten_before(self._desk)))

    async def _due(self) -> Sequence[tuple[str, bool]]:
        """Erased compositions whose grace is over, and whether a language model was asked for one of their jobs."""
        latest = self._desk.clock() - self._desk.settings.erasure_grace_s
        async with self._desk.database.read() as session:
            ids = list(await session.scalars(select(Composition.id).where(Composition.erased_at <= latest)))
            rows = await session.execute(select(Job.composition_id, Job.request).where(Job.composition_id.in_(ids)))
            asked = {one for one, request in rows if request.get("options", {}).get("enhance") == "llm"}
        return [(one, one in asked) for one in ids]

    async def _is_quiet(self, composition_id: str) -> bool:
        """Whether none of its jobs runs, and no message of one is being worked on."""
        await stop_jobs(self._desk, composition_id)
        async with self._desk.database.read() as session:
            jobs = list(await session.scalars(select(Job.id).where(Job.composition_id == composition_id)))
        for job_id in jobs:
            await self._desk.bus.purge(job_id)
            if await self._desk.bus.pending(job_id):
                return False
        return True

    async def _put_aside(self, composition_id: str, *, wants_answers: bool) -> None:
        living = await self._others(composition_id)
        open_jobs = [job for *_, job, is_open in living if is_open]
        await asyncio.to_thread(self._move, composition_id, [(one, job) for one, job, _ in living], open_jobs, wants_answers=wants_answers)

    def _move(self, composition_id: str, living: list[tuple[str, str]], open_jobs: list[str], *, wants_answers: bool) -> None:
        """Put shared objects aside, then remove what is its own: until that is gone, all of this can be done again."""
        objects = self._desk.objects
        dying = of_composition(objects, composition_id)
        place = f"{ASIDE}{composition_id}/"
        lonely = objects_of(objects, dying, of_jobs(objects, living))
        if lonely:
            objects.create(place + _BEFORE, json.dumps({"jobs": open_jobs, "time": self._desk.clock() - _SKEW_S}).encode())
        for key in lonely:
            _moved(objects, key, place + key)
        for key in objects.list(ANSWERS) if wants_answers else ():
            objects.delete(key)
        for prefix in own_prefixes(composition_id):
            for key in objects.list(prefix):
                objects.delete(key)

    async def _others(self, composition_id: str) -> list[tuple[str, str, bool]]:
        """(composition, job, whether it is open) of every other composition."""
        async with self._desk.database.read() as session:
            rows = await session.execute(select(Job.composition_id, Job.id, Job.status).where(Job.composition_id != composition_id))
            return [(one, job_id, status in OPEN) for one, job_id, status in rows]

    async def _remove_rows(self, composition_id: str) -> None:
        """Every row of every table that is of this composition; only the audit log keeps that it was."""
        jobs = select(Job.id).where(Job.composition_id == composition_id).scalar_subquery()
        async with self._desk.database.write() as session:
            for row, column in ((Replay, Replay.body), (FeedbackRow, cast(FeedbackRow.document, String))):
                await session.execute(delete(row).where(column.contains(composition_id, autoescape=True)))
            for table in reversed(Base.metadata.sorted_tables):
                if table.name in _KEPT_TABLES or table.name in ("jobs", "compositions"):
                    continue
                if "composition_id" in table.c:
                    await session.execute(delete(table).where(table.c.composition_id == composition_id))
                elif "job_id" in table.c:
                    await session.execute(delete(table).where(table.c.job_id.in_(jobs)))
            await session.execute(delete(Job).where(Job.composition_id == composition_id))
            await session.execute(delete(Composition).where(Composition.id == composition_id))

    async def _settle(self) -> dict[str, int]:
        """What lies aside goes, or goes back."""
        aside = await asyncio.to_thread(self._desk.objects.list, ASIDE)
        counts = {"aside": sum(not key.endswith((_BEFORE, _AFTER)) for key in aside), "deleted": 0, "restored": 0}
        for composition_id in sorted({key.removeprefix(ASIDE).partition("/")[0] for key in aside}):
            ended, living = await self._watched(composition_id)
            done = await asyncio.to_thread(self._settle_one, f"{ASIDE}{composition_id}/", living, ended=ended)
            counts = {name: counts[name] + done.get(name, 0) for name in counts}
        return counts

    async def _watched(self, composition_id: str) -> tuple[bool, list[tuple[str, str]]]:
        """(whether every job that may have found an object before it was put aside has ended, those and all that are open now)."""
        before, after = await asyncio.to_thread(self._markers, f"{ASIDE}{composition_id}/")
        found = Job.id.in_(before["jobs"]) | Job.created_at.between(before["time"], after["time"])
        async with self._desk.database.read() as session:
            early = list(await session.execute(select(Job.composition_id, Job.id, Job.status).where(found)))
            later = list(await session.execute(select(Job.composition_id, Job.id).where(Job.status.in_(OPEN))))
        ended = self._desk.clock() > after["time"] and not any(status in OPEN for *_, status in early)
        return ended, [*((one, job_id) for one, job_id, _ in early), *((one, job_id) for one, job_id in later)]

    def _markers(self, place: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Who was at work before the objects were put aside, and when that was done."""
        objects, now = self._desk.objects, self._desk.clock()
        objects.create(place + _BEFORE, json.dumps({"jobs": [], "time": 0.0}).encode())
        objects.create(place + _AFTER, json.dumps({"time": now}).encode())
        return json.loads(objects.read(place + _BEFORE)), json.loads(objects.read(place + _AFTER))

    def _settle_one(self, place: str, living: list[tuple[str, str]], *, ended: bool) -> dict[str, int]:
        objects, restored, deleted = self._desk.objects, 0, 0
        named = of_jobs(objects, living)
        for key in objects.list(place):
            original = key.removeprefix(place)
            if original in (_BEFORE, _AFTER):
                continue
            if unit(original) in named.keys:
                _moved(objects, key, original)
                restored += 1
            elif ended:
                objects.delete(key)
                deleted += 1
        if ended:
            objects.delete(place + _BEFORE)
            objects.delete(place + _AFTER)
        return {"restored": restored, "deleted": deleted}


def _moved(objects: Objects, key: str, to: str) -> None:
    """Move an object; where it is somewhere on the way already, the rest is done."""
    try:
        stored = objects.find(key)
    except BadInput:  # a sound that nobody can read, without a note of what it is
        objects.put_bytes(to, objects.read(key), "application/octet-stream")
        objects.delete(key)
        return
    if stored is None:
        return
    put = objects.put_audio if isinstance(stored, AudioArtifact) else objects.put_file  # a sound keeps its shape
    put(to, objects.local_path(stored), stored.media_type)
    objects.delete(key)
