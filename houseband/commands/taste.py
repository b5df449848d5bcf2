"""`houseband taste`: what was learned of the user, taken out, or forgotten."""

import argparse
import json

from contracts.errors import BadInput
from houseband.showing import plain
from houseband.tastes import keeper


def run(arguments: argparse.Namespace) -> int:
    """Tell, export or forget."""
    with keeper(arguments.server) as client:
        if arguments.export is not None:
            count = 0
            try:
                with arguments.export.open("x", encoding="utf-8") as out:
                    for count, judgement in enumerate(client.judgements(), 1):  # noqa: B007  the last one counts
                        out.write(json.dumps(judgement, ensure_ascii=False) + "\n")
            except OSError as error:
                hint = "" if isinstance(error, FileExistsError) else error.strerror or ""
                raise BadInput(
                    "export", str(arguments.export), "a file that does not exist yet, in a folder that does", hint=hint
                ) from error
            print(f"{count} judgements in {arguments.export}")
        elif arguments.forget:
            forgotten = client.forget()
            print(
                json.dumps({"forgotten": forgotten})
                if arguments.json
                else f"forgotten: {forgotten} judgements and what was learned from them"
            )
        else:
            known = client.preferences()
            print(json.dumps(known, ensure_ascii=False) if arguments.json else plain("\n".join(known["told"])))
    return 0
