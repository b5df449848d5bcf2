"""A song changed by the real services: what is not touched stays bit for bit, and is not made again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from contracts.errors import BadInput
from houseband.cli import main
from houseband.client import Asked, Client, Job
from houseband.folder import write_folder
from houseband.launcher import House

SONG = "slow folk with acoustic guitar, bass and drums, 80 bpm, A minor"


class Told:
    """A client that waits for its revisions, and what the stems of each job were: found or made."""

    def __init__(self, house: House) -> None:
        self.house, self.client = house, Client(house.url)
        self.cached: dict[str, bool] = {}

    def ended(self, job: Job) -> Job:
        self.cached = {}
        for event in self.client.watch(job.job_id):
            self.house.watch()
            if event.type == "stem_finished":
                self.cached[str(event.data["part"])] = bool(event.data["cached"])  # type: ignore[index]
        return self.client.job(job.job_id)

    def revised(self, composition: str, number: int, *words: str, **stated: Any) -> tuple[Asked, Job]:
        asked = self.client.revise(composition, number, *words, **stated)
        return asked, self.ended(asked.job)

    def context(self, composition: str, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.client.version(composition, number)["context"]
        return found


@pytest.fixture(scope="module")
def told(house: House) -> Told:
    """A composition with a partial version, resumed to the end: versions 1 and 2."""
    return Told(house)


def test_one_song_through_its_versions(told: Told, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stopped at arrangement, resumed with another tempo, one player changed, one made softer, one version restored, one folder adopted."""
    client = told.client
    first = told.ended(client.create_job(SONG, options={"duration_s": 12, "seed": 5, "until": "arrangement"}))
    composition = first.composition_id
    assert client.version(composition, 1)["stage"] == "arrangement"

    # A partial version is gone on with, and an instruction is laid on its notes.
    asked, job = told.revised(composition, 1, "90 bpm")
    assert (job.status, asked.from_stage) == ("completed", "arrangement")
    whole = told.context(composition, 2)
    assert whole["musical"]["tempo_bpm"] == 90
    checks = {check["name"]: check for check in whole["finalization"]["verdict"]["checks"]}
    assert checks["tempo"]["asked"] == 90
    assert all(check["passed"] for check in checks.values())

    # Another bass: nothing else is rendered, and every other dry stem is the same file.
    asked, job = told.revised(composition, 2, "play the bass on a synth bass", until="production")
    after = told.context(composition, 3)
    assert told.cached == {part: part != "bass" for part in whole["production"]["stems"]}
    changed = {part for part, stem in after["production"]["stems"].items() if stem != whole["production"]["stems"][part]}
    assert changed == {"bass"}
    assert job.results
    assert job.results.reuse
    assert {part for part, fate in job.results.reuse["parts"].items() if fate == "made"} == {"bass"}
    assert "synth bass" in client.diff(composition, 3)["text"]

    # A level: no note and no dry stem is touched, and the mixes of the others are as they were.
    asked, job = told.revised(composition, 2, "make the drums quieter", until="mixing", branch="softer")
    softer = told.context(composition, 4)
    assert (asked.from_stage, softer["arrangement"], softer["production"]) == ("mixing", whole["arrangement"], whole["production"])
    mixed = {part: stem["sha256"] == softer["mixing"]["stems"][part]["sha256"] for part, stem in whole["mixing"]["stems"].items()}
    assert not mixed["drums"]
    assert mixed["bass"]

    _one_drum_in_one_bar(told, composition, whole)

    # An old version again, without any work.
    restored = client.restore(composition, 2, branch="softer")
    assert client.diff(composition, restored.version, against=2)["differences"] == []
    assert [one["head"] for one in client.history(composition)["branches"].values()] == [3, 6, 5]

    _from_a_folder(told, job=client.job(client.versions(composition)[1].job_id), folder=tmp_path / "song", capsys=capsys)


def _one_drum_in_one_bar(told: Told, composition: str, whole: dict[str, Any]) -> None:
    """The kick 6 dB louder in a bar: there alone, in its stem and in its mix; no other stem is another file."""
    _, job = told.revised(composition, 2, "kick 6 dB louder in bar 2", until="mixing", branch="kick")
    assert job.results
    after = told.context(composition, job.results.version)
    assert told.client.diff(composition, job.results.version, against=2)["differences"][0]["topic"] == "level"
    for made, least_db in (("production", 2.0), ("mixing", 1.0)):
        stems = whole[made]["stems"], after[made]["stems"]
        players = set(whole["production"]["stems"])
        assert {part for part in players if stems[0][part]["sha256"] != stems[1][part]["sha256"]} == {"drums"}
        one, other = (sf.read(told.house.home.store / side["drums"]["key"])[0] for side in stems)
        bar = round(4 * 60 / whole["musical"]["tempo_bpm"] * 48_000)
        levels = [10 * np.log10(np.mean(np.square(sound[bar : 2 * bar - bar // 16]))) for sound in (one, other)]
        assert levels[1] - levels[0] > least_db, made
        outside = np.abs(one - other)[np.r_[0 : bar - bar // 16, 2 * bar + bar // 2 : len(one)]]
        assert float(outside.max()) < 1e-4, made  # what rang in the room, and the compressor letting go of it


def _from_a_folder(told: Told, job: Job, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command on the delivered folder: known to the house, then as if the house had never seen it."""
    assert job.results
    write_folder(job.results, folder, told.client.fetch)
    command = ["revise", str(folder), "in B minor", "--until", "arrangement", "--server", told.house.url, "--json", "--quiet"]
    assert main(command) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["parent"], Path(answer["dir"]).name) == (2, "song-v7")
    assert answer["reuse"]["parts"]["drums"] == "kept"
    context = json.loads((folder / "context.json").read_text("utf-8"))
    context["composition_id"] = "0" * 24
    (folder / "context.json").write_text(json.dumps(context), "utf-8")
    assert main(command) == 0
    adopted = json.loads(capsys.readouterr().out)
    assert (adopted["parent"], adopted["version"]) == (1, 2)
    scores = [json.loads((Path(one["dir"]) / "score.json").read_text("utf-8")) for one in (answer, adopted)]
    assert scores[0]["parts"] == scores[1]["parts"]
    with pytest.raises(BadInput) as refused:
        told.client.revise(answer["composition_id"], 2, "zxqv the blorp")
    assert refused.value.field == "instruction"
