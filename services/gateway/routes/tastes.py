"""Judgements of songs, and what was learned from them."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.base import Document
from contracts.preferences import Facts, Feedback, Preferences
from services.gateway.door.paging import link_next
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import Cursor, Limit, TheDesk, Who
from services.gateway.tastes import Judgement, forget, judge, judgements_page, preferences_of, song_of

router = APIRouter(tags=["taste"])


class SongNamed(BaseModel):
    """A song of this server by composition and version, or any song by its facts."""

    model_config = ConfigDict(extra="forbid")

    composition_id: str | None = Field(default=None, max_length=64)
    version: int = Field(default=1, ge=1)
    facts: Facts | None = None
    about: dict[str, Annotated[str, Field(max_length=2000)] | Annotated[float, Field(allow_inf_nan=False)] | None] = Field(
        default={}, max_length=16, description="kept beside facts: prompt, seed, digest of the master, ..."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.composition_id is None) == (self.facts is None):
            raise ValueError("either composition_id or facts")
        return self

    def same_as(self, other: Self) -> bool:
        """Whether both name one version of one composition."""
        return (self.composition_id, self.version) == (other.composition_id, other.version)


class FeedbackRequest(BaseModel):
    """A rating (1 to 5) of `liked`, or that `liked` is better than `other` (`choice`), or that `other` was changed to it (`edit`)."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["rating", "choice", "edit"]
    rating: int | None = Field(default=None, ge=1, le=5)
    liked: SongNamed
    other: SongNamed | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "rating" and (self.rating is None or self.other is not None):
            raise ValueError("a rating has a rating from 1 to 5 and one song, liked")
        if self.kind != "rating" and (self.other is None or self.rating is not None):
            raise ValueError(f"a {self.kind} has two songs, liked and other, and no rating")
        if self.other and self.liked.composition_id and self.liked.same_as(self.other):
            raise ValueError(f"a {self.kind} has two songs; liked and other are the same")
        return self


class Learned(Document):
    """That a judgement was learned from, and what is believed now."""

    feedback_id: str
    told: tuple[str, ...]


class PreferencesView(Document):
    """What was learned of a user: the model, and the same in words."""

    preferences: Preferences
    told: tuple[str, ...]


class Forgotten(Document):
    """How many judgements were dropped with the model."""

    judgements: int


class FeedbackItem(Feedback):
    """One kept judgement, in the form in which a reward model can be trained on it."""

    feedback_id: str
    created_at: float


class FeedbackPage(Document):
    """Judgements, oldest first. `next` is the cursor of the following page."""

    items: tuple[FeedbackItem, ...]
    next: str | None


@router.post("/feedback", status_code=201, responses=problems(404, 409, 422, 503))
async def give_feedback(body: FeedbackRequest, desk: TheDesk, who: Who) -> Learned:
    """Judge a song. What is learned leans what later requests leave open, and is told in their decisions."""
    liked, about = await _song(desk, who, body.liked)
    other, about_other = await _song(desk, who, body.other) if body.other else (None, {})
    kept = {"liked": about, **({"other": about_other} if body.other else {})}
    feedback_id, told = await judge(desk, who.user, Judgement(body.kind, body.rating, liked, other, kept))
    return Learned(feedback_id=feedback_id, told=tuple(told))


async def _song(desk: Desk, who: Principal, song: SongNamed) -> tuple[dict[str, Any], dict[str, Any]]:
    if song.composition_id is not None:
        return await song_of(desk, who, song.composition_id, song.version)
    return {"facts": song.facts.model_dump(mode="json") if song.facts else None}, dict(song.about)


@router.get("/feedback", responses=problems(422))
async def list_feedback(
    request: Request, response: Response, desk: TheDesk, who: Who, limit: Limit = 50, cursor: Cursor = None
) -> FeedbackPage:
    """The judgements that were given, oldest first."""
    found = await judgements_page(desk, who.user, cursor, limit + 1)
    items = tuple(
        FeedbackItem.model_validate({**row.document, "feedback_id": row.id, "created_at": row.created_at}) for row in found[:limit]
    )
    page = FeedbackPage(items=items, next=items[-1].feedback_id if len(found) > limit else None)
    link_next(request, response, page.next)
    return page


@router.get("/preferences", responses=problems(503))
async def get_preferences(desk: TheDesk, who: Who) -> PreferencesView:
    """What was learned, as numbers and in words."""
    known = await preferences_of(desk, who.user)
    told = await desk.bus.ask("enhancer", "taste", {"preferences": known.model_dump(mode="json")}, desk.settings.brief_timeout_s)
    return PreferencesView(preferences=known, told=tuple(told))


@router.delete("/preferences")
async def forget_preferences(desk: TheDesk, who: Who) -> Forgotten:
    """Forget what was learned, and the judgements that it was learned from."""
    return Forgotten(judgements=await forget(desk, who.user))
