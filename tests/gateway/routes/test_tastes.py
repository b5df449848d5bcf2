"""Judgements are learned from by the real enhancer, kept, listed, and forgotten; a job carries the taste it was taken with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from contracts.preferences import Belief, Preferences
from services.enhancer.app import service
from services.enhancer.settings import EnhancerSettings
from services.gateway.jobs.acceptance import first_context
from services.gateway.jobs.cancelling import load_job
from services.gateway.people.principal import LOCAL
from services.gateway.tastes import _keep, preferences_of
from tests.gateway.conftest import House, form
from tests.gateway.routes.test_jobs import of_problem

LIKED = {"facts": {"names": {"genre": ["folk"], "instrument": ["cello"]}, "numbers": {"tempo": -0.1}}}
OTHER = {"facts": {"names": {"genre": ["metal"], "instrument": ["electric_guitar"]}, "numbers": {"tempo": 0.1}}}


@asynccontextmanager
async def enhancer(house: House, folder: Path) -> AsyncIterator[None]:
    """A real enhancer on a gateway's bus and store."""
    asked = house.desk.settings
    settings = EnhancerSettings(nats_url=asked.nats_url, store=asked.store, scratch_dir=folder, warm_up=False)
    app, started = service(settings).app(), asyncio.Event()
    app.after_startup(started.set)
    async with app.start_lifespan_context():
        await started.wait()
        yield


async def posted(house: House, **judgement: Any) -> dict[str, Any]:
    answer = await house.http.post("/feedback", json=judgement)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_judgements_are_learned_listed_and_forgotten(quiet_house: House, tmp_path: Path) -> None:
    """Three judgements: the model tells of them, the list pages through them in order, and after DELETE nothing is left."""
    async with enhancer(quiet_house, tmp_path):
        for _ in range(2):
            told = (await posted(quiet_house, kind="choice", liked=LIKED, other=OTHER))["told"]
        await posted(quiet_house, kind="rating", rating=5, liked=LIKED)
        assert any("likes genre folk" in line for line in told)
        known = (await quiet_house.http.get("/preferences")).json()
        assert known["preferences"]["judgements"] == 3
        first = (await quiet_house.http.get("/feedback", params={"limit": 2})).json()
        rest = (await quiet_house.http.get("/feedback", params={"limit": 2, "cursor": first["next"]})).json()
        assert [one["kind"] for one in first["items"] + rest["items"]] == ["choice", "choice", "rating"]
        assert first["items"][0]["liked"]["names"]["genre"] == ["folk"]
        assert (await quiet_house.http.delete("/preferences")).json() == {"judgements": 3}
        assert (await quiet_house.http.get("/preferences")).json()["preferences"]["judgements"] == 0
        assert (await quiet_house.http.get("/feedback")).json()["items"] == []


async def test_judgements_at_the_same_moment_are_all_learned_from(quiet_house: House, tmp_path: Path) -> None:
    """Four posts at once: each is counted once, in the model and in the list."""
    async with enhancer(quiet_house, tmp_path):
        await asyncio.gather(*(posted(quiet_house, kind="rating", rating=4, liked=LIKED) for _ in range(4)))
        assert (await quiet_house.http.get("/preferences")).json()["preferences"]["judgements"] == 4
        assert len((await quiet_house.http.get("/feedback")).json()["items"]) == 4


async def test_a_job_carries_the_taste_it_was_taken_with(quiet_house: House, tmp_path: Path) -> None:
    """use: as known then, ignore: none, a model of one's own: that; later judgements do not reach the job."""
    async with enhancer(quiet_house, tmp_path):
        await posted(quiet_house, kind="choice", liked=LIKED, other=OTHER)
        own = Preferences(judgements=9).model_dump_json()
        counts = []
        for options in ("{}", '{"taste": "ignore"}', f'{{"taste": {own}}}'):
            job = (await quiet_house.http.post("/jobs", files=form(options=options))).json()
            await posted(quiet_house, kind="choice", liked=LIKED, other=OTHER)
            taken = await load_job(quiet_house.desk, LOCAL, job["job_id"])
            counts.append((await first_context(quiet_house.desk.objects, taken)).request.preferences.get("judgements", 0))
        assert counts == [1, 0, 9]


async def test_a_brief_over_rest_leans_as_a_job_would(quiet_house: House, tmp_path: Path) -> None:
    """After many choices of folk an open request is read as folk, with the reason; one that ignores taste is not."""
    async with enhancer(quiet_house, tmp_path):
        for _ in range(8):
            await posted(quiet_house, kind="choice", liked=LIKED, other=OTHER)
        leaning = (await quiet_house.http.post("/briefs", json={"prompt": "a song"})).json()
        assert (leaning["genres"]["value"], leaning["genres"]["source"]) == (["folk"], "inferred")
        assert "your taste" in leaning["genres"]["reason"]
        plain = (await quiet_house.http.post("/briefs", json={"prompt": "a song", "options": {"taste": "ignore"}})).json()
        assert plain["genres"]["value"] == ["pop"]


async def test_a_song_that_is_not_there_teaches_nothing(quiet_house: House, tmp_path: Path) -> None:
    """A version that no composition has is 404; the model stays as it was."""
    async with enhancer(quiet_house, tmp_path):
        missing = of_problem(
            await quiet_house.http.post("/feedback", json={"kind": "rating", "rating": 2, "liked": {"composition_id": "x"}})
        )
        assert missing["status"] == 404
        assert (await quiet_house.http.get("/preferences")).json()["preferences"]["judgements"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "rating", "liked": LIKED},
        {"kind": "rating", "rating": 6, "liked": LIKED},
        {"kind": "choice", "liked": LIKED},
        {"kind": "choice", "rating": 3, "liked": LIKED, "other": OTHER},
        {"kind": "rating", "rating": 3, "liked": {}},
        {"kind": "rating", "rating": 3, "liked": {**LIKED, "composition_id": "c"}},
        {"kind": "applause", "liked": LIKED},
        {"kind": "choice", "liked": {"composition_id": "c"}, "other": {"composition_id": "c"}},
        {"kind": "rating", "rating": 5, "liked": {"facts": {"numbers": {"tempo": 1e300}}}},
        {"kind": "rating", "rating": 5, "liked": {"facts": {"names": {"genre": ["\x1b[31m"]}}}},
        {"kind": "rating", "rating": 5, "liked": {"facts": {"names": {"genre": ["x"] * 65}}}},
    ],
)
async def test_a_judgement_that_is_not_whole_is_refused(quiet_house: House, body: dict[str, Any]) -> None:
    """422 with problem details at the door; the enhancer is not asked."""
    assert of_problem(await quiet_house.http.post("/feedback", json=body))["status"] == 422


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999"])
async def test_what_is_no_number_never_reaches_the_model(quiet_house: House, number: str) -> None:
    """A literal that JSON does not know, but Python's reader does, is 422: stored once, it would break every later request."""
    body = f'{{"kind": "rating", "rating": 5, "liked": {{"facts": {{"numbers": {{"tempo": {number}}}}}}}}}'
    answer = await quiet_house.http.post("/feedback", content=body, headers={"Content-Type": "application/json"})
    assert of_problem(answer)["status"] == 422


async def test_a_judgement_on_a_model_that_was_forgotten_meanwhile_is_not_kept(quiet_house: House) -> None:
    """Forgotten and learned anew while the enhancer worked: as many judgements, another model; what was forgotten stays so."""
    old, new = (Preferences(judgements=1, names={"genre": {name: Belief(mean=0.2, variance=0.2, count=1)}}) for name in ("folk", "metal"))
    answer = {"preferences": old.model_copy(update={"judgements": 2}).model_dump(mode="json"), "feedback": {}}
    first = {"preferences": new.model_dump(mode="json"), "feedback": {}}
    assert await _keep(quiet_house.desk, "local", None, first)
    assert await _keep(quiet_house.desk, "local", None, first) is None
    assert await _keep(quiet_house.desk, "local", old.model_dump(mode="json"), answer) is None
    assert await preferences_of(quiet_house.desk, "local") == new
    assert await _keep(quiet_house.desk, "local", new.model_dump(mode="json"), answer)
