"""Dead letters, for whoever runs the house (scope admin): list, show, replay."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from services.gateway.jobs.letters import DeadPage, DeadView, Replayed, dead_letter, dead_page, dead_view, replay_letter
from services.gateway.people.principal import Principal
from services.gateway.problems import Refused
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import Limit, TheDesk, Who
from services.runtime.dead import DeadLetters

router = APIRouter(tags=["dead letters"])
_MOST = 2**53
Id = Annotated[int, Path(ge=1, le=_MOST, description="as the list shows it")]


async def _letters(request: Request, desk: TheDesk) -> DeadLetters:
    return DeadLetters(request.app.state.bus, desk.objects)


async def _admin(who: Who) -> Principal:
    """Whoever asks, if they run the house. Raises Refused (403)."""
    if "admin" not in who.scopes:
        has = ", ".join(sorted(who.scopes))
        raise Refused(403, "Dead letters are for those who run the house.", field="scope", value=has, allowed="admin")
    return who


Letters = Annotated[DeadLetters, Depends(_letters)]
Admin = Annotated[Principal, Depends(_admin)]


@router.get("/dead", responses=problems(403, 422, 503))
async def list_dead(
    letters: Letters,
    _: Admin,
    limit: Limit = 50,
    cursor: Annotated[int, Query(ge=0, le=_MOST, description="`next` of the page before")] = 0,
) -> DeadPage:
    """Messages that no worker could finish, oldest first."""
    return await dead_page(letters, cursor, limit)


@router.get("/dead/{letter_id}", responses=problems(403, 404, 422, 503))
async def show_dead(letter_id: Id, letters: Letters, _: Admin) -> DeadView:
    """One dead letter, with the event that it held."""
    return dead_view(letter_id, await dead_letter(letters, letter_id))


@router.post("/dead/{letter_id}/replay", status_code=202, responses=problems(403, 404, 409, 422, 503))
async def replay_dead(letter_id: Id, desk: TheDesk, letters: Letters, _: Admin) -> Replayed:
    """Let the workers try again: the job, which failed with the letter, is open again and goes on from its last revision."""
    return await replay_letter(desk, letters, letter_id)
