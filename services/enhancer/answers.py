"""What the enhancer answers without a job."""

from typing import Any

from contracts.context import Options
from contracts.errors import BadInput
from contracts.features import Features
from contracts.given import Given
from contracts.preferences import Preferences
from services.runtime.workbench import Workbench


def brief(arguments: dict[str, Any], _bench: Workbench) -> dict[str, Any]:
    """The brief that `prompt` would be played from. `options`, `features`, `given`, `lyrics`, `preferences` as in a job."""
    from services.enhancer.enhancing import enhance

    options = Options.model_validate(arguments.get("options", {}))
    features = Features.model_validate(arguments["features"]) if arguments.get("features") else None
    given = Given.model_validate(arguments["given"]) if arguments.get("given") else None
    read = enhance(
        str(arguments.get("prompt", "")),
        options,
        features,
        seed=int(arguments.get("seed") or 0),
        given=given,
        lyrics=str(arguments.get("lyrics") or ""),
        preferences=Preferences.model_validate(arguments["preferences"]) if arguments.get("preferences") else None,
    )
    return read.model_dump(mode="json")


def catalog(arguments: dict[str, Any], _bench: Workbench) -> Any:
    """What there is of `kind`: genres, moods or instruments. Raises BadInput for any other."""
    from services.enhancer.catalog import catalog as entries

    known, kind = entries(), arguments.get("kind")
    if kind not in known:
        raise BadInput("kind", kind, ", ".join(known))
    return list(known[kind])
