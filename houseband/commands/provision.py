"""`houseband provision`: the streams and consumers of a broker, for a deployment's first step."""

import argparse
import asyncio
import os

from contracts.errors import BadInput


def run(arguments: argparse.Namespace) -> int:
    """Create or update them."""
    from services.runtime.provision import provision

    url = arguments.nats_url or os.environ.get("HOUSEBAND_NATS_URL")
    if not url:
        raise BadInput("nats-url", url, "nats://host:port, or set HOUSEBAND_NATS_URL")
    asyncio.run(provision(url))
    print(f"streams and consumers stand on {url}")
    return 0
