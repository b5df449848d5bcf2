"""Who may do what: every route and every call of the house x everybody who might ask.

Routes are enumerated from the application, calls from the service's description. What a route needs follows from its address and
method by the rules of this file; a new one that asks nobody, or lets in whom it should not, fails here without being listed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
import websockets.exceptions
from google.protobuf.message_factory import GetMessageClass
from websockets.asyncio.client import connect

from contracts import studio_pb2
from services.gateway.people.doorway import OPEN, TICKETS, needed_scope
from services.gateway.people.reception import call_scope
from tests.gateway.conftest import House, form
from tests.gateway.people.conftest import MakeKey, OpenLocked, shown

API = "/api/v1"
LOOKS = ("GET", "HEAD")
OWNERS_ONLY = {
    ("DELETE", "/compositions/{composition_id}"),
    ("PUT", "/compositions/{composition_id}/members/{user}"),
    ("DELETE", "/compositions/{composition_id}/members/{user}"),
}
WHO_WROTE_IT = {("DELETE", "/compositions/{composition_id}/comments/{comment_id}")}
"""An editor removes only comments of their own; the owner all."""
VIEWERS_TOO = {("POST", "/compositions/{composition_id}/versions/{number}/instructions")}
"""Reads an instruction and changes nothing."""
QUERIES = {
    "/compositions/{composition_id}/compare": "?version=1&version=1",
    "/compositions/{composition_id}/versions/{number}/diff": "?against=1",
}
BODIES: dict[tuple[str, str], Any] = {
    ("PATCH", "/compositions/{composition_id}"): {"title": "Another name"},
    ("PUT", "/compositions/{composition_id}/members/{user}"): {"role": "viewer"},
    ("POST", "/compositions/{composition_id}/comments"): {"text": "louder", "version": 1},
    ("PATCH", "/compositions/{composition_id}/comments/{comment_id}"): {"text": "softer"},
    ("POST", "/compositions/{composition_id}/versions/{number}/revise"): {"from_stage": "mixing"},
    ("POST", "/compositions/{composition_id}/versions/{number}/branch"): {"branch": "b{who}"},
    ("POST", "/compositions/{composition_id}/versions/{number}/instructions"): {"instruction": "louder"},
    ("POST", "/briefs"): {"prompt": "a song"},
    ("POST", "/feedback"): {"kind": "rating", "rating": 4, "composition_id": "{composition_id}", "version": 1},
    ("POST", "/keys"): {"user": "new", "scopes": ["read"]},
}
"""Bodies with which a route goes as far as asking who it is; `{}` for all others."""
FORMS = {("POST", "/jobs"), ("POST", "/compositions"), ("POST", "/analyses")}
REFUSED = (401, 403, 404, 405, 422, 500)
OBJECTS = ("composition", "job", "dead letter", "letter_id")


@dataclass
class Cast:
    """Everybody, by the keys that they show, and what is theirs."""

    keys: dict[str, str | None]
    names: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def check(self, what: str, who: str, right: bool, found: object) -> None:
        """Note what is not as it should be."""
        if not right:
            self.said.append(f"{what} as {who}: {found}")


def routes_of(app: Any) -> Iterator[tuple[str, str]]:
    """(method, path) of every route; WS for a WebSocket."""
    for route in app.routes:
        for one in route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else (route,):
            methods = getattr(one, "methods", None)
            path = getattr(one, "path", "") or getattr(getattr(one, "starlette_route", None), "path", "")
            yield from ((method, path) for method in sorted(methods)) if methods else (("WS", path),)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_every_route_asks_who_it_is_and_what_they_may(open_locked: OpenLocked, make_key: MakeKey) -> None:
    """Nobody and a revoked key: 401. A key that reads: 403 on changes. A stranger: 404 and no trace. Roles: as far as they go."""
    cast = await _cast(make_key)
    async with open_locked() as house:
        await _stage(house, cast)
        routes = sorted(set(routes_of(house.app)), key=_gentle_first)
        assert len(routes) > 50
        for method, path in routes:
            await (_try_socket(house, cast, path) if method == "WS" else _try_route(house, cast, method, path))
    assert not cast.said, "\n".join(cast.said)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_every_call_asks_who_it_is_and_what_they_may(open_locked: OpenLocked, make_key: MakeKey) -> None:
    """The same over gRPC, for every method of the service, with the statuses of gRPC."""
    cast = await _cast(make_key)
    async with open_locked(grpc_port=0) as house:
        await _stage(house, cast)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{house.app.state.grpc_port}") as channel:
            for method in studio_pb2.DESCRIPTOR.services_by_name["Studio"].methods:
                await _try_call(channel, cast, method)
    assert not cast.said, "\n".join(cast.said)


async def _cast(make_key: MakeKey) -> Cast:
    keys: dict[str, str | None] = {name: await make_key(name) for name in ("stranger", "viewer", "editor", "owner")}
    keys["admin"] = await make_key("admin", "admin")
    keys["reader"] = await make_key("owner", "read")
    keys["revoked"] = await make_key("owner", revoked=True)
    return Cast({"nobody": None, **keys})


async def _stage(house: House, cast: Cast) -> None:
    """The owner's finished song, shared with a viewer and an editor, with a comment and a key beside it."""
    house.http.headers.update(shown(cast.keys["owner"]))
    job = (await house.http.post("/jobs", files=form("owner's secret song"))).json()
    await house.ended(job["job_id"])
    base = f"/compositions/{job['composition_id']}"
    for role in ("viewer", "editor"):
        assert (await house.http.put(f"{base}/members/{role}", json={"role": role})).is_success
    comment = (await house.http.post(f"{base}/comments", json={"text": "owner's secret remark", "version": 1})).json()
    key = (await house.http.post("/keys", json={"user": "x", "scopes": ["read"]}, headers=shown(cast.keys["admin"]))).json()
    own = {name: job[name] for name in ("job_id", "composition_id")}
    rest = {"number": "1", "part": "bass", "user": "guest", "kind": "genres", "letter_id": "1", "name": "master.wav"}
    cast.names = {**own, **rest, "comment_id": comment["comment_id"], "key_id": key["key_id"]}
    del house.http.headers["Authorization"]


def _gentle_first(route: tuple[str, str]) -> tuple[bool, int, str, str]:
    """What destroys comes last, and the composition itself at the very end."""
    method, path = route
    rank = -path.count("/") + 10 * path.endswith("/{composition_id}") if method == "DELETE" else 0
    return method == "DELETE", rank, path, method


def _address(cast: Cast, path: str) -> str:
    found = path.replace("{name}.mp3", "master.mp3")
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda match: cast.names.get(match[1], "x"), found)


def _body(cast: Cast, method: str, path: str, who: str) -> dict[str, Any]:
    if (method, path) in FORMS:
        return {"files": {"file": ("a.wav", b"RIFF")} if path == "/analyses" else form()}
    if method in ("GET", "HEAD", "DELETE"):
        return {}
    body = BODIES.get((method, path), {})
    return {"json": {name: value.format(who=who, **cast.names) if isinstance(value, str) else value for name, value in body.items()}}


async def _try_route(house: House, cast: Cast, method: str, full: str) -> None:
    if full in OPEN or full.startswith("/docs"):
        return
    path = full.removeprefix(API)
    url = house.url + _address(cast, full) + QUERIES.get(path, "")
    admins, looks = needed_scope(full, method in LOOKS) == "admin", method in LOOKS
    for who, key in cast.keys.items():
        answer = await _ask(house, method, url, shown(key), _body(cast, method, path, who))
        expected = _expected(method, path, who, admins=admins, looks=looks, reads=looks or full == TICKETS)
        right = _is_refused(answer, expected) if expected else answer.status_code not in REFUSED or _misses_a_part(answer)
        cast.check(f"{method} {path}", who, right, f"{answer.status_code}, not {expected or 'an answer'}: {answer.text[:200]}")
        if who in ("stranger", "admin") and not admins:
            told = [name for name in ("job_id", "composition_id", "comment_id") if cast.names[name] in answer.text.replace(url, "")]
            told = told if answer.is_success or "secret" in answer.text else []
            cast.check(f"{method} {path}", who, not told or path == "/audit", f"was told {told}")


def _expected(method: str, path: str, who: str, *, admins: bool, looks: bool, reads: bool) -> int | None:
    """The refusal that somebody has to get; None: an answer."""
    if who in ("nobody", "revoked"):
        return 401
    if who == "reader" and not reads:
        return 403
    if admins:
        return None if who == "admin" and "{letter_id}" not in path else 404 if who == "admin" else 403
    if "{composition_id}" not in path and "{job_id}" not in path:
        return None
    if who in ("stranger", "admin"):
        return 404
    if looks or who in ("owner", "reader"):
        return None
    if who == "viewer":
        return None if (method, path) in VIEWERS_TOO else 403
    return 403 if (method, path) in OWNERS_ONLY | WHO_WROTE_IT else None


def _is_refused(answer: Any, expected: int) -> bool:
    """Whether an answer is this refusal: a 404 has to be of the object itself, and not of something that was looked for in it."""
    return answer.status_code == expected and (expected != 404 or not answer.content or answer.json().get("field") in OBJECTS)


def _misses_a_part(answer: Any) -> bool:
    """Whether the object is there for them, and what is asked of it is not: the toy band makes few files."""
    return answer.status_code == 404 and (not answer.content or answer.json().get("field") not in OBJECTS)


async def _ask(house: House, method: str, url: str, headers: dict[str, str], body: dict[str, Any]) -> Any:
    """An answer; of a stream that goes on, only how it begins."""
    async with house.http.stream(method, url, headers=headers, **body) as answer:
        if "event-stream" in answer.headers.get("content-type", ""):
            answer._content = b""
        else:
            await answer.aread()
        return answer


async def _try_socket(house: House, cast: Cast, full: str) -> None:
    for who, key in cast.keys.items():
        expected = _expected("WS", full.removeprefix(API), who, admins=False, looks=True, reads=True) or 101
        found = 101
        try:
            async with connect(house.url.replace("http", "ws") + _address(cast, full), additional_headers=shown(key)):
                pass
        except websockets.exceptions.InvalidStatus as refused:
            found = refused.response.status_code
        cast.check(f"WS {full}", who, found == expected, f"{found}, not {expected}")


async def _try_call(channel: grpc.aio.Channel, cast: Cast, method: Any) -> None:
    asked, answered = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    kinds = ("stream" if method.client_streaming else "unary", "stream" if method.server_streaming else "unary")
    call = getattr(channel, "_".join(kinds))(f"/houseband.v1.Studio/{method.name}", asked.SerializeToString, answered.FromString)
    fields = {descriptor.name for descriptor in method.input_type.fields}
    request = asked(**{name: cast.names[name] for name in fields & {"job_id", "composition_id", "name"}})
    if "version" in fields:
        request.version = 1
    if "from_stage" in fields:
        request.from_stage = "mixing"
    path = next((f"{{{name}}}" for name in ("composition_id", "job_id") if name in fields), "")
    reads = call_scope(method.name) == "read"
    for who, key in cast.keys.items():
        expected = _expected("CALL", path, who, admins=False, looks=reads, reads=reads)
        answering = call(iter([request]) if method.client_streaming else request, metadata=tuple(_lower(shown(key)).items()), timeout=10)
        found = await _status(answering, streams=method.server_streaming)
        names = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
        right = found == names[expected] if expected else found not in names.values()
        cast.check(f"gRPC {method.name}", who, right, f"{found}, not {names.get(expected or 0, 'an answer')}")


async def _status(answering: Any, *, streams: bool) -> str:
    try:
        if streams:
            await answering.read()
        else:
            await answering
    except grpc.aio.AioRpcError as error:
        return str(error.code().name)
    finally:
        answering.cancel()
    return "OK"


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
