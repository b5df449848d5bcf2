"""A delivered file in chunks, read at the reader's pace."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import closing
from typing import IO

from contracts import studio_pb2 as wire
from contracts.artifacts import Artifact
from contracts.errors import Unavailable
from services.gateway.grpc.messages import file_message
from services.gateway.problems import Refused
from services.runtime.workbench import Objects

CHUNK_BYTES = 256 * 2**10
"""Measured best of 64 KiB to 2 MiB over loopback."""


async def artifact_chunks(objects: Objects, name: str, artifact: Artifact, offset: int, length: int) -> AsyncIterator[wire.ArtifactChunk]:
    """`length` bytes (0: all) of a file from `offset` on; an empty range is one chunk that describes the file.

    A whole file is checked against its digest before the last chunk goes out. Raises Refused (416) for an offset outside,
    Unavailable where the store lost the file or holds other bytes.
    """
    if offset > artifact.bytes:
        raise Refused(416, f"The file has {artifact.bytes} bytes.", field="offset", value=offset, allowed=f"0 to {artifact.bytes}")
    end = artifact.bytes if length == 0 else min(offset + length, artifact.bytes)
    digest = hashlib.sha256() if (offset, end) == (0, artifact.bytes) else None
    described = file_message(name, artifact)
    path = await asyncio.to_thread(objects.local_path, artifact)
    with closing(await asyncio.to_thread(path.open, "rb")) as file:
        await asyncio.to_thread(file.seek, offset)
        at = offset
        while True:
            data = await asyncio.to_thread(_read, file, min(CHUNK_BYTES, end - at), digest)
            last = at + len(data) >= end
            if (not data and not last) or (last and digest and digest.hexdigest() != artifact.sha256):
                raise Unavailable(f"the file {name}", "the store holds other bytes than were delivered; make the version again")
            yield wire.ArtifactChunk(offset=at, data=data, file=described if at == offset else None)
            at += len(data)
            if last:
                return


def _read(file: IO[bytes], size: int, digest: "hashlib._Hash | None") -> bytes:
    data = file.read(size)
    if digest:
        digest.update(data)
    return data
