"""Fixtures of the runtime's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.runtime.house import TestHouse


@pytest.fixture
async def house(fresh_nats_url: str, tmp_path: Path) -> AsyncIterator[TestHouse]:
    """A bus of its own, provisioned, and an empty store; no service yet."""
    async with TestHouse(fresh_nats_url, tmp_path) as opened:
        yield opened
