"""A language model in the whole house: asked once for a brief and its song, edited in between, and done without where it fails."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from houseband.client import API, Client
from houseband.launcher import House
from tests.model_server import Model, answers, fails, field, later, model_server, suggestion
from tests.songs import Song, finish_song, open_house

PROMPT = "the last tram through the snow, in A minor"
IDEAS = suggestion(genres=field(["folk"]), tempo_bpm=field(88), key=field("C major"), title="Line Nine")
OPTIONS = {"duration_s": 12, "until": "composition", "seed": 4}
KEY = "sk-in-the-house-123"
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with model_server() as server:
        yield server.plays(answers(IDEAS))


@pytest.fixture(scope="module")
def variables(model: Model) -> dict[str, str]:
    values = {"BASE_URL": model.url, "MODEL": "tiny", "API_KEY": KEY, "PRICE_PROMPT": "0.15", "PRICE_COMPLETION": "0.6", "RETRIES": "0"}
    return {f"HOUSEBAND_LLM_{name}": value for name, value in values.items()}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        with open_house(tmp_path_factory.mktemp("home")) as house:
            yield house


def _song(house: House, folder: Path, prompt: str, **options: Any) -> Song:
    with Client(house.url) as client:
        return finish_song(house, client, client.create_job(prompt, options={**OPTIONS, **options}), folder)


def _context(song: Song) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((song.folder / "context.json").read_text("utf-8"))
    return found


def test_a_brief_is_read_edited_and_played(house: House, model: Model, tmp_path: Path) -> None:
    """POST /briefs and the job after it pay for one answer; the unedited brief gives the same score, the edited one its own."""
    asked = {"prompt": PROMPT, "options": {**OPTIONS, "enhance": "llm"}}
    brief = httpx.post(f"{house.url}{API}/briefs", json=asked, timeout=30).json()
    assert (brief["title"], brief["tempo_bpm"]["value"], brief["key"]["value"]) == ("Line Nine", 88, "A minor")
    song = _song(house, tmp_path / "a", PROMPT, enhance="llm")
    assert len(model.requests) == 1
    account = next(one for one in _context(song)["ai_decisions"] if one["topic"] == "language model")
    assert account["parameters"]["from_cache"] is True
    assert (song.score["title"], song.score["tempo_bpm"]) == ("Line Nine", 88)
    same = _song(house, tmp_path / "b", "", enhance="llm", brief=brief)
    assert same.music_digests() == song.music_digests()
    brief["tempo_bpm"]["value"] = 104
    other = _song(house, tmp_path / "c", PROMPT, enhance="llm", brief=brief)
    assert other.score["tempo_bpm"] == 104
    assert _context(other)["ideation"]["brief"]["tempo_bpm"]["evidence"] == "edited brief"
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("brief", "field_name"),
    [
        ({"tempo_bpm": 900}, "options.brief.tempo_bpm"),
        ({"tempo": 90}, "options.brief.tempo"),
        ({}, "options.brief"),
        ([1], "options.brief"),
    ],
)
def test_an_impossible_brief_is_refused_at_the_door(house: House, brief: Any, field_name: str) -> None:
    """The job is refused with the field, and nothing is made."""
    form = {"prompt": (None, PROMPT), "options": (None, json.dumps({**OPTIONS, "brief": brief}))}
    refused = httpx.post(f"{house.url}{API}/jobs", files=form, timeout=30)
    assert (refused.status_code, refused.json()["field"]) == (422, field_name)


def test_a_model_that_fails_fails_no_song(house: House, model: Model, tmp_path: Path) -> None:
    """The offline reader's brief is played, a note in the decisions says why, and the key is nowhere."""
    model.plays(fails(401, f"bad key {KEY}"))
    song = _song(house, tmp_path / "d", "techno, 126 bpm", enhance="llm")
    notes = [one["choice"] for one in _context(song)["ai_decisions"] if one["topic"] == "note"]
    assert any("the key was not accepted (401)" in note for note in notes)
    assert song.score["tempo_bpm"] == 126
    assert KEY not in (song.folder / "context.json").read_text("utf-8")
    assert all(KEY not in one.log.read_text("utf-8", "replace") for one in house.services.values() if one.log.exists())


def test_who_waits_for_a_model_keeps_nobody_waiting(house: House, model: Model) -> None:
    """Three jobs wait for a slow model at once, and one that needs none is done before them."""
    model.plays(later(3.0, answers(IDEAS)))
    with Client(house.url) as client:
        waiting = [client.create_job(f"folk number {index}", options={**OPTIONS, "enhance": "llm"}) for index in range(3)]
        quick = client.create_job("rock", options=OPTIONS)
        for _ in client.watch(quick.job_id):
            pass
        assert [client.job(job.job_id).ended for job in waiting] == [False] * 3
        for job in waiting:
            for _ in client.watch(job.job_id):
                pass
    assert model.most_busy == 3


def test_the_command_makes_a_whole_song_with_a_model(model: Model, variables: dict[str, str], tmp_path: Path) -> None:
    """`houseband brief` and `houseband make --enhance llm` pay for one answer; the finished song passes its checks."""
    model.plays(answers(IDEAS))
    before = len(model.requests)
    environment = {**os.environ, **variables, "HOUSEBAND_HOME": str(tmp_path / "home")}
    words = [PROMPT, "--enhance", "llm", "--duration", "10", "--seed", "6"]
    for command in (["brief", *words], ["make", *words, "--quiet", "--out", str(tmp_path / "song")]):
        done = subprocess.run([sys.executable, "-m", "houseband", *command], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert KEY not in done.stdout + done.stderr
    assert len(model.requests) == before + 1
    report = json.loads((tmp_path / "song" / "report.json").read_text("utf-8"))
    assert report["passed"] is True
    assert json.loads((tmp_path / "song" / "score.json").read_text("utf-8"))["title"] == "Line Nine"
