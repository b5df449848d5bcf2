"""Dead letters over REST and from the command: list, show, replay; and `houseband jobs` beside them."""

import asyncio
import json
from typing import Any

import pytest

from houseband.cli import main
from services.runtime.stopping import end_tasks
from tests.gateway.conftest import House, Open, killed
from tests.gateway.routes.test_jobs import of_problem


async def command(house: House, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """What a command prints as JSON."""
    capsys.readouterr()
    code = await asyncio.to_thread(main, [*words, "--server", house.url, "--json"])
    printed = capsys.readouterr().out
    return json.loads(printed.splitlines()[-1]) if code == 0 else code  # the gateway of the test logs there, too


async def test_a_dead_letter_is_listed_shown_and_played_again(open_house: Open, capsys: pytest.CaptureFixture[str]) -> None:
    """Its job failed with it; after the replay it is open, goes on where it stopped, and ends well. The letter is gone."""
    async with open_house(play=False) as house:
        posted = await killed(house)
        [letter] = (await house.http.get("/dead")).json()["items"]
        assert (letter["job_id"], letter["stage"], letter["deliveries"]) == (posted["job_id"], "ideation", 2)
        shown = (await house.http.get(f"/dead/{letter['id']}")).json()
        assert shown == letter == (await command(house, capsys, "dead", "show", str(letter["id"])))
        assert shown["event"]["composition_id"] == posted["composition_id"]
        assert await command(house, capsys, "dead") == [letter]
        assert (await command(house, capsys, "jobs", "list", "--status", "failed"))[0]["job_id"] == posted["job_id"]
        assert await command(house, capsys, "jobs", "list", "--status", "queued") == []
        playing = asyncio.create_task(house.band.run())
        replayed = await command(house, capsys, "dead", "replay", str(letter["id"]))
        assert replayed["job_id"] == posted["job_id"]
        assert (await house.ended(posted["job_id"]))["status"] == "completed"
        await end_tasks(playing)
        assert (await house.http.get("/dead")).json() == {"items": [], "next": None}
        assert (await command(house, capsys, "jobs", "show", posted["job_id"]))["status"] == "completed"


async def test_letters_that_cannot_be_played_again_are_refused(open_house: Open, capsys: pytest.CaptureFixture[str]) -> None:
    """404 for none; 409 where the job was ended by something else; a cursor goes on behind what was read."""
    async with open_house(play=False) as house:
        assert of_problem(await house.http.post("/dead/1/replay"))["status"] == 404
        assert await command(house, capsys, "dead", "show", "1") == 2
        posted = await killed(house)
        page = (await house.http.get("/dead", params={"limit": 1})).json()
        [letter] = page["items"]
        assert (await house.http.get("/dead", params={"cursor": letter["id"]})).json()["items"] == []
        assert page["next"] is None
        first = await house.http.post(f"/dead/{letter['id']}/replay")
        assert first.status_code == 202
        assert (await house.http.get(f"/jobs/{posted['job_id']}")).json()["status"] == "processing"
        assert of_problem(await house.http.post(f"/dead/{letter['id']}/replay"))["status"] == 404
        await command(house, capsys, "jobs", "cancel", posted["job_id"])
        assert (await house.http.get(f"/jobs/{posted['job_id']}")).json()["status"] == "cancelled"
        second = await killed(house)
        [letter] = (await house.http.get("/dead")).json()["items"]
        store = house.desk.objects
        end = f"compositions/{second['composition_id']}/jobs/{second['job_id']}/end.json"
        document = json.loads(store.read(end))
        store.delete(end)
        store.create(end, json.dumps({**document, "status": "cancelled", "problem": None}).encode())
        assert of_problem(await house.http.post(f"/dead/{letter['id']}/replay"))["code"] == "already_ended"
