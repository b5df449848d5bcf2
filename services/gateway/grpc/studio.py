"""`houseband.v1.Studio`: each call reads its message, goes through the same door as REST, and answers."""

from collections.abc import AsyncIterator, Callable

import grpc
from sqlalchemy.ext.asyncio import AsyncSession

from contracts import studio_pb2 as wire
from contracts import studio_pb2_grpc
from contracts.artifacts import Artifact
from services.gateway.database.models import Job
from services.gateway.database.queries import version_of_job
from services.gateway.door.replays import once
from services.gateway.early.coding import MEDIA_TYPES, Format
from services.gateway.early.drafts import check_early, draft_stream, want
from services.gateway.grpc.documents import document
from services.gateway.grpc.downloads import artifact_chunks
from services.gateway.grpc.interception import WHO
from services.gateway.grpc.messages import accepted_message, event_message, job_message
from services.gateway.grpc.orders import read_stream
from services.gateway.grpc.revisions import revision_asked, revision_digest, revision_message
from services.gateway.grpc.watching import job_events
from services.gateway.jobs.cancelling import cancel_job, load_job
from services.gateway.jobs.ordering import take_order
from services.gateway.jobs.views import accepted_view, job_view
from services.gateway.people.access import version_for
from services.gateway.ports import Desk
from services.gateway.problems import Refused
from services.gateway.routes.asks import BriefRequest, brief_for
from services.gateway.versions.revising import take_revision

_MOST_KEY, _MOST_SEQ = 255, 2**31 - 1


class Studio(studio_pb2_grpc.StudioServicer):
    """The calls. Who asks is known before one begins; what one raises is told as a status."""

    def __init__(self, desk: Desk, nudge: Callable[[], None]) -> None:
        self._desk, self._nudge = desk, nudge

    async def CreateJob(  # noqa: N802 - the names of the service
        self, requests: AsyncIterator[wire.CreateJobRequest], context: grpc.aio.ServicerContext
    ) -> wire.Accepted:
        """Ask for a song."""
        settings, key = self._desk.settings, _idempotency_key(context)
        async with read_stream(requests, settings.max_upload_bytes, settings.upload_idle_s) as form:
            job = await take_order(self._desk, WHO.get(), form, key)
        self._nudge()
        return accepted_message(accepted_view(job))

    async def GetJob(self, request: wire.GetJobRequest, _: grpc.aio.ServicerContext) -> wire.Job:  # noqa: N802
        """A job as it stands."""
        return await self._shown(await load_job(self._desk, WHO.get(), request.job_id))

    async def WatchJob(self, request: wire.WatchJobRequest, _: grpc.aio.ServicerContext) -> AsyncIterator[wire.JobEvent]:  # noqa: N802
        """Events after `after_seq`, until the last one."""
        job = await load_job(self._desk, WHO.get(), request.job_id)
        async for message in job_events(self._desk, WHO.get(), job, min(request.after_seq, _MOST_SEQ)):
            yield event_message(message)

    async def FetchArtifact(  # noqa: N802
        self, request: wire.FetchArtifactRequest, _: grpc.aio.ServicerContext
    ) -> AsyncIterator[wire.ArtifactChunk]:
        """A file of a version. Only names that the version lists are answered."""
        async with self._desk.database.read() as session:
            artifacts = await _artifacts(session, request)
        if request.name not in artifacts:
            raise Refused(404, "This version has no such file.", field="name", value=request.name, allowed=", ".join(artifacts))
        artifact = Artifact.model_validate(artifacts[request.name])
        async for chunk in artifact_chunks(self._desk.objects, request.name, artifact, request.offset, request.length):
            yield chunk

    async def Preview(self, request: wire.PreviewRequest, _: grpc.aio.ServicerContext) -> AsyncIterator[wire.PreviewChunk]:  # noqa: N802
        """The draft of a song while it is made."""
        job = await load_job(self._desk, WHO.get(), request.job_id)
        check_early(job)
        await want(self._desk, job)
        kind: Format = "mp3" if request.format == wire.AUDIO_FORMAT_MP3 else "wav"
        first = True
        async for data in draft_stream(self._desk, job, kind, rest=request.rest):
            yield wire.PreviewChunk(data=data, media_type=MEDIA_TYPES[kind] if first else "")
            first = False

    async def Revise(self, request: wire.ReviseRequest, context: grpc.aio.ServicerContext) -> wire.RevisionAccepted:  # noqa: N802
        """A new job that changes a version, or goes on with one that stopped early; once under a key."""
        who, key = WHO.get(), _idempotency_key(context)

        async def taken() -> bytes:
            revision = await take_revision(self._desk, who, request.composition_id, request.version, revision_asked(request))
            self._nudge()
            made: bytes = revision_message(request.version, revision).SerializeToString()
            return made

        answer = await (once(self._desk, who.user, key, revision_digest(request), taken) if key else taken())
        accepted: wire.RevisionAccepted = wire.RevisionAccepted.FromString(answer)
        return accepted

    async def CancelJob(self, request: wire.CancelJobRequest, _: grpc.aio.ServicerContext) -> wire.Job:  # noqa: N802
        """Stop a job."""
        return await self._shown(await cancel_job(self._desk, WHO.get(), request.job_id))

    async def Brief(self, request: wire.BriefRequest, context: grpc.aio.ServicerContext) -> wire.BriefAnswer:  # noqa: N802
        """The brief of a prompt, within the caller's deadline."""
        body = BriefRequest(prompt=request.prompt, options=document(request.options))
        brief = await brief_for(self._desk, WHO.get(), body, within_s=context.time_remaining())
        answer = wire.BriefAnswer()
        answer.brief.update(brief)
        return answer

    async def _shown(self, job: Job) -> wire.Job:
        async with self._desk.database.read() as session:
            version = await version_of_job(session, job.id)
        return job_message(job_view(job, version), version)


async def _artifacts(session: AsyncSession, request: wire.FetchArtifactRequest) -> dict[str, object]:
    version = await version_for(session, WHO.get(), request.composition_id, request.version, "viewer")
    return version.artifacts


def _idempotency_key(context: grpc.aio.ServicerContext) -> str | None:
    """The caller's key for this request. Raises Refused (422) for one that is too long."""
    key = dict(context.invocation_metadata() or ()).get("idempotency-key")
    if isinstance(key, str) and len(key) > _MOST_KEY:
        raise Refused(422, "The key is too long.", field="idempotency-key", value=key, allowed=f"up to {_MOST_KEY} characters")
    return key if isinstance(key, str) else None
