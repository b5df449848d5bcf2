"""Hearing early from a program and from the command line, over a real gateway."""

import asyncio
from pathlib import Path

import pytest

from contracts.errors import BadInput
from houseband.client import AsyncClient, Client
from houseband.display import Display
from houseband.listening import Listener, check_listen
from tests.gateway.conftest import PATIENCE_S, House
from tests.gateway.early.test_hearing import HEAD, posted, tell, tone


async def test_programs_listen(quiet_house: House, tmp_path: Path) -> None:
    """Both clients give the bytes as they come, up to the last chunk."""
    job = await posted(quiet_house)
    await tell(quiet_house, job, tmp_path, 0, tone(0.5, 440))

    def all_of_it() -> bytes:
        with Client(quiet_house.url) as client:
            return b"".join(client.listen(job["job_id"], format="wav"))

    waiting = asyncio.create_task(asyncio.to_thread(all_of_it))
    data = b""
    async with AsyncClient(quiet_house.url) as client:
        async for piece in client.listen(job["job_id"], format="wav"):
            data += piece
            if len(data) == HEAD + tone(0.5, 440).nbytes:
                await tell(quiet_house, job, tmp_path, 1, tone(0.5, 660), last=True)
    assert data == await waiting
    assert len(data) == HEAD + 2 * tone(0.5, 440).nbytes


async def test_the_command_writes_while_it_is_made(quiet_house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file grows with the chunks; where the draft cannot be had, one line says so and the song goes on."""
    job, target = await posted(quiet_house), tmp_path / "draft.wav"
    await tell(quiet_house, job, tmp_path, 0, tone(0.5, 440), last=True)
    with Listener(quiet_house.url, job["job_id"], str(target), Display()):
        async with asyncio.timeout(PATIENCE_S):
            while not target.exists() or target.stat().st_size < HEAD + tone(0.5, 440).nbytes:  # noqa: ASYNC110 - a thread writes it
                await asyncio.sleep(0.02)
    with Listener(quiet_house.url, "nobody", str(target), Display()) as listener:
        await asyncio.to_thread(listener._thread.join, PATIENCE_S)
    assert "the draft was not written" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["draft.ogg", "nowhere/draft.wav", "draft"])
def test_a_target_that_cannot_be_written_is_told_first(target: str) -> None:
    """Before anything is made: which names there are."""
    with pytest.raises(BadInput, match="listen"):
        check_listen(target, json=False)


def test_two_streams_do_not_share_stdout() -> None:
    """--json and --listen - exclude each other; nobody listening is no question."""
    with pytest.raises(BadInput, match="stdout"):
        check_listen("-", json=True)
    check_listen("-", json=False)
    check_listen(None, json=True)
