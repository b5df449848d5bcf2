"""The ask `instruct`: an instruction over a song's outline, read offline."""

from typing import Any, Literal

from contracts.base import Document
from contracts.edits import Outline
from services.enhancer.instructing.reading import read_instruction
from services.runtime.workbench import Workbench


class Question(Document):
    """What is asked: the words, the song they are about, and who may read them within how many seconds."""

    instruction: str
    outline: Outline
    enhance: Literal["offline", "llm", "off"] = "offline"
    within_s: float | None = None


def instruct(arguments: dict[str, Any], _bench: Workbench) -> dict[str, Any]:
    """The instruction as Instructed. Raises BadInput for nothing understood, values that cannot be, and contradictions."""
    question = Question.model_validate(arguments)
    return read_instruction(question.instruction, question.outline).model_dump(mode="json")
