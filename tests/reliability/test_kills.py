"""kill -9 of any service in the middle of any stage: the song still finishes, once, with the same bytes."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from contracts.pipeline import SERVICE, Stage
from houseband.client import Event
from houseband.launcher import House
from tests.songs import Song, make_song, open_house

pytestmark = [pytest.mark.reliability, pytest.mark.timeout(300)]
PROMPT = "short funk with a trumpet, 104 bpm, E minor"
OPTIONS = {"duration_s": 10, "seed": 5}
VICTIMS = {stage.value: SERVICE[stage] for stage in Stage} | {"gateway": "gateway", "broker": "nats-server"}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of a beat with a chord, so that the analyzer has something to hear."""
    rate, path = 22_050, tmp_path_factory.mktemp("reference") / "beat.wav"
    time = np.arange(6 * rate) / rate
    chord = sum(np.sin(2 * np.pi * f * time) for f in (164.8, 196.0, 246.9)) * 0.1
    click = np.exp(-((time * 104 / 60) % 1.0) * 40) * np.sin(2 * np.pi * 1000 * time) * 0.5
    soundfile.write(path, np.stack([chord + click] * 2, axis=1), rate)
    return path


@pytest.fixture(scope="module")
def undisturbed(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Song:
    with open_house(tmp_path_factory.mktemp("home")) as house:
        return make_song(house, tmp_path_factory.mktemp("song") / "song", PROMPT, options=OPTIONS, reference=reference)


def killer(house: House, when: str, victim: str) -> tuple[Callable[[Event], None], list[int]]:
    """Kills the victim the first time that the stage starts; the list holds who was killed."""
    killed: list[int] = []

    def on_event(event: Event) -> None:
        stage = "production" if when in ("gateway", "broker") else when
        if killed or event.type != "stage_started" or event.stage != stage:
            return
        watched = house.broker if victim == "nats-server" else house.services[victim]
        assert watched.process is not None
        os.kill(watched.process.pid, signal.SIGKILL)
        watched.process.wait()
        killed.append(watched.process.pid)

    return on_event, killed


@pytest.mark.parametrize("when", list(VICTIMS))
def test_a_killed_service_costs_time_and_nothing_else(undisturbed: Song, reference: Path, tmp_path: Path, when: str) -> None:
    """The launcher restarts it, the bus delivers again, and the bytes are those of the undisturbed run."""
    with open_house(tmp_path / "home") as house:
        on_event, killed = killer(house, when, VICTIMS[when])
        song = make_song(house, tmp_path / "song", PROMPT, options=OPTIONS, reference=reference, on_event=on_event)
    assert killed, "the stage never started"
    assert song.job.status == undisturbed.job.status == "completed"
    assert song.music_digests() == undisturbed.music_digests()
    assert [event.type for event in song.events].count("finished") == 1
