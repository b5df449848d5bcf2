"""Finished songs of several styles for the tests of edits, each made once."""

from dataclasses import dataclass
from functools import cache

from contracts.brief import Brief
from contracts.edits import Edit
from contracts.music import Part, Role, Score
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.generator.revising import Revised, revise
from services.generator.revising.splicing import EARLY
from tests.generator.composition.briefs import brief

STYLES = ("house", "pop", "jazz")
SEED = 3


@dataclass(frozen=True)
class Made:
    """A song as it was made: its brief, its lead sheet and its score."""

    brief: Brief
    sheet: Score
    score: Score

    def edited(self, *edits: Edit) -> Revised:
        """The song with edits."""
        return revise(self.score, edits, self.brief, SEED, sheet=self.sheet)

    @property
    def inner(self) -> str:
        """A section in the middle."""
        names = list(self.score.sections)
        return names[min(2, len(names) - 2)]


@cache
def made(style: str, key: str = "A minor", duration_s: float = 60.0) -> Made:
    """A song of a style."""
    wanted = brief(style, key=key, duration_s=duration_s)
    sheet = compose(wanted, SEED).score
    return Made(wanted, sheet, arrange(sheet, wanted, SEED).score)


def of_role(score: Score, *roles: Role) -> str:
    """The first part of one of some roles."""
    return next(name for role in roles for name, part in score.parts.items() if part.role is role)


def in_section(score: Score, part: Part, section: str) -> list[tuple[int, int, int, int]]:
    """A part's notes of a section, counted from its first tick; how long a last note rings is the next section's matter."""
    one = score.sections[section]
    start, end = score.bar_tick(one.start_bar), score.bar_tick(one.end_bar)
    return [(n.start - start, min(n.end, end) - n.start, n.pitch, n.velocity) for n in part.notes if start - EARLY <= n.start < end - EARLY]


def untouched(before: Score, after: Score) -> set[str]:
    """Parts that are the very same objects."""
    return {name for name, part in before.parts.items() if after.parts.get(name) is part}
