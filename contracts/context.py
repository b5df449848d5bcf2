"""The context document that the stages pass on. Each stage writes a new immutable revision."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from contracts.artifacts import Artifact, AudioArtifact
from contracts.base import Document
from contracts.brief import Brief
from contracts.errors import Problem
from contracts.features import Features, PictureFeatures
from contracts.pipeline import FORWARD, MAX_ATTEMPTS, Stage, walk_back
from contracts.preferences import Preferences
from contracts.report import Retry, Verdict
from contracts.revising import Revises
from contracts.sound import LOUDNESS_TARGETS, Edition, Format, MixEdits

SCHEMA_VERSION = 1
MAX_PROMPT_CHARS = 10_000
LEAST_LUFS, MOST_LUFS = -30.0, -5.0


class Options(Document):
    """What a request may state beside its prompt. None: not stated. Published as the schema of `options`."""

    duration_s: float | None = Field(default=None, ge=10, le=600, description="seconds")
    bpm: float | None = Field(default=None, ge=30, le=300, description="beats that are felt per minute")
    key: str | None = None
    meter: str | None = None
    genre: str | None = None
    moods: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    chords: str | None = None
    structure: str | None = None
    energy: float | None = Field(default=None, ge=0, le=1)
    valence: float | None = Field(default=None, ge=0, le=1)
    target_lufs: float | Literal["reference"] = Field(
        default=-14.0,
        description=f"LUFS, or a medium ({', '.join(LOUDNESS_TARGETS)}), or `reference`: as loud as the reference track",
    )
    ceiling_dbtp: float = Field(default=-1.0, ge=-9, le=-0.1)
    until: Stage | None = None
    engine: str = "auto"
    sounds: dict[str, str] = Field(
        default_factory=dict,
        max_length=200,
        description="instruments of one's own by part, instrument or role: FILE.sf2[:BANK:PROGRAM], FILE.sfz or FILE.vst3[:PRESET]",
    )
    mix: MixEdits | None = Field(default=None, description="what to change in the mix")
    formats: tuple[Format, ...] = Field(
        default=(), max_length=64, description="further files of the master, such as wav16@44100, mp3_320, ogg"
    )
    editions: tuple[Edition, ...] = Field(default=(), max_length=64, description="further versions of the song")
    ending: Literal["natural", "loop", "cut", "fade"] | None = Field(
        default=None,
        description="natural: an outro and a last chord; loop: the end runs into the beginning; cut: no ending; fade: fades out",
    )
    midi_as: Literal["auto", "melody", "chords", "drums"] = Field(default="auto", description="what a MIDI file is taken for")
    resize: Literal["extend", "shorten", "continue"] | None = Field(
        default=None, description="what to do with a base score; None: by the duration that is asked"
    )
    enhance: Literal["offline", "llm", "off"] = "offline"
    brief: dict[str, Any] | None = Field(
        default=None,
        description="fields of a brief as POST /briefs returns it, edited, whole or some of them; they stand over prompt and options",
    )
    taste: Literal["use", "ignore"] | Preferences = Field(
        default="use", description="use: what was learned of the user leans what is open; ignore: not; or a model of one's own"
    )
    separate: Literal["auto", "demucs", "bands", "none"] = Field(
        default="auto", description="how the stems of a reference are had; auto: Demucs where torch and its weights are present, else bands"
    )
    licence: Literal["any", "commercial"] = Field(default="any", alias="license")
    early: Literal["auto", "on", "off"] = Field(
        default="auto", description="a draft of the beginning, to be heard while the song is made; auto: as soon as somebody listens"
    )

    # What was accepted is stored as JSON and read again: an infinite number would come back as null and be refused then.
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, populate_by_name=True)

    @field_validator("target_lufs", mode="before")
    @classmethod
    def _loudness(cls, value: Any) -> Any:
        """A medium's name as its loudness; what is no loudness is told in one sentence."""
        known = LOUDNESS_TARGETS.get(value, value) if isinstance(value, str) else value
        try:
            fits = known == "reference" or LEAST_LUFS <= float(known) <= MOST_LUFS
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise ValueError(f"{LEAST_LUFS:g} to {MOST_LUFS:g}, {', '.join(LOUDNESS_TARGETS)} or reference")
        return known


class Request(Document):
    """What the user asked for, with references to what was uploaded."""

    prompt: str
    seed: int = Field(ge=0, le=2**63 - 1)
    options: Options = Field(default_factory=Options)
    reference: Artifact | None = None
    midi: Artifact | None = None
    hum: Artifact | None = None
    image: Artifact | None = Field(default=None, description="a picture that says the mood: PNG, JPEG, WebP or GIF")
    base: Artifact | None = Field(default=None, description="score.json of a song to extend, shorten or continue")
    cover: Artifact | None = Field(default=None, description="a picture for the files' tags, PNG or JPEG")
    taps: tuple[float, ...] = Field(default=(), description="seconds at which a beat was tapped")
    lyrics: str = ""
    user: str = "local"
    revises: Revises | None = Field(default=None, description="the version that this job changes; None: a song of its own")
    preferences: dict[str, Any] = Field(
        default_factory=dict, description="a Preferences document, the user's taste as it was when the job was taken; empty: none"
    )


class Musical(Document):
    """The musical facts in force: from the brief, then confirmed by the composer."""

    key: str
    tempo_bpm: float
    meter: str
    genre: str
    moods: tuple[str, ...] = ()
    structure: tuple[str, ...] = Field(default=(), description='section ids in order, such as "verse_1"')


class Technical(Document):
    """What the files are to be."""

    sample_rate_hz: int = 48_000
    bit_depth: int = 24
    duration_s: float = 120.0
    target_lufs: float = -14.0
    true_peak_ceiling_dbtp: float = -1.0


class Creative(Document):
    """Where the ideas come from."""

    inspiration: str = ""
    references: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    preferences: dict[str, Any] = Field(default_factory=dict)


class Decision(Document):
    """One decision in a musician's words: which stage chose what, and why."""

    stage: Stage
    topic: str
    choice: str
    why: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class AnalysisSection(Document):
    """What the analyzer heard."""

    features: Features | None = None
    reference_name: str = ""
    picture: PictureFeatures | None = None
    transcript: Artifact | None = Field(default=None, description="MIDI of the reference's stems as they were heard")
    given: Artifact | None = Field(default=None, description="a Given document: what was read from MIDI, a hummed tune or taps")


class IdeationSection(Document):
    """The brief."""

    brief: Brief


class ScoreSection(Document):
    """A stored score and the digest of each part's notes."""

    score: Artifact
    part_digests: dict[str, str] = Field(default_factory=dict)


class StemPlan(Document):
    """One stem to render: who plays it with which engine, and the key under which the dry stem is stored."""

    part: str
    engine: str
    instrument: str
    source: str = Field(default="", description="soundfont preset or Faust patch")
    digest: str = Field(description="digest of everything that determines the dry stem")
    key: str
    cost_s: float = Field(default=1.0, description="expected CPU seconds, to start the longest first")
    licence: str = ""


class ProductionSection(Document):
    """`planned`: which stems; `rendered`: the dry stems, stereo float WAV, all of one length."""

    state: Literal["planned", "rendered"]
    plan: dict[str, StemPlan]
    stems: dict[str, AudioArtifact] = Field(default_factory=dict)


class MixingSection(Document):
    """The mixed stems (float WAV, part order; returns of shared effects are stems of their own) and the settings that made them."""

    stems: dict[str, AudioArtifact]
    settings: dict[str, Any] = Field(default_factory=dict)


class MasteringSection(Document):
    """The delivered audio and what the mastering measured."""

    master: AudioArtifact
    stems: dict[str, AudioArtifact]
    settings: dict[str, Any] = Field(default_factory=dict)
    loudness_lufs: float
    true_peak_dbtp: float
    limited_by_ceiling: bool = False


class FinalizationSection(Document):
    """The verdict of the last QA round and of those before it."""

    verdict: Verdict
    history: tuple[Verdict, ...] = ()


class Context(Document):
    """One immutable revision of a job's document."""

    schema_version: int = SCHEMA_VERSION
    composition_id: str
    job_id: str
    seq: int = Field(ge=0)
    stage: Stage | None = Field(default=None, description="the stage that wrote this revision; None: the gateway")
    attempt: int = Field(default=1, ge=1, le=MAX_ATTEMPTS)
    parent: str | None = None
    created_at: float = Field(description="Unix seconds at which the job was accepted")
    request: Request
    musical: Musical | None = None
    technical: Technical = Field(default_factory=Technical)
    creative: Creative = Field(default_factory=Creative)
    ai_decisions: tuple[Decision, ...] = ()
    analysis: AnalysisSection | None = None
    ideation: IdeationSection | None = None
    composition: ScoreSection | None = None
    arrangement: ScoreSection | None = None
    production: ProductionSection | None = None
    mixing: MixingSection | None = None
    mastering: MasteringSection | None = None
    finalization: FinalizationSection | None = None
    retries: tuple[Retry, ...] = ()
    timings: dict[str, float] = Field(default_factory=dict, description="wall seconds per stage, summed over attempts")
    artifacts: dict[str, Artifact] = Field(default_factory=dict, description="delivered files by name, such as stems/bass.wav")

    @property
    def seed(self) -> int:
        """The seed of every random draw."""
        return self.request.seed

    def decide(self, stage: Stage, topic: str, choice: str, why: str, **parameters: Any) -> "Context":
        """A copy with one more decision recorded."""
        decision = Decision(stage=stage, topic=topic, choice=choice, why=why, parameters=parameters)
        return self.model_copy(update={"ai_decisions": (*self.ai_decisions, decision)})

    def change(self, name: str, default: float) -> float:
        """A numeric parameter as changed by the newest QA retry that names it."""
        for retry in reversed(self.retries):
            if name in retry.changes:
                return float(retry.changes[name])
        return default


class EndDocument(Document):
    """`end.json` of a job: created once, decides how it ended."""

    status: Literal["completed", "failed", "cancelled"]
    job_id: str
    composition_id: str
    revision: str | None = Field(default=None, description="key of the last context")
    problem: Problem | None = None
    attempt: int = 1
    ended_at: float = 0.0


class Next(Document):
    """What follows a revision: a stage to run, or the end of the job."""

    stage: Stage | None = None
    end: Literal["completed", "failed"] | None = None
    walk: tuple[Stage, ...] = ()
    attempt: int = 1


def first_stage(request: Request) -> Stage:
    """Where a version is revised, the stage that says so; analysis where something is to be heard or read first, else ideation."""
    if request.revises:
        return request.revises.from_stage
    heard = request.reference or request.midi or request.hum or request.taps or request.image
    return Stage.ANALYSIS if heard else Stage.IDEATION


def successor(context: Context) -> Next:
    """What follows this revision, by the pipeline table, the verdict and the user's `until`.

    A rejected song walks back over legal moves to the stage that QA named, as a new attempt.
    """
    if context.stage is None:
        return Next(stage=first_stage(context.request))
    if context.stage is Stage.PRODUCTION and context.production and context.production.state == "planned":
        return Next(stage=Stage.PRODUCTION, attempt=context.attempt)
    if context.stage is context.request.options.until:
        return Next(end="completed", attempt=context.attempt)
    if context.stage is not Stage.FINALIZATION:
        return Next(stage=FORWARD[context.stage], attempt=context.attempt)
    verdict = context.finalization.verdict if context.finalization else None
    if verdict and verdict.passed:
        return Next(end="completed", attempt=context.attempt)
    if not verdict or verdict.retry is None or context.attempt >= MAX_ATTEMPTS:
        return Next(end="failed", attempt=context.attempt)
    walk = walk_back(Stage.FINALIZATION, Stage(verdict.retry.to_stage))
    return Next(stage=walk[-1], walk=walk, attempt=context.attempt + 1)


def job_prefix(composition_id: str, job_id: str) -> str:
    """Where a job's documents live."""
    return f"compositions/{composition_id}/jobs/{job_id}"


def revision_key(composition_id: str, job_id: str, seq: int, stage: Stage | None, attempt: int) -> str:
    """Key of a revision: `{seq}-{stage}-{attempt}.json`."""
    return f"{job_prefix(composition_id, job_id)}/context/{seq:04d}-{stage or 'accepted'}-{attempt}.json"


def end_key(composition_id: str, job_id: str) -> str:
    """Key of the document that decides how the job ended."""
    return f"{job_prefix(composition_id, job_id)}/end.json"
