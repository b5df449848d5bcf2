"""Where a draft is cut into chunks: the first is short, so that something is heard soon; each further one is longer."""

from contracts.music import Score

FIRST_S = 6.0
"""Long enough to say how loud the draft is (loudness is judged over three seconds), short enough to be played at once."""
LONGER = 2.0
"""Each chunk doubles what was heard: by then more of the song's own stems are there to be read."""
LEAST_S, MOST_S = 20.0, 44.0
"""How much of the beginning is drafted: the first section within these bounds."""
REST_S = 3.0
"""No chunk is shorter than this, but for a song that is."""


def chunk_ends(score: Score) -> tuple[float, ...]:
    """Seconds at which the chunks of a song's draft end: 6, 12, 24, … up to the end of the first section within bounds."""
    first = next(iter(score.sections.values()), None)
    section_s = score.seconds_at(score.bar_tick(first.end_bar)) if first else 0.0
    until = min(max(section_s, LEAST_S), MOST_S, score.duration_s)
    ends = [min(FIRST_S, until)]
    while until - ends[-1] > 1e-6:
        end = ends[-1] * LONGER
        ends.append(until if until - end < REST_S else end)
    return tuple(ends)
