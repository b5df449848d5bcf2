"""`houseband serve SERVICE`: one service in this process, until it is told to stop."""

import argparse
import importlib


def run(arguments: argparse.Namespace) -> int:
    """Serve."""
    importlib.import_module(f"services.{arguments.service}.app").main()
    return 0
