"""The ask `instruct`: an instruction over a song's outline, read offline, and by the language model where words were left and it is wished."""  # noqa: E501  a table of words or one pattern

from typing import Any, Literal

from contracts.base import Document
from contracts.context import Options
from contracts.edits import Instructed, Outline
from services.enhancer.instructing.proposing import propose
from services.enhancer.instructing.reading import nothing_read, read_clauses
from services.enhancer.instructing.telling import told
from services.runtime.workbench import Workbench


class Question(Document):
    """What is asked: the words, the song they are about, and who may read them within how many seconds."""

    instruction: str
    outline: Outline
    enhance: Literal["offline", "llm", "off"] = "offline"
    within_s: float | None = None


def instruct(arguments: dict[str, Any], bench: Workbench) -> dict[str, Any]:
    """The instruction as Instructed. Raises BadInput for nothing understood, values that cannot be, and contradictions."""
    return instructed(Question.model_validate(arguments), bench).model_dump(mode="json")


def instructed(question: Question, bench: Workbench) -> Instructed:
    """What was understood; the model reads nothing but the words that were left, and a model that fails changes nothing."""
    from services.enhancer.work import reader

    read = read_clauses(question.instruction, question.outline)
    edits, unread, hint = tuple(read.edits), tuple(read.unread), ""
    by: Literal["offline", "llm"] = "offline"
    who = reader(Options(enhance="llm"), bench, question.within_s) if question.enhance == "llm" and unread else None
    if who is not None:
        found = propose(edits, told(edits, question.outline), unread, question.outline, who.settings, who.answers)
        edits, unread, hint = (*edits, *found.edits), found.unread, found.problem
        by = "llm" if found.edits else "offline"
    if not edits:
        raise nothing_read(question.instruction, read, question.outline, hint)
    return Instructed(edits=edits, told=told(edits, question.outline), unread=read.explained(unread), by=by)
