"""The client's versions: both flavours say the same of the same composition."""

import asyncio
import inspect
import json
from pathlib import Path

import pytest

from contracts.errors import BadInput
from houseband.client import AsyncClient, Client
from houseband.client.versions import AsyncVersions, Versions
from tests.gateway.versions.conftest import Studio


@pytest.mark.asyncio(loop_scope="module")
async def test_a_composition_through_the_client(studio: Studio, tmp_path: Path) -> None:
    """Revised by one, restored, branched and compared by the other, adopted from files; a refusal names its field."""
    url, song = studio.house.url, studio.composition
    async with AsyncClient(url) as client:
        asked = await client.revise(song, 1, edits=[{"kind": "instrument", "parts": ["bass"], "instrument": "synth_bass"}], expected_head=1)
        assert (asked.from_stage, asked.branch, asked.stages["kept"]) == ("arrangement", "main", ("ideation", "composition"))
        await studio.house.ended(asked.job_id, 60.0)
        job = await client.job(asked.job_id)
        assert job.results
        assert (job.results.version, job.results.reuse and job.results.reuse["stems"]) == (2, {"bass": "made", "lead": "kept"})
        restored = await client.restore(song, 1)
        assert (restored.version, restored.restores, (await client.branch(song, 2, "synth")).branch) == (3, 1, "synth")
        document = await client.version(song, 1)

    def synchronously() -> None:
        with Client(url) as client:
            assert [one.branch for one in client.versions(song)] == ["main", "main", "main", "synth"]
            assert client.history(song)["branches"]["main"]["head"] == 3
            assert client.diff(song, 2)["text"] == "bass: bass guitar → synth bass"
            assert client.diff(song, 3, against=1)["differences"] == []
            assert [one["parts"]["bass"] for one in client.compare(song, 1, 4)["versions"]] == ["bass_guitar", "synth_bass"]
            (tmp_path / "context.json").write_text(json.dumps(document["context"]), "utf-8")
            client.fetch(document["results"]["files"]["score.json"], tmp_path / "score.json")
            assert client.adopt(tmp_path / "context.json", tmp_path / "score.json").note == "taken in from a folder"
            with pytest.raises(BadInput) as refused:
                client.revise(song, 1, edits=[{"kind": "tempo", "bpm": 900}])
            assert refused.value.field == "edits.0.bpm"

    await asyncio.to_thread(synchronously)


def test_both_flavours_have_the_same_methods() -> None:
    """Name by name, argument by argument."""
    own = {name: one for name, one in vars(Versions).items() if not name.startswith("_")}
    for name, method in own.items():
        assert inspect.signature(method).parameters.keys() == inspect.signature(getattr(AsyncVersions, name)).parameters.keys()
