"""Taking a revision: read, laid on the version it changes, checked, and written down as a job."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

from contracts.artifacts import Artifact
from contracts.context import Context, Options, Request
from contracts.edits import Edit, Instructed, Outline, first_stage_of
from contracts.errors import IllegalMove
from contracts.music.score import Score
from contracts.pipeline import Stage
from contracts.retake import carried_over, reached, stages_from
from contracts.revising import MAIN, Revises
from services.gateway.database.models import Job, Version
from services.gateway.jobs.acceptance import accept_revision
from services.gateway.jobs.intake import Order
from services.gateway.jobs.ordering import check_words
from services.gateway.jobs.revisions import load_context
from services.gateway.people.access import version_for
from services.gateway.people.principal import Principal
from services.gateway.people.quotas import limits_for
from services.gateway.ports import Desk
from services.gateway.versions.asking import Revision
from services.gateway.versions.instructing import instructed
from services.gateway.versions.laying import laid
from services.gateway.versions.outlining import check_places, outline_of
from services.gateway.versions.patching import Patched, patched
from services.gateway.versions.starting import Need, check_until, is_before, needs_of, start
from services.gateway.versions.stored import first_there


@dataclass(frozen=True)
class Base:
    """The version that is revised, as it lies in the store. `score` None: it has no arranged notes."""

    version: Version
    context: Context
    score: Score | None

    @property
    def notes(self) -> Artifact | None:
        """Where the arranged notes are."""
        return self.context.arrangement.score if self.context.arrangement else None


@dataclass(frozen=True)
class Taken:
    """A revision that was taken: its job, and what it was understood as.

    `unread`: words that nothing was made of. `had`: the stages whose work the version holds.
    """

    job: Job
    start: Stage
    told: tuple[str, ...]
    unread: tuple[str, ...]
    edits: tuple[Edit, ...]
    had: tuple[Stage, ...]
    until: Stage | None = None

    @property
    def stages(self) -> dict[str, tuple[str, ...]]:
        """`kept`: stages whose work stays; `made`: those that work again."""
        made = [one for one in stages_from(self.start) if self.until is None or not is_before(self.until, one)]
        return {"kept": tuple(one.value for one in self.had if is_before(one, self.start)), "made": tuple(one.value for one in made)}


async def take_revision(desk: Desk, who: Principal, composition_id: str, number: int, asked: Revision) -> Taken:
    """The job that revises a version. The caller nudges the outbox relay.

    Raises Refused or BadInput: 403, 404, 409 for a move that the stages do not allow or where somebody was faster, 422 with the
    field at fault, 429; Unavailable where the words cannot be read now.
    """
    async with desk.database.read() as session:
        version = await version_for(session, who, composition_id, number, "editor")
    base = await load_base(desk, version)
    laid_over = await asyncio.to_thread(patched, asked.patch, base.context, base.score)
    outline = outline_of(base.context.model_copy(update={"request": _request_with(base.context, laid_over)}), laid_over.score or base.score)
    read = await _read(desk, asked, outline, laid_over.options)
    options = laid(laid_over.options, read.edits, outline).model_copy(update={"until": asked.until})
    wanted = _start(asked, base, laid_over, read.edits, options)
    first = await asyncio.to_thread(first_there, desk.objects, base.context, wanted)
    notes = await _stored(desk, laid_over.score) if laid_over.score is not None else base.notes
    # Where arrangement is not asked to write anew, it has the notes to hand on, also should QA send the song back.
    keeps_notes = (
        laid_over.score is not None or is_before(Stage.ARRANGEMENT, wanted) or any(one.stage is Stage.ARRANGEMENT for one in read.edits)
    )
    revises = Revises(version=number, revision=version.revision, from_stage=first, score=notes if keeps_notes else None)
    request = _request(base, laid_over, read, options, asked, revises).model_copy(update={"user": who.user})
    if options != base.context.request.options.model_copy(update={"until": options.until}):
        await check_words(desk, Order(prompt=request.prompt, options=options, seed=request.seed, lyrics=request.lyrics))
    job_id = desk.new_id()
    carried_over(base.context, request, job_id, desk.clock())  # what cannot be carried is told now, and not by a failed job
    job = await accept_revision(desk, request, version, job_id, asked.expected_head, asked.branch, limits_for(desk.settings, who.limits))
    desk.hub.wake_composition(composition_id)
    had = tuple(stage for stage in Stage if getattr(base.context, stage.value) is not None)
    told = request.revises.told if request.revises else ()
    return Taken(job, first, told, read.unread, read.edits, had, asked.until)


async def load_base(desk: Desk, version: Version) -> Base:
    """A version with its context and its notes. Raises BadInput or Unavailable where they cannot be read."""
    context = await load_context(desk.objects, version.revision)
    score = None
    if context.arrangement is not None:
        score = Score.model_validate_json(await asyncio.to_thread(desk.objects.read, context.arrangement.score.key))
    return Base(version, context, score)


async def _read(desk: Desk, asked: Revision, outline: Outline, options: Options) -> Instructed:
    """Everything that was asked for as edits: the instruction's as the enhancer reads it, then those that were sent as such."""
    said = await instructed(desk, asked.instruction, outline, options) if asked.instruction.strip() else Instructed(edits=())
    check_places(asked.edits, outline)
    for edit in asked.edits:
        if edit.words:
            said = said.model_copy(update={"told": (*said.told, edit.words)})
    return said.model_copy(update={"edits": (*said.edits, *asked.edits)})


def _start(asked: Revision, base: Base, over: Patched, edits: tuple[Edit, ...], options: Options) -> Stage:
    """The stage to start from: as asked, as the changes need it, or the next one."""
    needs = [*over.needs, *needs_of(base.context.request.options, options, base.context.request)]
    if edits:
        first = first_stage_of(edits)
        needs.append(Need(first, "the edit", only=first is Stage.ARRANGEMENT))
    stage = start(reached(base.context), asked.from_stage, needs)
    if base.score is None and any(need.only for need in needs):
        got = reached(base.context)
        raise IllegalMove(
            "from_stage", f"{got or 'nothing'} -> {stage}", "a version that got to arrangement: there are no notes to edit yet"
        )
    check_until(stage, asked.until)
    return stage


def _request_with(context: Context, over: Patched) -> Request:
    return context.request.model_copy(update={"options": over.options})


def _request(base: Base, over: Patched, read: Instructed, options: Options, asked: Revision, revises: Revises) -> Request:
    """The request of the new job: the parent's, with what changed."""
    changed = Revises.model_validate(
        {
            **revises.model_dump(),
            "branch": asked.branch or MAIN,
            "instruction": asked.instruction.strip(),
            "edits": read.edits,
            "told": read.told or tuple(edit.words for edit in read.edits if edit.words) or _told(asked),
            "stated": _decided(base.score, over.score) if over.score is not None and base.score is not None else {},
        }
    )
    seed = base.context.seed if over.seed is None else over.seed
    return base.context.request.model_copy(update={"options": options, "seed": seed, "revises": changed})


def _told(asked: Revision) -> tuple[str, ...]:
    """What a revision without words changes."""
    patches = tuple(f"{member}.{name}" for member, one in asked.patch.items() if isinstance(one, dict) for name in one)
    kinds = tuple(edit.kind for edit in asked.edits)
    changed = ", ".join((*kinds, *patches))
    return (f"changed: {changed}",) if changed else ()


async def _stored(desk: Desk, score: Score) -> Artifact:
    """A patched score in the store, under the digest of its bytes as every score."""
    data = score.to_json()
    key = f"scores/{hashlib.sha256(data).hexdigest()}.json"
    return await asyncio.to_thread(desk.objects.put_bytes, key, data, "application/json")


def _decided(before: Score, after: Score) -> dict[str, Any]:
    """The fields of a brief that the patched notes decide."""
    fields = ("tempo_bpm", "key", "meter", "duration_s")
    return {name: getattr(after, name) for name in fields if getattr(after, name) != getattr(before, name)}
