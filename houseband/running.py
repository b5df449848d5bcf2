"""The house that `houseband up` keeps on this machine."""

from contextlib import suppress

from contracts.errors import HousebandError
from houseband.client import Client
from houseband.home import Home


def running_house(home: Home) -> str | None:
    """Its URL, where it answers; else None."""
    if not home.address.exists():
        return None
    url = home.address.read_text("utf-8").strip()
    with suppress(HousebandError), Client(url, timeout_s=2.0) as client:
        client.jobs()
        return url
    return None
