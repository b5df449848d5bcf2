"""The language model as second reader of instructions, over real sockets: it reads what was left, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.edits import EnergyEdit, Instructed, KeyEdit
from contracts.errors import BadInput
from services.enhancer.instructing.answering import Question, instructed
from services.enhancer.model import asking
from services.enhancer.model.line import line
from services.enhancer.model.settings import model_settings
from services.runtime.stores import open_store
from services.runtime.workbench import Workbench
from tests.evaluation.instructions_truth import SONGS
from tests.model_server import Model, answers, fails, model_server

POP = SONGS["pop"]
LEFT = "I want goosebumps when the last chorus hits"
SAID = f"in G minor. {LEFT}"


def _edit(kind: str, evidence: str = "goosebumps", **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "evidence": evidence, **fields}


GOOD = _edit("energy", sections=["chorus_3"], by=0.3)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """A model's server, as the environment names it."""
    asking._known.clear()
    with model_server() as server:
        for name, value in (("BASE_URL", server.url), ("MODEL", "tiny"), ("TIMEOUT_S", "60"), ("RETRIES", "0")):
            monkeypatch.setenv(f"HOUSEBAND_LLM_{name}", value)
        line.open(model_settings())  # loading the client takes seconds on a busy machine
        yield server
    line.close()


def _read(folder: Path, said: str = SAID, enhance: str = "llm") -> Instructed:
    bench = Workbench(open_store(f"file://{folder}"), folder, lambda _share, _line: None)
    return instructed(Question.model_validate({"instruction": said, "outline": POP, "enhance": enhance}), bench)


def test_the_model_reads_what_was_left(model: Model, tmp_path: Path) -> None:
    """The offline edits stand, the model's come after them, once paid; with no words left, or offline, it is not asked."""
    model.plays(answers({"edits": [GOOD]}))
    found = _read(tmp_path)
    assert found.by == "llm"
    assert [type(edit) for edit in found.edits] == [KeyEdit, EnergyEdit]
    assert found.edits[1].model_dump(exclude={"kind", "words"}) == {"sections": ("chorus_3",), "by": 0.3}
    assert (len(found.told), found.unread) == (2, ())
    assert _read(tmp_path) == found
    assert _read(tmp_path, "in G minor").by == "offline"
    assert _read(tmp_path, enhance="offline").unread == (LEFT,)
    assert len(model.requests) == 1
    asked = json.loads(model.requests[0]["messages"][1]["content"])
    assert asked["words"] == [LEFT]
    assert asked["understood"] == ["Key A minor → G minor."]


PLACED = [
    _edit("level", parts=["drums"], pieces=["kick"], sections=["chorus_3"], db=3),
    _edit("level", parts=["drums"], span=[45, 48], db=3),
    _edit("remove", parts=["drums"], span=[44, 44]),
    _edit("space", parts=["melody"], sections=["chorus_3"], effect="reverb", db=6),
    _edit("tempo", bpm=126, sections=["chorus_3"]),
    _edit("key", key="B minor", sections=["chorus_3"]),
    _edit("title", title="Goosebumps"),
    _edit("lyrics", text="all the lights are on", sections=["chorus_3"]),
]


@pytest.mark.parametrize("edit", PLACED, ids=lambda edit: f"{edit['kind']}-{len(edit)}")
def test_edits_of_places_and_words_are_taken(model: Model, tmp_path: Path, edit: dict[str, Any]) -> None:
    """Each kind that names bars, single drums, sections or words, beside the key of the whole song."""
    model.plays(answers({"edits": [edit]}))
    found = _read(tmp_path)
    assert [one.kind for one in found.edits] == ["key", edit["kind"]]
    said = {"bars" if name == "span" else name: value for name, value in edit.items() if name not in ("kind", "evidence")}
    made = found.edits[1].model_dump(mode="json")
    assert {name: made[name] for name in said} == said


WRONG = [
    _edit("energy", "not said", sections=["chorus_3"], by=0.3),
    _edit("energy", "in G minor", sections=["chorus_3"], by=0.3),
    _edit("energy", sections=["chorus_9"], by=0.3),
    _edit("energy", sections=["chorus_3"], by=30),
    _edit("key", key="D major"),
    _edit("key", key="H sharp"),
    _edit("remove", parts=list(POP.parts)),
    _edit("remove"),
    _edit("add", instrument="kazoo"),
    _edit("level", parts=["drums"]),
    _edit("mix", changes={"remix": 3}),
    _edit("length", bars=9000),
    _edit("shell", command="rm"),
    _edit("level", parts=["drums"], span=[50, 90], db=3),
    _edit("lyrics", find="never sung here", text="la"),
    _edit("title", title=""),
    "energy",
    None,
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_nothing_wrong_is_taken(model: Model, tmp_path: Path, wrong: Any) -> None:
    """Words that were not left, names that are not there, values that cannot be, what overrules: the offline reading stands."""
    model.plays(answers({"edits": [wrong]}))
    found = _read(tmp_path)
    assert [type(edit) for edit in found.edits] == [KeyEdit]
    assert (found.by, found.unread) == ("offline", (LEFT,))


@pytest.mark.parametrize("behaviour", [fails(500), answers("no"), answers({"edits": "all"}), answers({"plan": 1})])
def test_a_model_that_fails_changes_nothing(model: Model, tmp_path: Path, behaviour: Any) -> None:
    """The offline reading stands; where that has nothing the refusal says so, and what was wrong with the model where it did not answer."""
    model.plays(behaviour)
    found = _read(tmp_path)
    assert ([type(edit) for edit in found.edits], found.unread) == ([KeyEdit], (LEFT,))
    with pytest.raises(BadInput, match="instruction"):
        _read(tmp_path, LEFT)
