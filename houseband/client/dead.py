"""Dead letters: messages that no worker could finish."""

from typing import Any

from houseband.client.transport import AsyncTransport, Transport, json_of

_PAGE = 200


class Dead(Transport):
    """For whoever runs the house."""

    def dead(self, *, after: int = 0, limit: int = _PAGE) -> list[dict[str, Any]]:
        """Letters whose id is above `after`, oldest first."""
        return list(json_of(self._call("GET", "/dead", params={"cursor": after, "limit": limit}))["items"])

    def dead_letter(self, letter_id: int) -> dict[str, Any]:
        """One letter, with the event that it held."""
        answer: dict[str, Any] = json_of(self._call("GET", f"/dead/{letter_id}"))
        return answer

    def replay_dead(self, letter_id: int) -> dict[str, Any]:
        """Let the workers try again; the job that goes on."""
        answer: dict[str, Any] = json_of(self._call("POST", f"/dead/{letter_id}/replay"))
        return answer


class AsyncDead(AsyncTransport):
    """For whoever runs the house, in asyncio programs."""

    async def dead(self, *, after: int = 0, limit: int = _PAGE) -> list[dict[str, Any]]:
        """Letters whose id is above `after`, oldest first."""
        return list(json_of(await self._call("GET", "/dead", params={"cursor": after, "limit": limit}))["items"])

    async def dead_letter(self, letter_id: int) -> dict[str, Any]:
        """One letter, with the event that it held."""
        answer: dict[str, Any] = json_of(await self._call("GET", f"/dead/{letter_id}"))
        return answer

    async def replay_dead(self, letter_id: int) -> dict[str, Any]:
        """Let the workers try again; the job that goes on."""
        answer: dict[str, Any] = json_of(await self._call("POST", f"/dead/{letter_id}/replay"))
        return answer
