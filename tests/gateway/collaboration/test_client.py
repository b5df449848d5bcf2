"""The client, used by two people at once."""

import asyncio

import pytest

from contracts.errors import BadInput
from houseband.client import AsyncClient, Change, Client
from tests.gateway.collaboration.conftest import Studio
from tests.gateway.conftest import PATIENCE_S


async def test_two_people_work_with_the_client(studio: Studio) -> None:
    """Shared, commented, settled, named and followed until the part is taken away: with the client alone."""
    song, heard = studio.composition_id, list[Change]()
    async with (
        AsyncClient(studio.house.url, api_key=studio.keys["ana"]) as ana,
        AsyncClient(studio.house.url, api_key=studio.keys["ben"]) as ben,
    ):
        assert (await ana.share(song, "ben", "editor")).role == "editor"

        removed = asyncio.Event()

        async def listen() -> None:
            async for change in ben.follow(song):
                heard.append(change)
                if change.type == "comment_removed":
                    removed.set()

        listening = asyncio.create_task(listen())
        written = await ben.comment(song, "Too loud", version=1, bar=2, part="bass")
        settled = await ana.change_comment(written, resolved=True)
        with pytest.raises(BadInput, match="changed meanwhile"):
            await ben.change_comment(written, text="Much too loud")
        assert [one async for one in ana.comments(song, resolved=True)] == [settled]
        revision = (await studio.composition())["revision"]
        assert await ben.rename(song, "Rain", revision=revision) == revision + 1
        await ben.remove_comment(settled)
        await asyncio.wait_for(removed.wait(), PATIENCE_S)
        await ana.unshare(song, "ben")
        await asyncio.wait_for(listening, PATIENCE_S)
        assert [member.user for member in await ana.members(song)] == ["ana"]
    seqs = [change.seq for change in heard if change.type not in ("presence", "heartbeat", "job_progress")]
    assert seqs in (list(range(1, revision + 3)), list(range(1, revision + 4)))  # that he was removed may come before the end


async def test_the_plain_client_does_the_same(studio: Studio) -> None:
    """The synchronous client has the same methods."""
    song = studio.composition_id

    def work() -> list[str]:
        with Client(studio.house.url, api_key=studio.keys["ana"]) as ana:
            ana.share(song, "ben")
            first = ana.comment(song, "Hm", version=1)
            ana.change_comment(ana.comment(song, "Why?", reply_to=first.comment_id), text="Why not?")
            told = [comment.text for comment in ana.comments(song)]
            ana.remove_comment(first)
            told += [change.type for change, _ in zip(ana.follow(song, after=4), range(2), strict=False)]
            ana.unshare(song, "ben")
            return told + [member.user for member in ana.members(song)]

    assert await asyncio.to_thread(work) == ["Hm", "Why not?", "comment_added", "comment_added", "ana"]
