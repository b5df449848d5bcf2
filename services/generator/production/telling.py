"""What production decided, in a musician's words."""

from contracts.context import Decision, StemPlan
from contracts.music import Score
from contracts.pipeline import Stage
from services.generator.production.own import PATCH
from services.generator.production.own_files import Look, note_name
from services.generator.production.shelf import FILES, LICENCES, PACKAGES, Shelf


def tell_production(score: Score, plans: dict[str, StemPlan], shelf: Shelf, own: dict[str, Look] | None = None) -> tuple[Decision, ...]:
    """One decision for the band's sounds, one for each thing that stood in for something better, and those about the user's own."""
    told = [
        Decision(
            stage=Stage.PRODUCTION,
            topic="sounds",
            choice="; ".join(f"{name}: {_short(plan)}" for name, plan in plans.items()),
            why=f"the arrangement's patches, else what {score.genre or 'the style'} asks of each instrument, from the best source here",
            parameters={name: plan.source for name, plan in plans.items()},
        )
    ]
    told += [decision for part_id, look in (own or {}).items() for decision in _tell_own(score, part_id, look)]
    used = {words[2] for plan in plans.values() if len(words := plan.source.split(" ")) > 2 and words[1] != PATCH}
    missing = [name for name in FILES if name not in shelf.fonts and name != "TimGM6mb"]
    if used and missing:
        told.append(
            Decision(
                stage=Stage.PRODUCTION,
                topic="soundfonts",
                choice=f"{', '.join(sorted(used))} in place of {', '.join(missing)}",
                why=f"not installed here: {', '.join(PACKAGES[name] for name in missing)}",
            )
        )
    if any(plan.source.startswith("tinysoundfont ") for plan in plans.values()):
        told.append(
            Decision(
                stage=Stage.PRODUCTION,
                topic="player",
                choice="tinysoundfont plays the sampled instruments",
                why="FluidSynth is not installed (libfluidsynth3) or was not asked for; tones are plainer without it",
            )
        )
    stood_in = [name for name, plan in plans.items() if plan.source.split(" ")[1].endswith("_stand_in")]
    if stood_in:
        told.append(
            Decision(
                stage=Stage.PRODUCTION,
                topic="synthesizers",
                choice=f"samples play {', '.join(stood_in)} in place of our synthesizers",
                why="DawDreamer cannot load here; on Debian, as root: apt-get install libgl1 libglib2.0-0",
            )
        )
    if "TimGM6mb" in used:
        told.append(
            Decision(
                stage=Stage.PRODUCTION,
                topic="licence",
                choice="samples of TimGM6mb are in this song",
                why=f"its licence is {LICENCES['TimGM6mb']}; with --license commercial it is not used",
            )
        )
    silent = [name for name, part in score.parts.items() if not part.notes]
    if silent:
        told.append(
            Decision(stage=Stage.PRODUCTION, topic="silent parts", choice=f"no stem for {', '.join(silent)}", why="they have no notes")
        )
    return tuple(told)


def _tell_own(score: Score, part_id: str, look: Look) -> list[Decision]:
    """Which file of the user's own plays a part, and which notes it does not have."""
    own, notes = look.own, score.parts[part_id].notes
    asked = f"the pack {own.pack.name or own.pack.file.stem} ({own.field})" if own.pack and own.packed else own.field
    if look.unfit:
        return [Decision(stage=Stage.PRODUCTION, topic="own instrument", choice=f"{own.label} does not play {part_id}", why=look.unfit)]
    told = [
        Decision(
            stage=Stage.PRODUCTION,
            topic="own instrument",
            choice=f"{own.label} plays {part_id}" + "".join(f"; {remark}" for remark in look.remarks),
            why=f"asked for by {asked}",
            parameters={"part": part_id, "file": str(own.path), "content": f"sha256:{look.content}", "licence": own.licence},
        )
    ]
    outside = [note for note in notes if look.keys is not None and note.pitch not in look.keys]
    if outside:
        low, high = min(look.keys or {0}), max(look.keys or {0})
        missed = sorted({note.pitch for note in outside})
        told.append(
            Decision(
                stage=Stage.PRODUCTION,
                topic="range",
                choice=f"{len(outside)} of {len(notes)} notes of {part_id} are silent: {', '.join(map(note_name, missed))}",
                why=f"{own.label} has no sound for them; its keys lie between {note_name(low)} and {note_name(high)}",
                parameters={"part": part_id, "silent": len(outside), "notes": len(notes), "pitches": missed},
            )
        )
    return told


def _short(plan: StemPlan) -> str:
    words = plan.source.split(" ")
    if words[1] == PATCH:
        return plan.licence.removeprefix("the user's own: ")
    return f"{words[1]} ({words[2]})" if len(words) > 2 else words[1]
