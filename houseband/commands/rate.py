"""`houseband rate DIR 1..5` and `houseband prefer DIR OTHER`: what one likes, for what later songs leave open."""

import argparse
import json
from typing import Any

from contracts.errors import BadInput
from houseband.showing import plain
from houseband.tastes import keeper, song_facts


def run(arguments: argparse.Namespace) -> int:
    """Judge a song and tell what is believed now."""
    judgement = _judgement(arguments)
    with keeper(arguments.server) as client:
        told = client.judge(judgement)
    if arguments.json:
        print(json.dumps({"told": told}, ensure_ascii=False))
        return 0
    for line in told:
        print(plain(line))
    return 0


def _judgement(arguments: argparse.Namespace) -> dict[str, Any]:
    liked = song_facts("dir", arguments.dir)
    if arguments.command == "rate":
        return {"kind": "rating", "rating": arguments.rating, "liked": liked}
    if arguments.other.resolve() == arguments.dir.resolve():
        raise BadInput("other", str(arguments.other), "the folder of another song than the one that is liked more")
    return {"kind": "edit" if arguments.edit else "choice", "liked": liked, "other": song_facts("other", arguments.other)}
