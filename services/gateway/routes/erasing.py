"""Erasing a composition."""

from typing import Annotated

from fastapi import APIRouter, Header

from contracts.base import Document
from services.gateway.door.conditions import check_if_match, revision_tag
from services.gateway.erasing.erasure import erase
from services.gateway.people.access import composition_for
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import TheDesk, Who

router = APIRouter(tags=["compositions"])
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=200, description='the revision that is meant, such as "7"')]


class Erased(Document):
    """That a composition is gone."""

    composition_id: str
    jobs_cancelled: int
    files_gone_after_s: float


@router.delete("/compositions/{composition_id}", responses=problems(403, 404, 412))
async def erase_composition(composition_id: str, desk: TheDesk, who: Who, if_match: IfMatch = None) -> Erased:
    """Erase a composition with all its versions: nobody sees it from now on, its jobs stop, and what only it uses is removed."""
    revision = None
    if if_match is not None:
        async with desk.database.read() as session:
            revision = (await composition_for(session, who, composition_id, "owner")).revision
        check_if_match(if_match, revision_tag(revision))
    cancelled = await erase(desk, who, composition_id, revision)
    return Erased(composition_id=composition_id, jobs_cancelled=cancelled, files_gone_after_s=desk.settings.erasure_grace_s)
