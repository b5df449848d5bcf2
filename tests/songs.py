"""Making songs in a house of the tests: the services, the bus and the stores are the real ones."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from houseband.client import Client, Event, Job
from houseband.folder import write_folder
from houseband.home import Home
from houseband.launcher import House

MUSIC = (".wav", ".flac", ".mp3", ".ogg", ".zip", ".mid")


@dataclass(frozen=True)
class Song:
    """A delivered folder and the job that made it."""

    folder: Path
    job: Job
    events: tuple[Event, ...]

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "report.json").read_text("utf-8"))
        return found

    @property
    def score(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "score.json").read_text("utf-8"))
        return found

    def failed_checks(self) -> dict[str, Any]:
        return {check["name"]: check for check in self.report["checks"] if not check["passed"]}

    def music_digests(self) -> dict[str, str]:
        """sha256 of every file that must be the same for the same inputs and seed."""
        files = [path for path in sorted(self.folder.rglob("*")) if path.suffix in MUSIC or path.name == "score.json"]
        return {str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def open_house(home: Path) -> House:
    """A house of its own, with its own store and database."""
    (home / "store").mkdir(parents=True, exist_ok=True)
    return House.open(Home(home))


def make_song(
    house: House,
    folder: Path,
    prompt: str,
    *,
    options: Mapping[str, Any],
    reference: Path | None = None,
    on_event: Callable[[Event], None] = lambda _: None,
) -> Song:
    """One song from a request to its folder; the house is watched meanwhile, as the command does."""
    with Client(house.url) as client:
        job = client.create_job(prompt, options=options, reference=reference)
        return finish_song(house, client, job, folder, on_event)


def finish_song(house: House, client: Client, job: Job, folder: Path, on_event: Callable[[Event], None] = lambda _: None) -> Song:
    """Follow a job to its end and fetch what it made."""
    events = []
    for event in client.watch(job.job_id):
        on_event(event)
        house.watch()
        events.append(event)
    ended = client.job(job.job_id)
    assert ended.results is not None, ended.error
    write_folder(ended.results, folder, client.fetch)
    return Song(folder, ended, tuple(events))
