"""Several people on one composition: members, comments, the title, and what happens, live."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from contracts.errors import Unavailable
from houseband.client.jobs import CONNECTION_ERRORS, RECONNECT_S, still_patient
from houseband.client.models import Change, Comment, CommentPage, Member
from houseband.client.transport import API, AsyncTransport, Transport, json_of

ONLY_LIVE = frozenset({"presence", "heartbeat", "job_progress"})
"""What is told only live: it does not move the place in the stream."""
_CUT_OFF = (4403, 4410)


class Collaboration(Transport):
    """Working on a composition together."""

    def members(self, composition_id: str) -> list[Member]:
        """Everybody with a part in it, the owner first."""
        return [Member.model_validate(one) for one in json_of(self._call("GET", f"/compositions/{composition_id}/members"))["items"]]

    def share(self, composition_id: str, user: str, role: str = "viewer") -> Member:
        """Give somebody a role: viewer, editor, or owner, which passes it on."""
        return Member.model_validate(json_of(self._call("PUT", _member(composition_id, user), json={"role": role})))

    def unshare(self, composition_id: str, user: str) -> None:
        """Take somebody's part away; or leave."""
        self._call("DELETE", _member(composition_id, user))

    def rename(self, composition_id: str, title: str, *, revision: int) -> int:
        """Name a composition whose revision was seen; its new revision. Raises BadInput (If-Match) where it was changed meanwhile."""
        answer = self._call("PATCH", f"/compositions/{composition_id}", json={"title": title}, headers=_seen(revision))
        return int(json_of(answer)["revision"])

    def comments(self, composition_id: str, **only: Any) -> Iterator[Comment]:
        """Comments, oldest first; `only` may name version, bar, part, resolved."""
        cursor: str | None = None
        while True:
            page = CommentPage.model_validate(json_of(self._call("GET", _comments(composition_id), params=_page(only, cursor))))
            yield from page.items
            cursor = page.next
            if not cursor:
                return

    def comment(
        self,
        composition_id: str,
        text: str,
        *,
        version: int | None = None,
        bar: int | None = None,
        beat: float | None = None,
        part: str | None = None,
        reply_to: str | None = None,
    ) -> Comment:
        """Write a comment at a place of a version, or answer one (`reply_to`)."""
        body = _said(text, version=version, bar=bar, beat=beat, part=part, reply_to=reply_to)
        return Comment.model_validate(json_of(self._call("POST", _comments(composition_id), json=body)))

    def change_comment(self, comment: Comment, *, text: str | None = None, resolved: bool | None = None) -> Comment:
        """Change a comment as it was seen. Raises BadInput (If-Match) where it was changed meanwhile."""
        answer = self._call("PATCH", _comment(comment), json=_said(text, resolved=resolved), headers=_seen(comment.revision))
        return Comment.model_validate(json_of(answer))

    def remove_comment(self, comment: Comment) -> None:
        """Remove a comment with its answers."""
        self._call("DELETE", _comment(comment), headers=_seen(comment.revision))

    def follow(self, composition_id: str, *, after: int = 0) -> Iterator[Change]:
        """What happens to a composition, without end; over reconnections, each change once.

        Ends where the user has no part in it any more, or it was erased.
        """
        broken_since: float | None = None
        while True:
            try:
                with connect(_live(self.url, composition_id, after), open_timeout=10, additional_headers=self._signed) as socket:
                    broken_since = None
                    for text in socket:
                        change = Change.model_validate_json(text)
                        after = after if change.type in ONLY_LIVE else max(after, change.seq)
                        yield change
            except (*CONNECTION_ERRORS, Unavailable) as error:
                if _is_cut_off(error):
                    return
                broken_since = still_patient(broken_since, self.url, error)
            time.sleep(RECONNECT_S)


class AsyncCollaboration(AsyncTransport):
    """Working on a composition together, for asyncio programs."""

    async def members(self, composition_id: str) -> list[Member]:
        """Everybody with a part in it, the owner first."""
        answer = await self._call("GET", f"/compositions/{composition_id}/members")
        return [Member.model_validate(one) for one in json_of(answer)["items"]]

    async def share(self, composition_id: str, user: str, role: str = "viewer") -> Member:
        """Give somebody a role, as `Client.share`."""
        return Member.model_validate(json_of(await self._call("PUT", _member(composition_id, user), json={"role": role})))

    async def unshare(self, composition_id: str, user: str) -> None:
        """Take somebody's part away; or leave."""
        await self._call("DELETE", _member(composition_id, user))

    async def rename(self, composition_id: str, title: str, *, revision: int) -> int:
        """Name a composition, as `Client.rename`."""
        answer = await self._call("PATCH", f"/compositions/{composition_id}", json={"title": title}, headers=_seen(revision))
        return int(json_of(answer)["revision"])

    async def comments(self, composition_id: str, **only: Any) -> AsyncIterator[Comment]:
        """Comments, as `Client.comments`."""
        cursor: str | None = None
        while True:
            page = CommentPage.model_validate(json_of(await self._call("GET", _comments(composition_id), params=_page(only, cursor))))
            for item in page.items:
                yield item
            cursor = page.next
            if not cursor:
                return

    async def comment(
        self,
        composition_id: str,
        text: str,
        *,
        version: int | None = None,
        bar: int | None = None,
        beat: float | None = None,
        part: str | None = None,
        reply_to: str | None = None,
    ) -> Comment:
        """Write a comment, as `Client.comment`."""
        body = _said(text, version=version, bar=bar, beat=beat, part=part, reply_to=reply_to)
        return Comment.model_validate(json_of(await self._call("POST", _comments(composition_id), json=body)))

    async def change_comment(self, comment: Comment, *, text: str | None = None, resolved: bool | None = None) -> Comment:
        """Change a comment, as `Client.change_comment`."""
        answer = await self._call("PATCH", _comment(comment), json=_said(text, resolved=resolved), headers=_seen(comment.revision))
        return Comment.model_validate(json_of(answer))

    async def remove_comment(self, comment: Comment) -> None:
        """Remove a comment with its answers."""
        await self._call("DELETE", _comment(comment), headers=_seen(comment.revision))

    async def follow(self, composition_id: str, *, after: int = 0) -> AsyncIterator[Change]:
        """What happens to a composition, as `Client.follow`."""
        broken_since: float | None = None
        while True:
            try:
                async with connect_async(
                    _live(self.url, composition_id, after), open_timeout=10, additional_headers=self._signed
                ) as socket:
                    broken_since = None
                    async for text in socket:
                        change = Change.model_validate_json(text)
                        after = after if change.type in ONLY_LIVE else max(after, change.seq)
                        yield change
            except (*CONNECTION_ERRORS, Unavailable) as error:
                if _is_cut_off(error):
                    return
                broken_since = still_patient(broken_since, self.url, error)
            await asyncio.sleep(RECONNECT_S)


def _member(composition_id: str, user: str) -> str:
    return f"/compositions/{composition_id}/members/{quote(user, safe='')}"


def _comments(composition_id: str) -> str:
    return f"/compositions/{composition_id}/comments"


def _comment(comment: Comment) -> str:
    return f"{_comments(comment.composition_id)}/{comment.comment_id}"


def _live(url: str, composition_id: str, after: int) -> str:
    return f"{url.replace('http', 'ws', 1)}{API}/compositions/{composition_id}/events?after={after}"


def _seen(revision: int) -> dict[str, str]:
    return {"If-Match": f'"{revision}"'}


def _said(text: str | None, **where: Any) -> dict[str, Any]:
    return {name: value for name, value in {"text": text, **where}.items() if value is not None}


def _page(only: dict[str, Any], cursor: str | None) -> dict[str, Any]:
    return {**only, "limit": 200, **({"cursor": cursor} if cursor else {})}


def _is_cut_off(error: Exception) -> bool:
    """Whether coming back would lead nowhere: no part in it any more, erased, or never there."""
    closed, refused = getattr(error, "rcvd", None), getattr(error, "response", None)
    return getattr(closed, "code", None) in _CUT_OFF or getattr(refused, "status_code", None) in (401, 403, 404)
