"""Who plays when: energy opens chairs one after another, neighbours differ in two things at least, drops empty the bar before."""

from dataclasses import dataclass, field
from itertools import pairwise

from contracts.music import Role
from services.generator.arrangement.band import Chair
from services.generator.arrangement.frame import Frame, Hit, Level, level_of
from services.music.packs.rhythm import playing
from services.music.rng import rng

_STILL = frozenset({"intro", "outro", "breakdown", "break", "interlude"})
_BIG = frozenset({"chorus", "drop", "climax", "final"})
_SHARE_OF_BARS = 0.3
_SHARE_UNASKED = 0.15


@dataclass
class Plan:
    """part -> section -> plays; levels of playing; bars in which the band drops out; remarks for the decisions."""

    active: dict[str, dict[str, bool]]
    levels: dict[str, Level]
    quiet: frozenset[int] = frozenset()
    remarks: list[str] = field(default_factory=list)


def plan_band(frame: Frame, band: list[Chair]) -> Plan:
    """The whole plan."""
    levels = {name: level_of(section.energy) for name, section in frame.score.sections.items()}
    active = {chair.part: {name: _plays(frame, chair, name) for name in frame.score.sections} for chair in band}
    plan = Plan(active, levels)
    _trade_lines(frame, band, plan)
    _give_wanted_their_share(frame, band, plan)
    _somebody_always(frame, band, plan)
    _peak(frame, band, plan)
    _contrast(frame, band, plan)
    plan.quiet = _drops(frame, plan)
    return plan


def threshold(frame: Frame, chair: Chair) -> float:
    """Energy from which a chair plays."""
    table, shared = frame.pack.arrangement.enter, playing().enter
    for key in (chair.part, chair.instrument, str(chair.role)):
        if key in table:
            return table[key]
    if chair.role is Role.HARMONY:
        return shared[("harmony", "second_harmony", "third_harmony")[min(chair.rank, 2)]]
    if chair.manner == "sub":
        return 0.6
    if chair.manner in ("answers", "guide", "stabs", "double", "low"):
        return shared["line"] + 0.1 * chair.rank
    return shared.get(str(chair.role), 0.3)


def _plays(frame: Frame, chair: Chair, name: str) -> bool:
    if chair.manner in ("lead", "fx", "impact", "vinyl"):
        return True
    function, energy = frame.function(name), frame.section(name).energy
    resting = frame.pack.arrangement.rests.get(function, ())
    if str(chair.role) in resting or chair.part in resting or chair.instrument in resting:
        return False
    if function in ("breakdown", "break") and chair.role in (Role.DRUMS, Role.BASS) and energy < 0.6:
        return False
    shift = 0.12 if function in ("intro", "outro") and chair.role not in (Role.HARMONY, Role.PAD) else 0.0
    return energy >= threshold(frame, chair) + shift - 1e-9


def _trade_lines(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Two line players of one manner take turns below full energy."""
    lines = [c for c in band if c.manner in ("answers", "stabs", "guide")]
    for manner in ("answers", "guide"):
        same = [c for c in lines if c.manner == manner]
        if len(same) < 2:
            continue
        for index, name in enumerate(frame.score.sections):
            if frame.section(name).energy < 0.85:
                for seat, chair in enumerate(same):
                    if seat != index % len(same):
                        plan.active[chair.part][name] = False


def _bars(frame: Frame, plan: Plan, part: str) -> int:
    return sum(frame.section(name).bars for name, on in plan.active[part].items() if on)


def _give_wanted_their_share(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Every chair plays: one that was asked for at least 30 % of the bars, another 15 %."""
    total = max(frame.score.bars, 1)
    stated = frame.brief.instruments_with.is_stated
    for chair in band:
        least = (_SHARE_OF_BARS if chair.wanted and stated else _SHARE_UNASKED) * total
        by_energy = sorted(frame.score.sections, key=lambda n: (-frame.section(n).energy, frame.section(n).start_bar))
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
    big = [n for n in frame.score.sections if frame.function(n) in _BIG]
    if len(big) < 2:
        return
    top = max(big, key=lambda n: (frame.section(n).energy, frame.section(n).start_bar))
    resting = frame.pack.arrangement.rests.get(frame.function(top), ())
    for chair in band:
        if chair.role is not Role.FX and str(chair.role) not in resting and chair.part not in resting:
            plan.active[chair.part][top] = True


def differences(frame: Frame, plan: Plan, first: str, second: str) -> int:
    """Parameters that change between two sections: each player in or out, the level, the function's own groove."""
    moved = sum(1 for on in plan.active.values() if on[first] != on[second])
    return moved + (plan.levels[first] != plan.levels[second]) + (frame.function(first) != frame.function(second))


def _contrast(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Two differences at every boundary: a chair that is not essential rests in the calmer section or joins the livelier."""
    names = list(frame.score.sections)
    for first, second in pairwise(names):
        if differences(frame, plan, first, second) >= 2:
            continue
        rising = frame.section(second).energy >= frame.section(first).energy
        movable = [c for c in reversed(band) if c.manner not in ("lead", "counter", "bass", "drums", "fx", "impact", "vinyl")]
        for chair in movable:
            on = plan.active[chair.part]
            others = any(plan.active[c.part][second] for c in band if c.role in (Role.HARMONY, Role.PAD) and c is not chair)
            if rising and not on[second]:
                on[second] = True
            elif not rising and on[second] and others and not chair.wanted:
                on[second] = False
            else:
                continue
            if differences(frame, plan, first, second) >= 2:
                break


def _drops(frame: Frame, plan: Plan) -> frozenset[int]:
    """The last bar before the biggest chorus or drop, emptied where the style does that."""
    names = list(frame.score.sections)
    big = [n for n in names[1:] if frame.function(n) in _BIG]
    if not big:
        return frozenset()
    top = max(big, key=lambda n: (frame.section(n).energy, frame.section(n).start_bar))
    generator = rng(frame.seed, "arrangement", "drop")
    if generator.random() >= frame.pack.arrangement.drop_before:
        return frozenset()
    bar = frame.section(top).start_bar - 2
    before = names[names.index(top) - 1]
    if bar < 1 or frame.section(before).bars < 2:
        return frozenset()
    plan.remarks.append(f"the band drops out in bar {bar + 1}, before {top}")
    return frozenset({bar})


def staggered(frame: Frame, band: list[Chair], plan: Plan, hits: dict[str, list[Hit]]) -> dict[str, list[Hit]]:
    """Long intros open player by player, long outros of club styles close so: who comes late is silent in the first half."""
    out = dict(hits)
    names = list(frame.score.sections)
    edges = [(names[0], True)] if names else []
    edges += [(names[-1], False)] if len(names) > 1 and frame.pack.arrangement.risers else []
    for name, opening in edges:
        section = frame.section(name)
        if section.bars < 6 or frame.function(name) not in _STILL:
            continue
        first = (section.start_bar - 1) * frame.bar_ticks
        half = first + section.bars // 2 * frame.bar_ticks
        late = [c for c in band if plan.active[c.part][name] and _comes_late(frame, c)]
        playing = [c for c in band if plan.active[c.part][name] and c.role is not Role.FX and out[c.part]]
        for chair in late[: max(len(playing) - 2, 0)]:
            start, end = (first, half) if opening else (half, first + section.bars * frame.bar_ticks)
            out[chair.part] = [h for h in out[chair.part] if not start <= h.tick < end]
    return out


def _comes_late(frame: Frame, chair: Chair) -> bool:
    """Who waits in an intro: the beat in styles that are not for dancing, bass, lines and later chord players."""
    if chair.manner == "drums":
        return not frame.pack.arrangement.risers
    return chair.manner in ("bass", "sub", "percussion", "answers", "guide", "stabs", "low") or (
        chair.manner == "chords" and chair.rank > 0
    )
