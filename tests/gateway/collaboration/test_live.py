"""What happens to a composition, live, at one gateway and at two."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.gateway.collaboration.conftest import Studio
from tests.gateway.collaboration.test_members import socket_of, until
from tests.gateway.conftest import PATIENCE_S, Open, form
from tests.gateway.events.test_websocket import FACTS


async def test_changes_are_told_live_and_again(studio: Studio) -> None:
    """What is done is told in order with the revision as seq; whoever comes back hears what they missed, once."""
    ana = studio.people["ana"]
    start = (await studio.composition())["revision"]
    async with socket_of(studio, "ana") as socket:
        told = [json.loads(await socket.recv()) for _ in range(start)]
        assert [one["type"] for one in told] == ["job_started", "version_added", "job_ended"]
        made = (await ana.post(f"{studio.path}/comments", json={"text": "hm", "version": 1, "bar": 2})).json()
        added = await until(socket, "comment_added")
        assert (added["seq"], added["user"], added["data"]["bar"]) == (start + 1, "ana", 2)  # type: ignore[index]
    path = f"{studio.path}/comments/{made['comment_id']}"
    await ana.patch(path, json={"resolved": True}, headers={"If-Match": '"1"'})
    await ana.patch(studio.path, json={"title": "Rain"}, headers={"If-Match": f'"{start + 2}"'})
    async with socket_of(studio, "ana", f"?after={start + 1}") as socket:
        seen = [json.loads(await socket.recv()) for _ in range(2)]
    assert [(one["seq"], one["type"]) for one in seen] == [(start + 2, "comment_resolved"), (start + 3, "title_changed")]


async def test_it_is_seen_who_is_there(studio: Studio) -> None:
    """Who comes, where they look and that they left is told to the others; a client that says nonsense is left."""
    await studio.invite("ben", "viewer")
    async with socket_of(studio, "ana") as anas:
        await until(anas, "presence")
        async with socket_of(studio, "ben") as bens:
            await bens.send(json.dumps({"type": "look", "version": 1, "bar": 3}))
            while (people := _people(await until(anas, "presence"))) != {"ana": None, "ben": 3}:
                assert set(people) <= {"ana", "ben"}
            await bens.send("nonsense")
            await bens.wait_closed()
            assert (bens.close_code, bens.close_reason) == (1008, "no JSON")
        while _people(await until(anas, "presence")) != {"ana": None}:
            continue


async def test_two_gateways_are_one_house(open_house: Open) -> None:
    """A job posted at one is followed at the other; so are progress, comments and who is there."""
    async with open_house() as one, open_house(play=False) as other:
        one.band.hold.clear()
        accepted = (await one.http.post("/jobs", files=form())).json()
        job, composition = _path(other.url, accepted["events_url"]), f"/compositions/{accepted['composition_id']}"
        async with connect(job) as of_job, connect(_path(other.url, f"/api/v1{composition}/events")) as there:
            await until(there, "presence")
            async with connect(_path(one.url, f"/api/v1{composition}/events")) as here:
                while (await until(there, "presence"))["data"]["count"] != 2:  # type: ignore[index]
                    continue
                one.band.hold.set()
                messages = await _all(of_job)
                await until(there, "job_progress")
                await until(there, "job_ended")
                await one.http.post(f"{composition}/comments", json={"text": "good", "version": 1})
                for socket in (here, there):
                    assert (await until(socket, "comment_added"))["data"]["text"] == "good"  # type: ignore[index]
            while (await until(there, "presence"))["data"]["count"] != 1:  # type: ignore[index]
                continue
        assert [message["seq"] for message in messages if message["type"] not in ("progress", "heartbeat")] == list(
            range(1, len(FACTS) + 1)
        )
        assert any(message["message"] == "half way" for message in messages)


def _path(url: str, path: str) -> str:
    return f"{url.replace('http', 'ws')}{path}"


def _people(message: dict[str, Any]) -> dict[str, int | None]:
    return {one["user"]: one["bar"] for one in message["data"]["people"]}


async def _all(socket: ClientConnection) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE_S):
        return [json.loads(text) async for text in socket]
