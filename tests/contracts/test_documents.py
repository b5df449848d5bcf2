"""Documents: round trips, readers that ignore unknown fields, upgrades."""

import json
import pickle

import pytest

from contracts.brief import SectionPlan, Stated
from contracts.context import Context, Options, Request, end_key, revision_key
from contracts.errors import BadInput, Unavailable
from contracts.events import FACT, Failed, StageFinished, StageReady, fact_id, fact_subject
from contracts.pipeline import Stage
from contracts.upgrades import read_context


def fresh() -> Context:
    return Context(composition_id="c", job_id="j", seq=0, created_at=1.0, request=Request(prompt="p", seed=7))


def test_context_round_trips() -> None:
    """What is written is read back the same."""
    assert read_context(fresh().to_json()) == fresh()


def test_readers_ignore_what_newer_writers_add() -> None:
    """Old and new workers run side by side."""
    data = json.loads(fresh().to_json()) | {"schema_version": 2, "invented": {"later": True}}
    assert read_context(json.dumps(data).encode()).request.prompt == "p"


def test_version_0_is_upgraded() -> None:
    """The draft's prompt and seed are found where version 1 keeps them."""
    old = {"schema_version": 0, "user_input": "slow blues", "seed": 3, "composition_id": "c", "job_id": "j", "seq": 0, "created_at": 0}
    context = read_context(json.dumps(old).encode())
    assert (context.request.prompt, context.seed, context.schema_version) == ("slow blues", 3, 1)


@pytest.mark.parametrize("version", [None, "1", -1])
def test_what_is_no_context_is_refused(version: object) -> None:
    """A document without a known version is bad input, with the value in the message."""
    with pytest.raises(BadInput, match="schema_version"):
        read_context(json.dumps({"schema_version": version}).encode())


def test_license_is_read_by_its_public_name() -> None:
    """The option is called license outside and licence inside."""
    assert Options.model_validate({"license": "commercial"}).licence == "commercial"


def test_decisions_accumulate_without_changing_the_old_document() -> None:
    """A context is frozen; deciding makes a new one."""
    context = fresh()
    later = context.decide(Stage.MIXING, "space", "plate", "it is a ballad", seconds=1.8)
    assert context.ai_decisions == ()
    assert later.ai_decisions[0].parameters == {"seconds": 1.8}


def test_keys_are_those_of_the_architecture() -> None:
    """Where revisions and the end lie."""
    assert revision_key("c", "j", 3, Stage.MIXING, 2) == "compositions/c/jobs/j/context/0003-mixing-2.json"
    assert end_key("c", "j") == "compositions/c/jobs/j/end.json"


def test_a_redelivered_happening_has_the_same_message_id() -> None:
    """Message ids derive from what happened, not from when."""
    one, two = (StageFinished(job_id="j", composition_id="c", time=t, stage=Stage.MIXING, revision="r") for t in (1.0, 2.0))
    assert fact_id(one) == fact_id(two)
    assert fact_subject(one) == "houseband.fact.j.stage_finished"
    ready = StageReady(job_id="j", composition_id="c", stage=Stage.MIXING, revision="r", seq=4)
    assert ready.subject == "houseband.stage.mixing.ready.j"


def test_facts_are_told_apart_by_their_name() -> None:
    """A fact is read back as its own kind."""
    fact = Failed(job_id="j", composition_id="c", time=0.0, problem=BadInput("key", "H", "A to G").problem())
    assert FACT.validate_json(fact.to_json()) == fact


def test_a_field_of_a_brief_crosses_process_borders() -> None:
    """Generic fields are pickled by name."""
    plan = Stated[tuple[SectionPlan, ...]](value=(SectionPlan(label="verse", bars=8),))
    for field in (Stated[float](value=120.0), Stated[tuple[str, ...]](value=("pop",)), plan, Stated(value="untyped")):
        assert pickle.loads(pickle.dumps(field)) == field  # noqa: S301


@pytest.mark.parametrize("error", [BadInput("bpm", 999, "30 to 300", hint="slower"), Unavailable("disk", "free some", delay_s=2.0)])
def test_errors_cross_process_borders(error: Exception) -> None:
    """A worker process raises them to its parent with message and fields intact."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
