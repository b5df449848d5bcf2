"""A composition under every order of revisions, restores, branches and people who are faster: a state machine against a small model."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from contracts.pipeline import Stage
from tests.gateway.conftest import House, Open, form
from tests.gateway.versions.players import Players

ORDER = [stage.value for stage in Stage]
LEVEL = {"edits": [{"kind": "level", "parts": ["lead"], "db": -1}]}
CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("arrangement", {"edits": [{"kind": "tempo", "bpm": 111}]}, "notes"),
    ("mixing", LEVEL, "mix"),
    ("mastering", {"patch": {"options": {"target_lufs": -10}}}, "record"),
    ("ideation", {"patch": {"options": {"bpm": 77}}}, "song"),
    ("production", {"from_stage": "production"}, "stage"),
    ("", {}, "nothing"),
]
NAMES = ["main", "a", "b"]


@dataclass
class Known:
    """A version as the model knows it."""

    parent: int | None
    branch: str
    stage: str
    restores: int | None = None
    document: dict[str, Any] = field(default_factory=dict)


class Compositions(RuleBasedStateMachine):
    """What a user may do with one composition, one thing after another and two at once."""

    portal: ClassVar[BlockingPortal]
    house: ClassVar[House]

    @initialize()
    def a_song(self) -> None:
        """Every run begins with a song of its own."""
        job = self._call(self.house.http.post, "/jobs", files=form("a song", options='{"seed": 1}')).json()
        self.composition = job["composition_id"]
        self._ended(job["job_id"])
        self.known = {1: Known(None, "main", "finalization")}

    def _call(self, method: Any, *arguments: Any, **named: Any) -> Any:
        return self.portal.call(partial(method, *arguments, **named))

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._call(self.house.http.post, f"/compositions/{self.composition}/{path}", json=body)

    def _get(self, path: str) -> Any:
        return self._call(self.house.http.get, f"/compositions/{self.composition}/{path}").json()

    def _ended(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._call(self.house.ended, job_id, 60.0)
        return found

    def _heads(self) -> dict[str, int]:
        return {known.branch: number for number, known in self.known.items()}

    def _any(self, pick: int) -> int:
        return pick % len(self.known) + 1

    def _placed(self, number: int, wanted: str | None, busy: tuple[str, ...] = ()) -> str | None:
        """The branch that a revision goes to; None: it is refused."""
        heads, own = self._heads(), self.known[number].branch
        target = wanted or own
        if (target not in heads and target not in busy) or (heads.get(target) == number and target not in busy):
            return target
        if wanted:
            return None
        return next(name for count in range(2, 99) if (name := f"{own}-{count}") not in heads and name not in busy)

    @rule(
        pick=st.integers(0, 50),
        change=st.sampled_from(CHANGES),
        wanted=st.sampled_from([None, None, *NAMES]),
        until=st.sampled_from([None, None, *ORDER]),
    )
    def revise(self, pick: int, change: tuple[str, dict[str, Any], str], wanted: str | None, until: str | None) -> None:
        """A change of any version, on any branch, as far as any stage."""
        number = self._any(pick)
        stage, body, what = change
        answer = self._post(f"versions/{number}/revise", {**body, "branch": wanted, "until": until})
        start, branch = self._start(self.known[number].stage, stage, what), self._placed(number, wanted)
        if start == "no part":
            assert answer.status_code == 422, answer.text
            return
        if start is None or branch is None or (until and ORDER.index(until) < ORDER.index(start)):
            assert answer.status_code == 409, (answer.text, self.known[number], change, until)
            return
        assert answer.status_code == 202, (answer.text, self.known[number], change, until)
        told = answer.json()
        assert (told["branch"], told["from_stage"]) == (branch, start)
        job = self._ended(told["job_id"])
        assert job["status"] == "completed", job
        self.known[len(self.known) + 1] = Known(number, branch, until or "finalization")

    @staticmethod
    def _start(got: str, stage: str, what: str) -> str | None:
        """Where a change of a version that got to `got` starts; None: it cannot."""
        following = ORDER[ORDER.index(got) + 1] if got != "finalization" else None
        if what == "mix" and ORDER.index(got) < ORDER.index("arrangement"):
            return "no part"  # nobody is there yet who could be louder
        if what == "nothing":
            return following
        if what == "notes" and ORDER.index(got) < ORDER.index("arrangement"):
            return None
        if following is None or ORDER.index(stage) <= ORDER.index(following):
            return stage
        return None if what == "stage" else following

    @rule(pick=st.integers(0, 50), wanted=st.sampled_from([None, *NAMES]))
    def restore(self, pick: int, wanted: str | None) -> None:
        """Any version again, at the head of any branch."""
        number = self._any(pick)
        target, heads = wanted or self.known[number].branch, self._heads()
        answer = self._post(f"versions/{number}/restore", {"branch": wanted})
        if target not in heads:
            assert answer.json()["code"] == "branch_unknown"
            return
        assert answer.status_code == 201, answer.text
        old = self.known[number]
        self.known[answer.json()["version"]] = Known(heads[target], target, old.stage, old.restores or number)

    @rule(pick=st.integers(0, 50), name=st.sampled_from(NAMES))
    def branch_off(self, pick: int, name: str) -> None:
        """Any version as the beginning of a new branch."""
        number = self._any(pick)
        answer = self._post(f"versions/{number}/branch", {"branch": name})
        if name in self._heads():
            assert answer.json()["code"] == "branch_taken"
            return
        old = self.known[number]
        self.known[answer.json()["version"]] = Known(number, name, old.stage, old.restores or number)

    @precondition(lambda self: any(known.stage == "finalization" for known in self.known.values()))
    @rule(cancelled=st.booleans(), minds=st.booleans())
    def two_at_once(self, cancelled: bool, minds: bool) -> None:
        """Two revisions of one version while the first is at work: the second who minds is refused, else gets a branch."""
        number = max(number for number, known in self.known.items() if known.stage == "finalization")
        head = self._heads()[self.known[number].branch]
        self.house.band.hold.clear()
        first = self._post(f"versions/{number}/revise", LEVEL).json()
        one = self._placed(number, None)
        assert first["branch"] == one
        body = {**LEVEL, "expected_head": head} if minds else LEVEL
        second = self._post(f"versions/{number}/revise", body)
        other = self._placed(number, None, (str(one),))
        # Who minds is refused where the other is at work on the same branch; a branch beside it is nobody's business.
        if minds and one == self.known[number].branch:
            assert second.json()["code"] == "head_moved"
        else:
            assert second.json()["branch"] == other or minds
        if cancelled:
            assert self._call(self.house.http.delete, f"/jobs/{first['job_id']}").status_code == 200
        self.portal.call(self.house.band.hold.set)
        made = [self._ended(first["job_id"])]
        if second.status_code == 202:
            made.append(self._ended(second.json()["job_id"]))
        for job in made:
            if job["status"] == "completed":
                self.known[job["results"]["version"]] = Known(number, job["branch"], "finalization")
        assert made[0]["status"] == ("cancelled" if cancelled else "completed")

    @invariant()
    def the_history_is_what_happened(self) -> None:
        """Numbers without a gap, each branch a chain with its newest version at the head, nothing at work, no version ever changed."""
        if not hasattr(self, "known"):
            return
        history = self._get("history")
        assert history["working"] == []
        assert {name: one["head"] for name, one in history["branches"].items()} == self._heads()
        nodes = {node["version"]: node for node in history["nodes"]}
        assert list(nodes) == list(range(1, len(self.known) + 1))
        for branch in history["branches"].values():
            chain = branch["versions"]
            assert nodes[chain[0]]["parent"] == branch["base"]
            assert all(nodes[later]["parent"] == earlier for earlier, later in pairwise(chain))
        for number, known in self.known.items():
            node = nodes[number]
            assert (node["parent"], node["branch"], node["stage"], node["restores"]) == (
                known.parent,
                known.branch,
                known.stage,
                known.restores,
            )
            document = known.document or self._document(number)
            known.document = document
            if known.restores:
                assert document["results"]["files"].keys() == self.known[known.restores].document["results"]["files"].keys()
        newest = max(self.known)
        assert self._document(newest) == self.known[newest].document

    def _document(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self._get(f"versions/{number}")
        self._check_reuse(found)
        return found

    def _check_reuse(self, document: dict[str, Any]) -> None:
        """What is told to be kept has the parent's digest, and what is told to be made has another."""
        reuse = document["results"]["reuse"]
        if reuse is None or document["restores"]:
            return
        parent = self._get(f"versions/{reuse['of']}")["context"]
        for part, fate in reuse["parts"].items():
            before, after = (((one["arrangement"] or {}).get("part_digests") or {}).get(part) for one in (parent, document["context"]))
            assert (before == after) is (fate == "kept")

    def teardown(self) -> None:
        """Whatever failed: the next run finds a band that plays, and every version as it was made."""
        self.portal.call(self.house.band.hold.set)
        for number, known in getattr(self, "known", {}).items():
            if known.document:
                assert self._document(number) == known.document


@pytest.fixture
def machine(open_house: Open) -> Iterator[type[Compositions]]:
    """The machine on a running gateway."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(open_house(players=Players)) as house:
        Compositions.portal, Compositions.house = portal, house
        yield Compositions


def test_every_order_of_changes_leaves_a_sound_history(machine: type[Compositions]) -> None:
    """Each answer is the model's, and after every step the graph is the model's."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(machine, settings=settings(max_examples=4, stateful_step_count=8, deadline=None, suppress_health_check=slow))
