"""Compositions, their versions and the files of a version."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.artifacts import Artifact
from services.gateway.artifacts import artifact_response
from services.gateway.collaboration.views import revision_tag
from services.gateway.database.models import Composition, Version
from services.gateway.database.queries import compositions_page, versions_of
from services.gateway.door.paging import link_next
from services.gateway.jobs.revisions import load_context
from services.gateway.jobs.views import CompositionPage, CompositionView, VersionDetail, VersionList, composition_view, version_view
from services.gateway.people.access import composition_for, version_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused
from services.gateway.routes.openapi import FILE, problems
from services.gateway.routes.parts import Cursor, Limit, TheDesk, Via, Who

router = APIRouter(tags=["compositions"])


@router.get("/compositions", responses=problems(422))
async def list_compositions(
    request: Request, response: Response, desk: TheDesk, who: Who, limit: Limit = 50, cursor: Cursor = None
) -> CompositionPage:
    """Compositions, newest first."""
    async with desk.database.read() as session:
        found = await compositions_page(session, who, cursor=cursor, limit=limit + 1)
    items = tuple(composition_view(*row) for row in found[:limit])
    page = CompositionPage(items=items, next=items[-1].composition_id if len(found) > limit else None)
    link_next(request, response, page.next)
    return page


@router.get("/compositions/{composition_id}", responses=problems(404))
async def get_composition(composition_id: str, response: Response, desk: TheDesk, who: Who) -> CompositionView:
    """A composition with its newest version. Its entity tag is its revision: what a change of its title says in If-Match."""
    composition, versions = await _load(desk, who, composition_id)
    response.headers["ETag"] = revision_tag(composition.revision)
    return composition_view(composition, len(versions), versions[-1] if versions else None)


@router.get("/compositions/{composition_id}/versions", responses=problems(404))
async def list_versions(composition_id: str, desk: TheDesk, who: Who) -> VersionList:
    """The versions of a composition, oldest first."""
    _, versions = await _load(desk, who, composition_id)
    return VersionList(items=tuple(version_view(version) for version in versions))


@router.get("/compositions/{composition_id}/versions/{number}", responses=problems(404))
async def get_version(composition_id: str, number: int, desk: TheDesk, who: Who) -> VersionDetail:
    """A version with its context."""
    version = await _version(desk, who, composition_id, number)
    context = await load_context(desk.objects, version.revision)
    return VersionDetail(**version_view(version).model_dump(), context=context.model_dump(mode="json", by_alias=True))


@router.head("/compositions/{composition_id}/versions/{number}/artifacts/{name:path}", include_in_schema=False)
@router.get(
    "/compositions/{composition_id}/versions/{number}/artifacts/{name:path}",
    responses=FILE | problems(404, 412, 416),
    response_class=Response,
)
async def get_artifact(request: Request, composition_id: str, number: int, name: str, desk: TheDesk, who: Who, via: Via = None) -> Response:
    """A file of a version, or a range of it. Only names that the version lists are answered, so that no path leads elsewhere."""
    version = await _version(desk, who, composition_id, number)
    if name not in version.artifacts:
        raise Refused(404, "This version has no such file.", field="name", value=name, allowed=", ".join(version.artifacts))
    signed_s = desk.settings.signed_url_s if desk.settings.signs(via) else None
    return await artifact_response(request, desk.objects, name, Artifact.model_validate(version.artifacts[name]), signed_s)


async def _load(desk: Desk, who: Principal, composition_id: str) -> tuple[Composition, list[Version]]:
    async with desk.database.read() as session:
        composition = await composition_for(session, who, composition_id, "viewer")
        return composition, await versions_of(session, composition_id)


async def _version(desk: Desk, who: Principal, composition_id: str, number: int) -> Version:
    async with desk.database.read() as session:
        return await version_for(session, who, composition_id, number, "viewer")
