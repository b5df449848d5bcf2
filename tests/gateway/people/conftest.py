"""Houses in which everybody signs in, and keys to them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.gateway.app import new_id
from services.gateway.database.engine import Database
from services.gateway.people.keyring import add_key, revoke_key
from services.gateway.settings import GatewaySettings
from tests.gateway.conftest import House, Open

MakeKey = Callable[..., Awaitable[str]]
OpenLocked = Callable[..., Any]
AT = 1_000_000_000.0


@pytest.fixture
def make_key(settings: GatewaySettings) -> MakeKey:
    """Makes a key in the gateway's database, as `houseband keys create` does."""

    async def made(user: str, scope: str = "write", *, revoked: bool = False, **about: Any) -> str:
        database = Database(settings.database_url)
        await database.migrate()
        async with database.write() as session:
            given = {"name": "", "days": None, "now": AT, **about}
            row, key = add_key(session, key_id=f"k{new_id()}", user=user, scopes=[scope], **given)
            await session.flush()
            if revoked:
                await revoke_key(session, row.id, AT + 1)
        await database.close()
        return key

    return made


@pytest.fixture
def open_locked(open_house: Open, make_key: MakeKey) -> OpenLocked:
    """Opens a house that asks for keys. A caretaker has one, so that it opens at all."""

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[House]:
        await make_key("caretaker", "read")
        quick = {"early_check_s": 0.02, "brief_timeout_s": 0.05, "catalog_timeout_s": 0.05, "analysis_timeout_s": 0.05}
        async with open_house(**{"auth": "required", "sign_in_limit": "10000/minute", **quick, **changes}) as house:
            yield house

    return opened


def shown(key: str | None) -> dict[str, str]:
    """The header that shows a key."""
    return {"Authorization": f"Bearer {key}"} if key else {}
