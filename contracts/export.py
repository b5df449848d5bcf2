"""Writes the JSON Schemas and the AsyncAPI document under contracts/schemas: `python -m contracts.export`.

A snapshot test holds them to the code; a change of a contract shows in the diff.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from contracts import events
from contracts.brief import Brief
from contracts.context import Context, EndDocument, Options
from contracts.edits import Instructed
from contracts.errors import Problem
from contracts.features import Features
from contracts.music.score import Score
from contracts.provenance import Provenance
from contracts.report import Manifest, Report
from contracts.theory import Theory

FOLDER = Path(__file__).parent / "schemas"
DOCUMENTS: dict[str, type[BaseModel]] = {
    "context": Context, "options": Options, "end": EndDocument, "brief": Brief, "features": Features, "score": Score,
    "report": Report, "manifest": Manifest, "problem": Problem, "theory": Theory,
    "instructed": Instructed, "provenance": Provenance,
}  # fmt: skip
EVENTS: dict[str, tuple[str, type[BaseModel], str]] = {
    "stage_ready": ("houseband.stage.{stage}.ready.{job_id}", events.StageReady, "The context at this revision is ready for a stage"),
    "stem_ready": ("houseband.stem.{engine}.ready.{job_id}", events.StemReady, "One stem to render"),
    "draft_ready": ("houseband.draft.ready.{job_id}", events.DraftReady, "A draft of the song's beginning is wanted"),
    **{
        f"fact_{name}": (f"houseband.fact.{{job_id}}.{name}", kind, "A fact, replayable")
        for name, kind in (
            ("accepted", events.Accepted), ("stage_started", events.StageStarted), ("stage_finished", events.StageFinished),
            ("stem_finished", events.StemFinished), ("preview_ready", events.PreviewReady), ("qa_rejected", events.QaRejected),
            ("finished", events.Finished), ("failed", events.Failed), ("cancelled", events.CancelledFact),
        )
    },
    "progress": ("houseband.progress.{job_id}", events.Progress, "Percent and a line of text; may be lost"),
    "live": ("houseband.live.{topic}.{id}", events.Live, "One gateway wakes the others after a commit; may be lost"),
    "dead_letter": ("houseband.dead.{stage}.{job_id}", events.DeadLetter, "A message that no worker could finish"),
    "ask": ("houseband.ask.{service}", events.Ask, "A question to a service that needs no job"),
    "answer": ("houseband.ask.{service}.reply", events.Answer, "The reply to an ask"),
}  # fmt: skip


def schemas() -> dict[str, dict[str, Any]]:
    """Every exported document by file name."""
    documents = {f"{name}.schema.json": kind.model_json_schema() for name, kind in DOCUMENTS.items()}
    return {**documents, "asyncapi.json": asyncapi()}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of the bus."""
    channels, operations, messages, definitions = {}, {}, {}, {}
    for name, (address, kind, summary) in EVENTS.items():
        schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
        definitions.update(schema.pop("$defs", {}))
        definitions[kind.__name__] = schema
        messages[name] = {
            "summary": summary,
            "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
            "contentType": "application/json",
        }
        parameters: dict[str, Any] = {part.split("}")[0]: {} for part in address.split("{")[1:]}
        channels[name] = {"address": address, "parameters": parameters, "messages": {name: {"$ref": f"#/components/messages/{name}"}}}
        operations[f"send_{name}"] = {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Houseband bus", "version": "1", "license": {"name": "GPL-3.0-or-later"}},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": definitions},
    }


def rendered(document: dict[str, Any]) -> str:
    """As it lies in the file."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files."""
    FOLDER.mkdir(exist_ok=True)
    for name, document in schemas().items():
        (FOLDER / name).write_text(rendered(document), "utf-8")


if __name__ == "__main__":
    main()
