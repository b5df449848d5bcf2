"""Delivering files: ranges, entity tags, names to save under."""

import asyncio
from pathlib import PurePosixPath

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import FileResponse, MalformedRangeHeader, RangeNotSatisfiable, Response
from starlette.types import Receive, Scope, Send

from contracts.artifacts import Artifact
from services.gateway.door.conditions import is_known
from services.gateway.problems import Refused, problem_response
from services.runtime.workbench import Objects

# A version never changes, so neither does a file of it.
_CACHE = "private, max-age=31536000, immutable"
_SHOWN = (".html",)


class ArtifactResponse(FileResponse):
    """A stored file with Range (RFC 9110 14.2): impossible ranges are told as problems, unreadable ones are ignored."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, size = Headers(scope=scope), int(self.headers["content-length"])
        asked, if_range = headers.get("range"), headers.get("if-range")
        if asked is not None and (if_range is None or self._should_use_range(if_range)):
            try:
                self._parse_range_header(asked, size)
            except MalformedRangeHeader:
                scope = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"range"]}
            except RangeNotSatisfiable:
                refused = _range_refused(asked, size)
                return await problem_response(refused.problem(), refused.headers)(scope, receive, send)
        return await super().__call__(scope, receive, send)


async def artifact_response(request: Request, objects: Objects, name: str, artifact: Artifact, signed_s: int | None = None) -> Response:
    """The file, 206 for a range of it, 304 where the client has it; 307 to the store itself. Raises Unavailable where the store lost it.

    Args:
        request: conditions and range.
        objects: where the file is.
        name: what it is called in its version.
        artifact: its reference.
        signed_s: for how long an address in the store may be used that the client is sent to; None: it is served from here.
    """
    headers = _headers(name, artifact)
    if is_known(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers={key: headers[key] for key in ("ETag", "Cache-Control")})
    if signed_s is not None:
        address = await asyncio.to_thread(objects.signed_url, artifact, signed_s, headers["Content-Disposition"])
        if address is not None:
            return Response(status_code=307, headers={"Location": address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    path = await asyncio.to_thread(objects.local_path, artifact)
    stat = await asyncio.to_thread(path.stat)
    return ArtifactResponse(path, headers=headers, media_type=artifact.media_type, stat_result=stat)


def _headers(name: str, artifact: Artifact) -> dict[str, str]:
    suffix = PurePosixPath(name).suffix
    headers = {
        "ETag": f'"{artifact.sha256}"',
        "Cache-Control": _CACHE,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'{"inline" if suffix in _SHOWN else "attachment"}; filename="{PurePosixPath(name).name}"',
    }
    if suffix in _SHOWN:
        # The page repeats the user's prompt: it gets no script and no access to this origin.
        headers["Content-Security-Policy"] = "sandbox"
    return headers


def _range_refused(asked: str, size: int) -> Refused:
    detail, headers = f"The file has {size} bytes.", {"Content-Range": f"bytes */{size}"}
    return Refused(416, detail, field="Range", value=asked, allowed=f"bytes 0 to {size - 1}", headers=headers)
