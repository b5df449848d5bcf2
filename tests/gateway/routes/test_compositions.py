"""Compositions, versions and files: what is served is what was stored, in the pieces that were asked for."""

import hashlib
from typing import Any

from tests.gateway.conftest import House, form
from tests.gateway.routes.test_jobs import of_problem
from tests.gateway.toy_band import MASTER


async def made(house: House) -> dict[str, Any]:
    """A finished job."""
    answer = await house.http.post("/jobs", files=form("warm lo-fi"))
    return await house.ended(answer.json()["job_id"])


async def test_a_finished_job_is_the_first_version_of_its_composition(house: House) -> None:
    """List, composition, versions and version agree, and the version shows its context."""
    job = await made(house)
    path = f"/compositions/{job['composition_id']}"
    listed = (await house.http.get("/compositions")).json()["items"]
    assert [item["composition_id"] for item in listed] == [job["composition_id"]]
    assert (await house.http.get(path)).json()["latest"]["version"] == 1
    assert [item["version"] for item in (await house.http.get(f"{path}/versions")).json()["items"]] == [1]
    version = (await house.http.get(f"{path}/versions/1")).json()
    assert version["context"]["request"]["prompt"] == "warm lo-fi"
    assert version["results"] == job["results"]


async def test_a_file_comes_whole_or_in_part(house: House) -> None:
    """GET, HEAD, ranges from both ends, and If-Range with a stale tag."""
    url = house.url + (await made(house))["results"]["mixed_track_url"]
    whole = await house.http.get(url)
    assert whole.content == MASTER
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["etag"] == f'"{hashlib.sha256(MASTER).hexdigest()}"'
    assert whole.headers["content-disposition"] == 'attachment; filename="master.wav"'
    head = await house.http.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(MASTER)))
    for asked, expected in (("bytes=4-7", MASTER[4:8]), ("bytes=1000-", MASTER[1000:]), ("bytes=-5", MASTER[-5:])):
        part = await house.http.get(url, headers={"Range": asked})
        assert (part.status_code, part.content) == (206, expected), asked
    assert part.headers["content-range"] == f"bytes {len(MASTER) - 5}-{len(MASTER) - 1}/{len(MASTER)}"
    stale = await house.http.get(url, headers={"Range": "bytes=4-7", "If-Range": '"old"'})
    assert (stale.status_code, stale.content) == (200, MASTER)


async def test_what_the_client_has_is_not_sent_again(house: House) -> None:
    """304 by entity tag, strong, weak or any; another tag gets the file."""
    url = house.url + (await made(house))["results"]["mixed_track_url"]
    tag = (await house.http.head(url)).headers["etag"]
    for had in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await house.http.get(url, headers={"If-None-Match": had})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert (await house.http.get(url, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_download_goes_on_with_the_same_file_or_not_at_all(house: House) -> None:
    """RFC 9110: If-Match is looked at first and strongly, If-None-Match next and weakly, If-Range by the tag; there is no date to go by."""
    url = house.url + (await made(house))["results"]["mixed_track_url"]
    tag = (await house.http.head(url)).headers["etag"]
    weak, other = f"W/{tag}", '"0000"'
    for headers, status in (
        ({"If-Match": tag}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": f"{other}, {tag}", "Range": "bytes=0-3"}, 206),
        ({"If-Match": weak}, 412),
        ({"If-Match": other, "If-None-Match": tag}, 412),
        ({"If-Match": tag, "If-None-Match": weak}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-Range": tag, "Range": "bytes=0-3"}, 206),
        ({"If-Range": weak, "Range": "bytes=0-3"}, 200),
        ({"If-Range": "Sat, 21 Nov 2026 18:57:00 GMT", "Range": "bytes=0-3"}, 200),
        ({"If-Modified-Since": "Sat, 21 Nov 2099 18:57:00 GMT"}, 200),
        ({"If-Unmodified-Since": "Sat, 21 Nov 1998 18:57:00 GMT"}, 200),
    ):
        answers = [await house.http.request(method, url, headers=headers) for method in ("GET", "HEAD")]
        assert [answer.status_code for answer in answers] == [status, status], headers
        assert "last-modified" not in answers[0].headers
    stems = url.replace("artifacts/master.wav", "stems.zip")
    found = (await house.http.get(stems)).headers["etag"]
    assert (await house.http.get(stems, headers={"If-None-Match": found})).status_code == 304
    assert of_problem(await house.http.get(stems, headers={"If-Match": found}))["allowed"] == found  # a weak tag is no match


async def test_a_range_outside_the_file_is_refused(house: House) -> None:
    """416 with the size, as a problem; a unit that is not bytes is ignored."""
    url = house.url + (await made(house))["results"]["mixed_track_url"]
    for asked in ("bytes=99999-", "bytes=-0", f"bytes={len(MASTER)}-"):
        answer = await house.http.get(url, headers={"Range": asked})
        assert of_problem(answer)["status"] == 416, asked
        assert answer.headers["content-range"] == f"bytes */{len(MASTER)}"
    for ignored in ("samples=0-1", "bytes=7-4", "bytes=x"):
        assert (await house.http.get(url, headers={"Range": ignored})).status_code == 200, ignored


async def test_no_name_leads_out_of_the_version(house: House) -> None:
    """Only listed names are files; every other path is a 404 that lists them."""
    job = await made(house)
    base = f"/compositions/{job['composition_id']}/versions/1/artifacts/"
    for name in (
        "%2e%2e/%2e%2e/gateway.db",
        "..%2f..%2fgateway.db",
        "%2fetc%2fpasswd",
        "stems%2f..%2fmaster.wav",
        "master.wav%00",
        "x",
        "",
    ):
        problem = of_problem(await house.http.get(base + name))
        assert problem["status"] == 404, name
    assert (await house.http.get(base + "stems%2fbass.wav")).status_code == 200


async def test_a_page_is_shown_without_rights(house: House) -> None:
    """report.html repeats the prompt: it opens in the browser, sandboxed."""
    job = await made(house)
    page = await house.http.get(house.url + job["results"]["files"]["report.html"])
    assert page.headers["content-security-policy"] == "sandbox"
    assert page.headers["content-disposition"].startswith("inline")


async def test_what_is_not_there_is_a_problem(quiet_house: House) -> None:
    """404 for unknown compositions and versions, 422 for a version that is no number."""
    for path in ("/compositions/none", "/compositions/none/versions", "/compositions/none/versions/1", "/compositions/none/versions/0"):
        assert of_problem(await quiet_house.http.get(path))["status"] == 404
    assert of_problem(await quiet_house.http.get("/compositions/none/versions/first"))["status"] == 422
