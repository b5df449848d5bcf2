"""Versions and branches: revise, restore, branch, compare, and the history they make."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.datastructures import UploadFile

from contracts.pipeline import Stage
from services.gateway.database.models import Version
from services.gateway.database.queries import jobs_page, versions_of
from services.gateway.jobs import views
from services.gateway.jobs.intake import read_form
from services.gateway.jobs.views import VersionView, version_view
from services.gateway.people.access import composition_for, version_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused
from services.gateway.routes.openapi import problems
from services.gateway.routes.parts import TheDesk, Who
from services.gateway.versions import adopting, comparing, restoring
from services.gateway.versions.adopting import MOST_BYTES
from services.gateway.versions.asking import Branching, Head, Restoring, Revision
from services.gateway.versions.comparing import Comparison, Diff
from services.gateway.versions.history import History, history_of
from services.gateway.versions.revising import take_revision

router = APIRouter(tags=["versions"])
_MOST_COMPARED = 8
_JSON_FILE = {"type": "string", "contentMediaType": "application/json"}
SONG_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["context", "score"],
                    "properties": {
                        "context": {**_JSON_FILE, "description": "context.json of the song's folder"},
                        "score": {**_JSON_FILE, "description": "score.json of the song's folder"},
                    },
                }
            }
        },
    }
}


class RevisionAccepted(views.Accepted):
    """A revision that was taken: its job, what was understood, and which stages stay and which work again."""

    parent: int = Field(description="the version that it goes on from")
    branch: str = Field(description="where the new version will lie")
    from_stage: Stage
    told: tuple[str, ...] = Field(description="the edits in words")
    unread: tuple[str, ...] = Field(description="words of the instruction that nothing was made of")
    edits: tuple[dict[str, Any], ...]
    stages: dict[str, tuple[str, ...]] = Field(description="kept: the parent's; made: they work again. Parts and stems: results.reuse")


@router.post("/compositions", status_code=201, openapi_extra=SONG_FORM, responses=problems(400, 413, 415, 422))
async def adopt(request: Request, response: Response, desk: TheDesk, who: Who) -> VersionView:
    """Take in a song from its folder, as a new composition: its brief and its notes, to be revised."""
    async with read_form(request, desk.settings) as form:
        documents = {}
        for name in ("context", "score"):
            upload = form.get(name)
            if not isinstance(upload, UploadFile):
                raise Refused(400, f"{name} must be a file.", field=name, allowed=f"the {name}.json of a song")
            documents[name] = await upload.read(MOST_BYTES + 1)
    return _made(response, await adopting.adopt(desk, who, documents["context"], documents["score"]))


@router.post(
    "/compositions/{composition_id}/versions/{number}/revise", status_code=202, responses=problems(400, 403, 404, 409, 422, 429, 503)
)
async def revise(
    composition_id: str, number: int, request: Request, response: Response, desk: TheDesk, who: Who, body: Revision | None = None
) -> RevisionAccepted:
    """Change a version, or go on with one that stopped early. The answer is a job; what it makes is a new version."""
    taken = await take_revision(desk, who, composition_id, number, body or Revision())
    request.app.state.relay.nudge()
    answer = views.accepted_view(taken.job)
    response.headers["Location"] = answer.status_url
    return RevisionAccepted(
        **answer.model_dump(),
        parent=number,
        branch=taken.job.branch,
        from_stage=taken.start,
        told=taken.told,
        unread=taken.unread,
        edits=tuple(edit.model_dump(mode="json") for edit in taken.edits),
        stages=taken.stages,
    )


@router.post("/compositions/{composition_id}/versions/{number}/restore", status_code=201, responses=problems(400, 403, 404, 409, 422))
async def restore(
    composition_id: str, number: int, response: Response, desk: TheDesk, who: Who, body: Restoring | None = None
) -> VersionView:
    """Put a version again at the head of a branch: a new version with the same files, at once."""
    body = body or Restoring()
    return _made(response, await restoring.restore(desk, who, composition_id, number, body.branch, body.expected_head))


@router.post("/compositions/{composition_id}/versions/{number}/branch", status_code=201, responses=problems(400, 403, 404, 409, 422))
async def branch(composition_id: str, number: int, body: Branching, response: Response, desk: TheDesk, who: Who) -> VersionView:
    """Begin a new branch with a version as it is."""
    return _made(response, await restoring.branch_off(desk, who, composition_id, number, body.branch))


def _made(response: Response, version: Version) -> VersionView:
    view = version_view(version)
    response.headers["Location"] = view.results.version_url
    return view


@router.get("/compositions/{composition_id}/history", responses=problems(403, 404))
async def history(composition_id: str, desk: TheDesk, who: Who) -> History:
    """Every version with its parent, every branch with its head, and the jobs at work."""
    async with desk.database.read() as session:
        await composition_for(session, who, composition_id, "viewer")
        versions = await versions_of(session, composition_id)
        jobs = await jobs_page(session, who, cursor=None, limit=200, statuses=("queued", "processing"), composition_id=composition_id)
    return history_of(composition_id, versions, [job for job, _ in jobs])


@router.get("/compositions/{composition_id}/versions/{number}/diff", responses=problems(403, 404, 409, 422, 503))
async def diff(
    composition_id: str,
    number: int,
    desk: TheDesk,
    who: Who,
    against: Annotated[Head | None, Query(description="another version; the parent where none is given")] = None,
) -> Diff:
    """What changed between two versions, in a musician's words."""
    version = await _version(desk, who, composition_id, number)
    other = against or version.parent
    if other is None:
        raise Refused(409, f"Version {number} is the first: there is nothing before it.", field="against", allowed="a version")
    return await comparing.diff(desk, await _version(desk, who, composition_id, other), version)


@router.get("/compositions/{composition_id}/compare", responses=problems(403, 404, 422, 503))
async def compare(
    composition_id: str,
    desk: TheDesk,
    who: Who,
    version: Annotated[
        list[Head], Query(min_length=2, max_length=_MOST_COMPARED, description="the first is what others are compared with")
    ],
) -> Comparison:
    """Versions side by side."""
    return await comparing.compare(desk, [await _version(desk, who, composition_id, number) for number in version])


async def _version(desk: Desk, who: Principal, composition_id: str, number: int) -> Version:
    async with desk.database.read() as session:
        return await version_for(session, who, composition_id, number, "viewer")
