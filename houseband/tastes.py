"""The user's taste on this machine: where it is asked for, and songs as they are judged."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts.errors import BadInput, Unavailable
from contracts.preferences import Preferences
from houseband.client import Client
from houseband.home import Home
from houseband.launcher import House
from houseband.request import check_server
from houseband.running import running_house
from houseband.stating import read_folder_context


@contextmanager
def keeper(server: str | None) -> Iterator[Client]:
    """A client of whoever keeps the taste: a server, the house that is up, or the gateway and the enhancer for this one question."""
    if server is not None:
        with Client(check_server(server)) as client:
            yield client
        return
    home = Home.find()
    url = running_house(home)
    if url:
        with Client(url) as client:
            yield client
        return
    with House.open(home, shared=False, only=("gateway", "enhancer")) as house, Client(house.url) as client:
        yield client


def song_facts(field: str, folder: Path) -> dict[str, Any]:
    """A delivered folder as a song to judge. Raises BadInput for a folder that holds none."""
    from services.enhancer.taste.facts import facts_of

    context = read_folder_context(field, folder)
    master = context.artifacts.get("master.wav")
    about = {
        "prompt": context.request.prompt[:2000],
        "seed": context.seed,
        "composition_id": context.composition_id,
        "job_id": context.job_id,
        "master_sha256": master.sha256 if master else None,
    }
    try:
        return {"facts": facts_of(context).model_dump(mode="json"), "about": about}
    except BadInput as error:
        raise BadInput(field, str(folder), error.allowed) from error


def known_taste(home: Home) -> Preferences:
    """What is known on this machine, read from the home's database without a house; empty where nothing is.

    Raises Unavailable for a database that is none, or holds what no taste can be.
    """
    if not home.database.exists():
        return Preferences()
    try:
        with closing(sqlite3.connect(f"{home.database.as_uri()}?mode=ro", uri=True, timeout=2.0)) as database:
            row = database.execute("SELECT document FROM tastes WHERE user = 'local'").fetchone()
    except sqlite3.OperationalError:  # a database of before there was taste, or one that is being made
        return Preferences()
    except sqlite3.DatabaseError as error:
        raise Unavailable(f"the taste in {home.database}", str(error)) from error
    try:
        return Preferences.model_validate_json(row[0]) if row else Preferences()
    except ValidationError as error:
        raise Unavailable(f"the taste in {home.database}", "it is broken; `houseband taste --forget` begins anew") from error
