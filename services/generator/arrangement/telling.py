"""The arranger's decisions in a musician's words: who is in the band, how it plays, who enters where and why."""

from itertools import pairwise

from contracts.context import Decision
from contracts.music import Role, Score
from contracts.pipeline import Stage
from services.generator.arrangement.band import Chair
from services.generator.arrangement.ending import ending_of
from services.generator.arrangement.feel import Groove
from services.generator.arrangement.frame import Frame
from services.generator.arrangement.heard_groove import pattern_shown
from services.generator.arrangement.moments import called
from services.generator.arrangement.orchestration import Plan, summit

_ENDINGS = {
    "loop": ("nobody lands: the last bar leads back into the first", "the song was asked to loop"),
    "cut": ("the band stops at the last bar line", "no ending was asked for"),
    "fade": ("the band plays on while the faders go down", "a fade-out was asked for"),
}


def tell(frame: Frame, groove: Groove, band: list[Chair], plan: Plan, score: Score) -> tuple[Decision, ...]:
    """Band, groove, orchestration, moments, ending."""
    decisions = [_band(frame, score), _groove(frame, groove, score), _layers(frame, band, plan, score)]
    if plan.remarks:
        choice = "; ".join(dict.fromkeys(plan.remarks))
        decisions.append(_decision("moments", choice, "air before the biggest section and new voices keep the ear awake"))
    doubled = _doubling(frame, band, plan, score)
    if doubled:
        decisions.append(doubled)
    if ending_of(frame) in _ENDINGS:
        decisions.append(_decision("ending", *_ENDINGS[ending_of(frame)]))
    return tuple(decisions)


def _decision(topic: str, choice: str, why: str, **parameters: object) -> Decision:
    return Decision(stage=Stage.ARRANGEMENT, topic=topic, choice=choice, why=why, parameters=parameters)


def _band(frame: Frame, score: Score) -> Decision:
    names = ", ".join(part.name for part in score.parts.values())
    wanted, without = list(frame.brief.instruments_with.value), list(frame.brief.instruments_without.value)
    if frame.closed:
        return _decision("band", names, f"{', '.join(wanted)} alone, as asked: nobody else is in the room")
    why = f"the usual {frame.pack.name} band" + (f" with {', '.join(wanted)} as wanted" if wanted else "")
    return _decision("band", names, why + (f", without {', '.join(without)}" if without else ""))


def _groove(frame: Frame, groove: Groove, score: Score) -> Decision:
    table = frame.pack.drums
    swing = (
        "straight" if groove.ratio < 1.03 else f"swung {groove.ratio:.2f} to 1 on {'eighths' if groove.swing_unit == 8 else 'sixteenths'}"
    )
    if groove.heard and not groove.tapped:
        swing += f", as heard in the reference: {pattern_shown(groove.heard)}"
    if groove.tapped:
        swing = "kick and snare as tapped, the band late where the taps are"
    tight = "machine-tight" if table.tightness < 0.3 else "played tight" if table.tightness < 0.9 else "played loose"
    meter = "" if str(frame.meter) == "4/4" else f", regrouped for {frame.meter}"
    why = f"timing and dynamics drawn like drummers measured in {table.feel} takes: the beat drifts together, not note by note"
    drummer = "drums" in score.parts
    return _decision("groove", f"{frame.pack.name} groove, {swing}, {tight}{meter}" + ("" if drummer else ", without drums"), why,
                     swing_ratio=round(groove.ratio, 3), tightness=table.tightness)  # fmt: skip


def _layers(frame: Frame, band: list[Chair], plan: Plan, score: Score) -> Decision:
    """Who plays in each section, told as entries and exits from section to section."""
    here = {n: {c.part: c for c in band if _is_heard(c, score) and plan.active[c.part][n]} for n in frame.score.sections}
    counts = {n: len({c.instrument for c in chairs.values()}) for n, chairs in here.items()}
    first = next(iter(here), "")
    told = [f"{first} (bar 1): {_names(list(here[first].values()))}"] if first else []
    for before, name in pairwise(here):
        joins = [c for part, c in here[name].items() if part not in here[before]]
        leaves = [c for part, c in here[before].items() if part not in here[name]]
        moves = [f"{_names(joins)} {'join' if len(joins) > 1 else 'joins'}"] if joins else []
        moves += [f"{_names(leaves)} {'leave' if len(leaves) > 1 else 'leaves'}"] if leaves else []
        if moves:
            told.append(f"{name} (bar {frame.section(name).start_bar}): {', '.join(moves)}")
    top = summit(frame)
    why = "players join with the energy curve, so that each section differs from its neighbours"
    why += f"; {top} is the fullest" if top and counts[top] == max(counts.values()) else ""
    return _decision("orchestration", "; ".join(told) or "one player throughout", why, **counts)


def _is_heard(chair: Chair, score: Score) -> bool:
    return chair.part in score.parts and chair.role is not Role.FX and chair.manner != "doubling"


def _names(chairs: list[Chair]) -> str:
    special = {"lead": "the melody", "counter": "a counter-melody"}
    names = list(dict.fromkeys(special.get(c.manner) or called(c) for c in chairs))
    return " and ".join(([", ".join(names[:-1])] if len(names) > 1 else []) + names[-1:])


def _doubling(frame: Frame, band: list[Chair], plan: Plan, score: Score) -> Decision | None:
    chair = next((c for c in band if c.manner == "doubling" and c.part in score.parts), None)
    where = [n for n in frame.score.sections if chair and plan.active[chair.part][n]]
    if chair is None or not where:
        return None
    how = "a third below" if frame.pack.arrangement.doubles == "thirds" else "an octave away"
    bars = ", ".join(f"{n} (bar {frame.section(n).start_bar})" for n in where)
    return _decision("doubling", f"{called(chair)} doubles the melody {how} in {bars}", "the hook is to be larger each time it returns")
