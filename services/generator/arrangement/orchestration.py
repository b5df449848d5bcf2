"""Who plays when: energy opens chairs, neighbours differ, returns grow, the hook is doubled, the last climax is the fullest."""

from dataclasses import dataclass, field
from itertools import pairwise

from contracts.music import Role
from services.generator.arrangement.band import Chair
from services.generator.arrangement.frame import Frame, Level
from services.generator.arrangement.layers import LINES, UNCOUNTED, cast, levels_of, may_play, threshold
from services.music.packs.arrangement_table import CROSSINGS

BIG = frozenset({"chorus", "drop", "climax", "final", "hook"})
_EDGES = frozenset({"intro", "outro"})
_SHARE_OF_BARS = 0.3
_SHARE_UNASKED = 0.15
_LEAST_DIFFERENCES = 3
_EARLY = 0.05
_ESSENTIAL = frozenset({"lead", "counter", "bass", "drums", "fx", "impact", "vinyl", "tape", "doubling"}) | CROSSINGS


@dataclass
class Plan:
    """Who plays when.

    `active`: part -> section -> plays. `levels`: how actively sections are played. `quiet`: bars (from 0) in which the band
    breaks off. `silent`: part -> bars in which it waits although its section has it. `remarks` go to the decisions.
    """

    active: dict[str, dict[str, bool]]
    levels: dict[str, Level]
    quiet: frozenset[int] = frozenset()
    silent: dict[str, set[int]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def rest(self, part: str, bars: range) -> None:
        """Let a part wait through some bars."""
        self.silent.setdefault(part, set()).update(bars)

    def plays(self, part: str, section: str, bar: int) -> bool:
        """Whether a part plays in a bar (from 0) of a section."""
        return self.active[part][section] and bar not in self.silent.get(part, ())


def plan_band(frame: Frame, band: list[Chair]) -> Plan:
    """The plan section by section; `moments` adds what happens inside sections and between them."""
    plan = Plan(cast(frame, band), levels_of(frame))
    _trade_lines(frame, band, plan)
    _returns_grow(frame, band, plan)
    _give_wanted_their_share(frame, band, plan)
    _somebody_always(frame, band, plan)
    _peak(frame, band, plan)
    _contrast(frame, band, plan)
    _double_hooks(frame, band, plan)
    return plan


def summit(frame: Frame) -> str | None:
    """The biggest section: the last of those with most energy among choruses and drops; None where there is none."""
    big = [n for n in frame.score.sections if frame.function(n) in BIG]
    return max(big, key=lambda n: (round(frame.section(n).energy, 1), frame.section(n).start_bar), default=None)


def _trade_lines(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Two line players of one manner take turns below full energy."""
    for manner in ("answers", "guide"):
        same = [c for c in band if c.manner == manner]
        if len(same) < 2:
            continue
        for index, name in enumerate(frame.score.sections):
            if frame.section(name).energy < 0.85:
                for seat, chair in enumerate(same):
                    if seat != index % len(same):
                        plan.active[chair.part][name] = False


def _returns_grow(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """What comes again comes with somebody more; where everybody plays already, it began with somebody fewer."""
    last: dict[str, str] = {}
    for name in frame.score.sections:
        function = frame.function(name)
        before, last[function] = last.get(function), name
        if before is None or function in _EDGES or _players(plan, band, before) != _players(plan, band, name):
            continue
        waiting = [c for c in _movable(band) if not plan.active[c.part][name] and may_play(frame, c, name)]
        if waiting:
            joins = min(waiting, key=lambda c: threshold(frame, c))
            plan.active[joins.part][name] = True
            continue
        leaving = [c for c in _movable(band) if plan.active[c.part][before] and not _first(c) and _spared(plan, band, c, before)]
        if leaving:
            plan.active[max(leaving, key=lambda c: (not c.wanted, threshold(frame, c))).part][before] = False


def _movable(band: list[Chair]) -> list[Chair]:
    return [c for c in band if c.manner not in _ESSENTIAL]


def _first(chair: Chair) -> bool:
    """Whether a chair is the band's first chord player, whom nobody sends out of a chorus."""
    return chair.manner == "chords" and chair.rank == 0


def _players(plan: Plan, band: list[Chair], name: str) -> frozenset[str]:
    return frozenset(c.part for c in band if plan.active[c.part][name] and c.manner not in UNCOUNTED)


def _spared(plan: Plan, band: list[Chair], chair: Chair, name: str) -> bool:
    """Whether harmony sounds in a section without a chair."""
    if chair.role not in (Role.HARMONY, Role.PAD):
        return True
    return any(plan.active[c.part][name] for c in band if c.role in (Role.HARMONY, Role.PAD) and c is not chair)


def _bars(frame: Frame, plan: Plan, part: str) -> int:
    return sum(frame.section(name).bars for name, on in plan.active[part].items() if on)


def _give_wanted_their_share(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Every chair plays: one that was asked for at least 30 % of the bars, another 15 %."""
    total = max(frame.score.bars, 1)
    stated = frame.brief.instruments_with.is_stated
    by_energy = sorted(frame.score.sections, key=lambda n: (-frame.section(n).energy, frame.section(n).start_bar))
    for chair in band:
        least = (_SHARE_OF_BARS if chair.wanted and stated else _SHARE_UNASKED) * total
        for name in by_energy:
            if _bars(frame, plan, chair.part) >= least:
                break
            plan.active[chair.part][name] = True


def _somebody_always(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """No section without harmony: the first chord chair, or whoever holds notes, plays where all would rest."""
    holders = [c for c in band if c.role in (Role.HARMONY, Role.PAD)] or [c for c in band if c.role is Role.BASS]
    for name in frame.score.sections:
        if holders and not any(plan.active[c.part][name] for c in holders):
            plan.active[holders[0].part][name] = True


def _peak(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """In the last of the fullest big sections everybody plays who does not rest there by style."""
    top = summit(frame)
    if top is None or sum(frame.function(n) in BIG for n in frame.score.sections) < 2:
        return
    for chair in band:
        if chair.role is not Role.FX and may_play(frame, chair, top):
            plan.active[chair.part][top] = True


def differences(frame: Frame, plan: Plan, first: str, second: str) -> int:
    """Parameters that change between two sections: each player in or out, the level, the function's own groove."""
    moved = sum(1 for on in plan.active.values() if on[first] != on[second])
    return moved + (plan.levels[first] != plan.levels[second]) + (frame.function(first) != frame.function(second))


def _contrast(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Three differences at every boundary: a chair that is not essential rests in the calmer section or joins the livelier."""
    for first, second in pairwise(frame.score.sections):
        least = _LEAST_DIFFERENCES if frame.function(first) != frame.function(second) else 1
        rising = frame.section(second).energy >= frame.section(first).energy
        calmer, livelier = (first, second) if rising else (second, first)
        for chair in sorted(_movable(band), key=lambda c: (c.wanted, -threshold(frame, c))):
            if differences(frame, plan, first, second) >= least:
                break
            on = plan.active[chair.part]
            early = threshold(frame, chair) > frame.section(livelier).energy + _EARLY and frame.function(livelier) not in BIG
            if not on[livelier] and may_play(frame, chair, livelier) and not early:
                on[livelier] = True
            elif on[calmer] and on[livelier] and not _first(chair) and _may_rest(frame, band, plan, chair, calmer):
                on[calmer] = False


def _may_rest(frame: Frame, band: list[Chair], plan: Plan, chair: Chair, name: str) -> bool:
    """Whether a chair can be missed in a section: harmony stays, and a wanted player keeps its share."""
    bars = _bars(frame, plan, chair.part) - frame.section(name).bars
    return _spared(plan, band, chair, name) and bars >= (0.5 if chair.wanted else _SHARE_UNASKED) * frame.score.bars


def _double_hooks(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Who doubles the hook does so from the second big section on, in the only one where there is one."""
    big = [n for n in frame.score.sections if frame.function(n) in BIG]
    chosen = set(big[1:] or big)
    for chair in band:
        if chair.manner == "doubling":
            plan.active[chair.part] = {name: name in chosen for name in frame.score.sections}
            for other in band:
                if other.manner in LINES and other.instrument == chair.instrument and other.part == chair.instrument:
                    plan.active[other.part] |= dict.fromkeys(chosen, False)  # one player, one line at a time
