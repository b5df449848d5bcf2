"""Waiting for a server before connecting: a client that connects to nothing hangs (NATS) or retries in silence."""

import asyncio
from urllib.parse import urlsplit

from contracts.errors import Unavailable

PAUSE_S = 0.02


async def wait_for_port(urls: str, timeout_s: float) -> None:
    """Return when one of the comma-separated `urls` accepts connections. Raises Unavailable after `timeout_s`."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    targets = [urlsplit(url if "//" in url else f"nats://{url}") for url in urls.split(",")]
    while True:
        for target in targets:
            if await _answers(target.hostname or "127.0.0.1", target.port or 4222):
                return
        if asyncio.get_running_loop().time() > deadline:
            named = ", ".join(f"{target.hostname}:{target.port}" for target in targets)  # a token in the address is nobody else's business
            raise Unavailable(f"the bus at {named}", "start nats-server there, or set HOUSEBAND_NATS_URL")
        await asyncio.sleep(PAUSE_S)


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), timeout=2.0)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
