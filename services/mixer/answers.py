"""What the mixer answers without a job."""

from typing import Any

from contracts.errors import BadInput
from services.runtime.workbench import Workbench


def catalog(arguments: dict[str, Any], _bench: Workbench) -> Any:
    """The effects that the mixer has. Raises BadInput for any other kind."""
    from services.mixer.catalog import effects

    if arguments.get("kind") != "effects":
        raise BadInput("kind", arguments.get("kind"), "effects")
    return effects()
