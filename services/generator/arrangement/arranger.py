"""From the composer's score to the band's: seat the players, plan who plays when, let them play, perform it."""

from dataclasses import dataclass, field, replace

from contracts.brief import Brief
from contracts.context import Decision
from contracts.features import Features
from contracts.given import Given
from contracts.music import Note, Part, Role, Score
from services.generator.arrangement.automation import controls
from services.generator.arrangement.band import Chair, chairs
from services.generator.arrangement.brought import Brought
from services.generator.arrangement.feel import Groove, Player, perform
from services.generator.arrangement.finish import finished
from services.generator.arrangement.frame import Frame, Level
from services.generator.arrangement.heard_groove import heard_groove
from services.generator.arrangement.keeping import with_kept
from services.generator.arrangement.moments import plan_moments
from services.generator.arrangement.orchestra import breathed
from services.generator.arrangement.orchestration import Plan, plan_band
from services.generator.arrangement.players import comper, play_band
from services.generator.arrangement.rides import ride
from services.generator.arrangement.singing import as_written
from services.generator.arrangement.tapped import tapped_in
from services.generator.arrangement.telling import tell
from services.generator.blending import blended
from services.music.packs.arrangement_table import CROSSINGS
from services.music.packs.genres import GenrePack, genre
from services.music.packs.instruments import instrument
from services.music.packs.rhythm import playing

_PANS = (0.0, -0.35, 0.35, -0.55, 0.55, -0.2, 0.2)
_LEAST_HUMAN = 0.55
_BEDS = {"vinyl": "vinyl_noise", "tape": "tape_hiss"}


@dataclass(frozen=True)
class Arranged:
    """The band's score and why it is so."""

    score: Score
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class Wish:
    """What somebody who revises a song asks of its players, beside the brief.

    `chairs`: who sits where, beside or in place of those whom the brief seats. `joining`: part -> sections
    in which it plays whatever the plan says. `levels`: how actively sections are played. `seed`: of another
    take; who plays when, where the band breaks off, and the clock that it shares stay those of the song's own seed.
    """

    chairs: tuple[Chair, ...] = ()
    joining: dict[str, frozenset[str]] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True)
class Rehearsal:
    """What the band has played, and how it came to it."""

    frame: Frame
    groove: Groove
    band: list[Chair]
    plan: Plan
    parts: dict[str, Part]

    def chair(self, part: str) -> Chair | None:
        """Who plays a part."""
        return next((chair for chair in self.band if chair.part == part), None)


_NOTHING_WISHED = Wish()


def arrange(
    score: Score,
    brief: Brief,
    seed: int,
    given: Given | None = None,
    base: Score | None = None,
    features: Features | None = None,
) -> Arranged:
    """The whole band, humanised. Pure: the same arguments give the same notes. Raises BadInput for an unknown genre.

    Args:
        score: what the composer wrote.
        brief: what is wanted.
        seed: of all draws.
        given: parts that the user brought.
        base: a finished song whose sections this one keeps.
        features: what the analyzer heard in a reference; the drummer takes its groove over.
    """
    played = rehearse(score, brief, seed, given, features)
    full = score.model_copy(update={"parts": played.parts})
    full = with_kept(full, base) if base is not None else full
    return Arranged(full, tell(played.frame, played.groove, played.band, played.plan, full))


def rehearse(
    score: Score, brief: Brief, seed: int, given: Given | None = None, features: Features | None = None, wish: Wish = _NOTHING_WISHED
) -> Rehearsal:
    """The band plays a lead sheet through. Pure; raises BadInput for an unknown genre.

    Args:
        score: what the composer wrote.
        brief: what is wanted.
        seed: of all draws.
        given: parts that the user brought.
        features: what the analyzer heard in a reference.
        wish: what somebody who revises the song asks of the players beside the brief.
    """
    frame = Frame(score, brief, _pack(score, brief), seed)
    brought = Brought(frame, given)
    band = chairs(frame, brought.members())
    band = _seated_too(band, wish.chairs)
    plan = plan_band(frame, band)
    plan.levels |= wish.levels
    plan_moments(frame, band, plan)
    _join(plan, wish)
    frame = replace(frame, levels=plan.levels)
    groove = Groove(frame, tapped_in(given, frame.meter), heard_groove(features, frame.meter, score.tempo_bpm))
    played = play_band(frame if wish.seed is None else replace(frame, seed=wish.seed), groove, band, plan, brought)
    parts = {}
    for index, chair in enumerate(band):
        notes = brought.notes(chair, plan) if brought.role_of(chair) else perform(played[chair.part], groove, _player(frame, chair))
        part = _part(frame, chair, plan, notes, index)
        if chair.part == "melody":
            part = as_written(part, score, given)
        if part.notes:
            parts[chair.part] = part
    return Rehearsal(frame, groove, band, plan, ride(frame, parts))


def _seated_too(band: list[Chair], wished: tuple[Chair, ...]) -> list[Chair]:
    """The band with the wished players: in their chair where it has one of that name, else beside it."""
    by_part = {chair.part: chair for chair in wished}
    out = [replace(chair, instrument=by_part.get(chair.part, chair).instrument) for chair in band]
    return [*out, *(chair for part, chair in by_part.items() if part not in {c.part for c in band})]


def _join(plan: Plan, wish: Wish) -> None:
    """Players whom the plan lets rest play where they are wished for; who plays there already enters when the plan says."""
    for part, sections in wish.joining.items():
        if part in plan.active:
            plan.active[part] |= dict.fromkeys(sections, True)


def _pack(score: Score, brief: Brief) -> GenrePack:
    """The pack of the score's genre, with what the brief's other genres lend."""
    return blended(brief) if score.genre in ("", brief.genres.value[0]) else genre(score.genre)


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


def _part(frame: Frame, chair: Chair, plan: Plan, notes: list[Note], index: int) -> Part:
    """A performed, finished part with its curves and patch."""
    entry = instrument(chair.instrument)
    tolerance = round(frame.ms_to_ticks(45.0))
    low, high = (27, 87) if entry.is_drums else entry.range
    done = breathed(frame, entry, finished(notes, low, high, entry.polyphony, frame.score.end_tick, tolerance))
    textures = comper(frame, chair).textures if chair.manner == "chords" and entry.id == "acoustic_piano" else ()
    pedal = any(playing().texture[name].pedal for name in textures)
    centred = chair.role in (Role.DRUMS, Role.BASS, Role.MELODY, Role.VOCAL, Role.FX)
    return Part(
        role=chair.role, instrument=chair.instrument, notes=done, name=named(chair), patch=patch_of(frame, chair),
        pan=0.0 if centred else _PANS[index % len(_PANS)], controls=controls(frame, chair, plan, list(done), pedal=pedal),
    )  # fmt: skip


def patch_of(frame: Frame, chair: Chair) -> str | None:
    """The sound that the style chooses for a chair; None for the instrument's own."""
    entry, patches = instrument(chair.instrument), frame.pack.patches
    if chair.manner == "impact" or chair.manner in CROSSINGS:
        return patches.get(chair.part, chair.manner)
    if chair.manner in _BEDS:
        return patches.get(chair.part, _BEDS[chair.manner])
    if chair.manner == "sub" and entry.electronic:
        return patches.get("synth_bass_low", "sub_bass")
    if chair.part == "melody" and entry.id == "synthesizer" and "melody" in patches:
        return patches["melody"]
    seat = patches.get(chair.part) if chair.part != "melody" else None
    return seat or patches.get(chair.instrument)


def named(chair: Chair) -> str:
    """What a part is called for people."""
    name = instrument(chair.instrument).name
    return {
        "melody": f"Melody ({name})",
        "counter": f"Counter ({name})",
        "double": f"Doubling ({name})",
        "impact": "Impacts",
        "vinyl": "Vinyl",
        "tape": "Tape hiss",
    }.get(chair.part, chair.part.replace("_", " ").capitalize() if chair.manner in CROSSINGS else name)
