"""report.json and manifest.json: what was delivered, and the proof."""

from pathlib import PurePosixPath
from typing import Any

from contracts.artifacts import Artifact, AudioArtifact
from contracts.context import Context
from contracts.report import Manifest, ManifestEntry, Report, Timings, Verdict
from services.qa import provenance

REPORT, PAGE, CONTEXT, MANIFEST = "report.json", "report.html", "context.json", "manifest.json"
OWN = frozenset({REPORT, PAGE, CONTEXT, MANIFEST, provenance.NAME})


def media_type(name: str) -> str:
    """Media type of a delivered file by its name."""
    kinds = {".json": "application/json", ".html": "text/html; charset=utf-8", ".wav": "audio/wav", ".flac": "audio/flac"}
    kinds |= {".mp3": "audio/mpeg", ".mid": "audio/midi", ".ogg": "audio/ogg", ".zip": "application/zip", ".png": "image/png"}
    kinds |= {".jpg": "image/jpeg"}
    return kinds.get(PurePosixPath(name).suffix, "application/octet-stream")


def _entry(artifact: Artifact) -> dict[str, Any]:
    entry: dict[str, Any] = {"sha256": artifact.sha256, "bytes": artifact.bytes, "media_type": artifact.media_type}
    if isinstance(artifact, AudioArtifact):
        entry |= {"sample_rate_hz": artifact.sample_rate_hz, "channels": artifact.channels, "duration_s": round(artifact.duration_s, 3)}
    return entry


def licences(context: Context) -> dict[str, str]:
    """Licence of what each part's sound was made with, where the engine names one."""
    plan = context.production.plan if context.production else {}
    return {part: stem.licence for part, stem in sorted(plan.items()) if stem.licence}


def build_report(context: Context, verdict: Verdict, informed: dict[str, Any], total_s: float, own_s: float) -> Report:
    """The report of one round. `own_s`: seconds that finalization has taken so far; `total_s`: since the job was accepted."""
    stages = dict(context.timings)
    stages["finalization"] = round(stages.get("finalization", 0.0) + own_s, 3)
    earlier = context.finalization
    return Report(
        passed=verdict.passed,
        attempts=context.attempt,
        prompt=context.request.prompt,
        seed=context.seed,
        checks=verdict.checks,
        informed=informed,
        history=(*earlier.history, earlier.verdict) if earlier else (),
        timings=Timings(total_s=round(total_s, 3), stages=stages),
        files={name: _entry(artifact) for name, artifact in sorted(context.artifacts.items()) if name not in OWN},
        licences=licences(context),
    )


def build_manifest(context: Context) -> Manifest:
    """sha256, bytes and media type of every delivered file, with the digests that tell which parts an edit left alone."""
    score = context.arrangement or context.composition
    plan = context.production.plan if context.production else {}
    return Manifest(
        composition_id=context.composition_id,
        files={
            name: ManifestEntry(sha256=a.sha256, bytes=a.bytes, media_type=a.media_type)
            for name, a in sorted(context.artifacts.items())
            if name != MANIFEST
        },
        score_parts=dict(score.part_digests) if score else {},
        dry_stems={part: stem.digest for part, stem in sorted(plan.items())},
    )
