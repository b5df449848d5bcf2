"""Whom a command asks: the server that is named, or the house that is up on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager

from contracts.errors import Unavailable
from houseband.client import Client
from houseband.home import Home
from houseband.request import check_server
from houseband.running import running_house


@contextmanager
def reach(server: str | None) -> Iterator[Client]:
    """A client. Raises Unavailable where no house is up; what runs nowhere has no jobs and no letters to look after."""
    url = check_server(server) if server is not None else running_house(Home.find())
    if url is None:
        raise Unavailable("a house", "none is up on this machine: start one with `houseband up`, or name one with --server URL")
    with Client(url) as client:
        yield client
