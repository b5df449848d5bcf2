"""Delivering files: ranges, entity tags, names to save under."""

import asyncio
import os
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
    """A stored file with Range (RFC 9110 14.2): impossible ranges are told as problems, unreadable ones are ignored.

    It has a tag and no date: the time of a cached copy is another one at each gateway, and says nothing of what is in it.
    """

    def set_stat_headers(self, stat_result: os.stat_result) -> None:
        super().set_stat_headers(stat_result)
        del self.headers["last-modified"]

    def _should_use_range(self, http_if_range: str) -> bool:
        """Whether the rest still fits what a client has: by the tag alone, compared strongly (RFC 9110 13.1.5)."""
        return http_if_range == self.headers["etag"] and not http_if_range.startswith("W/")

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


def check_held(if_match: str | None, etag: str) -> None:
    """Refuse to send another file than a client goes on with: If-Match is looked at before all else, and weak tags are no match.

    Source: RFC 9110 13.1.1, 13.2.2.

    Raises:
        Refused: 412 where none of the tags is the file's.
    """
    if if_match is None:
        return
    tags = [tag.strip() for tag in if_match.split(",")]
    if "*" not in tags and (etag not in tags or etag.startswith("W/")):
        raise Refused(412, "This is another file.", field="If-Match", value=if_match, allowed=etag)


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
    check_held(request.headers.get("if-match"), headers["ETag"])
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
