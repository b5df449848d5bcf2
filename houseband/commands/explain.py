"""`houseband revise --explain`: how an instruction is understood over a song, without making anything."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.edits import Instructed
from contracts.errors import BadInput, Unavailable
from contracts.music.score import Score
from houseband.client import Client
from houseband.home import Home
from houseband.request import check_server
from houseband.running import running_house
from houseband.showing import plain

if TYPE_CHECKING:
    from houseband.commands.revise import Named

_ALLOWED = "an instruction, such as 'drums quieter in the second verse'"


def run(arguments: argparse.Namespace, named: "Named") -> int:
    """Read the instruction and show what would change. A folder is read as it lies; a version by the house or server that has it."""
    if not arguments.instruction.strip():
        raise BadInput("instruction", arguments.instruction, _ALLOWED)
    read = _over_folder(arguments.instruction, named) if named.folder else _over_version(arguments, named)
    if arguments.json:
        print(read.model_dump_json())
        return 0
    for line in read.told:
        print(plain(line))
    if read.unread:
        print(f"not understood: {'; '.join(plain(words) for words in read.unread)}")
    return 0


def _over_folder(instruction: str, named: "Named") -> Instructed:
    from services.enhancer.instructing import read_instruction
    from services.gateway.versions.outlining import outline_of

    if named.folder is None or named.context is None:
        raise BadInput("song", "", "the folder of a song that Houseband made")
    return read_instruction(instruction, outline_of(named.context, _score(named.folder)))


def _score(folder: Path) -> Score:
    """The notes of a folder. Raises BadInput where there are none."""
    path = folder / "score.json"
    try:
        return Score.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput("song", str(path), "the score.json of a song", hint=str(error).splitlines()[0]) from error


def _over_version(arguments: argparse.Namespace, named: "Named") -> Instructed:
    server = check_server(arguments.server) if arguments.server is not None else running_house(Home.find())
    if server is None:
        raise Unavailable("a house", "start one with `houseband up`, name one with --server, or give the song's folder")
    with Client(server) as client:
        heads = [one.version for one in client.versions(named.composition) if one.branch == "main"] if named.version is None else []
        return client.read_instruction(named.composition, named.version or max(heads, default=1), arguments.instruction)
