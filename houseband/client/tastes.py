"""What is learned of a user: judgements given, preferences told, all of it forgotten."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from houseband.client.transport import AsyncTransport, Transport, json_of


class Tastes(Transport):
    """Feedback and preferences."""

    def judge(self, judgement: Mapping[str, Any]) -> list[str]:
        """Give feedback: `kind` (rating, choice, edit), `rating`, `liked`, `other` as POST /feedback takes them.

        Returns what is believed of the user's taste now, in words.
        """
        return list(json_of(self._call("POST", "/feedback", json=dict(judgement)))["told"])

    def preferences(self) -> dict[str, Any]:
        """What was learned of the user: `preferences`, the model, and `told`, the same in words."""
        answer: dict[str, Any] = json_of(self._call("GET", "/preferences"))
        return answer

    def judgements(self) -> Iterator[dict[str, Any]]:
        """Every judgement that was given, oldest first."""
        cursor: str | None = None
        while True:
            page = json_of(self._call("GET", "/feedback", params={"limit": 200, **({"cursor": cursor} if cursor else {})}))
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return

    def forget(self) -> int:
        """Forget what was learned of the user. Returns how many judgements were dropped."""
        return int(json_of(self._call("DELETE", "/preferences"))["judgements"])


class AsyncTastes(AsyncTransport):
    """Feedback and preferences, for asyncio programs."""

    async def judge(self, judgement: Mapping[str, Any]) -> list[str]:
        """Give feedback, as `Client.judge`."""
        return list(json_of(await self._call("POST", "/feedback", json=dict(judgement)))["told"])

    async def preferences(self) -> dict[str, Any]:
        """What was learned of the user, as `Client.preferences`."""
        answer: dict[str, Any] = json_of(await self._call("GET", "/preferences"))
        return answer

    async def judgements(self) -> AsyncIterator[dict[str, Any]]:
        """Every judgement that was given, oldest first."""
        cursor: str | None = None
        while True:
            page = json_of(await self._call("GET", "/feedback", params={"limit": 200, **({"cursor": cursor} if cursor else {})}))
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if not cursor:
                return

    async def forget(self) -> int:
        """Forget what was learned of the user."""
        return int(json_of(await self._call("DELETE", "/preferences"))["judgements"])
