"""`houseband up`: everything on this machine, until stopped."""

import argparse
import os
import socket
import sys
import time

from contracts.errors import BadInput, Unavailable
from houseband.home import Home
from houseband.launcher import House
from houseband.processes import interrupt_on_signals


def run(arguments: argparse.Namespace) -> int:
    """Serve the API on loopback and watch the services."""
    interrupt_on_signals()
    check_port(arguments.port)
    grpc_port = _grpc_port(arguments.grpc_port)
    home, auth = Home.find(), os.environ.get("HOUSEBAND_AUTH") or "auto"
    try:
        with House.open(home, port=arguments.port, shared=False, grpc_port=grpc_port, auth=auth) as house:
            _keep(house, home)
    except KeyboardInterrupt:
        pass
    return 0


def _grpc_port(asked: int | None) -> int | None:
    """The port of gRPC, stated or set in the environment; None: no gRPC. Raises BadInput or Unavailable."""
    told = os.environ.get("HOUSEBAND_GRPC_PORT", "") or "-1"
    try:
        port = asked if asked is not None else int(told)
    except ValueError as error:
        raise BadInput("HOUSEBAND_GRPC_PORT", told, "a port; 0 takes a free one; -1: no gRPC") from error
    if asked is None and port == -1:
        return None
    check_port(port, "grpc-port")
    return port


def check_port(port: int, field: str = "port") -> None:
    """Raise BadInput for what is no port, Unavailable where somebody listens there. 0: a free one."""
    if not 0 <= port <= 65535:
        raise BadInput(field, port, "0 to 65535; 0 takes a free one")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Unavailable(f"port {port}", f"{error.strerror}; choose another with --{field}") from error


def _keep(house: House, home: Home) -> None:
    """Watch the services until a signal; the address stands for exactly as long."""
    home.address.write_text(house.url + "\n", "utf-8")
    try:
        wire = f"   gRPC on {house.grpc_address}" if house.grpc_address else ""
        print(f"houseband: {house.url}/docs{wire}   stop with Ctrl-C", file=sys.stderr, flush=True)
        while True:
            time.sleep(0.2)
            for name in house.watch():
                print(f"houseband: {name} had stopped and was started again", file=sys.stderr, flush=True)
    finally:
        home.address.unlink(missing_ok=True)
