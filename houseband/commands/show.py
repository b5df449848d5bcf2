"""`houseband show DIR`: the score of a delivered folder as readable text."""

import argparse

from contracts.errors import BadInput
from contracts.music import Score


def run(arguments: argparse.Namespace) -> int:
    """Print the score. Raises BadInput for a folder without one."""
    from services.music.notation import score_text

    path = arguments.dir / "score.json"
    if not path.is_file():
        raise BadInput("dir", str(arguments.dir), "a delivered folder with score.json in it")
    try:
        score = Score.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise BadInput("dir", str(path), "a score as Houseband writes it", hint=str(error).splitlines()[0]) from error
    print(score_text(score), end="")
    return 0
