"""Composing: form, then harmony, then the melody; each decision in a musician's words."""

from dataclasses import dataclass, replace

from contracts.brief import Brief
from contracts.context import Decision
from contracts.features import Features
from contracts.given import Given
from contracts.music import Key, Meter, Note, Part, Role, Score, Section
from services.generator.blending import blended
from services.generator.composition.building import build_on
from services.generator.composition.counter import Counter
from services.generator.composition.decisions import (
    counter_decision,
    form_decision,
    harmony_decision,
    melody_decision,
    mood_decision,
    silence_decision,
    slowing_decision,
)
from services.generator.composition.form import Form, plan_form
from services.generator.composition.grid import Grid
from services.generator.composition.guided import guide_decisions
from services.generator.composition.harmony import Harmonist, SectionHarmony
from services.generator.composition.lead import Register, choose_counter, register_of
from services.generator.composition.lyrics import lay_lyrics
from services.generator.composition.resizing import Mode
from services.generator.composition.reworking import rework
from services.generator.composition.slowing import ritard_for, slowing
from services.generator.composition.takes import TAKES, best_take, heard_score, shared_with
from services.generator.feeling import Feeling, feeling_of
from services.generator.guiding import guide_of
from services.music.packs.genres import GenrePack
from services.music.packs.instruments import instrument
from services.music.packs.melody_table import MelodyTable
from services.music.packs.meters import grouped

__all__ = ["Composed", "compose", "heard_score"]


@dataclass(frozen=True)
class Composed:
    """What the composer hands on: form, chords and the parts `melody` and `counter`, quantised, and why."""

    score: Score
    decisions: tuple[Decision, ...]


def compose(
    brief: Brief,
    seed: int,
    features: Features | None = None,
    given: Given | None = None,
    base: Score | None = None,
    resize: Mode | None = None,
) -> Composed:
    """Form, chords and melody of a song. Pure: the same arguments give the same score.

    Args:
        brief: what is wanted; stated fields are obeyed exactly.
        seed: another seed gives another song.
        features: what the analyzer heard in a reference: it steers energies, harmonic rhythm, the tune's density and register,
            and its own tune is not written again.
        given: what the user brought as notes; it is built on.
        base: a finished song that is extended, shortened or carried on in place of a new one.
        resize: which of these; None: by the duration that is asked.

    Raises:
        BadInput: for a key, meter, genre or chord that cannot be.
    """
    if base is not None:
        score, decision = rework(base, brief, seed, resize, lambda wanted, its_seed: compose(wanted, its_seed).score)
        return Composed(score, (decision,))
    pack = blended(brief)
    feeling = feeling_of(brief, pack)
    guide = guide_of(features, brief.tempo_bpm.value)
    pack = pack.model_copy(update={"melody": guide.melody(_felt(pack.melody, feeling))})
    key = Key.parse(brief.key.value)
    curve = features.energy_curve if features else ()
    building = build_on(given, brief, pack, seed)
    ritard = ritard_for(brief, pack.form, steady=given is not None)
    form = building.form(lambda wanted: plan_form(wanted, pack.form, pack.identity.energy, seed, curve, guide, ritard))
    harmony = building.harmonised(form, Harmonist(brief, pack.harmony, form, seed, feeling, guide.pace).write())
    decisions = [form_decision(form, brief, pack), *slowing_decision(form, brief, ritard), harmony_decision(form, harmony, key)]
    decisions += mood_decision(brief, feeling, harmony)
    lead = building.lead()
    decisions += building.decisions(form, lead) if given else []
    parts: dict[str, Part] = {}
    if lead is None:
        decisions.append(silence_decision())
    else:
        line, cost = best_take(brief, pack, form, harmony, _moved(register_of(lead, pack.melody), feeling), seed, guide.tune)
        line = building.sung(form, harmony, line, lead)
        grid = Grid(grouped(Meter.parse(brief.meter.value), brief.genres.value[0]))
        laid = lay_lyrics(brief, form, harmony, grid, line.notes, frozenset(building.verbatim(form, lead)))
        line = replace(line, notes=laid.notes)
        role = Role.VOCAL if lead == "vocals" or laid.lyrics else Role.MELODY
        parts["melody"] = _part(lead, role, line.notes).model_copy(update={"lyrics": laid.lyrics})
        decisions += laid.decisions
        decisions.append(melody_decision(lead, line, key, cost, TAKES))
        second = choose_counter(brief, pack, lead)
        if second is not None:
            counter = Counter(pack.melody, form, harmony, grid, _moved(register_of(second, pack.melody), feeling), seed)
            notes = counter.write(line.notes, [t.step for t in line.hook if t.step < grid.steps])
            if notes:
                parts["counter"] = _part(second, Role.COUNTER, notes)
                decisions.append(counter_decision(second, lead, len(notes)))
    shared = sum(shared_with(guide.tune, part.notes) for part in parts.values())
    decisions += guide_decisions(guide, brief, form, harmony, pack.melody, shared)
    score = _score(brief, pack, form, harmony, parts)
    return Composed(score.model_copy(update={"tempo_map": slowing(score, ritard)}), tuple(decisions))


def _felt(table: MelodyTable, feeling: Feeling) -> MelodyTable:
    """The style's melody with the mood's touch: how loud, how bound, how accented."""
    low, high = (min(max(v + round(feeling.velocity), 36), 118) for v in table.velocity)
    return table.model_copy(
        update={"legato": feeling.sounding(table.legato), "velocity": (low, high), "accent": min(table.accent + feeling.accent, 24.0)}
    )


def _moved(register: Register, feeling: Feeling) -> Register:
    """A player's register with its centre where the mood lies, inside the same limits."""
    return replace(register, centre=min(max(register.centre + feeling.register, register.low + 3), register.high - 4))


def _part(instrument_id: str, role: Role, notes: tuple[Note, ...]) -> Part:
    return Part(role=role, instrument=instrument_id, notes=notes, name=instrument(instrument_id).name)


def _score(brief: Brief, pack: GenrePack, form: Form, harmony: dict[str, SectionHarmony], parts: dict[str, Part]) -> Score:
    sections = {
        slot.id: Section(
            label=slot.label,
            start_bar=slot.start + 1,
            bars=slot.bars,
            energy=slot.energy,
            key=str(harmony[slot.id].key),
            chords=harmony[slot.id].events,
        )
        for slot in form.slots
    }
    return Score(
        title=brief.title,
        genre=pack.id,
        tempo_bpm=brief.tempo_bpm.value,
        meter=brief.meter.value,
        key=brief.key.value,
        sections=sections,
        parts=parts,
        tail_s=form.tail_s,
        ending=form.ending,
    )
