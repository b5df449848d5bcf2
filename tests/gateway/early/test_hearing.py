"""Hearing a song while it is made: one stream from its first chunk on, for as many as listen."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from contracts.context import end_key
from contracts.early import chunk_key, preview_prefix, wanted_key
from contracts.events import PreviewReady
from services.gateway.jobs.endings import record_fact
from tests.gateway.conftest import House, Open, form

RATE = 48_000


def tone(seconds: float, pitch_hz: float) -> np.ndarray:
    """A tone, [frames, 2]."""
    wave = 0.3 * np.sin(2 * np.pi * pitch_hz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave], axis=1)


async def posted(house: House, options: str | None = None) -> dict[str, str]:
    answer = await house.http.post("/jobs", files=form(options=options))
    assert answer.status_code == 202, answer.text
    found: dict[str, str] = answer.json()
    return found


async def chunk(house: House, job: dict[str, str], tmp_path: Path, number: int, sound: np.ndarray, *, last: bool = False) -> None:
    """Store a chunk and tell it, as the generator does."""
    path = tmp_path / f"chunk-{number}.wav"
    sf.write(path, sound, RATE, subtype="PCM_16")
    audio = house.desk.objects.put_audio(chunk_key(job["composition_id"], job["job_id"], 1, number), path)
    about = {"job_id": job["job_id"], "composition_id": job["composition_id"], "time": 1.0}
    await record_fact(house.desk, PreviewReady(**about, chunk=number, start_s=number, seconds=len(sound) / RATE, audio=audio, last=last))


async def test_x(quiet_house: House, tmp_path: Path) -> None:
    """It streams."""
    job = await posted(quiet_house)
    async with quiet_house.http.stream("GET", f"/jobs/{job['job_id']}/preview?format=wav") as answer:
        if answer.status_code != 200:
            print(await answer.aread())
        assert answer.status_code == 200
