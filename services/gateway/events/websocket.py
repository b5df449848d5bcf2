"""`WS /jobs/{id}/events`: facts replayed from the database, then live, until the last one."""

import asyncio
import contextlib

from starlette.websockets import WebSocket, WebSocketDisconnect

from contracts.events import TERMINAL_FACTS
from services.gateway.database.models import ENDED, Job
from services.gateway.database.queries import facts_after
from services.gateway.events.hub import Watch
from services.gateway.events.messages import Message, fact_message, heartbeat_message, progress_message
from services.gateway.ports import Desk


class Follower:
    """One reader of one job's events."""

    def __init__(self, desk: Desk, socket: WebSocket, job_id: str, after: int) -> None:
        self._desk, self._socket, self._job_id, self._seq = desk, socket, job_id, after
        self._percent = 0.0

    async def run(self) -> None:
        """Send until the last fact, or until the reader leaves."""
        sending = asyncio.create_task(self._send_all())
        leaving = asyncio.create_task(self._reader_left())
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if not sending.cancelled():
            with contextlib.suppress(WebSocketDisconnect):
                sending.result()

    async def _send_all(self) -> None:
        with self._desk.hub.watch(self._job_id) as watch:
            while not await self._send_facts():
                await self._send_progress(watch)
                await self._wait(watch)
        await self._socket.close()

    async def _send_facts(self) -> bool:
        """Send the facts that the reader has not seen; whether the last one is out."""
        async with self._desk.database.read() as session:
            job = await session.get_one(Job, self._job_id)
            rows = await facts_after(session, self._job_id, self._seq)
        self._percent = max(self._percent, rows[0].progress if rows else job.progress)
        for row in rows:
            self._percent = max(self._percent, row.progress)
            await self._send(fact_message(row))
            self._seq = row.seq
        return job.status in ENDED if not rows else rows[-1].type in TERMINAL_FACTS

    async def _send_progress(self, watch: Watch) -> None:
        progress = watch.take_progress()
        if progress is not None:
            self._percent = max(self._percent, progress.percent)
            await self._send(progress_message(progress, self._seq, self._percent, self._desk.clock()))

    async def _wait(self, watch: Watch) -> None:
        """Until something happens; a long silence is filled with a heartbeat."""
        try:
            await asyncio.wait_for(watch.bell.wait(), self._desk.settings.heartbeat_s)
        except TimeoutError:
            await self._send(heartbeat_message(self._seq, self._percent, self._desk.clock()))
        watch.bell.clear()

    async def _send(self, message: Message) -> None:
        await self._socket.send_text(message.to_json().decode())

    async def _reader_left(self) -> None:
        while (await self._socket.receive())["type"] != "websocket.disconnect":
            continue
