"""How a pattern written in beats of 4/4 sits in any meter: by the role of each metrical group, never by cutting a bar.

A pattern's four cells are the roles 0 (downbeat), 1 (backbeat), 2 (secondary beat), 3 (second backbeat). Every meter is a
row of groups with roles: 3/4 takes 0 2 3, 7/8 takes 0 2 1 with a long last group, 6/8 half of the pattern per bar. Patterns
that begin with "|" are written for the meter itself (packs/meters.toml): one cell per group, sharing it evenly.
"""

from functools import cache
from typing import NamedTuple

from contracts.music import PPQ, Meter

EIGHTH = PPQ // 2
SIXTEENTH = PPQ // 4
_QUARTER_ROLES = {
    1: (0,), 2: (0, 1), 3: (0, 2, 3), 4: (0, 1, 2, 3), 5: (0, 2, 1, 2, 3), 6: (0, 2, 1, 2, 1, 3), 7: (0, 1, 2, 3, 0, 2, 3),
}  # fmt: skip
_SHORT_ROLES = {1: (0,), 2: (0, 1), 3: (0, 2, 1), 4: (0, 1, 2, 3), 5: (0, 2, 1, 2, 3), 6: (0, 1, 2, 3, 2, 3), 7: (0, 1, 2, 3, 2, 1, 3)}


class Group(NamedTuple):
    """A metrical group inside the bar: tick from the bar line, length in ticks, role 0–3."""

    tick: int
    length: int
    role: int


class Step(NamedTuple):
    """One character of a pattern in time: tick from the bar line, its own length, the character, its group and place in it."""

    tick: int
    length: int
    char: str
    role: int
    phase: float


def _odd_lengths(units: int) -> list[int]:
    """Groups of two and three units, twos first: 7 -> 2 2 3, 5 -> 3 2, 8 -> 3 3 2."""
    if units == 5:
        return [3, 2]
    if units in (8, 10, 11, 13):
        threes = {8: 2, 10: 2, 11: 3, 13: 3}[units]
        return [3] * threes + [2] * ((units - 3 * threes) // 2)
    threes = units % 2
    return [2] * ((units - 3 * threes) // 2) + [3] * threes


@cache
def groups(meter: Meter, bar: int) -> tuple[Group, ...]:
    """The groups of a bar (bars count from 0: meters of two beats take half of a pattern each)."""
    own: tuple[int, ...] = getattr(meter, "lengths", ())
    if own:
        lengths, count = list(own), len(own)
        quarters = len(set(own)) == 1
        roles = (_QUARTER_ROLES if quarters else _SHORT_ROLES).get(count) or tuple(i % 4 for i in range(count))
    elif meter.is_compound:
        count = meter.numerator // 3
        lengths = [3 * PPQ * 4 // meter.denominator] * count
        roles = _QUARTER_ROLES.get(count, (0, 2, 1, 2, 3))
    elif meter.denominator <= 4:
        count = meter.numerator * 4 // meter.denominator
        lengths = [PPQ] * count
        roles = _QUARTER_ROLES.get(count) or tuple(i % 4 for i in range(count))
    else:
        unit = PPQ * 4 // meter.denominator
        lengths = [unit * n for n in (_odd_lengths(meter.numerator) if meter.numerator > 3 else [meter.numerator])]
        count = len(lengths)
        roles = _SHORT_ROLES.get(count) or tuple(i % 4 for i in range(count))
    if count == 2 and bar % 2:
        roles = (2, 3)
    tick, out = 0, []
    for length, role in zip(lengths, roles, strict=False):
        out.append(Group(tick, length, role))
        tick += length
    return tuple(out)


def bars_in(pattern: str) -> int:
    """Bars that a pattern lasts in a meter of three beats and more."""
    return len(pattern.split()) // 4


def _fit(cell: str, group: Group, *, keep_time: bool) -> list[tuple[float, float, str]]:
    """A cell in a group as (tick, length, char): threes and sixes stretch, others extend by their end where they keep time."""
    if len(cell) == 6 and group.length in (PPQ, 3 * EIGHTH):
        return [(i * group.length / 6, group.length / 6, c) for i, c in enumerate(cell)]
    if len(cell) in (6, 8):
        return _fine(cell, group, keep_time=keep_time)
    if len(cell) == 3:
        if group.length in (PPQ, 3 * EIGHTH):
            return [(i * group.length / 3, group.length / 3, c) for i, c in enumerate(cell)]
        cell = cell[0] + "." + cell[2] + "."
    steps = max(group.length // SIXTEENTH, 1)
    if steps > 4:
        held = cell[3] == "-"
        again = keep_time or (cell[0] not in ".-" and cell[2] not in ".-")
        cell += "--" if held else cell[2:4] if again else ".."
        cell += ("--" if held else "..") * ((steps - 5) // 2)
    return [(i * SIXTEENTH, SIXTEENTH, c) for i, c in enumerate(cell[:steps])]


def _fine(cell: str, group: Group, *, keep_time: bool) -> list[tuple[float, float, str]]:
    """A cell of sixteenth triplets or thirty-seconds at its own pace: cut in short groups, in long ones held, repeated or at rest."""
    unit = PPQ / len(cell)
    count = int(group.length / unit)
    half = cell[len(cell) // 2 :]
    more = "-" * len(half) if cell[-1] == "-" else half if keep_time else "." * len(half)
    while len(cell) < count:
        cell += more
    return [(i * unit, unit, c) for i, c in enumerate(cell[:count])]


@cache
def steps(pattern: str, meter: Meter, bar: int, *, keep_time: bool = False) -> tuple[Step, ...]:
    """The pattern's characters in bar number `bar` (from 0) of a meter. Triplet cells stay triplets; swing comes later."""
    if pattern.startswith("|"):
        return _written(pattern[1:].split(), meter, bar)
    cells = pattern.split()
    per_bar = 4
    two_beat = len(groups(meter, 0)) == 2
    index = (bar // 2 if two_beat else bar) % (len(cells) // per_bar)
    here = cells[index * per_bar : index * per_bar + per_bar]
    out = []
    for group in groups(meter, bar):
        for tick, length, char in _fit(here[group.role], group, keep_time=keep_time):
            out.append(Step(round(group.tick + tick), round(length), char, group.role, tick / group.length))
    return tuple(out)


def _written(cells: list[str], meter: Meter, bar: int) -> tuple[Step, ...]:
    """Steps of a pattern made for this meter: its cells in order, bar after bar."""
    here = groups(meter, bar)
    start = bar % max(len(cells) // len(here), 1) * len(here)
    return tuple(
        Step(round(group.tick + i * group.length / len(cell)), round(group.length / len(cell)), char, group.role, i / len(cell))
        for group, cell in zip(here, cells[start : start + len(here)], strict=True)
        for i, char in enumerate(cell)
    )


@cache
def place_of(tick_in_bar: int, meter: Meter, bar: int, grid: int) -> int:
    """Place in a 4/4 bar that a tick answers to: its group's role and its step there, of `grid` steps per beat."""
    for group in groups(meter, bar):
        if group.tick <= tick_in_bar < group.tick + group.length:
            inside = (tick_in_bar - group.tick) * grid / (group.length if grid == 3 else PPQ)
            return group.role * grid + min(int(inside + 0.5), grid - 1)
    return 0


def held_steps(pattern: str, meter: Meter, bar: int, *, keep_time: bool = False) -> list[Step]:
    """Onsets only, each as long as the dashes after it hold."""
    out: list[Step] = []
    open_step = False
    for step in steps(pattern, meter, bar, keep_time=keep_time):
        if step.char == "-" and open_step:
            out[-1] = out[-1]._replace(length=step.tick + step.length - out[-1].tick)
        elif step.char not in ".-":
            out.append(step)
            open_step = True
        else:
            open_step = False
    return out


def slot(tick_in_bar: int, meter: Meter, bar: int) -> int:
    """Class of a position for measured offsets: 0 beats 1/3, 1 beats 2/4, 2 e, 3 &, 4 a."""
    for group in groups(meter, bar):
        if group.tick <= tick_in_bar < group.tick + group.length:
            phase = (tick_in_bar - group.tick) / group.length
            if phase < 0.12:
                return 1 if group.role in (1, 3) else 0
            return 2 if phase < 0.4 else 3 if phase < 0.62 else 4
    return 0
