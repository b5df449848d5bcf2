"""What the enhancer answers without a job."""

from typing import Any

from contracts.context import Options
from contracts.errors import BadInput
from contracts.features import Features, PictureFeatures
from contracts.given import Given
from contracts.preferences import Preferences
from services.runtime.workbench import Workbench


def brief(arguments: dict[str, Any], bench: Workbench) -> dict[str, Any]:
    """The brief that `prompt` would be played from. `options`, `features`, `given`, `lyrics`, `preferences`, `picture` as in a job.

    `within_s`: how long whoever asks will wait for a language model.
    """
    from services.enhancer.enhancing import Brought, enhanced
    from services.enhancer.work import reader

    brought = Brought(
        Features.model_validate(arguments["features"]) if arguments.get("features") else None,
        Given.model_validate(arguments["given"]) if arguments.get("given") else None,
        str(arguments.get("lyrics") or ""),
        Preferences.model_validate(arguments["preferences"]) if arguments.get("preferences") else None,
        PictureFeatures.model_validate(arguments["picture"]) if arguments.get("picture") else None,
    )
    options = Options.model_validate(arguments.get("options", {}))
    who = reader(options, bench, arguments.get("within_s"))
    read = enhanced(str(arguments.get("prompt", "")), options, brought, seed=int(arguments.get("seed") or 0), reader=who)
    return read.brief.model_dump(mode="json")


def catalog(arguments: dict[str, Any], _bench: Workbench) -> Any:
    """What there is of `kind`: genres, moods or instruments. Raises BadInput for any other."""
    from services.enhancer.catalog import catalog as entries

    known, kind = entries(), arguments.get("kind")
    if kind not in known:
        raise BadInput("kind", kind, ", ".join(known))
    return list(known[kind])
