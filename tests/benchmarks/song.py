"""A three-minute song of eight players from the request to the folder, in a house that is up: wall, where it goes, memory; then again."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from contracts.context import Context
from contracts.upgrades import read_context
from houseband.client import Event
from houseband.launcher import House
from tests.songs import Song, make_song, open_house

PROMPT = "rock, electric guitar, organ, bass, drums"
PLAYERS, DURATION_S, SEED = 8, 180, 1
LIMIT_S, LIMIT_BYTES = 30.0, 4 * 10**9
WATCH_S = 0.25
BEFORE, BEHIND = "arrangement", "mastering"


@dataclass(frozen=True)
class Made:
    """One run of a job in a house that is up."""

    song: Song
    wall_s: float
    """From the request to the verified folder."""
    sound_s: float
    """From the finished score to the delivered files."""

    @property
    def stages(self) -> dict[str, float]:
        """Wall seconds of each stage, as the report tells them."""
        found: dict[str, float] = self.song.report["timings"]["stages"]
        return found

    @property
    def context(self) -> Context:
        """The document that made it."""
        return read_context((self.song.folder / "context.json").read_bytes())


@dataclass
class Memory:
    """The highest PSS of a process tree, bytes."""

    peak: int = 0


@contextmanager
def watched() -> Iterator[Memory]:
    """Watch the memory of this process and all its children (PSS: what is shared counts once) four times a second."""
    memory, ended = Memory(), threading.Event()

    def watch() -> None:
        while not ended.wait(WATCH_S):
            memory.peak = max(memory.peak, _tree_bytes())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield memory
    finally:
        ended.set()
        watcher.join()


def _tree_bytes() -> int:
    total, root = 0, psutil.Process(os.getpid())
    for process in [root, *root.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def make(house: House, folder: Path, **options: Any) -> Made:
    """Make the song once; the clock of its sound starts when the arrangement is done and stops when the master is."""
    seen: dict[str, float] = {}

    def note(event: Event) -> None:
        if event.type == "stage_finished" and event.stage:
            seen[event.stage] = time.monotonic()

    began = time.monotonic()
    song = make_song(house, folder, PROMPT, options={"duration_s": DURATION_S, "seed": SEED, **options}, on_event=note)
    return Made(song, time.monotonic() - began, seen[BEHIND] - seen[BEFORE])


def make_twice(scratch: Path) -> tuple[Made, Made, Made, int]:
    """The song, the same again, and again with one fader moved: (first, second, moved, peak PSS in bytes of the first)."""
    with open_house(scratch / "home") as house:
        with watched() as memory:
            first = make(house, scratch / "first")
        second = make(house, scratch / "second")
        part = next(iter(first.song.score["parts"]))
        moved = make(house, scratch / "moved", mix={"channels": {part: {"level_db": -1.5}}})
    return first, second, moved, memory.peak
