"""Events: frozen facts with references. Subjects and message ids are derived here and nowhere else."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from contracts.artifacts import AudioArtifact
from contracts.base import Document
from contracts.errors import Problem
from contracts.pipeline import Stage

STAGES_STREAM = "STAGES"
FACTS_STREAM = "FACTS"
DEAD_STREAM = "DEAD"
ADVISORIES_STREAM = "ADVISORIES"
DRAFTS_STREAM = "DRAFTS"
ENGINES = ("sampled", "neural")


class StageReady(Document):
    """The context at `revision` is ready for `stage`."""

    job_id: str
    composition_id: str
    stage: Stage
    revision: str
    seq: int
    attempt: int = 1

    @property
    def subject(self) -> str:
        return f"houseband.stage.{self.stage}.ready.{self.job_id}"

    @property
    def message_id(self) -> str:
        """One per revision and target stage: a republished event is dropped by the broker inside its window."""
        return f"{self.job_id}:{self.seq}:{self.stage}:{self.attempt}"


class StemReady(Document):
    """One stem of the plan at `revision` is to be rendered."""

    job_id: str
    composition_id: str
    engine: str
    part: str
    revision: str
    seq: int
    attempt: int = 1

    @property
    def subject(self) -> str:
        return f"houseband.stem.{self.engine}.ready.{self.job_id}"

    @property
    def message_id(self) -> str:
        return f"{self.job_id}:{self.seq}:stem:{self.part}:{self.attempt}"


class DraftReady(Document):
    """Somebody wants to hear the song while it is made: its arrangement stands in the context at `revision`.

    In a stream of its own: a draft that cannot be made fails no job and leaves no dead letter.
    """

    job_id: str
    composition_id: str
    revision: str
    attempt: int = 1

    @property
    def subject(self) -> str:
        return f"houseband.draft.ready.{self.job_id}"

    @property
    def message_id(self) -> str:
        return f"{self.job_id}:draft:{self.attempt}"


class _Fact(Document):
    job_id: str
    composition_id: str
    time: float = Field(description="Unix seconds")
    attempt: int = 1


class Accepted(_Fact):
    """The gateway took the job."""

    fact: Literal["accepted"] = "accepted"


class StageStarted(_Fact):
    """A worker began a stage."""

    fact: Literal["stage_started"] = "stage_started"
    stage: Stage


class StageFinished(_Fact):
    """A stage's revision exists."""

    fact: Literal["stage_finished"] = "stage_finished"
    stage: Stage
    revision: str
    seconds: float = 0.0
    summary: str = ""
    length_s: float | None = Field(default=None, description="length of the song as far as it is known, seconds")
    parts: int | None = Field(default=None, description="players, once they are arranged")
    cores: int | None = Field(default=None, description="cores that the worker may use")


class StemFinished(_Fact):
    """A dry stem exists."""

    fact: Literal["stem_finished"] = "stem_finished"
    part: str
    seconds: float = 0.0
    cached: bool = False


class PreviewReady(_Fact):
    """A stretch of the song can be heard before it is made: a draft, near to what comes."""

    fact: Literal["preview_ready"] = "preview_ready"
    chunk: int = Field(ge=0, description="chunks follow each other without a gap")
    start_s: float
    seconds: float
    audio: AudioArtifact
    last: bool = Field(default=False, description="no chunk follows")


class QaRejected(_Fact):
    """QA sends the song back."""

    fact: Literal["qa_rejected"] = "qa_rejected"
    reasons: tuple[str, ...]
    walk: tuple[Stage, ...]


class Finished(_Fact):
    """The job completed; with `until`, as a partial version."""

    fact: Literal["finished"] = "finished"
    revision: str


class Failed(_Fact):
    """The job failed. `revision` names the last context, where there are results."""

    fact: Literal["failed"] = "failed"
    problem: Problem
    revision: str | None = None


class CancelledFact(_Fact):
    """The job was cancelled."""

    fact: Literal["cancelled"] = "cancelled"


Fact = Annotated[
    Accepted | StageStarted | StageFinished | StemFinished | PreviewReady | QaRejected | Finished | Failed | CancelledFact,
    Field(discriminator="fact"),
]
FACT: TypeAdapter[Fact] = TypeAdapter(Fact)
TERMINAL_FACTS = frozenset({"finished", "failed", "cancelled"})


def fact_subject(fact: Fact) -> str:
    """Subject of a fact."""
    return f"houseband.fact.{fact.job_id}.{fact.fact}"


def fact_id(fact: Fact) -> str:
    """Message id of a fact: the same for a redelivery of the same happening."""
    if isinstance(fact, StageStarted | StageFinished):
        detail = fact.stage.value
    elif isinstance(fact, StemFinished):
        detail = fact.part
    elif isinstance(fact, PreviewReady):
        detail = str(fact.chunk)
    else:
        detail = "-"
    return f"{fact.job_id}:{fact.fact}:{detail}:{fact.attempt}"


class Progress(Document):
    """Percent and a line of text. May be lost."""

    job_id: str
    percent: float = Field(ge=0, le=100)
    stage: Stage | None = None
    message: str = ""
    remaining_s: float | None = Field(default=None, description="seconds until the job is done, as the gateway expects")

    @property
    def subject(self) -> str:
        return f"houseband.progress.{self.job_id}"


class Here(Document):
    """Somebody who has a composition open, as the gateway that holds their connection tells it. Bars count from 1."""

    connection: str
    user: str
    version: int | None = Field(default=None, ge=1)
    bar: int | None = Field(default=None, ge=1)
    part: str | None = Field(default=None, max_length=128)
    since: float = Field(default=0.0, description="Unix seconds")
    gone: bool = Field(default=False, description="the connection is closed")


class Live(Document):
    """One gateway to the others, over core NATS, after the commit: look again at what you watch.

    It may be lost, so it carries nothing that the database has: a gateway looks at everything it watches every now and then anyway.
    A gateway subscribes only to what its readers follow: `job.<id>` and `composition.<id>`; all listen to `access.<composition id>`
    (somebody's rights changed: open streams are checked again).
    """

    by: str = Field(description="the gateway that says it; it has woken its own readers")
    topic: str
    progress: Progress | None = None
    here: Here | None = None
    asks: bool = Field(default=False, description="who else is there? Each gateway tells who has the composition open")

    @property
    def subject(self) -> str:
        return live_subject(self.topic)


def live_subject(topic: str) -> str:
    """Subject on which gateways wake each other about a topic."""
    return f"houseband.live.{topic}"


class DeadLetter(Document):
    """A message that no worker could finish, with why."""

    job_id: str
    stage: str
    subject: str
    reason: str
    deliveries: int
    payload: str
    headers: dict[str, str] = Field(default_factory=dict)
    time: float = 0.0

    @property
    def dead_subject(self) -> str:
        return f"houseband.dead.{self.stage}.{self.job_id}"


class Ask(Document):
    """A question to a service that needs no job."""

    what: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Answer(Document):
    """The reply: a result, or a problem."""

    result: Any = None
    problem: Problem | None = None


def ask_subject(service: str) -> str:
    """Subject on which a service answers."""
    return f"houseband.ask.{service}"
