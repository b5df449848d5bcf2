"""What was asked for beside the record: formats of the master and versions of the song, each made once and then kept."""

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.artifacts import Artifact
from contracts.context import Context
from contracts.pipeline import Stage
from contracts.sound import EDITIONS, edition_file
from services.mixer import files
from services.mixer.delivery import bundle, editions
from services.mixer.delivery.formats import Format, encode, history, measure
from services.mixer.delivery.record import Record
from services.mixer.delivery.shelf import Made, known, made
from services.mixer.delivery.tagging import Tags, wav_chunks
from services.mixer.stored import go_on
from services.music.pictures import Picture
from services.runtime.workbench import Workbench

BY_LEAD = frozenset({"instrumental", "lead"})
NOT_MADE = "not_made"


class Further:
    """Makes what a request asks for beside the record."""

    def __init__(self, context: Context, bench: Workbench, record: Record, tags: Tags, cover: Picture, louder: editions.Louder) -> None:
        technical = context.technical
        self.context, self.bench, self.record, self.tags, self.cover = context, bench, record, tags, cover
        self.asked = editions.Asked(technical.target_lufs, technical.true_peak_ceiling_dbtp, louder)

    @cached_property
    def _common(self) -> dict[str, Any]:
        return {
            "master": self.record.master.sha256,
            "ceiling_dbtp": self.asked.ceiling_dbtp,
            "tags": asdict(self.tags),
            "cover": self.cover.digest,
        }

    def formats(self) -> dict[str, Made]:
        """Each format that was asked for, by its name in the folder."""
        kinds = dict.fromkeys(Format.parse(text) for text in self.context.request.options.formats)
        return {kind.name: self._format(kind) for kind in kinds}

    def _format(self, kind: Format) -> Made:
        def write(path: Path) -> dict[str, Any]:
            record = self.record
            written = encode(path, record.audio, record.rate, kind, self.asked.ceiling_dbtp, self.tags, self.cover)
            return {"gain_db": round(written.gain_db, 6), "true_peak_dbtp": round(max(written.true_peak_dbtp, -150.0), 3)}

        go_on(self.bench, 0.96, f"writing {kind.name}")
        return made(self.bench, kind.name, kind.how.media_type, {**self._common, "format": asdict(kind)}, write)

    def versions(self) -> dict[str, Made | editions.NotMade]:
        """Each edition that was asked for, by its name, in the order of EDITIONS; or why there is none."""
        asked = self.context.request.options.editions
        return {name: self._zip() if name == "stems_zip" else self._edition(name) for name in EDITIONS if name in asked}

    def _inputs(self, name: str) -> dict[str, Any]:
        stems = {stem: artifact.sha256 for stem, artifact in self.record.stems.items()}
        return {**self._common, "edition": name, "stems": stems, "score": self.record.score, "target_lufs": self.asked.target_lufs}

    def _edition(self, name: str) -> Made | editions.NotMade:
        go_on(self.bench, 0.97, f"making the {editions.VERSIONS[name]}")
        found = known(self.bench, edition_file(name), self._inputs(name))
        if found:
            return found
        version = editions.make(name, self.record, self.asked)
        if isinstance(version, editions.NotMade):
            return version

        def write(path: Path) -> dict[str, Any]:
            tags, rate = self.tags.of(editions.VERSIONS[name]), self.record.rate
            before, after = wav_chunks(tags, self.cover, measure(version.audio, rate), history(rate, 24), version.chunks)
            files.write_wav_24(path, version.audio, rate, before, after)
            return version.facts

        return made(self.bench, edition_file(name), "audio/wav", self._inputs(name), write)

    def _zip(self) -> Made:
        go_on(self.bench, 0.98, "packing the stems")
        record, local = self.record, self.bench.objects.local_path

        def write(path: Path) -> dict[str, Any]:
            facts = bundle.Facts(
                self.tags.title, record.score.tempo_bpm, record.score.key, record.score.meter, record.rate, record.master.frames
            )
            members = {f"stems/{name}.wav": local(artifact) for name, artifact in record.stems.items()}
            song = self.context.artifacts.get("song.mid")
            if song:
                members["song.mid"] = local(song)
            bundle.write_zip(path, bundle.readme(facts, list(record.stems), record.score), members)
            return {"files": ["README.txt", *members]}

        song = self.context.artifacts.get("song.mid")
        return made(
            self.bench,
            edition_file("stems_zip"),
            "application/zip",
            {**self._inputs("stems_zip"), "song": song.sha256 if song else None},
            write,
        )


def completed(context: Context, further: Further) -> Context:
    """The context with everything that was asked for beside the record among its artifacts, and told."""
    if not context.request.options.formats and not context.request.options.editions:
        return context
    artifacts: dict[str, Artifact] = {}
    formats, versions = further.formats(), further.versions()
    artifacts |= {name: one.artifact for name, one in formats.items()}
    artifacts |= {edition_file(name): one.artifact for name, one in versions.items() if isinstance(one, Made)}
    told = {
        "formats": {name: one.facts for name, one in formats.items()},
        "editions": {name: one.facts if isinstance(one, Made) else {NOT_MADE: one.reason} for name, one in versions.items()},
    }
    section = context.mastering
    if section is not None:
        section = section.model_copy(update={"settings": {**section.settings, **told}})
    context = context.model_copy(update={"artifacts": {**context.artifacts, **artifacts}, "mastering": section})
    return _explained(context, told["formats"], told["editions"])


def _explained(context: Context, formats: dict[str, Any], versions: dict[str, Any]) -> Context:
    """Decisions in words."""
    if formats:
        quieter = [f"{name} is {-facts['gain_db']:.2f} dB quieter, as its peaks ask" for name, facts in formats.items() if facts["gain_db"]]
        context = context.decide(Stage.MASTERING, "formats", ", ".join(formats), "; ".join(quieter) or "asked for; at the master's level")
    for name, facts in versions.items():
        choice, why = _words(name, facts)
        context = context.decide(Stage.MASTERING, f"edition {name}", choice, why)
    return context


def _words(name: str, facts: dict[str, Any]) -> tuple[str, str]:
    if NOT_MADE in facts:
        return "not made", str(facts[NOT_MADE])
    if name == "stems_zip":
        return f"{len(facts['files'])} files", "asked for"
    loudness = f"{facts['loudness_lufs']:.2f} LUFS" if facts["loudness_lufs"] is not None else "silent"
    choice = f"{facts['seconds']:.2f} s, {loudness}, {facts['true_peak_dbtp']:.2f} dBTP"
    if "bars" in facts:
        where = ", ".join(
            f"bars {first} to {last} ({' and '.join(sections)})"
            for (first, last), sections in zip(facts["bars"], facts["sections"], strict=True)
        )
        ends = f"; it ends {facts['ends']}" if "ends" in facts else f"; what follows them is {facts['likeness']:.0%} what they begin with"
        return choice, where + ends
    if facts.get("note"):
        return choice, str(facts["note"])
    parts = facts.get("parts") or facts.get("without") or []
    return choice, f"{'only' if 'parts' in facts else 'without'} {', '.join(parts)}, {facts['returns']} of the shared effects"
