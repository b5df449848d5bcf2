"""Comments at places of a version, and the title: changed by what was seen."""

import asyncio
from typing import Any

from tests.gateway.collaboration.conftest import Studio


async def test_comments_stand_at_places_and_are_answered(studio: Studio) -> None:
    """A comment names bar, beat and part; an answer stands with it, an answer to an answer in the same thread; filters find them."""
    ana, path = studio.people["ana"], f"{studio.path}/comments"
    first = (await ana.post(path, json={"text": " Rest here? ", "version": 1, "bar": 3, "beat": 2.5, "part": "bass"})).json()
    assert (first["text"], first["bar"], first["beat"], first["part"], first["revision"]) == ("Rest here?", 3, 2.5, "bass", 1)
    answer = (await ana.post(path, json={"text": "Yes", "reply_to": first["comment_id"]})).json()
    again = (await ana.post(path, json={"text": "Good", "reply_to": answer["comment_id"]})).json()
    assert {one["reply_to"] for one in (answer, again)} == {first["comment_id"]}
    assert (again["bar"], again["part"]) == (3, "bass")
    await ana.post(path, json={"text": "All of it", "version": 1})
    page = (await ana.get(path, params={"bar": 3, "limit": 2})).json()
    rest = (await ana.get(path, params={"bar": 3, "cursor": page["next"]})).json()
    assert [one["text"] for one in page["items"] + rest["items"]] == ["Rest here?", "Yes", "Good"]
    assert rest["next"] is None


NOWHERE: list[tuple[dict[str, Any], str]] = [
    ({"bar": 5}, "bar"),
    ({"bar": 1, "beat": 5}, "beat"),
    ({"beat": 1}, "beat"),
    ({"part": "tuba"}, "part"),
    ({"reply_to": "nobody", "version": None}, "reply_to"),
    ({"version": None}, "body"),
    ({"text": "  "}, "text"),
]


async def test_a_place_that_is_not_there_is_refused(studio: Studio) -> None:
    """Bars, beats and parts are those of the version; the refusal names the field."""
    for place, field in NOWHERE:
        refused = await studio.people["ana"].post(f"{studio.path}/comments", json={"text": "x", "version": 1, **place})
        assert (refused.status_code, refused.json().get("field")) == (422, field)


async def test_a_comment_is_changed_by_who_saw_it(studio: Studio) -> None:
    """Its author changes its words, every editor settles it, each with the revision they saw: 428 without, 412 with an old one."""
    await studio.invite("ben", "editor")
    ana, ben = studio.people["ana"], studio.people["ben"]
    made = await ana.post(f"{studio.path}/comments", json={"text": "a", "version": 1})
    path, tag = f"{studio.path}/comments/{made.json()['comment_id']}", {"If-Match": made.headers["ETag"]}
    assert (await ana.patch(path, json={"text": "b"})).status_code == 428
    assert (await ben.patch(path, json={"text": "b"}, headers=tag)).status_code == 403
    settled = await ben.patch(path, json={"resolved": True}, headers=tag)
    assert (settled.json()["resolved"], settled.json()["revision"]) == (True, 2)
    assert (await ana.patch(path, json={"text": "b"}, headers=tag)).status_code == 412
    changed = await ana.patch(path, json={"text": "b"}, headers={"If-Match": settled.headers["ETag"]})
    assert (changed.status_code, changed.json()["text"], changed.json()["resolved"]) == (200, "b", True)
    assert (await ben.delete(path)).status_code == 403
    assert (await ana.delete(path)).status_code == 204
    assert (await ana.get(path)).status_code == 404


async def test_of_two_who_name_it_at_once_one_is_told(studio: Studio) -> None:
    """Both saw the same revision: one title stands, the other is refused with 412; without If-Match it is 428."""
    await studio.invite("ben", "editor")
    tag = (await studio.people["ana"].get(studio.path)).headers["ETag"]

    async def name(user: str) -> int:
        answer = await studio.people[user].patch(studio.path, json={"title": f"by {user}"}, headers={"If-Match": tag})
        return answer.status_code

    assert sorted(await asyncio.gather(name("ana"), name("ben"))) == [200, 412]
    assert (await studio.composition())["title"] in ("by ana", "by ben")
    assert (await studio.people["ana"].patch(studio.path, json={"title": "x"})).status_code == 428


async def test_comments_at_once_are_all_kept(studio: Studio) -> None:
    """Ten comments of two people at once are ten comments, and ten changes with numbers of their own."""
    await studio.invite("ben", "editor")
    before = (await studio.composition())["revision"]
    posts = [
        studio.people[user].post(f"{studio.path}/comments", json={"text": f"{user} {n}", "version": 1})
        for n in range(5)
        for user in ("ana", "ben")
    ]
    assert {answer.status_code for answer in await asyncio.gather(*posts)} == {201}
    assert (await studio.composition())["revision"] == before + 10
