"""What users like, as the gateway keeps it: judgements, and the model that the enhancer learns from them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.context import Options
from contracts.preferences import Preferences
from services.gateway.database.models import FeedbackRow, Job, Taste
from services.gateway.people.access import version_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused

_TRIES = 5


@dataclass(frozen=True)
class Judgement:
    """One judgement as it was posted: each song as the enhancer is asked about it."""

    kind: str
    rating: int | None
    liked: dict[str, Any]
    other: dict[str, Any] | None
    about: dict[str, Any] = field(default_factory=dict)


async def preferences_of(desk: Desk, user: str) -> Preferences:
    """What is known of a user's taste; empty where nothing is."""
    return Preferences.model_validate(await _document(desk, user) or {})


async def _document(desk: Desk, user: str) -> dict[str, Any] | None:
    async with desk.database.read() as session:
        row = await session.get(Taste, user)
    return row.document if row else None


async def preferences_for(desk: Desk, user: str, options: Options) -> dict[str, Any]:
    """The taste that a job of these options is made with, as it is copied into the job's context; empty: none."""
    if isinstance(options.taste, Preferences):
        return options.taste.model_dump(mode="json")
    known = await preferences_of(desk, user) if options.taste == "use" else Preferences()
    return known.model_dump(mode="json") if known.judgements else {}


def stated_preferences(options: Options) -> dict[str, Any]:
    """The taste that the options themselves hold, as it is copied into the job's context; empty: none."""
    return options.taste.model_dump(mode="json") if isinstance(options.taste, Preferences) else {}


async def add_preferences(session: AsyncSession, jobs: Iterable[Job]) -> None:
    """Copy the tastes of their users into new jobs that are made with them: those that `preferences_for` gives one by one."""
    asking = [job for job in jobs if (job.request.get("options") or {}).get("taste") == "use"]
    if not asking:
        return
    known = select(Taste.user, Taste.document).where(Taste.user.in_(sorted({job.user for job in asking})), Taste.judgements > 0)
    found: dict[str, dict[str, Any]] = dict((await session.execute(known)).tuples().all())
    for job in asking:
        if job.user in found:
            job.request = {**job.request, "preferences": Preferences.model_validate(found[job.user]).model_dump(mode="json")}


async def judge(desk: Desk, user: str, judgement: Judgement) -> tuple[str, list[str]]:
    """Learn from a judgement and keep it: its id, and the new model in words.

    The enhancer learns; two judgements at the same time are both learned from, one after the other.
    Raises BadInput for a judgement that is not whole, Unavailable where the enhancer does not answer: nothing is kept then.
    """
    question = {"kind": judgement.kind, "rating": judgement.rating, "liked": judgement.liked, "other": judgement.other}
    for _ in range(_TRIES):
        before = await _document(desk, user)
        arguments = {**question, "about": judgement.about, "preferences": before or {}}
        answer = await desk.bus.ask("enhancer", "judge", arguments, desk.settings.brief_timeout_s)
        kept = await _keep(desk, user, before, answer)
        if kept:
            return kept, list(answer["told"])
    raise Refused(409, "Too many judgements came at the same moment.", field="feedback", allowed="the same again in a moment")


async def _keep(desk: Desk, user: str, seen: dict[str, Any] | None, answer: dict[str, Any]) -> str | None:
    """Write model and judgement in one transaction; None where the model is not the one that was `seen` any more."""
    now, feedback_id = desk.clock(), desk.new_id()
    try:
        async with desk.database.write() as session:
            row = await session.get(Taste, user, with_for_update=True)
            if (row.document if row else None) != seen:
                return None
            if row is None:
                row = Taste(user=user)
                session.add(row)
            row.judgements, row.document, row.updated_at = int(answer["preferences"]["judgements"]), answer["preferences"], now
            session.add(FeedbackRow(id=feedback_id, user=user, document=answer["feedback"], created_at=now))
    except IntegrityError:  # the first two judgements at once, where no row could be locked
        return None
    return feedback_id


async def forget(desk: Desk, user: str) -> int:
    """Drop model and judgements; how many judgements there were."""
    async with desk.database.write() as session:
        count = await session.scalar(select(func.count()).select_from(FeedbackRow).where(FeedbackRow.user == user))
        await session.execute(delete(FeedbackRow).where(FeedbackRow.user == user))
        await session.execute(delete(Taste).where(Taste.user == user))
    return int(count or 0)


async def judgements_page(desk: Desk, user: str, cursor: str | None, limit: int) -> list[FeedbackRow]:
    """Judgements of a user, oldest first."""
    statement = select(FeedbackRow).where(FeedbackRow.user == user).order_by(FeedbackRow.id).limit(limit)
    if cursor:
        statement = statement.where(FeedbackRow.id > cursor)
    async with desk.database.read() as session:
        return list(await session.scalars(statement))


async def song_of(desk: Desk, who: Principal, composition_id: str, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the song as the enhancer is asked about it, what is kept about it) of a version. Raises Refused (404)."""
    async with desk.database.read() as session:
        version = await version_for(session, who, composition_id, number, "viewer")
    about = {"composition_id": composition_id, "version": number, "seed": version.summary.get("seed"), "summary": version.summary}
    return {"revision": version.revision}, about
