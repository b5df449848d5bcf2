"""What the analyzer answers without a job."""

from typing import Any

from contracts.artifacts import Artifact
from services.runtime.workbench import Workbench


def features(arguments: dict[str, Any], bench: Workbench) -> dict[str, Any]:
    """What the ears hear in the stored file `reference`."""
    from services.analyzer.reference import heard_features

    return heard_features(Artifact.model_validate(arguments["reference"]), bench).model_dump(mode="json")


def theory(arguments: dict[str, Any], bench: Workbench) -> dict[str, Any]:
    """The theory of the notes in the stored file `notes`, a MIDI file or a score.json, called `name`."""
    from services.analyzer.theory import read_file

    stored = Artifact.model_validate(arguments["notes"])
    return read_file(bench.objects.read(stored.key), str(arguments.get("name") or "the file")).model_dump(mode="json")
