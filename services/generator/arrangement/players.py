"""Everybody plays: each chair's manner turned into hits on the grid, in the order in which players listen to each other."""

from contracts.music import PPQ, Role
from services.generator.arrangement.band import Chair
from services.generator.arrangement.bass import play_bass
from services.generator.arrangement.brought import Brought
from services.generator.arrangement.comping import Comper, play_chords
from services.generator.arrangement.drums import play_drums
from services.generator.arrangement.effects import play_effect, play_swells
from services.generator.arrangement.ending import land
from services.generator.arrangement.ensembles import fingered, small_band
from services.generator.arrangement.feel import Groove
from services.generator.arrangement.frame import Frame, Hit
from services.generator.arrangement.lines import Liner, play_line
from services.generator.arrangement.moments import in_their_bars, ringing
from services.generator.arrangement.orchestra import play_orchestral
from services.generator.arrangement.orchestration import Plan
from services.generator.arrangement.percussion import play_percussion
from services.generator.arrangement.solos import trade
from services.music.packs.instruments import instrument
from services.music.packs.rhythm import DRUM_VOICES, playing

_KICKS = frozenset({35, 36})


def play_band(frame: Frame, groove: Groove, band: list[Chair], plan: Plan, brought: Brought) -> dict[str, list[Hit]]:
    """Everybody's hits on the grid. The drummer first, since the bass listens to the kick."""
    out: dict[str, list[Hit]] = {}
    drums = next((c for c in band if c.manner == "drums"), None)
    kicks: set[int] = set()
    if drums and brought.role_of(drums):
        out["drums"] = []
        kicks = {n.start for n in brought.notes(drums, plan) if n.pitch in _KICKS}
    elif drums:
        out["drums"] = play_drums(frame, groove, plan.active["drums"], plan.quiet)
        kicks = {h.tick for h in out["drums"] if h.pitch == DRUM_VOICES["kick"]}
        out["drums"] += play_swells(frame, plan.active["drums"])
    basses = [c.part for c in band if c.manner == "bass"]
    with_bass = {n: any(plan.active[part][n] for part in basses) for n in frame.score.sections}
    for chair in band:
        if chair.part not in out:
            out[chair.part] = [] if brought.role_of(chair) else _hits(frame, band, chair, plan, kicks, with_bass)
    out = small_band(frame, band, out)
    kept = {c.part: ringing(frame, plan, c, in_their_bars(frame, plan, c.part, out[c.part])) for c in band}
    traded, remark = trade(frame, band, kept)
    if remark:
        plan.remarks.append(remark)
    return {chair.part: land(frame, chair, traded[chair.part]) for chair in band}


def _hits(frame: Frame, band: list[Chair], chair: Chair, plan: Plan, kicks: set[int], with_bass: dict[str, bool]) -> list[Hit]:
    """One player's hits."""
    if chair.role is Role.FX:
        return play_effect(frame, chair.manner)
    active, entry = plan.active[chair.part], instrument(chair.instrument)
    low, high = entry.comfort
    match chair.manner:
        case "lead":
            return _written(frame, "melody")
        case "counter":
            own = _written(frame, "counter")
            answers = play_line(
                frame,
                Liner(chair.part, "guide" if frame.closed else "answers", low, high, entry.polyphony, 1, apart=True),
                active,
                plan.quiet,
            )
            return sorted([*own, *(a for a in answers if not any(_near(a, o) for o in own))])
        case "percussion":
            return play_percussion(frame, active, plan.quiet)
        case "bass":
            span = frame.pack.bass.span
            lowest = max(span[0], entry.range[0])
            return play_bass(frame, lowest, min(max(span[1], lowest + 16), entry.range[1]), active, kicks, plan.quiet)
        case "sub":
            return _sub(frame, entry.range[0], active, plan)
        case "chords":
            player = comper(frame, chair, _company(chair, band, plan), fingered(frame, band, chair))
            return play_chords(frame, player, active, plan.quiet, with_bass=with_bass)
        case "doubling":
            manner = "harmony" if frame.pack.arrangement.doubles == "thirds" else "octave"
            return play_line(frame, Liner(chair.part, manner, low, high, entry.polyphony), active, plan.quiet)
        case "octaves" | "hold" | "ostinato" | "timpani" as manner:
            return play_orchestral(frame, manner, Liner(chair.part, manner, low, high, entry.polyphony, chair.rank), active, plan.quiet)
        case _:
            return play_line(frame, Liner(chair.part, chair.manner, low, high, entry.polyphony, chair.rank), active, plan.quiet)


def _written(frame: Frame, part: str) -> list[Hit]:
    """What the composer wrote for a part."""
    return [Hit(n.start, n.duration, n.pitch, float(n.velocity), "line") for n in frame.score.parts[part].notes]


def _near(one: Hit, other: Hit) -> bool:
    """Whether two hits sound within half a beat of each other."""
    return one.tick < other.tick + other.length + PPQ // 2 and other.tick < one.tick + one.length + PPQ // 2


def _sub(frame: Frame, lowest: int, active: dict[str, bool], plan: Plan) -> list[Hit]:
    """A second bass holds each chord's root under the first."""
    low = max(lowest, 24)
    hits = []
    for bar in frame.bars:
        if active[bar.section] and bar.number not in plan.quiet:
            for span in frame.spans_in(bar.tick, bar.tick + frame.bar_ticks):
                pitch = low + (span.chord.bass_class - low) % 12
                hits.append(Hit(span.start, round((span.end - span.start) * 0.96), pitch, 74.0, "bass"))
    return hits


def _company(chair: Chair, band: list[Chair], plan: Plan) -> frozenset[str]:
    """Sections in which two others at least play chords beside a chair."""
    others = [c.part for c in band if c.manner == "chords" and c.part != chair.part]
    return frozenset(name for name, on in plan.active[chair.part].items() if on and sum(plan.active[o][name] for o in others) >= 2)


def comper(frame: Frame, chair: Chair, company: frozenset[str] = frozenset(), solo: tuple[str, ...] = ()) -> Comper:
    """The chair's textures: those of somebody alone, the genre's for this part or instrument, else the instrument's habit."""
    table, entry = frame.pack.comping, instrument(chair.instrument)
    names = (
        solo or table.textures.get(chair.part) or table.textures.get(chair.instrument) or playing().habit.get(chair.instrument, ("pad",))
    )
    low, high = entry.comfort
    shift = {0: 0, 1: 0, 2: 5}.get(chair.rank, 0)
    return Comper(
        chair.part, names, low, high, entry.polyphony, table.colour, entry.family == "guitar", shift, chair.rank, company, entry.id
    )
