"""A real channel to the gateway as it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from contracts import studio_pb2 as wire
from contracts import studio_pb2_grpc
from tests.gateway.conftest import House


def order(prompt: str | None = "a song", **fields: Any) -> wire.CreateJobRequest:
    """The first message of a job."""
    made = wire.JobOrder(**fields) if prompt is None else wire.JobOrder(prompt=prompt, **fields)
    return wire.CreateJobRequest(order=made)


def chunk(data: bytes, field: str = "", filename: str = "", media_type: str = "") -> wire.CreateJobRequest:
    """A piece of a file."""
    return wire.CreateJobRequest(chunk=wire.FileChunk(field=field, filename=filename, media_type=media_type, data=data))


def problem_of(error: grpc.aio.AioRpcError) -> wire.Problem:
    """The problem that a refusal brought along."""
    return wire.Problem.FromString(dict(error.trailing_metadata())["problem-bin"])


@asynccontextmanager
async def studio(house: House) -> AsyncIterator[Any]:
    """A stub on a channel of its own."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{house.app.state.grpc_port}") as channel:
        yield studio_pb2_grpc.StudioStub(channel)
