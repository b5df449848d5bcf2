"""How JSON is represented: tags, codings, what a client can read."""

import gzip
import json

import brotli
import pytest

from services.gateway.door.representation import coding_for, takes_json
from tests.gateway.conftest import House, form
from tests.gateway.routes.test_jobs import of_problem

CODINGS = {
    "gzip, br": "br",
    "gzip;q=1, br;q=0.5": "gzip",
    "br;q=0, gzip": "gzip",
    "*": "br",
    "*;q=0": None,
    "identity": None,
    "": None,
    "deflate, br;q=nonsense": None,
}


@pytest.mark.parametrize(("asked", "coding"), CODINGS.items())
def test_a_coding_is_chosen_as_the_client_likes_it(asked: str, coding: str | None) -> None:
    """The best quality wins, br among equals; what is refused by q=0 is not used."""
    assert coding_for(asked) == coding


@pytest.mark.parametrize(
    ("accept", "takes"), {"": True, "*/*": True, "text/html, */*;q=0.1": True, "text/html": False, "application/json;q=0": False}.items()
)
def test_json_is_sent_to_those_who_read_it(accept: str, takes: bool) -> None:
    """An Accept header that leaves JSON out, or gives it q=0, is not answered with it."""
    assert takes_json(accept) is takes


async def test_json_has_a_tag_and_is_not_sent_twice(quiet_house: House) -> None:
    """A GET bears a tag; with it, an unchanged document is 304 without a body, under every coding; HEAD has the same headers."""
    http = quiet_house.http
    job = (await http.post("/jobs", files=form())).json()
    song = f"/compositions/{job['composition_id']}"
    tag = (await http.get(song)).headers["etag"]
    again = await http.get(song, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    head = await http.head(song)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert head.headers["content-length"] == str(len((await http.get(song)).content))
    assert (await http.patch(song, json={"title": "another"}, headers={"If-Match": tag})).is_success
    assert (await http.get(song, headers={"If-None-Match": tag})).status_code == 200
    assert (await http.head("/jobs/none")).status_code == 404


async def test_long_json_is_packed_and_sound_is_not(house: House) -> None:
    """The OpenAPI document comes as br or gzip with Vary; a WAV comes as it is, whatever the client takes."""
    document = (await house.http.get("/openapi.json", headers={"Accept-Encoding": "identity"})).content
    async with house.http.stream("GET", "/openapi.json", headers={"Accept-Encoding": "br"}) as packed:
        raw = b"".join([piece async for piece in packed.aiter_raw()])
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("br", "Accept-Encoding")
    assert brotli.decompress(raw) == document
    async with house.http.stream("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join([piece async for piece in packed.aiter_raw()])
    assert gzip.decompress(raw) == document
    assert len(raw) < len(document) / 4
    job = await house.ended((await house.http.post("/jobs", files=form())).json()["job_id"])
    sound = await house.http.get(house.url + job["results"]["mixed_track_url"], headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in sound.headers


async def test_a_client_that_reads_no_json_is_told_before_anything_happens(quiet_house: House) -> None:
    """406, for a GET and for a POST, and no job was made."""
    for answer in (
        await quiet_house.http.get("/jobs", headers={"Accept": "text/html"}),
        await quiet_house.http.post("/jobs", files=form(), headers={"Accept": "audio/wav"}),
    ):
        assert of_problem(answer)["status"] == 406
    assert (await quiet_house.http.get("/jobs")).json()["items"] == []


async def test_lists_link_to_their_next_page(quiet_house: House) -> None:
    """The Link header leads through all pages, the filters kept, and ends."""
    made = [(await quiet_house.http.post("/jobs", files=form(f"song {n}"))).json()["job_id"] for n in range(3)]
    seen, url = [], "/api/v1/jobs?limit=2&status=queued&status=processing"
    while url:
        page = await quiet_house.http.get(quiet_house.url + url)
        seen += [item["job_id"] for item in page.json()["items"]]
        url = page.links.get("next", {}).get("url", "")
        assert "status=processing" in url or not url
    assert seen == made[::-1]


async def test_every_refusal_is_a_problem(quiet_house: House) -> None:
    """What no route answers: unknown addresses, methods, and paths that try to leave."""
    http = quiet_house.http
    assert of_problem(await http.get("/nothing"))["status"] == 404
    refused = await http.put("/jobs")
    assert (of_problem(refused)["status"], "allow" in refused.headers) == (405, True)
    job = (await http.post("/jobs", files=form())).json()
    song = f"{quiet_house.url}/api/v1/compositions/{job['composition_id']}/versions/1/artifacts/"
    for path in ("../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "stems/%00", "a" * 5000):
        assert of_problem(await http.get(song + path))["status"] == 404
    assert json.loads((await http.get("/jobs/" + "x" * 3000)).content)["status"] == 404
