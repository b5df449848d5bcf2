"""`houseband show DIR`: the score of a delivered folder as readable text, or its mix as a sheet."""

import argparse
from pathlib import Path

from contracts.errors import BadInput
from contracts.music import Score
from houseband.showing import plain
from houseband.stating import read_folder_context

_SHEET = """\
# The mix of {name}. Change what you like, leave out what shall stay as it is, and give it back:
#   houseband make --again {name} --mix FILE --out DIR
# Levels are relative to what was decided by itself, in dB; sends, equaliser and compressor are as they stand.
"""


def run(arguments: argparse.Namespace) -> int:
    """Print the score, or the mix sheet. Raises BadInput for a folder without one."""
    print(plain(_mix(arguments.dir) if arguments.mix else _score(arguments.dir)), end="")
    return 0


def _score(folder: Path) -> str:
    from services.music.notation import score_text

    path = folder / "score.json"
    if not path.is_file():
        raise BadInput("dir", str(folder), "a delivered folder with score.json in it")
    try:
        score = Score.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise BadInput("dir", str(path), "a score as Houseband writes it", hint=str(error).splitlines()[0]) from error
    return score_text(score)


def _mix(folder: Path) -> str:
    """The mix as TOML that `make --mix` reads."""
    import tomli_w

    from services.mixer.mixing.sheet import mix_sheet

    context = read_folder_context("dir", folder)
    if context.mixing is None:
        raise BadInput("dir", str(folder), "the folder of a song that was mixed; this one stopped before")
    return _SHEET.format(name=folder) + "\n" + tomli_w.dumps(mix_sheet(context).model_dump(mode="json", exclude_none=True))
