"""A rhythm that the user tapped, as the drummer's pattern and as the feel that the whole band follows."""

from dataclasses import dataclass
from statistics import median

from contracts.given import Given, GivenGroove
from contracts.music import Meter
from services.generator.arrangement.metre import SIXTEENTH, groups

_MOST_MS = 60.0
_CLAP_AT = (1, 3)


@dataclass(frozen=True)
class Tapped:
    """What the taps ask for. `late_ms`: lateness by sixteenth of the tapped bars; `patterns`: voice -> pattern for this meter."""

    late_ms: tuple[float, ...]
    patterns: dict[str, str]
    bars: int

    def at(self, step: int) -> float:
        """Lateness of a sixteenth of the song."""
        return self.late_ms[step % len(self.late_ms)]


def tapped_in(given: Given | None, meter: Meter) -> Tapped | None:
    """The tapped groove of what was brought; None where nobody tapped.

    Strokes on backbeats are the snare's, the others the kick's. A meter whose bar is no whole number of sixteenths cannot hold
    a pattern.
    """
    groove = given.groove if given else None
    if groove is None or not groove.onsets or meter.ticks_per_bar % SIXTEENTH:
        return None
    return Tapped(_lateness(groove, meter), _patterns(groove, meter), groove.bars)


def _steps(groove: GivenGroove, meter: Meter) -> dict[int, list[float]]:
    """Lateness of the taps by sixteenth of the tapped bars."""
    total = groove.bars * meter.ticks_per_bar // SIXTEENTH
    found: dict[int, list[float]] = {}
    for tick, late in groove.onsets:
        found.setdefault(round(tick / SIXTEENTH) % total, []).append(late)
    return found


def _lateness(groove: GivenGroove, meter: Meter) -> tuple[float, ...]:
    """Lateness by sixteenth in ms against the taps on the beat; steps without a tap take that of their kind (on, e, &, a)."""
    taps = _steps(groove, meter)
    total = groove.bars * meter.ticks_per_bar // SIXTEENTH
    per_bar = meter.ticks_per_bar // SIXTEENTH
    starts = [g.tick // SIXTEENTH for g in groups(meter, 0)]
    kind = [max(i for i in range(len(starts)) if starts[i] <= step % per_bar) for step in range(total)]
    inside = [step % per_bar - starts[kind[step]] for step in range(total)]
    beats = [late for step, several in taps.items() if inside[step] == 0 for late in several]
    zero = median(beats) if beats else median(late for several in taps.values() for late in several)
    kinds: dict[int, list[float]] = {}
    for step, several in taps.items():
        kinds.setdefault(inside[step], []).extend(several)
    out = []
    for step in range(total):
        late = median(taps[step]) if step in taps else median(kinds[inside[step]]) if inside[step] in kinds else zero
        out.append(max(min(late - zero, _MOST_MS), -_MOST_MS))
    return tuple(out)


def _patterns(groove: GivenGroove, meter: Meter) -> dict[str, str]:
    """Kick and snare in cells of this meter, as many bars as were tapped."""
    taps = _steps(groove, meter)
    per_bar = meter.ticks_per_bar // SIXTEENTH
    rows: dict[str, list[str]] = {"kick": [], "snare": []}
    for bar in range(groove.bars):
        for group in groups(meter, bar):
            cells = dict.fromkeys(rows, "")
            for inside in range(group.length // SIXTEENTH):
                struck = bar * per_bar + group.tick // SIXTEENTH + inside in taps
                back = group.role in _CLAP_AT and inside == 0
                cells["snare"] += "X" if back and struck else "."
                cells["kick"] += "." if not struck or back else "X" if inside == 0 else "x"
            for name, cell in cells.items():
                rows[name].append(cell)
    return {name: "|" + " ".join(row) for name, row in rows.items() if any(set(cell) - {"."} for cell in row)}
