"""Idempotency-Key: once, and answered again."""

import asyncio
from typing import Any

from sqlalchemy import select

from services.gateway.database.models import Replay
from services.gateway.erasing.sweeping import Sweeper
from tests.gateway.conftest import House, Open
from tests.gateway.routes.test_jobs import of_problem

SONG: dict[str, Any] = {"facts": {"genres": ["jazz"]}}


async def judged(house: House, key: str, rating: int = 5) -> Any:
    """POST /feedback under a key."""
    body = {"kind": "rating", "rating": rating, "liked": SONG}
    return await house.http.post("/feedback", json=body, headers={"Idempotency-Key": key})


class Enhancer:
    """Stands in for the enhancer's answer to a judgement: waits until it is let go, and counts."""

    def __init__(self, house: House) -> None:
        self.asked, self.go, self.began = 0, asyncio.Event(), asyncio.Event()
        object.__setattr__(house.desk.bus, "ask", self.ask)

    async def ask(self, service: str, what: str, arguments: dict[str, Any], timeout_s: float) -> Any:
        """The answer."""
        del service, what, arguments, timeout_s
        self.asked += 1
        self.began.set()
        await self.go.wait()
        return {"preferences": {"judgements": self.asked}, "feedback": {"kind": "rating"}, "told": ["likes jazz"]}


async def test_the_same_request_under_a_key_happens_once(quiet_house: House) -> None:
    """While it runs a second one is 409 with Retry-After; afterwards it gets the same answer; another request is 422."""
    enhancer = Enhancer(quiet_house)
    first = asyncio.create_task(judged(quiet_house, "a"))
    await enhancer.began.wait()
    waiting = await judged(quiet_house, "a")
    assert (of_problem(waiting)["code"], waiting.headers["retry-after"]) == ("in_flight", "1")
    enhancer.go.set()
    made = await first
    again = await judged(quiet_house, "a")
    assert (made.status_code, again.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, 201, made.json(), "true")
    assert of_problem(await judged(quiet_house, "a", rating=1))["code"] == "idempotency_key_reused"
    assert enhancer.asked == 1
    assert (await judged(quiet_house, "b")).json()["feedback_id"] != made.json()["feedback_id"]


async def test_what_was_refused_leaves_its_key_free(quiet_house: House) -> None:
    """A refused request changed nothing: the right one may come under the same key."""
    Enhancer(quiet_house).go.set()
    assert (await judged(quiet_house, "a", rating=9)).status_code == 422
    assert (await judged(quiet_house, "a")).status_code == 201
    assert of_problem(await judged(quiet_house, "x" * 256))["field"] == "Idempotency-Key"


async def test_a_key_expires(open_house: Open) -> None:
    """After its time a key is as new, and its row is removed by the sweeper."""
    async with open_house(play=False, replays_s=0.05) as house:
        Enhancer(house).go.set()
        made = await judged(house, "a")
        await asyncio.sleep(0.1)
        assert (await judged(house, "a", rating=1)).json()["feedback_id"] != made.json()["feedback_id"]
        await asyncio.sleep(0.1)
        await Sweeper(house.desk).sweep()
        assert await rows(house) == 0


async def test_a_form_is_the_same_under_another_boundary(quiet_house: House) -> None:
    """A client draws a boundary anew when it tries again: the request is the same; with another file it is another one."""

    async def ask(*_: Any, **__: Any) -> Any:
        return {"tempo_bpm": 120.0}

    object.__setattr__(quiet_house.desk.bus, "ask", ask)

    async def analysed(boundary: str, sound: bytes) -> Any:
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'.encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": "a"}
        return await quiet_house.http.post("/analyses", content=part + sound + f"\r\n--{boundary}--\r\n".encode(), headers=headers)

    first = await analysed("one", b"RIFF" + bytes(100_000))
    again = await analysed("another-one", b"RIFF" + bytes(100_000))
    assert (first.status_code, again.headers.get("idempotency-replayed")) == (200, "true")
    assert of_problem(await analysed("one", b"RIFF" + bytes(99_999)))["status"] == 422


async def rows(house: House) -> int:
    """How many answers are kept."""
    async with house.desk.database.read() as session:
        return len(list(await session.scalars(select(Replay))))
