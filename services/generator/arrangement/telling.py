"""The arranger's decisions in a musician's words."""

from contracts.context import Decision
from contracts.music import Score
from contracts.pipeline import Stage
from services.generator.arrangement.band import Chair
from services.generator.arrangement.feel import Groove
from services.generator.arrangement.frame import Frame
from services.generator.arrangement.orchestration import Plan


def tell(frame: Frame, groove: Groove, band: list[Chair], plan: Plan, score: Score) -> tuple[Decision, ...]:
    """Band, groove, orchestration."""
    names = ", ".join(part.name for part in score.parts.values())
    wanted = list(frame.brief.instruments_with.value)
    without = list(frame.brief.instruments_without.value)
    why = f"the usual {frame.pack.name} band" + (f" with {', '.join(wanted)} as wanted" if wanted else "")
    why += f", without {', '.join(without)}" if without else ""
    decisions = [_decision("band", names, why), _groove(frame, groove, score), _layers(frame, band, plan, score)]
    if plan.remarks:
        decisions.append(_decision("moments", "; ".join(plan.remarks), "air before the biggest section and new voices keep the ear awake"))
    return tuple(decisions)


def _decision(topic: str, choice: str, why: str, **parameters: object) -> Decision:
    return Decision(stage=Stage.ARRANGEMENT, topic=topic, choice=choice, why=why, parameters=parameters)


def _groove(frame: Frame, groove: Groove, score: Score) -> Decision:
    table = frame.pack.drums
    swing = (
        "straight" if groove.ratio < 1.03 else f"swung {groove.ratio:.2f} to 1 on {'eighths' if table.swing_unit == 8 else 'sixteenths'}"
    )
    tight = "machine-tight" if table.tightness < 0.3 else "played tight" if table.tightness < 0.9 else "played loose"
    meter = "" if str(frame.meter) == "4/4" else f", regrouped for {frame.meter}"
    why = f"timing and dynamics drawn like drummers measured in {table.feel} takes: the beat drifts together, not note by note"
    drummer = "drums" in score.parts
    return _decision("groove", f"{frame.pack.name} groove, {swing}, {tight}{meter}" + ("" if drummer else ", without drums"), why,
                     swing_ratio=round(groove.ratio, 3), tightness=table.tightness)  # fmt: skip


def _layers(frame: Frame, band: list[Chair], plan: Plan, score: Score) -> Decision:
    counts = {n: sum(1 for c in band if plan.active[c.part][n] and c.part in score.parts) for n in frame.score.sections}
    fullest, barest = max(counts, key=lambda n: counts[n]), min(counts, key=lambda n: counts[n])
    choice = f"{counts[barest]} players in {barest}, {counts[fullest]} in {fullest}"
    return _decision(
        "orchestration", choice, "players join with the energy curve, so that each section differs from its neighbours", **counts
    )
