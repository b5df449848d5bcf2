"""Revisions over HTTP with a real broker and database: what stays, what is made, what is refused and how it is told."""

import json
from typing import Any

import pytest

from tests.gateway.conftest import House
from tests.gateway.versions.conftest import Studio

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_edit_makes_only_what_it_touches(studio: Studio) -> None:
    """Another bass: the lead's notes and dry stem are the parent's by digest, and answer, version and diff say so."""
    job = await studio.revised(1, {"edits": [{"kind": "instrument", "parts": ["bass"], "instrument": "synth_bass"}]})
    assert job["status"] == "completed"
    assert job["asked"]["from_stage"] == "arrangement"
    assert job["asked"]["stages"]["kept"] == ["ideation", "composition"]
    assert (job["parent"], job["results"]["version"]) == (1, 2)
    reuse = job["results"]["reuse"]
    assert (reuse["of"], reuse["parts"], reuse["stems"]) == (1, {"bass": "made", "lead": "kept"}, {"bass": "made", "lead": "kept"})
    before, after = [(await studio.context(number))["production"]["stems"] for number in (1, 2)]
    assert before["lead"] == after["lead"]
    assert before["bass"]["sha256"] != after["bass"]["sha256"]
    diff = await studio.get("versions/2/diff")
    assert diff["against"] == 1
    assert diff["reuse"] == reuse
    assert diff["text"] == "bass: bass guitar → synth bass"
    assert (diff["files"]["stems/bass.wav"], diff["files"]["stems/lead.wav"]) == ("changed", "same")


async def test_a_level_starts_at_the_mix_and_adds_up(studio: Studio) -> None:
    """Twice 3 dB are 6, notes and dry stems stay, and the stages before the mix are not played."""
    played = len(studio.house.band.played)
    await studio.revised(1, {"edits": [{"kind": "level", "parts": ["lead"], "db": -3}]})
    assert [stage.value for _, stage in studio.house.band.played[played:]] == ["mixing", "mastering", "finalization"]
    job = await studio.revised(2, {"edits": [{"kind": "level", "parts": ["lead"], "sections": ["chorus"], "db": 2}], "until": "mixing"})
    job = await studio.revised(3, {"edits": [{"kind": "level", "parts": ["lead"], "db": -3}], "until": "mixing"})
    mix = (await studio.context(4))["request"]["options"]["mix"]
    assert mix["channels"]["lead"]["level_db"] == -6
    assert mix["channels"]["lead"]["section_db"] == {"chorus": 2}
    assert set(job["results"]["reuse"]["stems"].values()) == {"kept"}


async def test_a_patch_is_merged_and_starts_where_it_is_read(studio: Studio) -> None:
    """Options of the record start at mastering, of the song at ideation; a member that is null is stated no more."""
    job = await studio.revised(1, {"patch": {"options": {"target_lufs": -9}}})
    assert job["asked"]["from_stage"] == "mastering"
    assert (await studio.context(2))["mastering"]["loudness_lufs"] == -9
    job = await studio.revised(2, {"patch": {"options": {"bpm": 120, "target_lufs": None}}})
    assert job["asked"]["from_stage"] == "ideation"
    context = await studio.context(3)
    assert (context["musical"]["tempo_bpm"], context["mastering"]["loudness_lufs"]) == (120, -14)
    job = await studio.revised(3, {"patch": {"mix": {"channels": {"bass": {"mute": True}}}}, "until": "mixing"})
    assert job["asked"]["from_stage"] == "mixing"
    assert (await studio.context(4))["mixing"]["settings"]["edits"]["channels"]["bass"]["mute"] is True


async def test_what_is_null_was_never_stated(studio: Studio) -> None:
    """RFC 7396: null takes a member away, whole ones too. Options, mix and brief are as for a new song, and notes are written anew."""
    first = await studio.context(1)
    await studio.revised(1, {"patch": {"options": {"bpm": 120, "target_lufs": -9}, "mix": {"channels": {"bass": {"mute": True}}}}})
    assert (await studio.context(2))["musical"]["tempo_bpm"] == 120
    await studio.revised(2, {"patch": {"mix": None}})
    context = await studio.context(3)
    assert "mix" not in {name for name, one in context["request"]["options"].items() if one}
    assert (context["musical"]["tempo_bpm"], context["mastering"]["loudness_lufs"]) == (120, -9)
    await studio.revised(3, {"patch": {"options": None}})
    context = await studio.context(4)
    assert (context["musical"]["tempo_bpm"], context["mastering"]["loudness_lufs"]) == (first["musical"]["tempo_bpm"], -14)
    await studio.revised(4, {"patch": {"brief": {"tempo_bpm": 90}}})
    assert (await studio.context(5))["request"]["options"]["brief"]["tempo_bpm"]["value"] == 90
    job = await studio.revised(5, {"patch": {"brief": None}})
    assert job["asked"]["from_stage"] == "ideation"
    assert (await studio.context(6))["request"]["options"]["brief"] is None
    job = await studio.revised(6, {"patch": {"score": None}, "until": "composition"})
    assert job["asked"]["from_stage"] == "composition"


async def test_a_patched_score_is_played_as_it_is_written(studio: Studio) -> None:
    """One part's notes from a patch, the tempo with them: the brief states it, and the other part stays but for its tempo."""
    score = (await studio.house.http.get(f"/compositions/{studio.composition}/versions/1/artifacts/score.json")).json()
    notes = [[start, duration, pitch + 12, velocity] for start, duration, pitch, velocity in score["parts"]["lead"]["notes"]]
    job = await studio.revised(1, {"patch": {"score": {"tempo_bpm": 90, "parts": {"lead": {"notes": notes}}}}})
    assert (job["status"], job["asked"]["from_stage"]) == ("completed", "arrangement")
    assert job["results"]["reuse"]["parts"] == {"bass": "kept", "lead": "made"}
    context = await studio.context(2)
    assert context["ideation"]["brief"]["tempo_bpm"] == {
        "value": 90, "source": "stated", "evidence": "patched score", "confidence": 1.0, "reason": None
    }  # fmt: skip
    diff = await studio.get("versions/2/diff")
    assert "tempo" in diff["text"]


async def test_a_partial_version_is_gone_on_with(studio: Studio) -> None:
    """`until` completes a version that says where it stopped; a revision without anything makes the rest, as if it had not stopped."""
    await studio.revised(1, {"patch": {"options": {"bpm": 80}}, "until": "arrangement"})
    partial = await studio.get("versions/2")
    assert (partial["stage"], partial["status"], partial["results"]["mixed_track_url"]) == ("arrangement", "completed", None)
    job = await studio.revised(2)
    assert job["asked"]["from_stage"] == "production"
    await studio.revised(1, {"patch": {"options": {"bpm": 80}}, "branch": "at-once"})
    resumed, at_once = await studio.context(3), await studio.context(4)
    assert resumed["artifacts"]["master.wav"] == at_once["artifacts"]["master.wav"]
    refused = await studio.post("versions/3/revise")
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_move")


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"patch": {"colour": {}}}, 422, "patch.colour"),
    ({"patch": {"options": {"bpm": 900}}}, 422, "patch.options.bpm"),
    ({"patch": {"options": {"tempo": 90}}}, 422, "patch.options.tempo"),
    ({"patch": {"options": "loud"}}, 422, "patch.options"),
    ({"patch": {"mix": {"channels": {"bass": {"level_db": 99}}}}}, 422, "patch.mix.channels.bass.level_db"),
    ({"patch": {"brief": {"speed": 3}}}, 422, "patch.brief.speed"),
    ({"patch": {"score": {"tempo_bpm": None}}}, 422, "patch.score.tempo_bpm"),
    ({"patch": {"score": {"tempo": 90}}}, 422, "patch.score.tempo"),
    ({"patch": {"score": {"parts": {"bass": {"instrument": "kazoo_choir"}}}}}, 422, "patch.score.parts.bass.instrument"),
    ({"patch": {"score": {"parts": {"bass": {"notes": [[0, 1, 200, 90]]}}}}}, 422, "patch.score.parts.bass.notes.0"),
    ({"patch": {"score": {"sections": {"verse": {"key": "H minor"}}}}}, 422, "patch.score.sections.verse.key"),
    ({"patch": {"score": {"sections": {"chorus": {"start_bar": 7}}}}}, 422, "patch.score.sections.chorus.start_bar"),
    ({"patch": {"score": {"tempo_map": [[0, 0]]}}}, 422, "patch.score.tempo_bpm"),
    ({"patch": {"score": {"tail_s": 1e9}}}, 422, "patch.score"),
    ({"patch": {"brief": {"tempo_bpm": "fast"}}}, 422, "patch.brief.tempo_bpm.value"),
    ({"edits": [{"kind": "tempo", "bpm": 900}]}, 422, "edits.0.bpm"),
    ({"edits": [{"kind": "polka"}]}, 422, "edits.0"),
    ({"edits": [{"kind": "level", "parts": ["tuba"], "db": 1}]}, 422, "edits.0.parts"),
    ({"edits": [{"kind": "tempo", "bpm": 90}], "from_stage": "mixing"}, 422, "from_stage"),
    ({"patch": {"options": {"bpm": 90}}, "from_stage": "mixing"}, 422, "from_stage"),
    ({"from_stage": "mixing", "until": "ideation"}, 409, "until"),
    ({"from_stage": "encore"}, 422, "from_stage"),
    ({"branch": "no spaces"}, 422, "branch"),
    ({"instruction": "louder\x00"}, 422, "instruction"),
    ({"colour": "blue"}, 422, "colour"),
    ({"from_stage": "mixing", "expected_head": 3}, 409, "expected_head"),
]


async def test_what_cannot_be_is_refused_with_its_field(studio: Studio) -> None:
    """Status, field and what is allowed instead; nothing is made."""
    for body, status, field in REFUSED:
        answer = await studio.post("versions/1/revise", body)
        problem = answer.json()
        assert (answer.status_code, problem.get("field")) == (status, field), (body, problem)
        assert problem.get("allowed"), problem
    assert (await studio.post("versions/9/revise")).status_code == 404
    deep: Any = 1
    for _ in range(300):
        deep = {"a": deep}
    assert (await studio.post("versions/1/revise", {"patch": {"score": deep}})).status_code == 422
    assert len((await studio.get("versions"))["items"]) == 1


async def test_a_patched_brief_stands(studio: Studio) -> None:
    """By its bare value or as the brief has it, it is stated from now on, and the rest goes along; an option changes it again."""
    job = await studio.revised(1, {"patch": {"brief": {"tempo_bpm": 96, "energy": {"value": 0.9}}}, "until": "ideation"})
    assert job["asked"]["from_stage"] == "ideation"
    brief = (await studio.context(2))["request"]["options"]["brief"]
    assert [(brief[name]["value"], brief[name]["source"]) for name in ("tempo_bpm", "energy", "key")] == [
        (96, "stated"),
        (0.9, "stated"),
        ("A minor", "inferred"),
    ]
    await studio.revised(2, {"patch": {"options": {"bpm": 70}}, "until": "ideation"})
    context = await studio.context(3)
    assert "tempo_bpm" not in context["request"]["options"]["brief"]
    assert context["request"]["options"]["brief"]["energy"]["value"] == 0.9
    assert context["musical"]["tempo_bpm"] == 70


async def test_what_an_edit_decided_stays_when_the_song_is_written_anew(studio: Studio) -> None:
    """A patched key is part of the brief that a new composition is written from."""
    await studio.revised(1, {"patch": {"score": {"key": "A dorian"}}, "until": "arrangement"})
    await studio.revised(2, {"patch": {"options": {"bpm": 70}}, "until": "ideation"})
    assert (await studio.context(3))["request"]["options"]["brief"]["key"]["value"] == "A dorian"


async def test_a_song_is_taken_in_from_its_folder(studio: Studio) -> None:
    """Its brief and notes become version 1 of a composition; no reference of the file is believed; nonsense is told."""
    files = {}
    for name in ("context", "score"):
        url = f"/compositions/{studio.composition}/versions/1/artifacts/{name}.json"
        files[name] = (await studio.house.http.get(url)).json()
    files["context"]["request"]["reference"] = files["context"]["arrangement"]["score"]
    post = studio.house.http.post

    def form(**changed: Any) -> dict[str, Any]:
        return {name: (f"{name}.json", json.dumps(one)) for name, one in {**files, **changed}.items()}

    taken = (await post("/compositions", files=form())).json()
    assert (taken["version"], taken["stage"], taken["note"]) == (1, "arrangement", "taken in from a folder")
    other = Studio(studio.house, taken["composition_id"])
    context = await other.context(1)
    assert context["request"]["reference"] is None
    assert (context["production"], context["mastering"]) == (None, None)
    job = await other.revised(1)
    assert (job["status"], job["asked"]["from_stage"]) == ("completed", "arrangement")
    again = await other.context(2)
    assert again["arrangement"]["part_digests"] == (await studio.context(1))["arrangement"]["part_digests"]
    assert again["artifacts"]["master.wav"] == (await studio.context(1))["artifacts"]["master.wav"]
    for broken, status in (
        (form(context={}), 422),
        (form(context=[]), 422),
        (form(score={"parts": 1}), 422),
        (form(score={**files["score"], "tempo_map": [[0, -5]]}), 422),
        ({"score": ("score.json", "{}")}, 400),
        ({**form(), "context": ("context.json", "[" * 100_000)}, 422),
    ):
        answer = await post("/compositions", files=broken)
        assert (answer.status_code, answer.json()["field"].split(".")[0]) in ((status, "context"), (status, "score")), answer.text


async def test_a_stage_that_was_not_reached_is_an_illegal_move(studio: Studio) -> None:
    """A version that stopped at ideation cannot be mixed, nor have its notes edited."""
    await studio.revised(1, {"from_stage": "ideation", "until": "ideation"})
    for body in ({"from_stage": "mixing"}, {"edits": [{"kind": "tempo", "bpm": 90}]}, {"patch": {"score": {"tempo_bpm": 90}}}):
        answer = await studio.post("versions/2/revise", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move"), body
    job = await studio.revised(2, {"patch": {"options": {"target_lufs": -10}}, "until": "composition"})
    assert job["asked"]["from_stage"] == "composition"


async def test_what_the_store_lost_is_made_again(studio: Studio) -> None:
    """A mix whose dry stems were tidied away starts at production, and finds again what is still there."""
    stems = (await studio.context(1))["production"]["stems"]
    studio.house.desk.objects.delete(stems["bass"]["key"])
    job = await studio.revised(1, {"edits": [{"kind": "level", "parts": ["bass"], "db": 2}]})
    assert (job["status"], job["asked"]["from_stage"]) == ("completed", "production")
    assert (await studio.context(2))["production"]["stems"] == stems


async def test_versions_of_others_do_not_exist(house: House) -> None:
    """Every address of versions answers 404 for a composition that is not there."""
    http = house.http
    for path in ("history", "versions/1/diff", "compare?version=1&version=1"):
        assert (await http.get(f"/compositions/nobody/{path}")).status_code == 404
    for path, body in (("revise", {}), ("restore", {}), ("branch", {"branch": "x"})):
        assert (await http.post(f"/compositions/nobody/versions/1/{path}", json=body)).status_code == 404


@pytest.mark.parametrize("wanted", [None, "quiet"])
async def test_the_history_is_a_graph(studio: Studio, wanted: str | None) -> None:
    """Two revisions of one version: the second lies beside the first; restore and branch make versions without a job."""
    level = {"edits": [{"kind": "level", "parts": ["lead"], "db": -3}]}
    await studio.revised(1, level)
    beside = await studio.revised(1, {**level, **({"branch": wanted} if wanted else {})})
    name = wanted or "main-2"
    assert beside["branch"] == name
    restored = (await studio.post("versions/1/restore", {})).json()
    assert (restored["version"], restored["parent"], restored["restores"], restored["branch"]) == (4, 2, 1, "main")
    first = await studio.get("versions/1")
    assert restored["results"]["files"].keys() == first["results"]["files"].keys()
    assert (await studio.post("versions/3/branch", {"branch": "new"})).status_code == 201
    assert (await studio.post("versions/3/branch", {"branch": "new"})).json()["code"] == "branch_taken"
    assert (await studio.post("versions/1/revise", {**level, "branch": name})).json()["code"] == "branch_taken"
    assert (await studio.post("versions/1/restore", {"branch": "gone"})).json()["code"] == "branch_unknown"
    assert (await studio.post("versions/1/restore", {"expected_head": 1})).json()["code"] == "head_moved"
    history = await studio.get("history")
    assert history["branches"] == {
        "main": {"head": 4, "base": None, "versions": [1, 2, 4]},
        name: {"head": 3, "base": 1, "versions": [3]},
        "new": {"head": 5, "base": 3, "versions": [5]},
    }
    assert [node["parent"] for node in history["nodes"]] == [None, 1, 1, 2, 3]
    same = await studio.get("compare", version=[1, 4])
    assert same["diffs"][0]["differences"] == []
    assert set(same["diffs"][0]["files"].values()) == {"same"}


async def test_somebody_who_was_faster(studio: Studio) -> None:
    """While a job is at work on a branch: who minds gets 409, who does not gets a branch, and a restore waits."""
    band, level = studio.house.band, {"edits": [{"kind": "level", "parts": ["lead"], "db": -3}]}
    band.hold.clear()
    first = await studio.post("versions/1/revise", {**level, "expected_head": 1})
    minding = await studio.post("versions/1/revise", {**level, "expected_head": 1})
    assert (minding.status_code, minding.json()["code"]) == (409, "head_moved")
    named = await studio.post("versions/1/revise", {**level, "branch": "main"})
    assert (named.status_code, named.json()["code"]) == (409, "branch_taken")
    second = await studio.post("versions/1/revise", level)
    assert (second.status_code, second.json()["branch"]) == (202, "main-2")
    assert (await studio.post("versions/1/restore", {})).json()["code"] == "branch_busy"
    assert [one["branch"] for one in (await studio.get("history"))["working"]] == ["main-2", "main"]
    band.hold.set()
    for answer in (first, second):
        assert (await studio.house.ended(answer.json()["job_id"], 60.0))["status"] == "completed"
    assert {name: one["head"] for name, one in (await studio.get("history"))["branches"].items()}.keys() == {"main", "main-2"}
