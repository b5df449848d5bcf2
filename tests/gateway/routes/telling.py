"""Telling the story of the door to a running gateway."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import select

from contracts.context import revision_key
from contracts.errors import Unavailable
from contracts.events import DEAD_STREAM, StageReady
from contracts.pipeline import Stage
from services.gateway.database.models import Job, OutboxRow
from services.gateway.jobs.endings import end_job
from services.runtime.dead import letter, letter_id
from services.runtime.headers import MESSAGE_ID
from tests.gateway.conftest import PATIENCE_S, House
from tests.gateway.routes.story import Step, melody

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass
class Teller:
    """Runs steps, remembering what their answers bring."""

    house: House
    known: dict[str, Any] = field(default_factory=dict)

    async def tell(self, step: Step) -> httpx.Response:
        """The answer to one step."""
        for name, source in step.keeps.items():
            if source.startswith("="):
                self.known[name] = source[1:]
        method, _, path = step.operation.partition(" ")
        arguments: dict[str, Any] = {"params": step.query, "headers": self.filled(step.headers)}
        if step.json is not None:
            arguments["json"] = self.filled(step.json)
        if step.form or step.files:
            sent: dict[str, Any] = {name: (None, value) for name, value in step.form.items()}
            arguments["files"] = {**sent, **{name: await self._file(filename) for name, filename in step.files.items()}}
        answer = await self._asked(step, method, self.filled(path), arguments)
        assert answer.status_code == step.status, (step.operation, answer.status_code, answer.text[:500])
        for name, source in step.keeps.items():
            if not source.startswith("="):
                self.known[name] = answer.headers[source[1:]] if source.startswith("#") else _at(answer.json(), source)
        await self._then(step)
        return answer

    async def _asked(self, step: Step, method: str, path: str, arguments: dict[str, Any]) -> httpx.Response:
        if not step.streams:
            return await self.house.http.request(method, path, **arguments)
        async with self.house.http.stream(method, path, **arguments) as stream:
            first = next(iter([piece async for piece in _first(stream)]))
        return httpx.Response(stream.status_code, headers=stream.headers, content=first)

    async def _file(self, name: str) -> tuple[str, bytes, str]:
        if not name.startswith("@"):
            return name, melody(), "audio/midi"
        at = self.filled("/compositions/{composition_id}/versions/{number}/artifacts/") + name[1:]
        return name[1:], (await self.house.http.get(at)).content, "application/json"

    def filled(self, value: Any) -> Any:
        """A path, header or body with what is known in its places."""
        if isinstance(value, str):
            return _PLACE.sub(lambda found: str(self.known.get(found.group(1), found.group(0))), value)
        if isinstance(value, dict):
            return {name: self.filled(one) for name, one in value.items()}
        return value

    async def _then(self, step: Step) -> None:
        if step.then == "ended":
            await self.house.ended(next(self.known[name] for name in ("revising", "job_id") if name in self.known))
        elif step.then == "bury":
            await bury(self.house, self.known["failing"])
        elif step.then == "hold":
            self.house.band.hold.clear()
        elif step.then == "play":
            self.house.band.hold.set()


async def bury(house: House, job_id: str) -> None:
    """Let a job fail, its first message dead. It was sent before that: a job that ends before its turn has no first revision to play."""
    async with asyncio.timeout(PATIENCE_S):
        while not await sent(house, job_id):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    async with house.desk.database.read() as session:
        job = await session.get_one(Job, job_id)
    key = revision_key(job.composition_id, job_id, 0, None, 1)
    event = StageReady(job_id=job_id, composition_id=job.composition_id, stage=Stage.IDEATION, revision=key, seq=0)
    dead = letter(f"houseband.stage.{event.stage}.ready.{job_id}", event.to_json(), {}, "the worker was killed", 5)
    subject = f"houseband.dead.{event.stage}.{job_id}"
    await house.app.state.bus.jetstream.publish(subject, dead.to_json(), stream=DEAD_STREAM, headers={MESSAGE_ID: letter_id(1)})
    await end_job(house.desk, job, "failed", Unavailable("the worker", "it was killed").problem())


async def sent(house: House, job_id: str) -> bool:
    """Whether the bus has what the database owed it for a job."""
    async with house.desk.database.read() as session:
        row = await session.scalar(select(OutboxRow).where(OutboxRow.job_id == job_id))
    return row is not None and row.sent_at is not None


async def _first(stream: httpx.Response) -> AsyncIterator[bytes]:
    async for piece in stream.aiter_bytes():
        yield piece
        return


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document
