"""A job's order from a client's stream: files are spooled to disk as they come, within the limits of REST."""

import asyncio
import json
import math
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import IO, Any

from starlette.datastructures import FormData, Headers, UploadFile

from contracts import studio_pb2 as wire
from services.gateway.grpc.documents import document
from services.gateway.jobs.intake import FILE_FIELDS, MAX_SEED
from services.gateway.problems import Refused

CHUNK_BYTES = 2**20
"""Largest chunk of a file that is taken."""


@asynccontextmanager
async def read_stream(requests: AsyncIterator[wire.CreateJobRequest], max_bytes: int, idle_s: float) -> AsyncIterator[FormData]:
    """The form that a stream of requests spells; its files are gone at the end.

    Raises Refused: 400 for messages out of order, 413 beyond `max_bytes` in all, 422 for an unknown field, 504 where nothing comes
    for `idle_s` seconds, 507 for a full disk.
    """
    with ExitStack() as stack:
        inbox = _Inbox(stack, max_bytes)
        while (request := await _next(requests, idle_s)) is not None:
            await inbox.take(request)
        yield inbox.form()


async def _next(requests: AsyncIterator[wire.CreateJobRequest], idle_s: float) -> wire.CreateJobRequest | None:
    try:
        async with asyncio.timeout(idle_s):
            return await anext(requests, None)
    except TimeoutError as error:
        detail = f"Nothing came for {idle_s:g} s; the upload was given up."
        raise Refused(504, detail, code="upload_stalled", field="stream", allowed=f"a message every {idle_s:g} s") from error


class _Inbox:
    """What came so far."""

    def __init__(self, stack: ExitStack, max_bytes: int) -> None:
        self._stack, self._max_bytes, self._seen = stack, max_bytes, 0
        self._fields: list[tuple[str, UploadFile | str]] | None = None
        self._open: _Spool | None = None

    async def take(self, request: wire.CreateJobRequest) -> None:
        """One more message. Raises Refused."""
        self._seen += request.ByteSize()
        if self._seen > self._max_bytes:
            allowed = f"up to {self._max_bytes} bytes"
            detail = f"The upload holds more than {self._max_bytes} bytes."
            raise Refused(413, detail, field="stream", value=f"{self._seen} bytes", allowed=allowed)
        kind = request.WhichOneof("part")
        if kind is None or (kind == "order") is not (self._fields is None):
            allowed = "the order first, once, and then chunks of files"
            raise Refused(400, "This message does not belong here.", field="part", value=kind or "nothing", allowed=allowed)
        if self._fields is None:
            self._fields = _words(request.order)
        else:
            await self._take_chunk(self._fields, request.chunk)

    async def _take_chunk(self, fields: list[tuple[str, UploadFile | str]], chunk: wire.FileChunk) -> None:
        if len(chunk.data) > CHUNK_BYTES:
            told = f"{len(chunk.data)} bytes"
            raise Refused(413, "The chunk is too large.", field="chunk.data", value=told, allowed=f"up to {CHUNK_BYTES} bytes")
        if self._open is None or (chunk.field and (chunk.field != self._open.field or chunk.filename)):
            if chunk.field not in FILE_FIELDS:
                detail, allowed = f"{chunk.field!r} is not a file of a job.", ", ".join(FILE_FIELDS)
                raise Refused(422, detail, field="chunk.field", value=chunk.field, allowed=allowed)
            self._open = _Spool(chunk, self._stack)
            fields.append((chunk.field, self._open.upload))
        await self._open.write(chunk.data)

    def form(self) -> FormData:
        """All of it. Raises Refused (400) where nothing came."""
        if self._fields is None:
            raise Refused(400, "There is no order.", field="order", allowed="a JobOrder as the first message")
        for name, value in self._fields:
            if isinstance(value, UploadFile):
                try:
                    value.file.seek(0)  # flushes
                except OSError as error:
                    raise _full(error, name) from error
        return FormData(self._fields)


class _Spool:
    """A file that is coming in, as the form of REST would hold it."""

    def __init__(self, chunk: wire.FileChunk, stack: ExitStack) -> None:
        self.field = chunk.field
        try:
            self._file: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
        except OSError as error:
            raise _full(error, self.field) from error
        headers = Headers({"content-type": chunk.media_type} if chunk.media_type else {})
        self.upload = UploadFile(self._file, size=0, filename=chunk.filename or chunk.field, headers=headers)  # type: ignore[arg-type]

    async def write(self, data: bytes) -> None:
        """More of it. Raises Refused (507)."""
        try:
            await asyncio.to_thread(self._file.write, data)
        except OSError as error:
            raise _full(error, self.field) from error
        self.upload.size = (self.upload.size or 0) + len(data)


def _words(order: wire.JobOrder) -> list[tuple[str, UploadFile | str]]:
    """The text fields of the form. Raises Refused for numbers that are none."""
    options: dict[str, Any] = document(order.options)
    if order.HasField("seed"):
        if order.seed > MAX_SEED:
            allowed = f"a whole number from 0 to {MAX_SEED}"
            raise Refused(422, "The seed is not possible.", field="order.seed", value=order.seed, allowed=allowed)
        options["seed"] = order.seed
    if not all(math.isfinite(time_s) for time_s in order.taps):
        raise Refused(422, "A tap is no time.", field="taps", allowed="seconds")
    fields: list[tuple[str, UploadFile | str]] = [("options", json.dumps(options))]
    if order.HasField("prompt"):
        fields.append(("prompt", order.prompt))
    if order.taps:
        fields.append(("taps", ",".join(repr(time_s) for time_s in order.taps)))
    if order.lyrics:
        fields.append(("lyrics", order.lyrics))
    return fields


def _full(error: OSError, field: str) -> Refused:
    return Refused(507, f"The upload could not be kept: {error.strerror or error}.", field=field)
