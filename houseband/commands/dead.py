"""`houseband dead [list|show ID|replay ID]`: messages that no worker could finish, and trying again."""

import argparse
import json
import time
from typing import Any

from houseband.reaching import reach
from houseband.showing import plain
from houseband.tables import print_table


def run(arguments: argparse.Namespace) -> int:
    """Tell which letters there are, what one holds, or play one again."""
    with reach(arguments.server) as client:
        if arguments.act == "list":
            letters = client.dead()
            if arguments.json:
                print(json.dumps(letters, ensure_ascii=False))
            else:
                print_table(("id", "time", "stage", "job", "tries", "reason"), [_row(letter) for letter in letters])
            return 0
        answer = client.dead_letter(arguments.id) if arguments.act == "show" else client.replay_dead(arguments.id)
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    if arguments.act == "replay":
        print(f"job {plain(answer['job_id'])} goes on at {plain(answer['stage'])}; see: houseband jobs show {plain(answer['job_id'])}")
        return 0
    for name, value in answer.items():
        print(plain(f"{name:12} {json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value}"))
    return 0


def _row(letter: dict[str, Any]) -> tuple[str, ...]:
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(letter["time"]))
    return str(letter["id"]), moment, letter["stage"], letter["job_id"], str(letter["deliveries"]), letter["reason"]
