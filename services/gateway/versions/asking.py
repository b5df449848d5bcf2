"""What a revision may ask for, as it is posted."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from contracts.edits import EDITS, Edit
from contracts.pipeline import Stage
from services.gateway.problems import Refused
from services.gateway.versions.branches import NAME

MAX_INSTRUCTION_CHARS = 2_000

Name = Annotated[str, Field(pattern=NAME, description="letters, digits, dots, hyphens, underscores", examples=["darker"])]
Head = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Body(BaseModel):
    """A body of which every member is known."""

    model_config = ConfigDict(extra="forbid")


class Revision(Body):
    """What to change in a version, in words, by edits or by a patch, and which stages to go through.

    Nothing at all: a partial version goes on where it stopped.
    """

    instruction: str = Field(
        default="", max_length=MAX_INSTRUCTION_CHARS, description="in plain words", examples=["drums quieter in the second verse"]
    )
    edits: tuple[Edit, ...] = Field(
        default=(), max_length=200, description="one thing each, in order", examples=[[{"kind": "tempo", "bpm": 126}]]
    )
    patch: dict[str, Any] = Field(
        default={},
        description='JSON merge patch (RFC 7396) of {"options", "brief", "score", "mix"}',
        examples=[{"options": {"target_lufs": -9}}],
    )
    from_stage: Stage | None = Field(default=None, description="make it again from here on; null: from where the change needs it")
    until: Stage | None = Field(default=None, description="stop after this stage, with a partial version")
    branch: Name | None = Field(default=None, description="null: goes on with the version's own branch, or beside it where that moved on")
    expected_head: Head | None = Field(default=None, description="409 where the branch has another version at its head, or a job at work")

    @field_validator("edits", mode="before")
    @classmethod
    def _edits(cls, sent: Any) -> Any:
        """Edits as they were sent. Raises Refused (422) with the path of what is none."""
        try:
            return EDITS.validate_python(sent)
        except ValidationError as error:
            first = error.errors()[0]
            # Between the place in the list and the field stands the kind, which is no member of the document.
            path = ".".join(str(part) for part in ("edits", *first["loc"][:1], *first["loc"][2:]))
            raise Refused(422, f"{path}: {first['msg']}.", field=path, value=first.get("input"), allowed=first["msg"]) from error


class Restoring(Body):
    """Where to put a version again."""

    branch: Name | None = Field(default=None, description="null: the version's own")
    expected_head: Head | None = Field(default=None, description="409 where the branch has another version at its head")


class Branching(Body):
    """A new branch that begins with a version as it is."""

    branch: Name
