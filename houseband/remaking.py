"""`houseband make --again DIR` for a song that was revised: its version is revised with what is stated, so that its edits stay."""

import argparse
import json
import shlex

from contracts.context import Context
from contracts.errors import BadInput
from contracts.pipeline import Stage
from houseband.request import read_options
from houseband.stating import read_folder_context

_BROUGHT = ("reference", "midi", "hum", "image", "base", "cover", "lyrics", "taps")


def revised_before(arguments: argparse.Namespace) -> Context | None:
    """The context of the song in the folder `--again`, where it was revised; None for a song as it was first made, or for none."""
    if arguments.again is None:
        return None
    context = read_folder_context("again", arguments.again)
    return context if context.request.revises is not None else None


def as_revision(arguments: argparse.Namespace) -> argparse.Namespace:
    """The same as `houseband revise` is asked for it: options as a patch; where nothing is stated, its notes are played again.

    Raises BadInput for what a revised song cannot take: other words, other files.
    """
    folder = str(arguments.again)
    if arguments.prompt.strip():
        words = f"houseband revise {shlex.quote(folder)} {shlex.quote(arguments.prompt)}"
        raise BadInput("prompt", arguments.prompt, "nothing beside --again: this song was revised, and keeps its words", hint=words)
    for name in _BROUGHT:
        if getattr(arguments, name, None):
            allowed = "nothing beside --again: this song was revised, and keeps what it was made from"
            raise BadInput(name, str(getattr(arguments, name)), allowed)
    if arguments.listen:
        raise BadInput("listen", arguments.listen, "nothing beside --again: a revised song is not drafted")
    options = read_options(arguments)
    until = options.pop("until", None)
    if arguments.seed is not None:
        options["seed"] = arguments.seed
    return argparse.Namespace(
        song=folder,
        instruction="",
        patch=json.dumps({"options": options}) if options else None,
        from_stage=None if options else Stage.PRODUCTION.value,
        until=until,
        branch=None,
        explain=False,
        out=arguments.out,
        server=arguments.server,
        json=arguments.json,
        quiet=arguments.quiet,
    )
