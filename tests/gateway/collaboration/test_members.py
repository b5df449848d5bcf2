"""Roles in a composition."""

import asyncio
import json

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.gateway.collaboration.conftest import Studio
from tests.gateway.conftest import PATIENCE_S

COMMENT = {"text": "nice", "version": 1}


def socket_of(studio: Studio, user: str, query: str = "") -> connect:
    """A live stream as somebody opens it."""
    url = f"{studio.house.url.replace('http', 'ws')}/api/v1{studio.path}/events{query}"
    return connect(url, additional_headers={"Authorization": f"Bearer {studio.keys[user]}"})


async def until(socket: ClientConnection, kind: str) -> dict[str, object]:
    """The next message of a kind."""
    while True:
        message: dict[str, object] = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_S))
        if message["type"] == kind:
            return message


async def test_roles_open_what_they_say(studio: Studio) -> None:
    """A stranger finds nothing, a viewer sees, an editor changes, only the owner gives roles."""
    ben = studio.people["ben"]

    async def tried() -> tuple[int, ...]:
        look = await ben.get(f"{studio.path}/members")
        change = await ben.post(f"{studio.path}/comments", json=COMMENT)
        give = await ben.put(f"{studio.path}/members/cleo", json={"role": "viewer"})
        return look.status_code, change.status_code, give.status_code

    assert await tried() == (404, 404, 404)
    assert (await studio.invite("ben", "viewer")).status_code == 201
    assert await tried() == (200, 403, 403)
    assert (await studio.invite("ben", "editor")).status_code == 200
    assert await tried() == (200, 201, 403)
    assert [(item["user"], item["role"]) for item in (await ben.get(f"{studio.path}/members")).json()["items"]] == [
        ("ana", "owner"),
        ("ben", "editor"),
    ]


async def test_a_composition_is_passed_on(studio: Studio) -> None:
    """The role owner makes another one the owner, and who had it an editor; an owner can neither be removed nor made less."""
    ana, ben = studio.people["ana"], studio.people["ben"]
    for answer in (await ana.delete(f"{studio.path}/members/ana"), await studio.invite("ana", "viewer")):
        assert (answer.status_code, answer.json()["code"]) == (409, "owner_stays")
    assert (await studio.invite("ben", "owner")).json()["role"] == "owner"
    members = (await ben.get(f"{studio.path}/members")).json()["items"]
    assert [(item["user"], item["role"]) for item in members] == [("ben", "owner"), ("ana", "editor")]
    assert (await studio.invite("cleo", "viewer")).status_code == 403
    assert (await ana.delete(f"{studio.path}/members/ana")).status_code == 204
    assert (await ana.get(studio.path)).status_code == 404


async def test_whoever_is_removed_is_cut_off(studio: Studio) -> None:
    """Open sockets, of the composition and of its jobs, are closed with 4403; those of the others stay."""
    await studio.invite("ben", "editor")
    await studio.invite("cleo", "viewer")
    async with socket_of(studio, "ben") as bens, socket_of(studio, "cleo") as cleos:
        await until(bens, "presence")
        assert (await studio.people["ana"].delete(f"{studio.path}/members/ben")).status_code == 204
        await asyncio.wait_for(bens.wait_closed(), PATIENCE_S)
        assert bens.close_code == 4403
        assert (await until(cleos, "member_removed"))["data"] == {"member": "ben"}
        with pytest.raises(InvalidStatus):
            await socket_of(studio, "ben")


async def test_a_role_is_given_to_what_was_seen(studio: Studio) -> None:
    """With If-Match a role is given only where the composition is as it was seen; the same role twice changes nothing."""
    seen = (await studio.composition())["revision"]
    ana = studio.people["ana"]

    async def give(user: str, tag: int) -> httpx.Response:
        return await ana.put(f"{studio.path}/members/{user}", json={"role": "viewer"}, headers={"If-Match": f'"{tag}"'})

    assert (await give("ben", seen)).status_code == 201
    assert (await give("cleo", seen)).status_code == 412
    assert (await give("ben", seen + 1)).status_code == 200
    assert (await studio.composition())["revision"] == seen + 1


async def test_what_is_erased_is_closed(studio: Studio) -> None:
    """Whoever follows a composition that is erased is told so with 4410."""
    async with socket_of(studio, "ana") as socket:
        await until(socket, "presence")
        assert (await studio.people["ana"].delete(studio.path)).status_code in (200, 202, 204)
        await asyncio.wait_for(socket.wait_closed(), PATIENCE_S)
        assert socket.close_code == 4410
