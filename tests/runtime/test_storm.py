"""Many songs at once, on several services that are killed at random: each song ends once, whole."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.runtime.house import TestHouse
from tests.runtime.test_stage import REVISIONS, finished

SONGS = 8
KILLS = 3


@pytest.mark.reliability
async def test_songs_survive_a_storm(fresh_nats_url: str, tmp_path: Path) -> None:
    """Eight songs, two services, one killed every half second and replaced: eight whole songs, one end each."""
    draw = random.Random(7)
    nap = {"sleep_s": 0.05}
    async with TestHouse(fresh_nats_url, tmp_path, ack_wait_s=1.5, max_deliver=20) as house:
        processes = [house.start_process() for _ in range(2)]
        try:
            songs = [await house.start_job(composition=nap, mixing=nap, **{"stem-drums": nap}) for _ in range(SONGS)]
            await house.ran("composition")
            for _ in range(KILLS):
                await asyncio.sleep(0.5)
                victim = draw.randrange(len(processes))
                processes[victim].kill()
                processes[victim].wait()
                processes[victim] = house.start_process()
            facts = await asyncio.gather(*(finished(house, song) for song in songs))
        finally:
            for process in processes:
                process.kill()
                process.wait()
    assert all(house.contexts(song) == REVISIONS for song in songs)
    assert all(Counter(fact.fact for fact in told)["finished"] == 1 for told in facts)
