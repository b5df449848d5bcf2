"""How a job stands, asked again and again: read once, told to many, and never after it changed."""

import asyncio

import pytest

from services.gateway.database.models import Job
from services.gateway.events.hub import Hub
from services.gateway.jobs import standing
from services.gateway.jobs.standing import Standings
from services.gateway.jobs.views import JobView, job_view
from tests.gateway.conftest import PATIENCE_S, House, form

WITHIN_A_MOMENT = 3600.0


def view(progress: float) -> JobView:
    """A job of composition c."""
    times = {"created_at": 1.0, "updated_at": 1.0, "last_seq": 1}
    request = {"prompt": "a song", "seed": 1}
    return job_view(
        Job(id="j", composition_id="c", status="queued", progress=progress, attempt=1, branch="main", request=request, **times), None
    )


class Reader:
    """Reads when it is let: how often, and what it finds."""

    def __init__(self) -> None:
        self.reads, self.progress, self.let, self.begun = 0, 0.0, asyncio.Event(), asyncio.Event()

    async def __call__(self) -> JobView:
        self.reads += 1
        self.begun.set()
        found = view(self.progress)
        await self.let.wait()
        return found

    async def next_begun(self) -> None:
        """Wait until somebody reads once more."""
        self.begun.clear()
        await self.begun.wait()


async def _told(standings: Standings, reader: Reader) -> float:
    return JobView.model_validate_json(await standings.body("ana", "j", reader)).progress


async def test_of_many_who_ask_at_once_one_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty askers of a job that was seen before make one read; a change of the job or of its composition makes a new one."""
    monkeypatch.setattr(standing, "KEPT_S", WITHIN_A_MOMENT)
    standings, reader = Standings(hub := Hub()), Reader()
    reader.let.set()
    assert await _told(standings, reader) == 0.0
    assert standings.known("ana", "j") is None  # at first it is not known whose changes count
    for wake, number in ((hub.wake, "j"), (hub.wake_composition, "c")):
        reader.reads, reader.progress = 0, reader.progress + 1.0
        assert await asyncio.gather(*(_told(standings, reader) for _ in range(20))) == [reader.progress] * 20
        assert reader.reads == 1
        assert standings.known("ana", "j") is not None
        assert standings.known("ben", "j") is None
        wake(number)
        assert standings.known("ana", "j") is None


@pytest.mark.parametrize("topic", ["job", "composition"])
async def test_what_changes_while_it_is_read_is_not_kept(topic: str) -> None:
    """Who asks after the change is told the new state, though an older read is still under way, and nothing old stays."""
    standings, reader = Standings(hub := Hub()), Reader()
    reader.let.set()
    await _told(standings, reader)
    reader.let.clear()
    early = asyncio.create_task(_told(standings, reader))
    await reader.next_begun()
    reader.progress = 50.0
    hub.wake("j") if topic == "job" else hub.wake_composition("c")
    late = asyncio.create_task(_told(standings, reader))
    await reader.next_begun()
    reader.let.set()
    assert (await early, await late) == (0.0, 50.0)
    assert await _told(standings, reader) == 50.0


async def test_a_read_that_fails_fails_nobody_else() -> None:
    """Whoever waited for it reads for themselves, and not one after the other: where a database is away each read takes long."""
    standings, reader = Standings(Hub()), Reader()
    reader.let.set()
    await _told(standings, reader)

    breaks = asyncio.Event()

    async def broken() -> JobView:
        await breaks.wait()
        raise OSError("the disk is gone")

    first = asyncio.create_task(standings.body("ana", "j", broken))
    await asyncio.sleep(0)
    reader.reads = 0
    reader.let.clear()
    others = [asyncio.create_task(_told(standings, reader)) for _ in range(3)]
    await asyncio.sleep(0)
    assert reader.reads == 0
    breaks.set()
    async with asyncio.timeout(PATIENCE_S):
        while reader.reads < 3:
            await reader.next_begun()
    reader.let.set()
    assert await asyncio.gather(*others) == [0.0] * 3
    with pytest.raises(OSError, match="gone"):
        await first


async def test_a_ready_answer_is_the_route_s_own(quiet_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer from memory is byte for byte that of the route, with its tag, for GET and HEAD; figures name the route."""
    monkeypatch.setattr(standing, "KEPT_S", WITHIN_A_MOMENT)
    http = quiet_house.http
    job_id = (await http.post("/jobs", files=form("a song " * 200))).json()["job_id"]
    standings: Standings = quiet_house.app.state.standings
    asked, known, route, ready = 0, None, None, None
    async with asyncio.timeout(PATIENCE_S):  # its first fact may come meanwhile
        while route is None or ready is None:
            before, answer, asked = standings.known("local", job_id), await http.get(f"/jobs/{job_id}"), asked + 1
            after = standings.known("local", job_id)
            if before is None and after is not None:
                known, route = after, answer
            elif before is not None and before is known is after:
                ready = answer
    assert {**route.headers, "date": ""} == {**ready.headers, "date": ""}
    assert (route.content, ready.headers["content-encoding"]) == (ready.content, "br")
    tag = ready.headers["etag"]
    assert (await http.get(f"/jobs/{job_id}", headers={"If-None-Match": tag})).status_code == 304
    assert (await http.head(f"/jobs/{job_id}")).headers["etag"] == tag
    assert (await http.get(f"/jobs/{job_id}", headers={"Accept": "text/html"})).status_code == 406
    counted = f'houseband_http_seconds_count{{method="GET",route="/jobs/{{job_id}}",status="200"}} {asked}.0'
    assert counted in (await http.get("/metrics")).text
    await http.delete(f"/jobs/{job_id}")
    assert (await http.get(f"/jobs/{job_id}")).json()["status"] == "cancelled"


async def test_a_job_that_nobody_asks_about_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its watches are given back, and what was known of it is forgotten."""
    monkeypatch.setattr(standing, "FOLLOWED_S", 0.01)
    standings, reader = Standings(hub := Hub()), Reader()
    reader.let.set()
    for _ in range(2):
        await _told(standings, reader)
    assert hub.watching == 2
    async with asyncio.timeout(PATIENCE_S):
        while hub.watching:  # noqa: ASYNC110 - nobody tells that a watch was given back
            await asyncio.sleep(0.01)
    assert standings.known("ana", "j") is None
    assert await _told(standings, reader) == 0.0
