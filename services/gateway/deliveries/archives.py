"""ZIP archives that are written while they are sent: nothing is packed, nothing is copied, and their length is known before.

They are made anew for every request, so a broken download begins again (`Accept-Ranges: none`); each file of a version can be gone
on with on its own.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response, StreamingResponse
from zipstream import ZipStream  # type: ignore[import-untyped]

from contracts.artifacts import Artifact
from services.gateway.artifacts import check_held
from services.gateway.door.conditions import is_known
from services.runtime.workbench import Objects

_PROJECT = "project.xml"
_STEMS = "stems/"


@dataclass(frozen=True)
class Contents:
    """What an archive holds, by the name in it: stored objects, and small ones in memory."""

    name: str
    media_type: str = "application/zip"
    stored: dict[str, Artifact] = field(default_factory=dict)
    written: dict[str, bytes] = field(default_factory=dict)

    def tag(self) -> str:
        """A weak entity tag: the same files, whenever they were packed."""
        digest = hashlib.sha256(self.name.encode())
        for name in sorted({*self.stored, *self.written}):
            artifact = self.stored.get(name)
            digest.update(f"\0{name}\0{artifact.sha256 if artifact else hashlib.sha256(self.written[name]).hexdigest()}".encode())
        return f'W/"{digest.hexdigest()[:32]}"'


def archive_response(objects: Objects, contents: Contents, asked: Mapping[str, str]) -> Response:
    """The archive as it is read from the store, or 304. Blocks while the first object is looked for. Raises Unavailable, Refused (412)."""
    about = {"ETag": contents.tag(), "Cache-Control": "private, no-cache"}
    check_held(asked.get("if-match"), contents.tag())
    if is_known(asked.get("if-none-match"), contents.tag()):
        return Response(status_code=304, headers=about)
    stream = ZipStream(compress_type=zipfile.ZIP_STORED, sized=True)
    for name, data in contents.written.items():
        stream.add(data, name)
    for name, artifact in contents.stored.items():
        stream.add(_Bytes(objects, artifact), name, size=artifact.bytes)
    headers = {
        **about,
        "Content-Length": str(len(stream)),
        "Accept-Ranges": "none",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'attachment; filename="{contents.name}"',
    }
    return StreamingResponse(iterate_in_threadpool(_gathered(iter(stream))), headers=headers, media_type=contents.media_type)


class _Bytes:
    """An object that is opened when its turn has come."""

    def __init__(self, objects: Objects, artifact: Artifact) -> None:
        self._objects, self._artifact = objects, artifact

    def __iter__(self) -> Iterator[bytes]:
        return self._objects.chunks(self._artifact)


def _gathered(pieces: Iterator[bytes], least: int = 1 << 18) -> Iterator[bytes]:
    """The same bytes in pieces of a useful size: headers of an archive are a few bytes each."""
    held = bytearray()
    for piece in pieces:
        if not held and len(piece) >= least:
            yield piece
            continue
        held += piece
        if len(held) >= least:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def with_stems(project: bytes, stems: dict[str, Artifact], name: str) -> Contents:
    """A DAWproject that holds its stems: the files that it names beside itself are embedded (`external` false)."""
    with zipfile.ZipFile(io.BytesIO(project)) as archive:
        written = {entry: archive.read(entry) for entry in archive.namelist()}
    text = written[_PROJECT].decode()
    for stem in stems:
        text = text.replace(f'path="{stem}" external="true"', f'path="{stem}" external="false"')
    written[_PROJECT] = text.encode()
    return Contents(name, "application/vnd.dawproject", stems, written)


def stems_of(artifacts: dict[str, Artifact]) -> dict[str, Artifact]:
    """The delivered stems of a version."""
    return {name: artifact for name, artifact in sorted(artifacts.items()) if name.startswith(_STEMS)}
