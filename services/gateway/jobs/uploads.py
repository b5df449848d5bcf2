"""Putting an upload into the object store under its digest's proof: sounds, MIDI files, pictures, scores."""

import asyncio
import hashlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import ValidationError
from starlette.datastructures import UploadFile

from contracts.artifacts import Artifact
from contracts.music import Score
from services.gateway.door.forms import PREFIX, SpoolFile, spool_file
from services.gateway.problems import Refused
from services.music.pictures import read_picture
from services.runtime.workbench import Objects

AUDIO_TYPES = {
    ".wav": "audio/wav",
    ".wave": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
}
MIDI_BYTES, SCORE_BYTES, COVER_BYTES, IMAGE_BYTES = 4 * 2**20, 64 * 2**20, 8 * 2**20, 16 * 2**20
_MIDI_TYPE = "audio/midi"
_MIDI_HEAD = b"MThd"
_UNTOLD = ("", "application/octet-stream")
_CONTAINERS = ("application/ogg", "video/mp4")
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
FALLBACKS = {"midi": "brought.mid", "base": "score.json", "cover": "cover", "image": "image"}
MEDIA_TYPES = {"midi": _MIDI_TYPE, "base": "application/json"}
_KINDS = {"midi": "notes", "base": "a score", "cover": "a picture", "image": "a picture"}
_SCORE = "score.json of a song that Houseband made"
_MOVING = {b"GIF87a": "image/gif", b"GIF89a": "image/gif"}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_NAME = 80


@dataclass(frozen=True)
class Spooled:
    """An upload as a file of its own, with its digest."""

    path: Path
    name: str
    media_type: str
    sha256: str


def audio_type(upload: UploadFile, field: str) -> str:
    """The media type of an uploaded sound. Raises Refused (415) for what says that it is something else."""
    told = (upload.content_type or "").split(";")[0].strip().lower()
    if told.startswith("audio/") or told in _CONTAINERS:
        return told
    guessed = AUDIO_TYPES.get(PurePosixPath(upload.filename or "").suffix.lower())
    if told in _UNTOLD and guessed:
        return guessed
    shown = told or f"nothing, for {upload.filename!r}"
    raise Refused(
        415, f"{field} is not an audio file.", field=field, value=shown, allowed=f"audio/*, or a name that ends in {', '.join(AUDIO_TYPES)}"
    )


def safe_name(filename: str | None, fallback: str) -> str:
    """A file name that is one plain path segment, whatever the client called it."""
    name = _UNSAFE.sub("_", PurePosixPath((filename or "").replace("\\", "/")).name).lstrip("._")
    return name[-_MAX_NAME:] or fallback


async def check_midi(upload: UploadFile) -> None:
    """Refuse what does not begin as a Standard MIDI File (415), and one beyond the limit (413). What it holds is the analyzer's to read."""
    head = await upload.read(len(_MIDI_HEAD))
    await upload.seek(0)
    if head and head != _MIDI_HEAD:
        detail = "midi is not a Standard MIDI File: it does not begin with MThd."
        raise Refused(415, detail, field="midi", value=upload.filename or "a file", allowed="a .mid file of format 0 or 1")
    _check_size(upload, "midi", MIDI_BYTES)


async def notes_type(upload: UploadFile) -> str | None:
    """Media type of an upload that holds notes and no sound, by how it begins: a MIDI file or a score. Raises Refused (413)."""
    head = (await upload.read(64)).lstrip()
    await upload.seek(0)
    kind = "midi" if head.startswith(_MIDI_HEAD) else "base" if head.startswith(b"{") else None
    if kind:
        _check_size(upload, "file", MIDI_BYTES if kind == "midi" else SCORE_BYTES)
    return MEDIA_TYPES[kind] if kind else None


async def check_score(upload: UploadFile) -> None:
    """Refuse what is no score.json (422, 413)."""
    _check_size(upload, "base", SCORE_BYTES)
    data = await upload.read()
    await upload.seek(0)
    try:
        score = await asyncio.to_thread(Score.model_validate_json, data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        detail = f"base is no score.json: {where}: {first['msg']}."
        raise Refused(422, detail, field="base", value=upload.filename, allowed=_SCORE) from error
    if not score.sections or not score.parts:
        raise Refused(422, "base holds no section or no part.", field="base", value=upload.filename, allowed=_SCORE)


async def check_cover(upload: UploadFile) -> str:
    """Media type of a picture. Raises Refused: 415 for what is no PNG and no JPEG, 413 beyond the limit; BadInput for a damaged one."""
    head = await upload.read(8)
    await upload.seek(0)
    found = next((media for magic, media in _PICTURES.items() if head.startswith(magic)), None)
    if head and found is None:
        raise Refused(
            415, "cover is no PNG and no JPEG.", field="cover", value=upload.filename or "a file", allowed="a PNG or JPEG picture"
        )
    _check_size(upload, "cover", COVER_BYTES)
    if found:
        data = await upload.read()
        await upload.seek(0)
        await asyncio.to_thread(read_picture, data)
    return found or "image/png"


async def check_image(upload: UploadFile) -> str:
    """Media type of a picture that says the mood. What it shows is the analyzer's to see.

    Raises Refused: 415 for what is no PNG, JPEG, WebP or GIF, 413 beyond the limit.
    """
    head = await upload.read(12)
    await upload.seek(0)
    media = next((media for magic, media in (_PICTURES | _MOVING).items() if head.startswith(magic)), None)
    media = "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else media
    if head and media is None:
        detail = "image is no PNG, JPEG, WebP or GIF, whatever its name says."
        raise Refused(415, detail, field="image", value=upload.filename or "a file", allowed="a PNG, JPEG, WebP or GIF picture")
    _check_size(upload, "image", IMAGE_BYTES)
    return media or "image/png"


def _check_size(upload: UploadFile, field: str, most: int) -> None:
    if (upload.size or 0) > most:
        detail = f"{field} holds more than {most} bytes."
        raise Refused(413, detail, field=field, value=f"{upload.size} bytes", allowed=f"up to {most} bytes")


@asynccontextmanager
async def spool(upload: UploadFile, field: str, media_type: str | None = None) -> AsyncIterator[Spooled]:
    """An upload in a temporary file of its own; a sound, where no media type is given.

    Raises Refused (415, 507; 422 where it is empty).
    """
    media_type = media_type or audio_type(upload, field)
    name = safe_name(upload.filename, FALLBACKS.get(field, f"{field}.audio"))
    on_disk = spool_file(upload)
    beside = on_disk.path.parent if on_disk else None
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=PREFIX, dir=beside))
    try:
        path = folder / name
        try:
            digest = await asyncio.to_thread(_take, on_disk, path) if on_disk else await asyncio.to_thread(_copy, upload, path)
        except OSError as error:
            raise Refused(507, f"The upload could not be kept: {error.strerror or error}.") from error
        if path.stat().st_size == 0:
            wanted = f"a file that holds {_KINDS.get(field, 'sound')}"
            raise Refused(422, f"{field} is an empty file.", field=field, value="0 bytes", allowed=wanted)
        yield Spooled(path, name, media_type, digest)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _take(file: SpoolFile, path: Path) -> str:
    file.take(path)
    return file.sha256


def _copy(upload: UploadFile, path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as target:
        while chunk := upload.file.read(1 << 20):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


async def store(objects: Objects, spooled: Spooled, folder: str) -> Artifact:
    """Store an upload at `uploads/<folder>/<name>`."""
    return await asyncio.to_thread(objects.put_file, f"uploads/{folder}/{spooled.name}", spooled.path, spooled.media_type)
