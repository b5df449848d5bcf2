"""The time of a three-minute score, all candidates included, beside a baseline of plain Python in the same run."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from services.music.packs.genres import genres
from tests.evaluation.ours import brief_of, write

if TYPE_CHECKING:
    from tests.evaluation.score import Session

LIMIT_S = 1.0
_TURNS = 1_150_000


def baseline() -> float:
    """Processor seconds of a fixed loop: how fast this machine is now."""
    began = time.process_time()
    total = 0
    for number in range(_TURNS):
        total += number * number % 7
    return time.process_time() - began


def times(styles: tuple[str, ...] | None = None) -> dict[str, tuple[float, float]]:
    """Style -> (processor seconds of a three-minute score, of the baseline beside it)."""
    write(brief_of("pop", 0, 20.0), 0)
    found = {}
    for style in styles or tuple(genres()):
        brief = brief_of(style, 1, 180.0)
        before = baseline()
        began = time.process_time()
        write(brief, 1)
        found[style] = (time.process_time() - began, (before + baseline()) / 2)
    return found


def speed(session: Session) -> tuple[str, str]:
    """Seconds and ratio of each style, the slowest first."""
    found = times()
    lines = [f"{'style':18}{'s':>7}{'baseline s':>12}{'ratio':>8}"]
    for style, (seconds, base) in sorted(found.items(), key=lambda item: -item[1][0]):
        lines.append(f"{style:18}{seconds:7.2f}{base:12.3f}{seconds / base:8.1f}")
    values = [seconds for seconds, _ in found.values()]
    note = f"""Processor seconds on one core, compose and arrange, beside a loop of plain Python in the same run. Median
{median(values):.2f} s, slowest {max(values):.2f} s; the limit is {LIMIT_S:g} s.
{sum(v < LIMIT_S for v in values)} of {len(values)} styles hold it."""
    return note, "\n".join(lines)
