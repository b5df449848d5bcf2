"""A song that lies in a folder and not in the store: taken in again from its context.json and score.json.

Nothing that a file names is believed to be in the store: every reference is dropped, since it might be somebody else's. What stays
is what the documents say themselves; the notes are stored, and a revision plays them again.
"""

import asyncio
import hashlib
import json

from pydantic import ValidationError

from contracts.artifacts import Artifact
from contracts.context import AnalysisSection, Context, EndDocument, Request, ScoreSection, end_key, revision_key
from contracts.errors import BadInput
from contracts.events import Accepted, Finished
from contracts.music.score import Role, Score
from contracts.pipeline import Stage
from contracts.upgrades import read_context
from services.gateway.database.models import Composition, Job, Version
from services.gateway.database.queries import version_of_job
from services.gateway.jobs.acceptance import row_of
from services.gateway.jobs.facts import append_fact
from services.gateway.jobs.intake import read_options, read_prompt
from services.gateway.jobs.versions import draft_version
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused
from services.gateway.versions.judging import check_score
from services.music.digests import part_digest
from services.music.lyrics import read_lyrics

MOST_BYTES = 16 * 2**20
NOTE = "taken in from a folder"
_MOST_TAPS = 10_000


async def adopt(desk: Desk, who: Principal, context_json: bytes, score_json: bytes) -> Version:
    """The first version of a new composition: the folder's song as far as arrangement.

    Raises Refused (413, 422) or BadInput for documents that are none.
    """
    told, score = await asyncio.to_thread(_documents, context_json, score_json)
    composition_id, job_id, now = desk.new_id(), desk.new_id(), desk.clock()
    data = score.to_json()
    notes = await asyncio.to_thread(_put, desk, data)
    sheet = _sheet(score)
    sheet_notes = await asyncio.to_thread(_put, desk, sheet.to_json())
    request = Request(
        prompt=told.request.prompt, seed=told.seed, options=told.request.options, taps=told.request.taps, lyrics=told.request.lyrics,
        user=who.user,
    )  # fmt: skip
    context = Context(
        composition_id=composition_id,
        job_id=job_id,
        seq=1,
        stage=Stage.ARRANGEMENT,
        created_at=now,
        request=request,
        musical=told.musical,
        technical=told.technical,
        creative=told.creative,
        ai_decisions=tuple(one for one in told.ai_decisions if one.stage in (Stage.ANALYSIS, Stage.IDEATION, Stage.COMPOSITION)),
        analysis=AnalysisSection(features=told.analysis.features, reference_name=told.analysis.reference_name) if told.analysis else None,
        ideation=told.ideation,
        composition=ScoreSection(score=sheet_notes, part_digests=_digests(sheet)),
        arrangement=ScoreSection(score=notes, part_digests=_digests(score)),
        artifacts={"score.json": notes},
    )
    revision = revision_key(composition_id, job_id, 1, Stage.ARRANGEMENT, 1)
    await asyncio.to_thread(desk.objects.create, revision, context.to_json())
    end = EndDocument(status="completed", job_id=job_id, composition_id=composition_id, revision=revision, ended_at=now)
    await asyncio.to_thread(desk.objects.create, end_key(composition_id, job_id), end.to_json())
    return await _written(desk, row_of(desk, request, composition_id, job_id, now), revision, context)


async def _written(desk: Desk, job: Job, revision: str, context: Context) -> Version:
    """The composition with its first version. The job is done before it is written down: nobody works on it."""
    document = await asyncio.to_thread(desk.objects.find, revision)
    about = {"job_id": job.id, "composition_id": job.composition_id, "time": job.created_at}
    async with desk.database.write() as session:
        times = {"created_at": job.created_at, "updated_at": job.created_at}
        session.add(Composition(id=job.composition_id, user=job.user, prompt=context.request.prompt, **times))
        await session.flush()
        session.add(job)
        await session.flush()
        await append_fact(session, Accepted.model_validate(about))
        finished = Finished.model_validate({**about, "revision": revision})
        await append_fact(session, finished, draft_version("completed", revision, context, document))
        await session.flush()
        version = await version_of_job(session, job.id)
        if version is None:
            raise BadInput("context", job.id, "a song with notes")
        version.note = NOTE
    desk.hub.wake_composition(job.composition_id)
    return version


def _documents(context_json: bytes, score_json: bytes) -> tuple[Context, Score]:
    """Both documents, checked as if they had been posted by themselves."""
    told, score = _context(context_json), _score(score_json)
    if told.ideation is None:
        raise Refused(
            422, "The song has no brief yet.", field="context", value=told.stage or "no stage", allowed="a song that got to ideation"
        )
    options, _ = read_options(json.dumps(told.request.options.model_dump(mode="json", by_alias=True, exclude_defaults=True)))
    if told.request.prompt:
        read_prompt(told.request.prompt)
    if told.request.lyrics:
        read_lyrics(told.request.lyrics)
    if len(told.request.taps) > _MOST_TAPS:
        raise Refused(422, "The context holds too many taps.", field="context.request.taps", allowed=f"up to {_MOST_TAPS}")
    check_score(score, "score")
    request = told.request.model_copy(update={"options": options.model_copy(update={"until": None})})
    return told.model_copy(update={"request": request}), score


def _context(raw: bytes) -> Context:
    if len(raw) > MOST_BYTES:
        raise Refused(413, "The context is too large.", field="context", value=f"{len(raw)} bytes", allowed=f"up to {MOST_BYTES} bytes")
    try:
        return read_context(raw)
    except (BadInput, ValueError, RecursionError, AttributeError, TypeError) as error:
        told = str(error).splitlines()[0]
        raise Refused(422, f"context is no context.json: {told}", field="context", allowed="the context.json of a song") from error


def _score(raw: bytes) -> Score:
    try:
        return Score.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise Refused(
            422, f"score is no score.json: {where}: {first['msg']}.", field="score", allowed="the score.json of a song"
        ) from error


def _sheet(score: Score) -> Score:
    """What is left of the lead sheet: form, chords and tune."""
    tunes = {name: part for name, part in score.parts.items() if part.role in (Role.MELODY, Role.VOCAL)}
    return score.model_copy(update={"parts": tunes})


def _digests(score: Score) -> dict[str, str]:
    return {name: part_digest(part) for name, part in score.parts.items()}


def _put(desk: Desk, data: bytes) -> Artifact:
    return desk.objects.put_bytes(f"scores/{hashlib.sha256(data).hexdigest()}.json", data, "application/json")
