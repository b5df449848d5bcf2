"""A finished record kept in the store: asked for again, with one more format, it is not mastered again."""

import json
from dataclasses import dataclass

from contracts.artifacts import AudioArtifact
from contracts.context import Context, Decision, MasteringSection
from services.mixer.delivery.shelf import read_artifact
from services.runtime.workbench import Workbench


@dataclass(frozen=True)
class Finished:
    """What mastering adds to a context: its section, the delivered files by name, its decisions."""

    section: MasteringSection
    artifacts: dict[str, AudioArtifact]
    decisions: tuple[Decision, ...]

    def added_to(self, context: Context) -> Context:
        """The context with the record; stems and further files of an earlier one are gone."""
        kept = {name: artifact for name, artifact in context.artifacts.items() if "/" not in name and not name.startswith("cover.")}
        return context.model_copy(
            update={
                "mastering": self.section,
                "artifacts": {**kept, **self.artifacts},
                "ai_decisions": (*context.ai_decisions, *self.decisions),
            }
        )


def kept_record(bench: Workbench, prefix: str) -> Finished | None:
    """The record stored under `prefix`; None where there is none, or where a file of it is gone."""
    key = f"{prefix}/record.json"
    if not bench.objects.exists(key):
        return None
    document = json.loads(bench.objects.read(key))
    artifacts = {name: read_artifact(data) for name, data in document["artifacts"].items()}
    sounds = {name: one for name, one in artifacts.items() if isinstance(one, AudioArtifact) and bench.objects.exists(one.key)}
    if len(sounds) < len(artifacts):
        return None
    decisions = tuple(Decision.model_validate(data) for data in document["decisions"])
    return Finished(MasteringSection.model_validate(document["section"]), sounds, decisions)


def keep_record(bench: Workbench, prefix: str, finished: Finished) -> None:
    """Write down what belongs to the files under `prefix`, after them."""
    document = {
        "section": finished.section.model_dump(mode="json"),
        "artifacts": {name: artifact.model_dump(mode="json") for name, artifact in finished.artifacts.items()},
        "decisions": [decision.model_dump(mode="json") for decision in finished.decisions],
    }
    bench.objects.create(f"{prefix}/record.json", json.dumps(document).encode())
