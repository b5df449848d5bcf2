"""Where an edit works: ticks of sections or of bars, and how they are called."""

from contracts.music import Score
from services.generator.revising.song import bars_in, listed, sections_of


def spans_of(score: Score, sections: tuple[str, ...], bars: tuple[int, int] | None, field: str) -> tuple[list[tuple[int, int]], str]:
    """Ticks [start, end) of the sections, or of the bars where some are given, and their name. Raises BadInput for what is not there."""
    if bars is not None:
        first, last = bars_in(score, bars, f"{field}.bars")
        return [(score.bar_tick(first), score.bar_tick(last + 1))], f"bars {first}–{last}" if last > first else f"bar {first}"
    names = sections_of(score, sections, f"{field}.sections")
    ticks = [(score.sections[name].start_bar, score.sections[name].end_bar) for name in names]
    return [(score.bar_tick(first), score.bar_tick(end)) for first, end in ticks], listed(names, len(score.sections))
