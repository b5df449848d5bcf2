"""What stages took on this machine: kept in the database, held in memory, laid on every open job."""

import time
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.events import TERMINAL_FACTS, Accepted, Fact, QaRejected, StageFinished, StageStarted, StemFinished
from contracts.pipeline import FORWARD, Stage
from services.gateway.database.models import OPEN, Job, StageTime
from services.gateway.early.remaining import (
    DEFAULT_CORES,
    DEFAULT_LENGTH_S,
    DEFAULT_PARTS,
    Measured,
    Size,
    expected_s,
    remaining_s,
    speed_of,
    stages_of,
)

KEPT = 60
"""Measurements of a stage that are kept."""


class Times:
    """The measured times of each stage, newest first, and the jobs that are being made."""

    def __init__(self) -> None:
        self._measured: defaultdict[str, deque[Measured]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._working: set[str] = set()
        self._cores = DEFAULT_CORES

    async def load(self, session: AsyncSession) -> None:
        """Read what the database knows, also from other gateways."""
        rows = await session.scalars(select(StageTime).order_by(StageTime.id.desc()).limit(KEPT * len(Stage)))
        self._measured.clear()
        for row in rows:
            self._measured[row.stage].append(Measured(row.seconds, Size(row.length_s, row.parts, row.cores, row.load)))
            self._cores = row.cores
        self._working = set(await session.scalars(select(Job.id).where(Job.status == OPEN[1])))

    @staticmethod
    async def prune(session: AsyncSession) -> None:
        """Forget the oldest measurements."""
        newest = await session.scalar(select(func.max(StageTime.id)))
        if newest:
            await session.execute(delete(StageTime).where(StageTime.id <= newest - KEPT * len(Stage)))

    def carry(self, session: AsyncSession, job: Job, fact: Fact) -> None:
        """Bring what is expected of a job up to a fact, and keep what was measured."""
        if fact.fact in TERMINAL_FACTS:
            self._working.discard(job.id)
            job.expects = None
            return
        expects: dict[str, Any] = dict(job.expects or {"began": job.created_at, "stage": None, "told": [], "seconds": {}})
        match fact:
            case Accepted():
                self._expect(expects, job, stages_of(job.request))
            case StageStarted():
                self._working.add(job.id)
                if not expects["seconds"]:
                    self._expect(expects, job, stages_of(job.request))
                expects |= {"stage": fact.stage.value, "began": fact.time}
            case StemFinished() if fact.cached:
                expects["cached"] = True
            case StageFinished():
                self._finished(session, expects, job, fact)
            case QaRejected() if fact.walk:
                path = [fact.walk[-1]]
                while path[-1] in FORWARD:
                    path.append(FORWARD[path[-1]])
                expects |= {"stage": None, "began": fact.time}
                self._expect(expects, job, path)
            case _:
                return
        job.expects = expects

    def _finished(self, session: AsyncSession, expects: dict[str, Any], job: Job, fact: StageFinished) -> None:
        known = {"length_s": fact.length_s, "parts": fact.parts, "cores": fact.cores}
        expects |= {name: value for name, value in known.items() if value}
        grown = self._size(expects, job)
        began = float(expects["began"]) if expects["stage"] == fact.stage.value else None
        cached = fact.stage is Stage.PRODUCTION and expects.get("cached")
        if began is not None and fact.attempt == 1 and not cached:
            measured = Measured(max(fact.time - began, 1e-3), grown)
            expects["told"] = [*expects["told"], [round(measured.seconds, 3), self._expected(fact.stage, grown)]]
            self._keep(session, fact, measured)
        later = [name for name in map(Stage, expects["seconds"]) if name is not fact.stage]
        expects |= {"stage": None, "began": fact.time}
        self._expect(expects, job, later)

    def _keep(self, session: AsyncSession, fact: StageFinished, measured: Measured) -> None:
        size, self._cores = measured.size, measured.size.cores
        self._measured[fact.stage].appendleft(measured)
        session.add(
            StageTime(
                stage=fact.stage.value,
                seconds=measured.seconds,
                length_s=size.length_s,
                parts=size.parts,
                cores=size.cores,
                load=size.load,
                created_at=fact.time,
            )
        )

    def _expect(self, expects: dict[str, Any], job: Job, stages: Iterable[Stage]) -> None:
        size = self._size(expects, job)
        expects["seconds"] = {stage.value: round(self._expected(stage, size), 3) for stage in stages}
        expects["speed"] = round(speed_of((measured, expected) for measured, expected in expects["told"]), 4)

    def _expected(self, stage: Stage, size: Size) -> float:
        same = [one for one in self._measured[stage] if one.size.cores == size.cores]
        return expected_s(stage, size, same)

    def _size(self, expects: dict[str, Any], job: Job) -> Size:
        asked = (job.request.get("options") or {}).get("duration_s")
        return Size(
            float(expects.get("length_s") or asked or DEFAULT_LENGTH_S),
            int(expects.get("parts") or DEFAULT_PARTS),
            int(expects.get("cores") or self._cores),
            len(self._working | {job.id}),
        )


def remaining_of(job: Job, now: float | None = None) -> float | None:
    """Seconds until an open job is done; None once it has ended, or where nothing is expected yet."""
    if job.status not in OPEN or not job.expects:
        return None
    return round(remaining_s(job.expects, job.progress, time.time() if now is None else now), 1)
