"""Branches: chains of versions within a composition.

Within a branch each version has the one before it as its parent; the first has a version of another branch, or none. Whoever
would break that, because somebody was faster, gets a branch of their own: nothing is lost and nothing is merged by chance.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.database.models import OPEN, Composition, Job, Version
from services.gateway.problems import Refused

MAX_NAME = 64
NAME = rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_NAME - 1}}}$"


@dataclass(frozen=True)
class Branches:
    """The branches of a composition: the newest version of each, and those on which a job is at work."""

    heads: Mapping[str, int] = field(default_factory=dict)
    busy: Collection[str] = ()

    def is_free(self, name: str) -> bool:
        """Whether no version and no job uses the name."""
        return name not in self.heads and name not in self.busy

    def new_name(self, beside: str) -> str:
        """A name that nobody uses, such as `main-2`."""
        count = 2
        while not self.is_free(name := f"{beside[: MAX_NAME - 5]}-{count}"):
            count += 1
        return name

    def continued(self, parent: int, of: str, wanted: str | None, expected_head: int | None) -> str:
        """The branch on which `parent`, a version of branch `of`, is revised. Raises Refused (409) as was asked.

        Args:
            parent: number of the version.
            of: the branch it lies on.
            wanted: the branch that was asked for; None: its own where it is the head of it, else a new one.
            expected_head: the version at the head of that branch, as whoever asks last saw it; None: they do not mind.
        """
        target = wanted or of
        if expected_head is not None and (self.heads.get(target) != expected_head or target in self.busy):
            raise self._moved(target, expected_head)
        if self.is_free(target) or (self.heads.get(target) == parent and target not in self.busy):
            return target
        if wanted is not None:
            raise self._taken(target, parent)
        return self.new_name(of)

    def landed(self, branch: str, parent: int | None) -> str:
        """The branch of a version that was made on `branch` from `parent`: a new one where another version came between."""
        head = self.heads.get(branch)
        return branch if head is None or head == parent else self.new_name(branch)

    def _moved(self, branch: str, expected: int) -> Refused:
        head = self.heads.get(branch)
        now = f"is at version {head}" if head else "has no version"
        also = "; a job is at work on it" if branch in self.busy else ""
        return Refused(
            409, f"Branch {branch} {now}{also}.", code="head_moved", field="expected_head", value=expected, allowed=str(head or "none")
        )

    def _taken(self, branch: str, parent: int) -> Refused:
        where = f"is at version {self.heads[branch]}" if branch in self.heads else "is being made"
        detail = f"Branch {branch} {where}, and version {parent} is not what it goes on from."
        if branch in self.busy and self.heads.get(branch) == parent:
            detail = f"A job is at work on branch {branch}."
        return Refused(409, detail, code="branch_taken", field="branch", value=branch, allowed="a new name, or the head of the branch")


async def locked(session: AsyncSession, composition_id: str) -> Composition | None:
    """The composition, held until the transaction ends: one numbering and one branching at a time."""
    found: Composition | None = await session.get(Composition, composition_id, with_for_update=True)
    return found


async def branches_of(session: AsyncSession, composition_id: str, but: str | None = None) -> Branches:
    """The branches as they stand; `but`: a job that does not count as being at work."""
    heads = select(Version.branch, func.max(Version.number)).where(Version.composition_id == composition_id).group_by(Version.branch)
    working = select(Job.id, Job.branch).where(Job.composition_id == composition_id, Job.status.in_(OPEN))
    found = {row[0]: row[1] for row in (await session.execute(heads)).all()}
    busy = {branch for job_id, branch in (await session.execute(working)).all() if job_id != but}
    return Branches(found, busy)
