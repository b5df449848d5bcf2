"""kill -9 of any service in the middle of any stage, and of everything: the song still finishes, once, with the same bytes."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from contracts.pipeline import SERVICE, Stage
from houseband.client import Client, Event
from houseband.launcher import House, Watched
from tests.songs import Song, finish_song, make_song, open_house

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
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def house(home: Path) -> Iterator[House]:
    """One house that outlives every death."""
    with open_house(home) as house:
        yield house


@pytest.fixture(scope="module")
def undisturbed(house: House, reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Song:
    return make_song(house, tmp_path_factory.mktemp("song") / "song", PROMPT, options=OPTIONS, reference=reference)


def forget(home: Path) -> None:
    """Nothing that was made before is found by its digest: every stage works anew."""
    for path in (home / "store").rglob("*"):
        if path.is_file():
            path.unlink()


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
def test_a_killed_service_costs_time_and_nothing_else(
    house: House, home: Path, undisturbed: Song, reference: Path, tmp_path: Path, when: str
) -> None:
    """The launcher restarts it, the bus delivers again, and the bytes are those of the undisturbed run."""
    forget(home)
    on_event, killed = killer(house, when, VICTIMS[when])
    song = make_song(house, tmp_path / "song", PROMPT, options=OPTIONS, reference=reference, on_event=on_event)
    assert killed, "the stage never started"
    assert song.job.status == undisturbed.job.status == "completed"
    assert song.music_digests() == undisturbed.music_digests()
    assert [event.type for event in song.events].count("finished") == 1


def kill(watched: Iterable[Watched]) -> None:
    """SIGKILL to all before any is waited for."""
    processes = [one.process for one in watched if one.process is not None]
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
    for process in processes:
        process.wait()


class Stop(Exception):
    """The house is dead."""


def once_at(stage: str, act: Callable[[], None]) -> tuple[Callable[[Event], None], list[str]]:
    """Acts the first time that a stage starts; the list holds that it did."""
    acted: list[str] = []

    def on_event(event: Event) -> None:
        if not acted and event.type == "stage_started" and event.stage == stage:
            acted.append(stage)
            act()

    return on_event, acted


def begin_and_die(home: Path, reference: Path) -> str:
    """A song that is to stop after mixing; everything dies while its stems are rendered. Returns its job."""
    with open_house(home) as house, Client(house.url) as client:

        def die() -> None:
            kill([house.broker, *house.services.values()])
            raise Stop

        on_event, _ = once_at("production", die)
        job = client.create_job(PROMPT, options={**OPTIONS, "until": "mixing"}, reference=reference)
        with pytest.raises(Stop):
            finish_song(house, client, job, home / "never", on_event)
        return job.job_id


def go_on_and_revise(house: House, client: Client, job_id: str, folder: Path) -> tuple[Song, Song]:
    """The partial song, once it is made; and what its revision makes while gateway and broker die under it."""
    partial = finish_song(house, client, client.job(job_id), folder / "partial")
    revision = client.revise(partial.job.composition_id, 1)
    on_event, acted = once_at("mastering", lambda: kill([house.broker, house.services["gateway"]]))
    whole = finish_song(house, client, revision.job, folder / "whole", on_event)
    assert acted, "mastering never started"
    return partial, whole


def test_a_song_and_its_revision_survive_the_death_of_everything(undisturbed: Song, reference: Path, tmp_path: Path) -> None:
    """A new house on the same home, with an empty bus, goes on from the stored revisions; the resumed song is that of one go.

    First all processes are killed together while stems are rendered, then gateway and broker while the revision is mastered.
    """
    home = tmp_path / "home"
    job_id = begin_and_die(home, reference)
    with open_house(home) as house, Client(house.url) as client:
        partial, whole = go_on_and_revise(house, client, job_id, tmp_path)
        versions = client.versions(partial.job.composition_id)
    assert (partial.job.status, whole.job.status) == ("completed", "completed")
    assert "master.wav" not in (partial.job.results.files if partial.job.results else {})
    assert whole.music_digests() == undisturbed.music_digests()
    assert [(version.version, version.parent) for version in versions] == [(1, None), (2, 1)]
    for song in (partial, whole):
        assert [event.type for event in song.events].count("finished") == 1
