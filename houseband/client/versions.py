"""Versions and branches: revise, restore, branch, compare."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from contracts.base import Document
from contracts.errors import BadInput, Unavailable
from houseband.client.models import Job, Results
from houseband.client.transport import AsyncTransport, Transport, json_of


class Version(Document):
    """A version of a composition. `reuse` says what was kept from its parent and what was made."""

    composition_id: str
    version: int
    parent: int | None = None
    branch: str = "main"
    stage: str | None = None
    note: str = ""
    restores: int | None = None
    job_id: str = ""
    status: str = ""
    summary: dict[str, Any] = Field(default_factory=dict)
    results: Results | None = None


class Asked(Document):
    """A revision that was taken: its job, where it starts, what was understood."""

    job_id: str
    composition_id: str
    parent: int
    branch: str
    from_stage: str
    told: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    edits: tuple[dict[str, Any], ...] = ()
    stages: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def job(self) -> Job:
        """The job, as it stood when it was taken."""
        return Job(job_id=self.job_id, composition_id=self.composition_id, status="queued")


def _revision(
    instruction: str,
    edits: Sequence[Mapping[str, Any]],
    patch: Mapping[str, Any] | None,
    from_stage: str | None,
    until: str | None,
    branch: str | None,
    expected_head: int | None,
) -> dict[str, Any]:
    """The body of a revision: only what is stated."""
    body = {
        "instruction": instruction, "edits": [dict(edit) for edit in edits], "patch": dict(patch or {}), "from_stage": from_stage,
        "until": until, "branch": branch, "expected_head": expected_head,
    }  # fmt: skip
    return {name: value for name, value in body.items() if value}


def _asked(answer: Any) -> Asked:
    try:
        return Asked.model_validate(answer)
    except ValueError as error:
        raise Unavailable("a Houseband gateway at that address", "its answer names no job") from error


def _song(context: Path, score: Path) -> dict[str, Any]:
    """The form of a song that is taken in. Raises BadInput for a file that cannot be read."""
    form = {}
    for name, path in (("context", context), ("score", score)):
        try:
            form[name] = (path.name, path.read_bytes(), "application/json")
        except OSError as error:
            raise BadInput(name, str(path), "a readable file", hint=error.strerror or "") from error
    return form


def _restoring(branch: str | None, expected_head: int | None) -> dict[str, Any]:
    return {name: value for name, value in (("branch", branch), ("expected_head", expected_head)) if value is not None}


class Versions(Transport):
    """What a composition becomes."""

    def versions(self, composition_id: str) -> list[Version]:
        """The versions of a composition, oldest first."""
        items = json_of(self._call("GET", f"/compositions/{composition_id}/versions"))["items"]
        return [Version.model_validate(item) for item in items]

    def version(self, composition_id: str, number: int) -> dict[str, Any]:
        """A version with its whole context."""
        found: dict[str, Any] = json_of(self._call("GET", f"/compositions/{composition_id}/versions/{number}"))
        return found

    def revise(
        self,
        composition_id: str,
        number: int,
        instruction: str = "",
        *,
        edits: Sequence[Mapping[str, Any]] = (),
        patch: Mapping[str, Any] | None = None,
        from_stage: str | None = None,
        until: str | None = None,
        branch: str | None = None,
        expected_head: int | None = None,
    ) -> Asked:
        """Change a version, or go on with one that stopped early; returns at once.

        Args:
            composition_id: the composition.
            number: the version to go on from.
            instruction: what to change, in plain words.
            edits: what to change, as contracts.edits says it.
            patch: JSON merge patch over options, brief, score and mix.
            from_stage: make it again from this stage on.
            until: stop after this stage.
            branch: where the new version is to lie.
            expected_head: refuse where the branch has another head by now.
        """
        body = _revision(instruction, edits, patch, from_stage, until, branch, expected_head)
        return _asked(json_of(self._call("POST", f"/compositions/{composition_id}/versions/{number}/revise", json=body)))

    def adopt(self, context: Path, score: Path) -> Version:
        """Take in a song from the context.json and score.json of its folder, as a new composition."""
        return Version.model_validate(json_of(self._call("POST", "/compositions", files=_song(context, score))))

    def restore(self, composition_id: str, number: int, *, branch: str | None = None, expected_head: int | None = None) -> Version:
        """Put a version again at the head of a branch; nothing is made."""
        path, body = f"/compositions/{composition_id}/versions/{number}/restore", _restoring(branch, expected_head)
        return Version.model_validate(json_of(self._call("POST", path, json=body)))

    def branch(self, composition_id: str, number: int, name: str) -> Version:
        """Begin a new branch with a version as it is."""
        path = f"/compositions/{composition_id}/versions/{number}/branch"
        return Version.model_validate(json_of(self._call("POST", path, json={"branch": name})))

    def history(self, composition_id: str) -> dict[str, Any]:
        """The composition as a graph: nodes, branches with their heads, jobs at work."""
        found: dict[str, Any] = json_of(self._call("GET", f"/compositions/{composition_id}/history"))
        return found

    def diff(self, composition_id: str, number: int, *, against: int | None = None) -> dict[str, Any]:
        """What changed between two versions, in a musician's words; against the parent where none is given."""
        params = {} if against is None else {"against": against}
        found: dict[str, Any] = json_of(self._call("GET", f"/compositions/{composition_id}/versions/{number}/diff", params=params))
        return found

    def compare(self, composition_id: str, *numbers: int) -> dict[str, Any]:
        """Versions side by side."""
        params = {"version": list(numbers)}
        found: dict[str, Any] = json_of(self._call("GET", f"/compositions/{composition_id}/compare", params=params))
        return found


class AsyncVersions(AsyncTransport):
    """What a composition becomes, for asyncio programs; as `Versions`."""

    async def versions(self, composition_id: str) -> list[Version]:
        """The versions of a composition, oldest first."""
        items = json_of(await self._call("GET", f"/compositions/{composition_id}/versions"))["items"]
        return [Version.model_validate(item) for item in items]

    async def version(self, composition_id: str, number: int) -> dict[str, Any]:
        """A version with its whole context."""
        found: dict[str, Any] = json_of(await self._call("GET", f"/compositions/{composition_id}/versions/{number}"))
        return found

    async def revise(
        self,
        composition_id: str,
        number: int,
        instruction: str = "",
        *,
        edits: Sequence[Mapping[str, Any]] = (),
        patch: Mapping[str, Any] | None = None,
        from_stage: str | None = None,
        until: str | None = None,
        branch: str | None = None,
        expected_head: int | None = None,
    ) -> Asked:
        """Change a version, as `Client.revise`."""
        body = _revision(instruction, edits, patch, from_stage, until, branch, expected_head)
        return _asked(json_of(await self._call("POST", f"/compositions/{composition_id}/versions/{number}/revise", json=body)))

    async def adopt(self, context: Path, score: Path) -> Version:
        """Take in a song from its folder, as a new composition."""
        return Version.model_validate(json_of(await self._call("POST", "/compositions", files=_song(context, score))))

    async def restore(self, composition_id: str, number: int, *, branch: str | None = None, expected_head: int | None = None) -> Version:
        """Put a version again at the head of a branch; nothing is made."""
        path, body = f"/compositions/{composition_id}/versions/{number}/restore", _restoring(branch, expected_head)
        return Version.model_validate(json_of(await self._call("POST", path, json=body)))

    async def branch(self, composition_id: str, number: int, name: str) -> Version:
        """Begin a new branch with a version as it is."""
        path = f"/compositions/{composition_id}/versions/{number}/branch"
        return Version.model_validate(json_of(await self._call("POST", path, json={"branch": name})))

    async def history(self, composition_id: str) -> dict[str, Any]:
        """The composition as a graph."""
        found: dict[str, Any] = json_of(await self._call("GET", f"/compositions/{composition_id}/history"))
        return found

    async def diff(self, composition_id: str, number: int, *, against: int | None = None) -> dict[str, Any]:
        """What changed between two versions, in a musician's words."""
        params = {} if against is None else {"against": against}
        found: dict[str, Any] = json_of(await self._call("GET", f"/compositions/{composition_id}/versions/{number}/diff", params=params))
        return found

    async def compare(self, composition_id: str, *numbers: int) -> dict[str, Any]:
        """Versions side by side."""
        params = {"version": list(numbers)}
        found: dict[str, Any] = json_of(await self._call("GET", f"/compositions/{composition_id}/compare", params=params))
        return found
