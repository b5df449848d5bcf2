"""A toy band that knows its notes: a score of two parts, edits of tempo and instrument, stems under their digests, a mix, a record."""

import hashlib
import json
from typing import Any

from contracts.artifacts import AudioArtifact
from contracts.brief import Brief, Stated
from contracts.context import (
    Context,
    FinalizationSection,
    IdeationSection,
    MasteringSection,
    MixingSection,
    Musical,
    ProductionSection,
    ScoreSection,
    StemPlan,
)
from contracts.edits import InstrumentEdit, TempoEdit
from contracts.music.score import ChordEvent, Note, Part, Role, Score, Section
from contracts.pipeline import Stage
from contracts.report import Verdict
from tests.gateway.toy_band import ToyBand

BARS = 8


def score_of(bpm: float, seed: int) -> Score:
    """A verse and a chorus, bass and lead. The seed is heard in the lead."""
    sections = {
        name: Section(label=name, start_bar=first, bars=4, energy=0.5, key="A minor", chords=(ChordEvent(bar=first, beat=1, symbol="Am"),))
        for name, first in (("verse", 1), ("chorus", 5))
    }
    bass = Part(role=Role.BASS, instrument="bass_guitar", notes=tuple(Note(bar * 3840, 960, 33, 90) for bar in range(BARS)))
    lead = Part(role=Role.MELODY, instrument="flute", notes=tuple(Note(bar * 3840, 480, 69 + seed % 12, 80) for bar in range(BARS)))
    return Score(tempo_bpm=bpm, key="A minor", genre="folk", sections=sections, parts={"bass": bass, "lead": lead})


def brief_of(bpm: float) -> Brief:
    """What the song is asked to be."""
    plain: dict[str, Any] = {
        "tempo_bpm": bpm, "key": "A minor", "meter": "4/4", "duration_s": 20.0, "genres": ("folk",), "moods": (), "energy": 0.5,
        "valence": 0.5, "instruments_with": (), "instruments_without": (), "structure": (), "chords": {}, "production": (), "use": "",
    }  # fmt: skip
    return Brief.model_validate({name: Stated(value=value) for name, value in plain.items()})


def _digest(document: Any) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


class Players(ToyBand):
    """Plays what is asked: tempo from `options.bpm`, edits on the parent's score, levels and loudness as the options say."""

    def _work(self, context: Context, stage: Stage) -> Context:
        options = context.request.options
        if stage is Stage.IDEATION:
            bpm = options.bpm or 100.0
            musical = Musical(key="A minor", tempo_bpm=bpm, meter="4/4", genre="folk")
            technical = context.technical.model_copy(update={"target_lufs": options.target_lufs})
            return context.model_copy(update={"ideation": IdeationSection(brief=brief_of(bpm)), "musical": musical, "technical": technical})
        if stage is Stage.COMPOSITION:
            bpm = context.musical.tempo_bpm if context.musical else 100.0
            return context.model_copy(update={"composition": self._stored(score_of(bpm, context.seed))})
        if stage is Stage.ARRANGEMENT:
            return self._arranged(context)
        if stage is Stage.PRODUCTION:
            return context.model_copy(update={"production": self._produced(context)})
        if stage is Stage.MIXING:
            assert context.production
            mix = options.mix.model_dump(mode="json", exclude_defaults=True) if options.mix else {}
            stems = {part: self._sound("mixed", (stem.sha256, mix)) for part, stem in context.production.stems.items()}
            return context.model_copy(update={"mixing": MixingSection(stems=stems, settings={"edits": mix})})
        if stage is Stage.MASTERING:
            return self._mastered(context)
        report = self.objects.put_bytes(f"toy/report-{context.job_id}.html", b"<html>", "text/html")
        verdict = Verdict(passed=True, attempt=1, checks=())
        done = {"finalization": FinalizationSection(verdict=verdict), "artifacts": {**context.artifacts, "report.html": report}}
        return context.model_copy(update=done)

    def _arranged(self, context: Context) -> Context:
        assert context.composition
        revises = context.request.revises
        source = revises.score if revises and revises.score else context.composition.score
        score = Score.model_validate_json(self.objects.read(source.key))
        for edit in revises.edits if revises else ():
            if isinstance(edit, TempoEdit):
                score = score.model_copy(update={"tempo_bpm": edit.bpm})
            elif isinstance(edit, InstrumentEdit):
                changed = {name: score.parts[name].model_copy(update={"instrument": edit.instrument}) for name in edit.parts}
                score = score.model_copy(update={"parts": {**score.parts, **changed}})
        section = self._stored(score)
        midi = self.objects.put_bytes(f"toy/{_digest(section.part_digests)}.mid", b"MThd", "audio/midi")
        files = {**context.artifacts, "score.json": section.score, "song.mid": midi}
        return context.model_copy(update={"arrangement": section, "artifacts": files})

    def _stored(self, score: Score) -> ScoreSection:
        data = score.to_json()
        digests = {name: _digest(part.model_dump(mode="json")) for name, part in score.parts.items()}
        artifact = self.objects.put_bytes(f"scores/{hashlib.sha256(data).hexdigest()}.json", data, "application/json")
        return ScoreSection(score=artifact, part_digests=digests)

    def _produced(self, context: Context) -> ProductionSection:
        assert context.arrangement
        score = Score.model_validate_json(self.objects.read(context.arrangement.score.key))
        plan, stems = {}, {}
        for part, notes in context.arrangement.part_digests.items():
            stems[part] = self._sound("dry", (notes, score.tempo_bpm))
            instrument = score.parts[part].instrument
            plan[part] = StemPlan(part=part, engine="sampled", instrument=instrument, digest=stems[part].sha256, key=stems[part].key)
        return ProductionSection(state="rendered", plan=plan, stems=stems)

    def _mastered(self, context: Context) -> Context:
        assert context.mixing
        lufs = context.technical.target_lufs
        stems = {part: self._sound("stem", (stem.sha256, lufs)) for part, stem in context.mixing.stems.items()}
        master = self._sound("master", [stem.sha256 for stem in stems.values()])
        section = MasteringSection(master=master, stems=stems, loudness_lufs=lufs, true_peak_dbtp=-1.0)
        files = {"master.wav": master, **{f"stems/{part}.wav": stem for part, stem in stems.items()}}
        return context.model_copy(update={"mastering": section, "artifacts": {**context.artifacts, **files}})

    def _sound(self, kind: str, inputs: Any) -> AudioArtifact:  # type: ignore[override]
        data = f"RIFF {kind} {_digest(inputs)}".encode()
        plain = self.objects.put_bytes(f"toy/{kind}/{hashlib.sha256(data).hexdigest()}.wav", data, "audio/wav")
        return AudioArtifact(**plain.model_dump(), sample_rate_hz=48_000, channels=2, frames=48_000)
