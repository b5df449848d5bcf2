"""Plays the six stages in a moment: real events, real revisions, real files of a few bytes."""

import asyncio
import contextlib

import nats
from nats.errors import TimeoutError as NatsTimeoutError

from contracts.artifacts import Artifact, AudioArtifact
from contracts.context import Context, EndDocument, MasteringSection, ProductionSection, StemPlan, end_key, revision_key, successor
from contracts.events import Progress, StageFinished, StageReady, StageStarted, StemFinished
from contracts.pipeline import FORWARD, Stage, progress_percent
from contracts.upgrades import read_context
from services.runtime.bus import Bus, now
from services.runtime.ending import publish_end
from services.runtime.workbench import Objects

MASTER = b"RIFF" + bytes(range(256)) * 4
BASS = b"RIFF" + bytes(200)


class ToyBand:
    """One worker for all stages. `hold` makes it wait before every stage until it is set; `loses` names stages whose message it loses."""

    def __init__(self, nats_url: str, objects: Objects) -> None:
        self.url, self.objects = nats_url, objects
        self.hold = asyncio.Event()
        self.hold.set()
        self.played: list[tuple[str, Stage]] = []
        self.loses: set[Stage] = set()

    async def run(self) -> None:
        """Play until cancelled."""
        async with Bus(self.url, name="toy") as bus:
            players = [self._listen(bus, stage) for stage in (*FORWARD, Stage.FINALIZATION)]
            await asyncio.gather(*players)

    async def _listen(self, bus: Bus, stage: Stage) -> None:
        subscription = await bus.jetstream.pull_subscribe_bind(f"stage-{stage}", stream="STAGES")
        while True:
            with contextlib.suppress(NatsTimeoutError, nats.errors.TimeoutError):
                for message in await subscription.fetch(1, timeout=3600):
                    await self.hold.wait()
                    if stage not in self.loses:
                        await self._play(bus, StageReady.model_validate_json(message.data))
                    await message.ack()

    async def _play(self, bus: Bus, event: StageReady) -> None:
        self.played.append((event.job_id, event.stage))
        parent = read_context(self.objects.read(event.revision))
        about = {"job_id": event.job_id, "composition_id": event.composition_id}
        await bus.fact(StageStarted(**about, time=now(), stage=event.stage))
        await bus.progress(Progress(job_id=event.job_id, percent=progress_percent(event.stage, 0.5), stage=event.stage, message="half way"))
        made = self._work(parent, event.stage).model_copy(update={"seq": parent.seq + 1, "stage": event.stage, "parent": event.revision})
        key = revision_key(event.composition_id, event.job_id, made.seq, event.stage, event.attempt)
        self.objects.create(key, made.to_json())
        if event.stage is Stage.PRODUCTION:
            await bus.fact(StemFinished(**about, time=now(), part="bass", seconds=0.1))
        await bus.fact(StageFinished(**about, time=now(), stage=event.stage, revision=key, seconds=0.01))
        following = successor(made)
        if following.stage is None or event.stage is Stage.FINALIZATION:
            end = EndDocument(status="completed", **about, revision=key, ended_at=now())
            if self.objects.create(end_key(event.composition_id, event.job_id), end.to_json()):
                await publish_end(bus, end)
        else:
            await bus.publish(StageReady(**about, stage=following.stage, revision=key, seq=made.seq))

    def _work(self, context: Context, stage: Stage) -> Context:
        folder = f"compositions/{context.composition_id}/toy"
        if stage is Stage.PRODUCTION:
            plan = StemPlan(part="bass", engine="sampled", instrument="bass_guitar", digest="0" * 64, key=f"{folder}/dry")
            return context.model_copy(update={"production": ProductionSection(state="rendered", plan={"bass": plan})})
        if stage is not Stage.MASTERING:
            return context
        master = self._sound(f"{folder}/master.wav", MASTER)
        bass = self._sound(f"{folder}/bass.wav", BASS)
        report = self.objects.put_bytes(f"{folder}/report.html", b"<html>", "text/html")
        section = MasteringSection(master=master, stems={"bass": bass}, loudness_lufs=-14.0, true_peak_dbtp=-1.2)
        files: dict[str, Artifact] = {"master.wav": master, "stems/bass.wav": bass, "report.html": report}
        return context.model_copy(update={"mastering": section, "artifacts": files})

    def _sound(self, key: str, data: bytes) -> AudioArtifact:
        plain = self.objects.put_bytes(key, data, "audio/wav")
        return AudioArtifact(**plain.model_dump(), sample_rate_hz=48_000, channels=2, frames=48_000)
