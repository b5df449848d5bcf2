"""An old version put again at the head of a branch, or at the beginning of a new one. Nothing is made: it has the same files."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.revising import MAIN
from services.gateway.collaboration.changes import record_change
from services.gateway.database.models import Version
from services.gateway.people.access import version_for
from services.gateway.people.principal import Principal
from services.gateway.ports import Desk
from services.gateway.problems import Refused
from services.gateway.versions.branches import Branches, branches_of, locked


async def restore(desk: Desk, who: Principal, composition_id: str, number: int, branch: str | None, expected_head: int | None) -> Version:
    """A new version equal to `number` at the head of `branch` (None: its own).

    Raises Refused: 404, 403; 409 where the branch does not exist, has another head than expected, or a job is at work on it.
    """

    def place(version: Version, branches: Branches) -> tuple[str, int]:
        target = branch or version.branch
        head = branches.heads.get(target)
        if head is None:
            raise _conflict("branch_unknown", f"There is no branch {target}.", "branch", target, ", ".join(sorted(branches.heads)))
        if target in branches.busy:
            raise _conflict(
                "branch_busy", f"A job is at work on branch {target}.", "branch", target, "when it has ended, or another branch"
            )
        if expected_head is not None and head != expected_head:
            raise _conflict("head_moved", f"Branch {target} is at version {head}.", "expected_head", expected_head, str(head))
        return target, head

    return await _again(desk, who, composition_id, number, place, f"version {number} restored")


async def branch_off(desk: Desk, who: Principal, composition_id: str, number: int, branch: str) -> Version:
    """A new branch that begins with a version equal to `number`. Raises Refused: 404, 403; 409 where the name is taken."""

    def place(_: Version, branches: Branches) -> tuple[str, int]:
        if not branches.is_free(branch):
            raise _conflict("branch_taken", f"There is a branch {branch} already.", "branch", branch, "a new name")
        return branch, number

    return await _again(desk, who, composition_id, number, place, f"branched off version {number}")


async def _again(desk: Desk, who: Principal, composition_id: str, number: int, place: Any, note: str) -> Version:
    async with desk.database.write() as session:
        old = await version_for(session, who, composition_id, number, "editor")
        await locked(session, composition_id)
        branches = await branches_of(session, composition_id)
        branch, parent = place(old, branches)
        version = await _copied(session, old, max(branches.heads.values()) + 1, desk.clock())
        version.branch, version.parent, version.note = branch, parent, note
        about = {"version": version.number, "branch": branch, "restores": number}
        await record_change(session, composition_id, "version_added", time=version.created_at, user=who.user, **about)
    desk.hub.wake_composition(composition_id)
    return version


async def _copied(session: AsyncSession, old: Version, number: int, now: float) -> Version:
    """A version with the files of an old one; what was restored twice is still that old one's."""
    version = Version(
        composition_id=old.composition_id,
        number=number,
        job_id=old.job_id,
        branch=MAIN,
        stage=old.stage,
        restores=old.restores or old.number,
        reuse=_all_kept(old),
        status=old.status,
        revision=old.revision,
        artifacts=old.artifacts,
        stems=old.stems,
        summary=old.summary,
        created_at=now,
    )
    session.add(version)
    return version


def _all_kept(old: Version) -> dict[str, Any] | None:
    """Nothing was made."""
    if old.reuse is None:
        return None
    kept = {what: dict.fromkeys(old.reuse[what], "kept") for what in ("stages", "parts", "stems")}
    return {"of": old.number, **kept}


def _conflict(code: str, detail: str, field: str, value: object, allowed: str) -> Refused:
    return Refused(409, detail, code=code, field=field, value=value, allowed=allowed)
