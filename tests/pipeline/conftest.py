"""What the end-to-end tests share."""

from collections.abc import Iterator

import pytest

from houseband.launcher import House
from tests.songs import open_house


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house for all end-to-end tests of this process, as users share one: real services, broker, store and database."""
    with open_house(tmp_path_factory.mktemp("home")) as house:
        yield house
