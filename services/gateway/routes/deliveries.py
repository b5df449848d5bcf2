"""What is put together from the files of a version while it is sent: archives, a DAW project, the MIDI of a part."""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.artifacts import Artifact
from services.gateway.artifacts import check_held
from services.gateway.database.models import Version
from services.gateway.deliveries.archives import Contents, archive_response, stems_of, with_stems
from services.gateway.deliveries.midi import MEDIA_TYPE, Tracks, read_tracks
from services.gateway.door.conditions import is_known
from services.gateway.people.access import version_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused
from services.gateway.routes.openapi import binary, problems
from services.gateway.routes.parts import TheDesk, Who

router = APIRouter(tags=["files"])
VERSION = "/compositions/{composition_id}/versions/{number}"
_PROJECT, _MIDI = "project.dawproject", "song.mid"


@router.get(f"{VERSION}/stems.zip", response_class=Response, responses=binary("application/zip") | problems(404, 412, 503))
async def get_stems(request: Request, composition_id: str, number: int, desk: TheDesk, who: Who) -> Response:
    """All stems of a version as one archive, written while it is sent."""
    _, files = await _files(desk, who, composition_id, number)
    stems = _some(stems_of(files), "stems")
    return await _archive(request, desk, Contents(f"{_called(composition_id, number)}-stems.zip", stored=stems))


@router.get(f"{VERSION}/song.zip", response_class=Response, responses=binary("application/zip") | problems(404, 412, 503))
async def get_song(request: Request, composition_id: str, number: int, desk: TheDesk, who: Who) -> Response:
    """Every file of a version as one archive: the folder that a song is."""
    _, files = await _files(desk, who, composition_id, number)
    return await _archive(request, desk, Contents(f"{_called(composition_id, number)}.zip", stored=_some(files, "files")))


@router.get(f"{VERSION}/{_PROJECT}", response_class=Response, responses=binary("application/vnd.dawproject") | problems(404, 412, 503))
async def get_project(request: Request, composition_id: str, number: int, desk: TheDesk, who: Who) -> Response:
    """The song as a DAW project that holds its stems. The artifact of the same name refers to them beside itself."""
    _, files = await _files(desk, who, composition_id, number)
    project = _one(files, _PROJECT)
    data = await asyncio.to_thread(desk.objects.read, project.key)
    return await _archive(request, desk, with_stems(data, stems_of(files), f"{_called(composition_id, number)}.dawproject"))


@router.get(f"{VERSION}/midi.zip", response_class=Response, responses=binary("application/zip") | problems(404, 412, 503))
async def get_all_midi(request: Request, composition_id: str, number: int, desk: TheDesk, who: Who) -> Response:
    """Each part's notes as a MIDI file of its own, in one archive."""
    tracks, _ = await _tracks(desk, who, composition_id, number)
    written = {f"{name}.mid": tracks.part(name) for name in tracks.parts}
    return await _archive(request, desk, Contents(f"{_called(composition_id, number)}-midi.zip", written=written))


@router.get(f"{VERSION}/midi/{{part}}.mid", response_class=Response, responses=binary(MEDIA_TYPE) | problems(404, 412, 503))
async def get_midi(request: Request, composition_id: str, number: int, part: str, desk: TheDesk, who: Who) -> Response:
    """The notes of one part, with tempo, meter and markers of the song."""
    tracks, song = await _tracks(desk, who, composition_id, number)
    if part not in tracks.parts:
        raise Refused(404, "This version has no such part.", field="part", value=part, allowed=", ".join(tracks.parts))
    about = {"ETag": f'"{song.sha256[:32]}-{part}"', "Cache-Control": "private, max-age=31536000, immutable"}
    check_held(request.headers.get("if-match"), about["ETag"])
    if is_known(request.headers.get("if-none-match"), about["ETag"]):
        return Response(status_code=304, headers=about)
    about |= {"Content-Disposition": f'attachment; filename="{part}.mid"', "X-Content-Type-Options": "nosniff"}
    return Response(tracks.part(part), media_type=MEDIA_TYPE, headers=about)


async def _files(desk: Desk, who: Principal, composition_id: str, number: int) -> tuple[Version, dict[str, Artifact]]:
    async with desk.database.read() as session:
        version = await version_for(session, who, composition_id, number, "viewer")
    return version, {name: Artifact.model_validate(data) for name, data in version.artifacts.items()}


async def _tracks(desk: Desk, who: Principal, composition_id: str, number: int) -> tuple[Tracks, Artifact]:
    _, files = await _files(desk, who, composition_id, number)
    song = _one(files, _MIDI)
    return read_tracks(await asyncio.to_thread(desk.objects.read, song.key)), song


async def _archive(request: Request, desk: Desk, contents: Contents) -> Response:
    return await asyncio.to_thread(archive_response, desk.objects, contents, request.headers)


def _one(files: dict[str, Artifact], name: str) -> Artifact:
    if name not in files:
        raise Refused(404, f"This version has no {name}.", field="name", value=name, allowed=", ".join(files))
    return files[name]


def _some(files: dict[str, Artifact], what: str) -> dict[str, Artifact]:
    if not files:
        raise Refused(404, f"This version has no {what}: it stopped before they were made.", field=what)
    return files


def _called(composition_id: str, number: int) -> str:
    return f"houseband-{composition_id}-{number}"
