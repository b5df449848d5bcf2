"""The doors of a job: what is taken, what is refused and how."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.events import Progress
from services.gateway.settings import GatewaySettings
from tests.gateway.conftest import PATIENCE_S, House, Open, form

BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x"}
WAV = ("song.wav", b"RIFF0000WAVE", "audio/wav")


def of_problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem that an answer is."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    return problem


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no prompt": ({"options": (None, "{}")}, 400, "prompt"),
    "empty prompt": (form("  \n"), 400, "prompt"),
    "prompt as a file": ({"prompt": ("p.txt", b"a song", "text/plain")}, 400, "prompt"),
    "prompt twice": ([("prompt", (None, "a")), ("prompt", (None, "b"))], 400, "prompt"),  # type: ignore[dict-item]
    "prompt too long": (form("x" * 20_001), 422, "prompt"),
    "prompt with NUL": (form("a\x00b"), 422, "prompt"),
    "options no JSON": (form(options="{"), 400, "options"),
    "options no object": (form(options="[]"), 400, "options"),
    "options as a file": ({**form(), "options": ("o.json", b"{}", "application/json")}, 400, "options"),
    "duration too long": (form(options='{"duration_s": 601}'), 422, "options.duration_s"),
    "duration no number": (form(options='{"duration_s": "long"}'), 422, "options.duration_s"),
    "no such key": (form(options='{"key": "H minor"}'), 422, "options.key"),
    "no such meter": (form(options='{"meter": "0/4"}'), 422, "options.meter"),
    "no such stage": (form(options='{"until": "encore"}'), 422, "options.until"),
    "sounds from no allowed folder": (form(options='{"sounds": {"bass": "/etc/a.sf2"}}'), 422, "options.sounds.bass"),
    "sounds of no known kind": (form(options='{"sounds": {"bass": "a.wav"}}'), 422, "options.sounds.bass"),
    "no such option": (form(options='{"tempo": 120}'), 422, "options.tempo"),
    "seed too large": (form(options='{"seed": 9223372036854775808}'), 422, "options.seed"),
    "seed no number": (form(options='{"seed": true}'), 422, "options.seed"),
    "unknown field": ({**form(), "melody": (None, "la")}, 422, "melody"),
    "image that is a drawing": (form(image=("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png")), 415, "image"),
    "image that is a sound": (form(image=("a.webp", b"RIFF\0\0\0\0WAVE", "image/webp")), 415, "image"),
    "empty image": (form(image=("a.png", b"", "image/png")), 422, "image"),
    "image as text": ({**form(), "image": (None, "a.png")}, 400, "image"),
    "midi that is none": (form(midi=("a.mid", b"RIFF0000", "audio/midi")), 415, "midi"),
    "empty midi": (form(midi=("a.mid", b"", "audio/midi")), 422, "midi"),
    "midi as text": ({**form(), "midi": (None, "a.mid")}, 400, "midi"),
    "hum no audio": (form(hum=("a.txt", b"la", "text/plain")), 415, "hum"),
    "base no score": (form(base=("score.json", b"{}", "application/json")), 422, "base"),
    "base no JSON": (form(base=("score.json", b"nothing", "application/json")), 422, "base"),
    "taps no numbers": ({**form(), "taps": (None, "0, one, 2, 3")}, 422, "taps"),
    "taps falling": (form(taps=("taps.txt", b"0\n1\n0.5\n2\n", "text/plain")), 422, "taps"),
    "too few taps": ({**form(), "taps": (None, "0, 0.5")}, 422, "taps"),
    "lyrics no text": (form(lyrics=("l.txt", b"\xff\xfe\x00", "text/plain")), 422, "lyrics"),
    "empty lyrics": (form(lyrics=("l.txt", b"  ", "text/plain")), 422, "lyrics"),
    "lyrics with an open bracket": ({**form(), "lyrics": (None, "[Verse\nla la")}, 422, "lyrics"),
    "cover no picture": (form(cover=("c.png", b"GIF89a", "image/png")), 415, "cover"),
    "no such loudness": (form(options='{"target_lufs": "deafening"}'), 422, "options.target_lufs"),
    "no such format": (form(options='{"formats": ["wav8"]}'), 422, "options.formats.0"),
    "no such edition": (form(options='{"editions": ["karaoke"]}'), 422, "options.editions.0"),
    "a level beyond the desk": (
        form(options='{"mix": {"channels": {"bass": {"level_db": 99}}}}'),
        422,
        "options.mix.channels.bass.level_db",
    ),
    "a knob that is not there": (form(options='{"mix": {"gain": 1}}'), 422, "options.mix.gain"),
    "resize to nothing": (form(options='{"resize": "triple"}'), 422, "options.resize"),
    "reference as text": ({**form(), "reference_track": (None, "song.wav")}, 400, "reference_track"),
    "reference no audio": (form(reference_track=("a.txt", b"text", "text/plain")), 415, "reference_track"),
    "reference of no known name": (form(reference_track=("a.xyz", b"data", "application/octet-stream")), 415, "reference_track"),
    "empty reference": (form(reference_track=("a.wav", b"", "audio/wav")), 422, "reference_track"),
}


async def test_every_impossible_request_is_refused_with_its_field(quiet_house: House) -> None:
    """Each refusal is a problem that names the field, and no job is made of it."""
    for name, (fields, status, field) in REFUSED.items():
        answer = await quiet_house.http.post("/jobs", files=fields)
        problem = of_problem(answer)
        assert (answer.status_code, problem["field"]) == (status, field), (name, answer.text)
    assert (await quiet_house.http.get("/jobs")).json()["items"] == []


async def test_a_refused_value_says_what_is_allowed(quiet_house: House) -> None:
    """A 422 holds the value and the range, in words that can be shown."""
    problem = of_problem(await quiet_house.http.post("/jobs", files=form(options='{"bpm": 999}')))
    assert (problem["value"], problem["allowed"]) == ("999", "30 to 300")


async def test_only_forms_are_read(quiet_house: House) -> None:
    """Another media type is 415; a form that is none is 400."""
    assert of_problem(await quiet_house.http.post("/jobs", json={"prompt": "a"}))["status"] == 415
    assert of_problem(await quiet_house.http.post("/jobs", data={"prompt": "a"}))["status"] == 415
    assert of_problem(await quiet_house.http.post("/jobs", content=b"nonsense", headers=BOUNDARY))["status"] == 400
    part = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\na song\r\n'
    lost = part % (b"prompt", b"") + part % (b"reference_track", b'; filename="a.wav"') + b"RIFF"
    assert of_problem(await quiet_house.http.post("/jobs", content=lost, headers=BOUNDARY))["status"] == 400
    cut = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na so'
    assert of_problem(await quiet_house.http.post("/jobs", content=cut, headers=BOUNDARY))["status"] == 400


async def test_an_upload_that_says_it_is_huge_is_refused_before_it_is_read(quiet_house: House) -> None:
    """413 by Content-Length: the answer comes before a byte of the body is sent."""
    address = httpx.URL(quiet_house.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000000\r\n\r\n"
    )
    async with asyncio.timeout(PATIENCE_S):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readuntil(b"}")
    writer.close()
    assert head.startswith(b"HTTP/1.1 413")
    assert json.loads(body)["allowed"] == "up to 200000 bytes"


async def test_an_upload_that_grows_beyond_the_limit_is_stopped(quiet_house: House, tmp_path: Path) -> None:
    """413 also where the length is not told; nothing of it stays."""

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="reference_track"; filename="a.wav"\r\n\r\n'
        for _ in range(1000):
            yield bytes(100_000)

    answer = await quiet_house.http.post("/jobs", content=body(), headers=BOUNDARY)
    assert of_problem(answer)["status"] == 413
    assert not list((tmp_path / "store").glob("uploads/**/*.wav"))


async def test_an_upload_is_stored_with_its_digest(quiet_house: House, tmp_path: Path) -> None:
    """The request refers to the upload; its name is one harmless path segment."""
    hostile = ("../../etc/pass wd.wav", WAV[1], "application/octet-stream")
    answer = (await quiet_house.http.post("/jobs", files=form(reference_track=hostile))).json()
    stored = tmp_path / "store" / "uploads" / answer["composition_id"] / "pass_wd.wav"
    assert stored.read_bytes() == WAV[1]


async def test_a_picture_is_stored_and_waits_for_the_eyes(quiet_house: House, tmp_path: Path) -> None:
    """PNG, JPEG, WebP and GIF are taken by their first bytes, whatever they are called."""
    heads = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBP", b"GIF89a")
    for head in heads:
        answer = await quiet_house.http.post("/jobs", files=form(image=("../mood.html", head + b"pixels", "text/html")))
        assert answer.status_code == 202, answer.text
        place = tmp_path / "store" / "uploads" / answer.json()["composition_id"] / "image" / "mood.html"
        assert place.read_bytes() == head + b"pixels"


async def test_a_seed_is_drawn_where_none_is_stated(quiet_house: House) -> None:
    """Two jobs without a seed get different ones."""
    urls = [(await quiet_house.http.post("/jobs", files=form())).json()["status_url"] for _ in range(2)]
    jobs = [(await quiet_house.http.get(quiet_house.url + url)).json() for url in urls]
    assert jobs[0]["seed"] != jobs[1]["seed"]
    assert [job["status"] for job in jobs] == ["queued", "queued"]


async def test_jobs_are_listed_newest_first_page_by_page(quiet_house: House) -> None:
    """The cursor leads through all jobs once; filters choose."""
    made = [(await quiet_house.http.post("/jobs", files=form(f"song {n}"))).json()["job_id"] for n in range(3)]
    first = (await quiet_house.http.get("/jobs", params={"limit": 2})).json()
    second = (await quiet_house.http.get("/jobs", params={"limit": 2, "cursor": first["next"]})).json()
    assert sorted(job["job_id"] for page in (first, second) for job in page["items"]) == sorted(made)
    assert second["next"] is None
    assert (await quiet_house.http.get("/jobs", params={"status": "failed"})).json()["items"] == []
    assert of_problem(await quiet_house.http.get("/jobs", params={"limit": 0}))["field"] == "limit"


async def test_the_same_key_and_request_make_one_job(quiet_house: House) -> None:
    """A repeated POST gets the first answer; another request under that key is refused."""
    key = {"Idempotency-Key": "k1"}
    fields = form("once", reference_track=WAV)
    answers = [(await quiet_house.http.post("/jobs", files=fields, headers=key)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    other = of_problem(await quiet_house.http.post("/jobs", files=form("twice"), headers=key))
    assert other["code"] == "idempotency_key_reused"


async def test_a_cancelled_job_is_over_at_once(quiet_house: House, tmp_path: Path) -> None:
    """DELETE creates end.json, empties the queue, and repeats harmlessly."""
    answer = (await quiet_house.http.post("/jobs", files=form())).json()
    url = f"/jobs/{answer['job_id']}"
    for _ in range(2):
        assert (await quiet_house.http.delete(url)).json()["status"] == "cancelled"
    end = tmp_path / "store" / "compositions" / answer["composition_id"] / "jobs" / answer["job_id"] / "end.json"
    assert json.loads(end.read_text())["status"] == "cancelled"
    assert not await quiet_house.desk.bus.pending(answer["job_id"])


async def test_what_has_ended_cannot_be_cancelled(house: House) -> None:
    """409 for a finished job, 404 for none."""
    job_id = (await house.http.post("/jobs", files=form())).json()["job_id"]
    await house.ended(job_id)
    assert of_problem(await house.http.delete(f"/jobs/{job_id}"))["code"] == "already_ended"
    assert of_problem(await house.http.delete("/jobs/none"))["status"] == 404
    assert of_problem(await house.http.get("/jobs/none"))["status"] == 404
    assert of_problem(await house.http.put("/jobs/none"))["status"] == 405
    assert of_problem(await house.http.get("/nowhere"))["status"] == 404


async def test_progress_never_falls_also_over_a_restart(open_house: Open, settings: GatewaySettings) -> None:
    """A line of progress is kept; a lower one later, or a new process, does not take it back."""
    async with open_house(play=False) as first:
        job_id = (await first.http.post("/jobs", files=form())).json()["job_id"]
        with first.desk.hub.watch(job_id) as watch:
            for percent in (40.0, 30.0):
                await first.app.state.bus.progress(Progress(job_id=job_id, percent=percent))
            async with asyncio.timeout(PATIENCE_S):
                while (await first.http.get(f"/jobs/{job_id}")).json()["progress"] == 0.0:  # the first bell may be of the first fact
                    await watch.bell.wait()
                    watch.bell.clear()
        assert (await first.http.get(f"/jobs/{job_id}")).json()["progress"] == 40.0
    async with open_house(play=False) as second:
        assert (await second.http.get(f"/jobs/{job_id}")).json()["progress"] == 40.0


async def test_the_schema_of_options_is_published(quiet_house: House) -> None:
    """OpenAPI describes the form, the options with the seed, and every reference in it leads somewhere."""
    document = (await quiet_house.http.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert {"seed", "bpm", "license", "until"} <= set(schemas["Options"]["properties"])
    references = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert references <= set(schemas)


@pytest.mark.parametrize(
    "options", ['{"key": "\\udcff"}', '{"moods": ["\\udcff"]}', '{"engine": "\\udcff"}', '{"\\udcff": 1}', '{"chords": "\\ud83d"}']
)
async def test_half_of_a_surrogate_pair_is_refused(quiet_house: House, options: str) -> None:
    """JSON can escape what no text can hold: 422 with the field, not an error of ours."""
    refused = of_problem(await quiet_house.http.post("/jobs", files={"prompt": (None, "house"), "options": (None, options)}))
    assert refused["status"] == 422
    assert refused["field"].startswith("options.")


async def test_half_of_a_surrogate_pair_is_refused_in_a_brief(quiet_house: House) -> None:
    """The same in the JSON body of POST /briefs."""
    headers = {"content-type": "application/json"}
    answer = await quiet_house.http.post("/briefs", content=rb'{"prompt": "jazz \ud83d"}', headers=headers)
    assert of_problem(answer)["field"] == "prompt"
