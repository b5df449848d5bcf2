"""A version made from another one: what of it stays, and what is asked to change."""

from typing import Any

from pydantic import Field

from contracts.artifacts import Artifact
from contracts.base import Document
from contracts.edits import Edit
from contracts.pipeline import Stage

MAIN = "main"


class Revises(Document):
    """The parent of a job that revises, copied into its request so that the job stays reproducible.

    `edits` of the score are laid on `score`, the parent's arranged notes, by the arrangement stage, whenever that works in this job;
    those of the mix and the master stand in the options already. Where `score` is None the stages from `from_stage` on make their
    work anew from what stands before.
    """

    version: int = Field(ge=1)
    revision: str = Field(description="key of the parent's last context")
    from_stage: Stage
    branch: str = MAIN
    instruction: str = ""
    edits: tuple[Edit, ...] = ()
    told: tuple[str, ...] = Field(default=(), description="the edits in words")
    score: Artifact | None = Field(default=None, description="the parent's score.json, or the parent's as it was patched")
    stated: dict[str, Any] = Field(default_factory=dict, description="fields of the brief that a patched score decides, such as key")
