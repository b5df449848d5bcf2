"""What is proved about a delivered song."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from contracts.base import Document


class Relation(StrEnum):
    """How a measured value must stand to the asked one."""

    WITHIN = "within"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Check(Document):
    """One check: what was asked, what was measured, in which unit, and how."""

    name: str
    asked: float | str | None
    measured: float | str | None
    unit: str = ""
    tolerance: float | None = None
    relation: Relation = Relation.WITHIN
    passed: bool
    how: str
    note: str | None = None


class Retry(Document):
    """What QA changes when it sends a song back: the stage to return to and the parameters for it."""

    attempt: int
    to_stage: str
    reasons: tuple[str, ...]
    changes: dict[str, float | str | bool] = Field(default_factory=dict)


class Verdict(Document):
    """The outcome of one QA round."""

    passed: bool
    attempt: int
    checks: tuple[Check, ...]
    retry: Retry | None = None


class Timings(Document):
    """Wall seconds."""

    total_s: float
    stages: dict[str, float]


class Report(Document):
    """`report.json` of a delivered song."""

    passed: bool
    attempts: int
    prompt: str
    seed: int
    checks: tuple[Check, ...]
    informed: dict[str, Any] = Field(default_factory=dict, description="blind estimates: they inform and do not judge")
    history: tuple[Verdict, ...] = Field(default=(), description="the verdicts of earlier attempts")
    timings: Timings
    files: dict[str, dict[str, Any]]
    licences: dict[str, str] = Field(default_factory=dict)


class ManifestEntry(Document):
    """One delivered file."""

    sha256: str
    bytes: int
    media_type: str


class Manifest(Document):
    """`manifest.json`: every other file of the folder."""

    composition_id: str
    version: int | None = None
    files: dict[str, ManifestEntry]
    score_parts: dict[str, str] = Field(default_factory=dict, description="part id -> digest of the part's notes")
    dry_stems: dict[str, str] = Field(default_factory=dict, description="part id -> digest of the dry stem")
