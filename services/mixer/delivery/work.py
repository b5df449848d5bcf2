"""Delivery: the mastered song written and stored as the files that the user gets."""

import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from contracts.artifacts import AudioArtifact
from contracts.context import Context
from contracts.music.score import Score
from services.mixer import files
from services.mixer.delivery import dawproject
from services.mixer.delivery.cover import draw, stretches_of
from services.mixer.delivery.formats import MASTER_RATE, Format, lossy
from services.mixer.delivery.further import Further, completed
from services.mixer.delivery.record import Record
from services.mixer.delivery.tagging import MOST_COMMENT, Tags, tag_flac
from services.mixer.mastering.chain import Aim, master_gain
from services.mixer.mastering.session import Session
from services.mixer.mixing.channel import MixPlan
from services.mixer.mixing.console import Console
from services.mixer.mixing.looping import folded
from services.mixer.profiles import Glue, Profile
from services.mixer.stored import go_on
from services.music.pictures import Picture, read_picture
from services.runtime.workbench import Workbench

Audio = NDArray[np.float32]
DRAWN = "cover.png"
MP3 = Format("mp3_v0", MASTER_RATE)
HANDS = 3
"""Two that compute and one that waits for the disk."""


def tags(context: Context, *, dated: bool = False) -> Tags:
    """What a file says of itself.

    The record itself is not `dated`: the same words and seed give the same bytes on any day. Further files carry the day (UTC).
    """
    brief, musical = context.ideation.brief if context.ideation else None, context.musical
    comment = f"Houseband, seed {context.seed}: {context.request.prompt}"
    return Tags(
        title=(brief.title if brief else "") or "Untitled",
        genre=musical.genre.replace("_", " ") if musical else "",
        bpm=musical.tempo_bpm if musical else 0.0,
        key=musical.key if musical else "",
        date=f"{datetime.fromtimestamp(context.created_at, UTC):%Y-%m-%d}" if dated else "",
        comment=comment if len(comment) <= MOST_COMMENT else f"{comment[: MOST_COMMENT - 1]}…",
    )


def picture(context: Context, bench: Workbench, prefix: str, brought: Picture | None, audio: Callable[[], Audio], rate: int) -> Picture:
    """The user's picture, or the one that is drawn of the song, once."""
    if brought:
        return brought
    key = f"{prefix}/{DRAWN}"
    if not bench.objects.exists(key):
        score = score_of(context, bench)
        drawn = draw(audio(), rate, score.key if score else "", stretches_of(score) if score else [])
        bench.objects.put_bytes(key, drawn.data, drawn.media_type)
    return read_picture(bench.objects.read(key))


def score_of(context: Context, bench: Workbench) -> Score | None:
    """The score that was played; None for a context without one."""
    return Score.model_validate_json(bench.objects.read(context.arrangement.score.key)) if context.arrangement else None


def brought_cover(context: Context, bench: Workbench) -> Picture | None:
    """The user's picture. Raises BadInput for one that cannot be shown."""
    cover = context.request.cover
    return read_picture(bench.objects.read(cover.key)) if cover else None


def deliver(
    context: Context, bench: Workbench, session: Session, prefix: str, mp3_gain_db: float, brought: Picture | None
) -> dict[str, AudioArtifact]:
    """Write and store the master in three formats and the stems, all of them at once as far as there are hands.

    The MP3 comes first, since it takes as long as all the rest; what waits for the disk leaves its core to others.
    """
    store, scratch, rate, said = bench.objects, bench.scratch, session.rate, tags(context)

    def stored(name: str, path: Path, media_type: str = "audio/wav") -> AudioArtifact:
        try:
            return store.put_audio(f"{prefix}/{name}", path, media_type)
        finally:
            path.unlink(missing_ok=True)

    def wav(name: str, audio: Callable[[], Audio]) -> AudioArtifact:
        path = scratch / f"delivered-{name.replace('/', '-')}"
        files.write_wav_24(path, audio(), rate)
        return stored(name, path)

    def mp3(cover: Future[Picture]) -> AudioArtifact:
        path = scratch / "delivered.mp3"
        lossy(path, session.total, Format(MP3.coding, rate), said, cover.result, mp3_gain_db)
        return stored("master.mp3", path, "audio/mpeg")

    def flac(cover: Future[Picture]) -> AudioArtifact:
        path = scratch / "delivered.flac"
        files.write_flac_24(path, session.total, rate)
        tag_flac(path, said, cover.result())
        return stored("master.flac", path, "audio/flac")

    with ThreadPoolExecutor(HANDS) as pool:
        # The cover is begun first: whoever waits for it never waits for one that nobody works on.
        cover = pool.submit(picture, context, bench, prefix, brought, lambda: session.total, rate)
        encoded = {"master.mp3": pool.submit(mp3, cover), "master.flac": pool.submit(flac, cover)}
        waiting = {"master.wav": pool.submit(wav, "master.wav", lambda: session.total)}
        waiting |= {f"stems/{name}.wav": pool.submit(wav, f"stems/{name}.wav", partial(session.stem, name)) for name in session.names}
        try:
            delivered = {}
            for name, artifact in waiting.items():
                delivered[name] = artifact.result()
                go_on(bench, 0.5 + 0.45 * len(delivered) / len(waiting), f"delivered {PurePath(name).stem.replace('_', ' ')}")
            return {**delivered, **{name: artifact.result() for name, artifact in sorted(encoded.items())}}
        finally:
            cover.cancel()
            for one in (*encoded.values(), *waiting.values()):
                one.cancel()


def with_project(context: Context, bench: Workbench, prefix: str) -> Context:
    """The context with the song as a project for a DAW; without one where there is no score."""
    section, score = context.mastering, score_of(context, bench)
    if section is None or score is None or context.arrangement is None:
        return context
    sound = dawproject.Sound(section.master.sample_rate_hz, section.master.frames, section.master.channels)
    key = f"{prefix}/project-{dawproject.VERSION}-{context.arrangement.score.sha256}.dawproject"
    made = dawproject.write_dawproject(score, list(section.stems), sound, tags(context))
    artifact = bench.objects.put_bytes(key, made, dawproject.MEDIA_TYPE)
    return context.model_copy(update={"artifacts": {**context.artifacts, dawproject.NAME: artifact}})


def with_further(
    context: Context, bench: Workbench, session: Session, run: Callable[[], object], prefix: str, brought: Picture | None
) -> Context:
    """The context with the formats and editions that were asked for, and the cover as a file; nothing where nothing was.

    `run` masters the stems again, for what needs the gain itself: the lead's share of the shared effects.
    """
    options, section, score = context.request.options, context.mastering, score_of(context, bench)
    if section is None or score is None or not (options.formats or options.editions or brought):
        return context
    share = LeadShare(context, score, session, run)
    record = Record(section.master, section.stems, score, bench, share)
    cover = picture(context, bench, prefix, brought, lambda: record.audio, record.rate)
    name = f"cover{cover.suffix}"
    artifact = bench.objects.put_bytes(f"{prefix}/{name}", cover.data, cover.media_type)
    context = context.model_copy(update={"artifacts": {**context.artifacts, name: artifact}})
    louder = Louder(session.profile, session.rate)
    return completed(context, Further(context, bench, record, tags(context, dated=True), cover, louder))


@dataclass(frozen=True)
class Louder:
    """Raises a sum to a loudness where gain alone would pass the ceiling: the mastering's own clip and limiter, without its glue."""

    profile: Profile
    rate: int

    def __call__(self, audio: Audio, target_lufs: float, ceiling_dbtp: float) -> Audio:
        """Audio [2, samples] on its way to `target_lufs`, under `ceiling_dbtp`."""
        plain = self.profile.model_copy(update={"glue": Glue(ratio=1.0)})
        peaks = np.maximum(np.abs(audio[0]), np.abs(audio[1]))
        return audio * master_gain(audio, peaks, self.rate, plain, Aim(target_lufs, ceiling_dbtp)).gain


@dataclass(frozen=True)
class LeadShare:
    """What some stems alone make of the shared effects, as delivered: their sends through the same spaces and the same master."""

    context: Context
    score: Score
    session: Session
    run: Callable[[], object]

    def __call__(self, names: list[str]) -> Audio:
        """Sum of the shares of the stems called `names`, [2, frames]; silence where they send nothing."""
        session, mixing = self.session, self.context.mixing
        share = np.zeros((2, session.frames), dtype=np.float32)
        if mixing is None:
            return share
        plan = MixPlan.model_validate({name: mixing.settings[name] for name in MixPlan.model_fields if name in mixing.settings})
        frames = max(session.frames, math.ceil(self.score.rendered_s * session.rate))
        console = Console(self.score, plan, session.profile, session.rate, frames, session.load, scratch=session.scratch)
        for _, audio in console.share(names, lambda name: _padded(session.load(name), frames)):
            share += folded(audio, session.frames) if frames > session.frames else audio
        if not share.any():
            return share
        if session.mastered is None:
            self.run()
        return session.through(share)


def _padded(audio: Audio, frames: int) -> Audio:
    return np.pad(audio, ((0, 0), (0, frames - audio.shape[1])))
