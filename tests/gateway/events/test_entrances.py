"""Many who come to the same stream at once."""

import asyncio

import pytest

from services.gateway.events.entrances import MOST_LOOKS, Entrances
from services.gateway.problems import Refused


async def test_one_look_lets_in_all_who_came_before_it() -> None:
    """A thousand cost few looks, none of which began before the one whom it lets in had come, and few go on at once."""
    begun, open_now, most = 0, 0, 0

    async def read() -> int:
        nonlocal begun, open_now, most
        begun, open_now = begun + 1, open_now + 1
        most, mine = max(most, open_now), begun
        await asyncio.sleep(0.001)
        open_now -= 1
        return mine

    entrances = Entrances()

    async def come(number: int) -> None:
        await asyncio.sleep(number % 7 * 0.0005)
        before = begun
        assert await entrances.look(number % 20, read) > before

    await asyncio.gather(*(come(number) for number in range(1000)))
    assert begun < 500
    assert most == MOST_LOOKS


async def test_whoever_leaves_shuts_nobody_out() -> None:
    """One who leaves while it is looked takes nobody's place; a refusal is told to all who asked, and the next ones look again."""

    async def refuse() -> None:
        await asyncio.sleep(0)
        raise Refused(404, "There is no such job.")

    entrances = Entrances()
    asked = [asyncio.create_task(entrances.look("j", refuse)) for _ in range(3)]
    await asyncio.sleep(0)
    asked[0].cancel()
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in told] == [asyncio.CancelledError, Refused, Refused]
    with pytest.raises(Refused):
        await entrances.look("j", refuse)
