"""Instructions read, without anything being changed."""

from typing import Any

from contracts.edits import Instructed
from houseband.client.transport import AsyncTransport, Transport, json_of


def _place(composition_id: str, version: int) -> str:
    return f"/compositions/{composition_id}/versions/{version}/instructions"


class Instructions(Transport):
    """Reading instructions."""

    def read_instruction(self, composition_id: str, version: int, instruction: str) -> Instructed:
        """How an instruction would be understood over a version: its edits, the same in words, and what was left unread."""
        answer: Any = json_of(self._call("POST", _place(composition_id, version), json={"instruction": instruction}))
        return Instructed.model_validate(answer)


class AsyncInstructions(AsyncTransport):
    """Reading instructions, for asyncio programs."""

    async def read_instruction(self, composition_id: str, version: int, instruction: str) -> Instructed:
        """How an instruction would be understood over a version. Arguments as of `Client.read_instruction`."""
        answer: Any = json_of(await self._call("POST", _place(composition_id, version), json={"instruction": instruction}))
        return Instructed.model_validate(answer)
