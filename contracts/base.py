"""The two ways a document is handled: written strictly, read with tolerance."""

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """A frozen value. Readers ignore unknown fields, so that old and new workers run side by side.

    Writers forbid them: constructing in code with a field that does not exist is a mypy error,
    and `tests/contracts` checks every writer's output against the exported JSON Schema.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    def to_json(self) -> bytes:
        """Canonical JSON: fields in declared order, compact, UTF-8."""
        return self.model_dump_json().encode()
