"""Two versions side by side: what differs in a musician's words, and which parts, stems and files are the same."""

import asyncio
from typing import Any

from pydantic import Field

from contracts.base import Document
from contracts.context import Context
from contracts.music.score import Score
from services.gateway.database.models import Version
from services.gateway.jobs.views import Reuse
from services.gateway.ports import Desk
from services.gateway.versions.reuse import reuse_of
from services.gateway.versions.revising import Base, load_base
from services.music.comparing import differences, song_of


class DifferenceView(Document):
    """One difference: what it is about, and how a musician would say it."""

    topic: str
    text: str
    data: dict[str, Any] = Field(default_factory=dict)


class Diff(Document):
    """What changed from one version (`against`) to another (`version`)."""

    composition_id: str
    version: int
    against: int
    differences: tuple[DifferenceView, ...]
    text: str = Field(description="the differences in one line")
    reuse: Reuse = Field(description="which stages, parts and dry stems are the other version's, by digest")
    files: dict[str, str] = Field(description="each file that either has: same, changed, added or removed")


class Facts(Document):
    """A version in figures."""

    version: int
    branch: str
    stage: str | None
    tempo_bpm: float | None
    key: str | None
    meter: str | None
    duration_s: float | None
    bars: int | None
    sections: tuple[str, ...]
    parts: dict[str, str] = Field(description="part -> instrument")
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    passed: bool | None


class Comparison(Document):
    """Versions side by side, and what differs between the first and each of the others."""

    composition_id: str
    versions: tuple[Facts, ...]
    diffs: tuple[Diff, ...]


async def diff(desk: Desk, against: Version, version: Version) -> Diff:
    """What changed between two versions of a composition. Raises BadInput or Unavailable where one cannot be read."""
    before, after = await load_base(desk, against), await load_base(desk, version)
    found = await asyncio.to_thread(_differences, before, after)
    return Diff(
        composition_id=version.composition_id,
        version=version.number,
        against=against.number,
        differences=found,
        text="; ".join(one.text for one in found) or "nothing that can be heard",
        reuse=Reuse.model_validate(reuse_of(before.context, after.context, against.number)),
        files=_files(against, version),
    )


async def compare(desk: Desk, versions: list[Version]) -> Comparison:
    """Versions side by side; the first is what the others are compared with."""
    bases = [await load_base(desk, version) for version in versions]
    return Comparison(
        composition_id=versions[0].composition_id,
        versions=tuple(_facts(base.version, base.context, base.score) for base in bases),
        diffs=tuple([await diff(desk, versions[0], version) for version in versions[1:]]),
    )


def _facts(version: Version, context: Context, score: Score | None) -> Facts:
    musical, mastering = context.musical, context.mastering
    verdict = context.finalization.verdict if context.finalization else None
    return Facts(
        version=version.number,
        branch=version.branch,
        stage=version.stage,
        tempo_bpm=score.tempo_bpm if score else musical.tempo_bpm if musical else None,
        key=score.key if score else musical.key if musical else None,
        meter=score.meter if score else musical.meter if musical else None,
        duration_s=round(score.duration_s, 3) if score else None,
        bars=score.bars if score else None,
        sections=tuple(score.sections) if score else musical.structure if musical else (),
        parts={name: part.instrument for name, part in score.parts.items()} if score else {},
        loudness_lufs=mastering.loudness_lufs if mastering else None,
        true_peak_dbtp=mastering.true_peak_dbtp if mastering else None,
        passed=verdict.passed if verdict else None,
    )


def _files(before: Version, after: Version) -> dict[str, str]:
    found = {}
    for name in sorted({*before.artifacts, *after.artifacts}):
        one, other = (version.artifacts.get(name, {}).get("sha256") for version in (before, after))
        found[name] = "same" if one == other else "added" if one is None else "removed" if other is None else "changed"
    return found


def _differences(before: Base, after: Base) -> tuple[DifferenceView, ...]:
    found = differences(song_of(before.context, before.score), song_of(after.context, after.score))
    return tuple(DifferenceView(topic=one.topic, text=one.text, data=one.data) for one in found)
