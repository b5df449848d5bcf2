"""What the mixer answers without a job."""

from typing import Any

from pydantic import ValidationError

from contracts.errors import BadInput
from contracts.sound import MixEdits
from services.runtime.workbench import Workbench


def catalog(arguments: dict[str, Any], _bench: Workbench) -> Any:
    """The effects that the mixer has. Raises BadInput for any other kind."""
    from services.mixer.catalog import effects

    if arguments.get("kind") != "effects":
        raise BadInput("kind", arguments.get("kind"), "effects")
    return effects()


def judge(arguments: dict[str, Any], _bench: Workbench) -> dict[str, Any]:
    """Whether `mix`, edits of a mix as in a job's options, can be: what is known before there is a song. Raises BadInput."""
    from services.mixer.mixing.edits import judge as judged

    try:
        edits = MixEdits.model_validate(arguments.get("mix") or {})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(".".join(("mix", *map(str, first["loc"]))), first["input"], first["msg"]) from error
    judged(edits)
    return {}
