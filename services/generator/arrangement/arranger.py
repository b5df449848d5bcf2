"""From the composer's score to the band's: seat the players, plan who plays when, let them play, perform it."""

from dataclasses import dataclass, replace

from contracts.brief import Brief
from contracts.context import Decision
from contracts.given import Given
from contracts.music import PPQ, Note, Part, Role, Score
from services.generator.arrangement.band import Chair, chairs
from services.generator.arrangement.bass import play_bass
from services.generator.arrangement.comping import Comper, play_chords
from services.generator.arrangement.drums import play_drums
from services.generator.arrangement.effects import play_impacts, play_risers, play_vinyl
from services.generator.arrangement.ending import land
from services.generator.arrangement.expression import controls
from services.generator.arrangement.feel import Groove, Player, perform
from services.generator.arrangement.finish import finished
from services.generator.arrangement.frame import Frame, Hit
from services.generator.arrangement.keeping import with_kept
from services.generator.arrangement.lines import Liner, play_line
from services.generator.arrangement.moments import in_their_bars, plan_moments, ringing
from services.generator.arrangement.orchestra import breathed, play_orchestral
from services.generator.arrangement.percussion import play_percussion
from services.generator.arrangement.orchestration import Plan, plan_band
from services.generator.arrangement.rides import ride
from services.generator.arrangement.solos import trade
from services.generator.arrangement.telling import tell
from services.generator.blending import blended
from services.music.packs.genres import GenrePack, genre
from services.music.packs.instruments import instrument
from services.music.packs.rhythm import DRUM_VOICES, playing

_PANS = (0.0, -0.35, 0.35, -0.55, 0.55, -0.2, 0.2)
_LEAST_HUMAN = 0.55


@dataclass(frozen=True)
class Arranged:
    """The band's score and why it is so."""

    score: Score
    decisions: tuple[Decision, ...]


def arrange(score: Score, brief: Brief, seed: int, given: Given | None = None, base: Score | None = None) -> Arranged:
    """The whole band, humanised. Pure: the same arguments give the same notes. Raises BadInput for an unknown genre.

    Args:
        score: what the composer wrote.
        brief: what is wanted.
        seed: of all draws.
        given: parts that the user brought.
        base: a finished song whose sections this one keeps.
    """
    frame = Frame(score, brief, _pack(score, brief), seed)
    band = chairs(frame)
    plan = plan_band(frame, band)
    plan_moments(frame, band, plan)
    frame = replace(frame, levels=plan.levels)
    groove = Groove(frame)
    played = _play(frame, groove, band, plan)
    parts = {}
    for index, chair in enumerate(band):
        part = _part(frame, groove, chair, plan, played[chair.part], index)
        if part.notes:
            parts[chair.part] = part
    full = score.model_copy(update={"parts": ride(frame, parts)})
    full = with_kept(full, base) if base is not None else full
    return Arranged(full, tell(frame, groove, band, plan, full))


def _pack(score: Score, brief: Brief) -> GenrePack:
    """The pack of the score's genre, with what the brief's other genres lend."""
    return blended(brief) if score.genre in ("", brief.genres.value[0]) else genre(score.genre)


def _play(frame: Frame, groove: Groove, band: list[Chair], plan: Plan) -> dict[str, list[Hit]]:
    """Everybody's hits on the grid. The drummer first, since the bass listens to the kick."""
    out: dict[str, list[Hit]] = {}
    drums = next((c for c in band if c.manner == "drums"), None)
    kicks: set[int] = set()
    if drums:
        out["drums"] = play_drums(frame, groove, plan.active["drums"], plan.quiet)
        kicks = {h.tick for h in out["drums"] if h.pitch == DRUM_VOICES["kick"]}
    basses = [c.part for c in band if c.manner == "bass"]
    with_bass = {n: any(plan.active[part][n] for part in basses) for n in frame.score.sections}
    for chair in band:
        if chair.part not in out:
            out[chair.part] = _hits(frame, band, chair, plan, kicks, with_bass)
    kept = {c.part: ringing(frame, plan, c, in_their_bars(frame, plan, c.part, out[c.part])) for c in band}
    traded, remark = trade(frame, band, kept)
    if remark:
        plan.remarks.append(remark)
    return {chair.part: land(frame, chair, traded[chair.part]) for chair in band}


def _hits(frame: Frame, band: list[Chair], chair: Chair, plan: Plan, kicks: set[int], with_bass: dict[str, bool]) -> list[Hit]:
    """One player's hits."""
    active, entry = plan.active[chair.part], instrument(chair.instrument)
    low, high = entry.comfort
    match chair.manner:
        case "lead":
            return _written(frame, "melody")
        case "counter":
            own = _written(frame, "counter")
            answers = play_line(frame, Liner(chair.part, "answers", low, high, entry.polyphony, 1), active, plan.quiet)
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
            return play_chords(frame, _comper(frame, chair, _company(chair, band, plan)), active, plan.quiet, with_bass=with_bass)
        case "doubling":
            manner = "harmony" if frame.pack.arrangement.doubles == "thirds" else "octave"
            return play_line(frame, Liner(chair.part, manner, low, high, entry.polyphony), active, plan.quiet)
        case "fx":
            return play_risers(frame)
        case "impact":
            return play_impacts(frame)
        case "vinyl":
            return play_vinyl(frame)
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


def _comper(frame: Frame, chair: Chair, company: frozenset[str] = frozenset()) -> Comper:
    """The chair's textures: the genre's for this part or instrument, else the instrument's habit."""
    table, entry = frame.pack.comping, instrument(chair.instrument)
    names = table.textures.get(chair.part) or table.textures.get(chair.instrument) or playing().habit.get(chair.instrument, ("pad",))
    low, high = entry.comfort
    shift = {0: 0, 1: 0, 2: 5}.get(chair.rank, 0)
    return Comper(chair.part, names, low, high, entry.polyphony, table.colour, entry.family == "guitar", shift, chair.rank, company, entry.id)


def _player(frame: Frame, chair: Chair) -> Player:
    """How a chair's player keeps time: machines as tight as the style, people never tighter than people are."""
    table, entry = frame.pack.drums, instrument(chair.instrument)
    machine = entry.electronic or chair.role is Role.DRUMS
    tightness = table.tightness if machine else max(table.tightness, _LEAST_HUMAN)
    role = {Role.COUNTER: "counter", Role.PAD: "pad", Role.FX: "fx", Role.VOCAL: "melody"}.get(chair.role, str(chair.role))
    lag = table.lag_ms.get(chair.part, table.lag_ms.get(role, 0.0))
    depth = 0.75 if table.swing_by_tempo and role in ("melody", "counter") else 1.0
    if chair.role is Role.FX:
        tightness = 0.0
    return Player(chair.part, role, tightness, lag, depth)


def _part(frame: Frame, groove: Groove, chair: Chair, plan: Plan, hits: list[Hit], index: int) -> Part:
    """A performed, finished part with its curves and patch."""
    entry = instrument(chair.instrument)
    notes: list[Note] = perform(hits, groove, _player(frame, chair))
    tolerance = round(frame.ms_to_ticks(45.0))
    low, high = (27, 87) if entry.is_drums else entry.range
    done = breathed(frame, entry, finished(notes, low, high, entry.polyphony, frame.score.end_tick, tolerance))
    textures = _comper(frame, chair).textures if chair.manner == "chords" and entry.id == "acoustic_piano" else ()
    pedal = any(playing().texture[name].pedal for name in textures)
    centred = chair.role in (Role.DRUMS, Role.BASS, Role.MELODY, Role.VOCAL, Role.FX)
    return Part(
        role=chair.role, instrument=chair.instrument, notes=done, name=_name(chair), patch=_patch(frame, chair),
        pan=0.0 if centred else _PANS[index % len(_PANS)], controls=controls(frame, chair, plan, list(done), pedal=pedal),
    )  # fmt: skip


def _patch(frame: Frame, chair: Chair) -> str | None:
    """The sound that the style chooses for a chair; None for the instrument's own."""
    entry, patches = instrument(chair.instrument), frame.pack.patches
    if chair.manner == "impact":
        return "impact"
    if chair.manner == "sub" and entry.electronic:
        return patches.get("synth_bass_low", "sub_bass")
    if chair.part == "melody" and entry.id == "synthesizer" and "melody" in patches:
        return patches["melody"]
    seat = patches.get(chair.part) if chair.part != "melody" else None
    return seat or patches.get(chair.instrument)


def _name(chair: Chair) -> str:
    name = instrument(chair.instrument).name
    return {"melody": f"Melody ({name})", "counter": f"Counter ({name})", "impact": "Impacts", "vinyl": "Vinyl"}.get(chair.part, name)
