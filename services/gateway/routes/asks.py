"""Answers that need no job, from the services that own them."""

import asyncio
import json
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import UploadFile

from services.gateway.jobs.intake import prompt_beside, read_form, read_options
from services.gateway.jobs.uploads import notes_type, spool, store
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused
from services.gateway.routes.openapi import ANALYSIS_FORM, problems
from services.gateway.routes.parts import TheDesk, Who
from services.gateway.tastes import preferences_for

router = APIRouter(tags=["answers"])
Kind = Literal["genres", "moods", "instruments", "effects", "providers"]
OWNERS: dict[str, str] = {
    "genres": "enhancer",
    "moods": "enhancer",
    "instruments": "enhancer",
    "effects": "mixer",
    "providers": "generator",
}

_LEFT_S = 3.0
"""What the enhancer keeps of the time for an answer, beside what it gives a language model."""


class BriefRequest(BaseModel):
    """What to read: the prompt and what is stated beside it, as for a job. Beside an edited brief the prompt may be left out."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = ""
    options: dict[str, Any] = {}


@router.post("/briefs", responses=problems(400, 422, 503))
async def read_brief(body: BriefRequest, desk: TheDesk, who: Who) -> dict[str, Any]:
    """The brief that a prompt would be played from, with the reasons, without making anything."""
    return await brief_for(desk, who, body)


async def brief_for(desk: Desk, who: Principal, body: BriefRequest, within_s: float | None = None) -> dict[str, Any]:
    """The enhancer's answer to a prompt, in `within_s` seconds at most. Raises BadInput, Refused or Unavailable."""
    options, _ = read_options(json.dumps(body.options))
    patience_s = min(desk.settings.brief_timeout_s, within_s or desk.settings.brief_timeout_s)
    arguments = {
        "prompt": prompt_beside(body.prompt, options),
        "options": options.model_dump(mode="json", by_alias=True, exclude_unset=True),
        "preferences": await preferences_for(desk, who.user, options),
        "within_s": max(patience_s - _LEFT_S, 1.0),
    }
    brief: dict[str, Any] = await desk.bus.ask("enhancer", "brief", arguments, patience_s)
    return brief


@router.post("/analyses", openapi_extra=ANALYSIS_FORM, responses=problems(400, 413, 415, 422, 503, 507))
async def analyze(request: Request, desk: TheDesk) -> dict[str, Any]:
    """What the ears hear in a sound file; the theory of a MIDI file's or a score.json's notes."""
    async with read_form(request, desk.settings) as form:
        upload = form.get("file") or form.get("reference_track")
        if not isinstance(upload, UploadFile):
            raise Refused(400, "There is no file.", field="file", allowed="an audio file")
        notes = await notes_type(upload)
        async with spool(upload, "file", notes) as spooled:
            artifact = await store(desk.objects, spooled, f"analyses/{desk.new_id()}")
    try:
        arguments = {"notes" if notes else "reference": artifact.model_dump(mode="json"), "name": spooled.name}
        question = "theory" if notes else "features"
        found: dict[str, Any] = await desk.bus.ask("analyzer", question, arguments, desk.settings.analysis_timeout_s)
    finally:
        await asyncio.to_thread(desk.objects.delete, artifact.key)
    return found


@router.get("/catalog/{kind}", responses=problems(404, 503))
async def catalog(kind: Kind, desk: TheDesk) -> Any:
    """What there is to choose from."""
    return await desk.bus.ask(OWNERS[kind], "catalog", {"kind": kind}, desk.settings.catalog_timeout_s)
