"""`houseband keys`: the API keys of a gateway, through its database or over REST with a key of an admin."""

import argparse
import asyncio
import json
import os
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import ArgumentError, InvalidRequestError, SQLAlchemyError

from contracts.errors import BadInput, Unavailable
from houseband.client import Client
from houseband.client.people import Key
from houseband.home import Home
from houseband.request import check_server
from houseband.tables import print_table

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from services.gateway.people.key_views import KeyView

_MOST_LISTED = 10_000


def run(arguments: argparse.Namespace) -> int:
    """Make, list, change or revoke keys."""
    if arguments.server and arguments.database_url:
        raise BadInput("server", arguments.server, "either --server or --database-url")
    found = _over_rest(arguments) if arguments.server else asyncio.run(_on_database(arguments))
    if arguments.json:
        shown = [key.model_dump(exclude_none=True) for key in found]
        print(json.dumps(shown if arguments.action == "list" else shown[0]))
    elif arguments.action in ("create", "rotate"):
        key = found[0]
        print(f"{key.key}\n{key.key_id}: {key.user}, {', '.join(key.scopes)}, {_until(key)}. The key is shown this once.")
    else:
        print_table(("id", "user", "key", "scopes", "state", "last used", "name"), [_row(key) for key in found])
    return 0


def _over_rest(arguments: argparse.Namespace) -> list[Key]:
    with Client(check_server(arguments.server)) as client:
        match arguments.action:
            case "create":
                return [client.create_key(arguments.user, arguments.scopes, name=arguments.name, days=arguments.days)]
            case "rotate":
                return [client.rotate_key(arguments.key_id, overlap_s=arguments.overlap * 3600)]
            case "revoke":
                return [client.revoke_key(arguments.key_id)]
            case _:
                return client.keys(arguments.user)


async def _on_database(arguments: argparse.Namespace) -> list[Key]:
    """The same in the database itself: how the first key is made. Its tables are made where there are none."""
    from services.gateway.database.engine import Database
    from services.gateway.problems import Refused

    url = arguments.database_url or os.environ.get("HOUSEBAND_DATABASE_URL") or f"sqlite+aiosqlite:///{Home.find().database}"
    try:
        database = Database(url)
        try:
            await database.migrate()
            async with database.write() as session:
                return [Key.model_validate(view.model_dump()) for view in await _asked(session, arguments)]
        finally:
            await database.close()
    except Refused as refused:
        problem = refused.problem()
        raise BadInput(problem.field or "key", problem.value or "", problem.allowed or "see the message", hint=problem.detail) from refused
    except (ArgumentError, InvalidRequestError) as error:
        raise BadInput("database-url", _without_password(url), "postgresql+asyncpg://user@host/db or sqlite+aiosqlite:///file") from error
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(f"the database {_without_password(url)}", str(getattr(error, "orig", error))[:200]) from error


async def _asked(session: "AsyncSession", arguments: argparse.Namespace) -> "list[KeyView]":
    from services.gateway.app import new_id
    from services.gateway.people.key_views import key_view, made_key
    from services.gateway.people.keyring import add_key, change_key, keys_page, revoke_key

    now = time.time()
    match arguments.action:
        case "create":
            about = {"user": arguments.user, "name": arguments.name, "scopes": arguments.scopes, "days": arguments.days}
            row, key = add_key(session, key_id=new_id(), now=now, **about)
            return [made_key(row, key, now)]
        case "rotate":
            row, key = await change_key(session, arguments.key_id, new_id(), now, arguments.overlap * 3600)
            return [made_key(row, key, now)]
        case "revoke":
            return [key_view(await revoke_key(session, arguments.key_id, now), now)]
        case _:
            return [key_view(row, now) for row in await keys_page(session, user=arguments.user, limit=_MOST_LISTED)]


def _without_password(url: str) -> str:
    return re.sub(r"://([^:/@]*):[^@]*@", r"://\1:***@", url)


def _row(key: Key) -> tuple[str, ...]:
    used = _day(key.used_at) if key.used_at else "never"
    return key.key_id, key.user, f"{key.prefix}...", ", ".join(key.scopes), "revoked" if key.revoked_at else _until(key), used, key.name


def _until(key: Key) -> str:
    if key.expires_at is None:
        return "good until revoked"
    return f"good until {_day(key.expires_at)}" if key.live else f"expired {_day(key.expires_at)}"


def _day(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d")
