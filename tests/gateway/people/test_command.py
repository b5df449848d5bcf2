"""`houseband keys` and the client, beside a gateway that asks for keys."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import BadInput
from houseband import AsyncClient, Client
from houseband.cli import main
from services.gateway.settings import GatewaySettings
from tests.gateway.conftest import Open


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """A database that is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path}/gateway.db"


def keys(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """The command's exit code, and its JSON."""
    code = main(["keys", *arguments, "--json"])
    told = capsys.readouterr().out
    return code, json.loads(told) if told else None


async def test_the_first_key_is_made_in_the_database_and_the_others_with_it(
    open_house: Open, settings: GatewaySettings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables are made where there are none; with HOUSEBAND_API_KEY the same commands work over REST, without it they are refused."""
    at = ("--database-url", settings.database_url)
    code, first = await asyncio.to_thread(keys, capsys, "create", "--user", "ada", "--scopes", "admin", *at)
    assert (code, first["scopes"]) == (0, ["read", "write", "admin"])
    async with open_house(play=False, auth="required") as house:
        over = ("--server", house.url)
        assert (await asyncio.to_thread(keys, capsys, "list", *over))[0] == 2
        monkeypatch.setenv("HOUSEBAND_API_KEY", first["key"])
        _, guest = await asyncio.to_thread(keys, capsys, "create", "--user", "guest", "--scopes", "read", "--days", "7", *over)
        _, newer = await asyncio.to_thread(keys, capsys, "rotate", guest["key_id"], *over)
        _, revoked = await asyncio.to_thread(keys, capsys, "revoke", newer["key_id"], *at)
        _, listed = await asyncio.to_thread(keys, capsys, "list", *over)
        assert [(key["user"], key["live"], "key" in key) for key in listed] == [("guest", False, False)] * 2 + [("ada", True, False)]
        assert revoked["live"] is False
        await _clients_sign_in(house.url, first["key"], newer["key"])


async def _clients_sign_in(url: str, good: str, revoked: str) -> None:
    def ask() -> tuple[str, str, str]:
        with Client(url, api_key=good) as client:
            return client.me()["user"], client.usage()["user"], client.ticket()[:4]

    assert await asyncio.to_thread(ask) == ("ada", "ada", "hbt_")
    async with AsyncClient(url, api_key=good) as client:
        assert [key.user for key in await client.keys()] == ["guest", "guest", "ada"]
        assert (await client.audit(limit=1))["items"][0]["action"] == "POST /tickets"
    async with AsyncClient(url, api_key=revoked) as client:
        with pytest.raises(BadInput, match="revoked"):
            await client.me()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "--user", " ", "--scopes", "read"), "user"),
        (("create", "--user", "a", "--scopes", "everything"), "read, write, admin"),
        (("create", "--user", "a", "--days", "-1"), "days"),
        (("revoke", "none"), "key"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_made(
    settings: GatewaySettings, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    """Exit code 2, with the field and what is allowed."""
    assert main(["keys", *arguments, "--database-url", settings.database_url]) == 2
    assert told in capsys.readouterr().err


def test_an_address_that_leads_nowhere_hides_its_password(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 4; what is told can be pasted anywhere."""
    assert main(["keys", "list", "--database-url", "postgresql+asyncpg://band:secret@127.0.0.1:1/x"]) == 4
    assert "secret" not in capsys.readouterr().err
