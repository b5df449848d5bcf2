"""A house of one's own beside others on the same machine."""

import asyncio
import os
import socket
from pathlib import Path

import nats
import nats.errors
import pytest

from houseband.launcher import _provision, _start_broker, _stop
from houseband.processes import listens


async def knocked(url: str) -> None:
    """Connect and leave."""
    client = await nats.connect(url, allow_reconnect=False, connect_timeout=30, error_cb=_quiet)
    await client.close()


async def _quiet(_error: Exception) -> None:
    """What is refused is raised, too."""


def test_a_broker_is_its_house_s_alone(tmp_path: Path) -> None:
    """It takes a port that is free, lets in only its own house, and comes back at the same address."""
    broker, url = _start_broker(tmp_path)
    try:
        asyncio.run(_provision(url))
        with pytest.raises(nats.errors.Error, match="Authorization"):
            asyncio.run(knocked("nats://" + url.rpartition("@")[2]))
        assert broker.process is not None
        broker.process.kill()
        broker.process.wait()
        assert broker.ensure()
        asyncio.run(_provision(url))
        assert (tmp_path / "nats.conf").stat().st_mode & 0o077 == 0
    finally:
        _stop([broker])


def test_it_is_seen_whose_a_port_is() -> None:
    """A port on which another process answers is not ours."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listens(os.getpid(), port)
        assert not listens(os.getppid(), port)
    assert not listens(os.getpid(), port)
