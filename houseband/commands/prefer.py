"""`houseband prefer DIR OTHER`: one song is better than another."""

from houseband.commands.rate import run

__all__ = ["run"]
