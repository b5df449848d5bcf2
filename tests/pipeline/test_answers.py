"""What the services answer without a job, asked over a real bus as the gateway asks."""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from contracts.brief import Brief
from contracts.errors import BadInput
from services.runtime.bus import Bus
from services.runtime.provision import provision
from services.runtime.stores import open_store

WORKERS = {
    "enhancer": "EnhancerSettings",
    "analyzer": "AnalyzerSettings",
    "generator": "GeneratorSettings",
    "mixer": "MixerSettings",
    "qa": "QaSettings",
}


@contextlib.asynccontextmanager
async def serving(name: str, nats_url: str, folder: Path) -> AsyncIterator[Bus]:
    """One service, as its `app.py` builds it, and a bus to ask it on."""
    settings_type = getattr(importlib.import_module(f"services.{name}.settings"), WORKERS[name])
    settings = settings_type(nats_url=nats_url, store=f"file://{folder}/objects", scratch_dir=folder, warm_up=False)
    app, started = importlib.import_module(f"services.{name}.app").service(settings).app(), asyncio.Event()
    app.after_startup(started.set)
    await provision(nats_url)
    async with app.start_lifespan_context(), Bus(nats_url, name="asking") as bus:
        await started.wait()
        yield bus


@pytest.mark.parametrize("name", WORKERS)
async def test_every_service_tells_its_health(name: str, nats_url: str, tmp_path: Path) -> None:
    """Each of the five starts alone, reads its consumers, and says so."""
    async with serving(name, nats_url, tmp_path) as bus:
        health = await bus.ask(name, "health")
    assert (health["service"], health["ok"]) == (name, True)
    assert health["consumers"]


async def test_the_enhancer_reads_a_prompt(nats_url: str, tmp_path: Path) -> None:
    """The answer to "brief" is a Brief, with what was stated marked as stated; options count as stated."""
    async with serving("enhancer", nats_url, tmp_path) as bus:
        answer = await bus.ask("enhancer", "brief", {"prompt": "a sad piano piece in F minor", "options": {"bpm": 72}})
        with pytest.raises(BadInput, match="genres"):
            await bus.ask("enhancer", "catalog", {"kind": "biscuits"})
        genres = await bus.ask("enhancer", "catalog", {"kind": "genres"})
    brief = Brief.model_validate(answer)
    assert (brief.key.value, brief.key.is_stated, brief.tempo_bpm.value, brief.tempo_bpm.is_stated) == ("F minor", True, 72, True)
    assert len(genres) >= 14


async def test_the_analyzer_hears_an_upload(nats_url: str, tmp_path: Path) -> None:
    """The answer to "features" is what it hears in the stored file: here four seconds of clicks at 120 bpm."""
    rate, beat = 22_050, 11_025
    sound = np.zeros(rate * 8, dtype=np.float32)
    for start in range(0, len(sound) - 400, beat):
        sound[start : start + 400] = np.sin(np.arange(400) * 0.3) * np.linspace(1, 0, 400)
    soundfile.write(tmp_path / "clicks.wav", sound, rate)
    artifact = open_store(f"file://{tmp_path}/objects").put_file("uploads/clicks.wav", tmp_path / "clicks.wav", "audio/wav")
    async with serving("analyzer", nats_url, tmp_path) as bus:
        features = await bus.ask(
            "analyzer", "features", {"reference": artifact.model_dump(mode="json"), "name": "clicks.wav"}, timeout_s=120
        )
    assert features["duration_s"] == pytest.approx(8.0, abs=0.1)
    assert features["tempo_bpm"]["value"] == pytest.approx(120, abs=2)


@pytest.mark.parametrize(("name", "kind"), [("mixer", "effects"), ("generator", "providers")])
async def test_catalogues_name_what_there_is(nats_url: str, tmp_path: Path, name: str, kind: str) -> None:
    """Each entry has an id; a kind of somebody else's is refused."""
    async with serving(name, nats_url, tmp_path) as bus:
        entries: list[dict[str, Any]] = await bus.ask(name, "catalog", {"kind": kind})
        with pytest.raises(BadInput, match=kind):
            await bus.ask(name, "catalog", {"kind": "genres"})
    assert entries
    assert all(entry["id"] for entry in entries)


async def test_the_mixer_judges_edits_of_a_mix(nats_url: str, tmp_path: Path) -> None:
    """What may be answers with nothing to say; an effect that nobody has is refused by its place in the request."""
    async with serving("mixer", nats_url, tmp_path) as bus:
        assert await bus.ask("mixer", "judge", {"mix": {"profile": "house", "changes": {"width": 1.2}}}) == {}
        with pytest.raises(BadInput, match="flangr") as told:
            await bus.ask("mixer", "judge", {"mix": {"channels": {"bass": {"effects": [{"effect": "flangr"}]}}}})
    assert told.value.field == "mix.channels.bass.effects[0].effect"
