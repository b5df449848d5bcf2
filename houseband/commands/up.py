"""`houseband up`: everything on this machine, until stopped."""

import argparse
import signal
import sys
import time

from contracts.errors import Unavailable
from houseband.home import Home
from houseband.launcher import House


def run(arguments: argparse.Namespace) -> int:
    """Serve the API on loopback and watch the services."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    home = Home.find()
    try:
        with House.open(home, port=arguments.port) as house:
            if not house.owns_database:
                raise Unavailable("the data folder", f"another house is using {home.root}; stop it or set HOUSEBAND_HOME")
            home.address.write_text(house.url + "\n", "utf-8")
            print(f"houseband: {house.url}/docs   stop with Ctrl-C", file=sys.stderr, flush=True)
            while True:
                time.sleep(0.2)
                for name in house.watch():
                    print(f"houseband: {name} had stopped and was started again", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        return 0
    finally:
        home.address.unlink(missing_ok=True)


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt
