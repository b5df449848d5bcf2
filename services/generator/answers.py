"""What the generator answers without a job."""

from typing import Any

from contracts.errors import BadInput
from services.runtime.workbench import Workbench


def catalog(arguments: dict[str, Any], _bench: Workbench) -> Any:
    """The engines that render stems. Raises BadInput for any other kind."""
    from services.generator.production.engines import providers

    if arguments.get("kind") != "providers":
        raise BadInput("kind", arguments.get("kind"), "providers")
    return [{"id": name, **about} for name, about in providers().items()]
