"""An instruction in plain words as edits, read by the enhancer over the outline of a version."""

from typing import Any

from contracts.context import Options
from contracts.edits import Instructed, Outline
from services.gateway.ports import Desk
from services.gateway.problems import Refused

_SPARE_S = 3.0
"""What the enhancer keeps of the time for an answer, beside what it gives a language model."""


async def instructed(desk: Desk, instruction: str, outline: Outline, options: Options) -> Instructed:
    """The edits that an instruction asks for, and what was left unread.

    Raises Refused for a NUL character, BadInput for what the enhancer can make nothing of, Unavailable where it does not answer.
    """
    if "\x00" in instruction:
        raise Refused(422, "The instruction holds a NUL character.", field="instruction", value=instruction, allowed="text without NUL")
    arguments: dict[str, Any] = {
        "instruction": instruction,
        "outline": outline.model_dump(mode="json"),
        "enhance": "llm" if options.enhance == "llm" else "offline",
        "within_s": max(desk.settings.brief_timeout_s - _SPARE_S, 1.0),
    }
    answer = await desk.bus.ask("enhancer", "instruct", arguments, desk.settings.brief_timeout_s)
    return Instructed.model_validate(answer)
