"""Composing: form, then harmony, then the melody; each decision in a musician's words."""

from dataclasses import dataclass

from contracts.brief import Brief
from contracts.context import Decision
from contracts.features import Features
from contracts.music import Meter, Note, Part, Role, Score, Section
from services.generator.composition.form import Form, plan_form
from services.generator.composition.harmony import Harmonist, SectionHarmony
from services.generator.composition.lead import choose_lead, register_of
from services.generator.composition.melody import Melodist
from services.music.packs.genres import GenrePack, genre
from services.music.packs.instruments import instrument


@dataclass(frozen=True)
class Composed:
    """What the composer hands on: form, chords and the parts `melody` and `counter`, quantised, and why."""

    score: Score
    decisions: tuple[Decision, ...]


def compose(brief: Brief, seed: int, features: Features | None = None) -> Composed:
    """Form, chords and melody of a song. Pure: the same brief and seed give the same score.

    Args:
        brief: what is wanted; stated fields are obeyed exactly.
        seed: another seed gives another song.
        features: what the analyzer heard in a reference; its energy curve shapes the sections' energies.

    Raises:
        BadInput: for a key, meter, genre or chord that cannot be.
    """
    pack = genre(brief.genres.value[0])
    Meter.parse(brief.meter.value)
    form = plan_form(brief, pack.form, pack.identity.energy, seed, features.energy_curve if features else ())
    harmony = Harmonist(brief, pack.harmony, form, seed).write()
    lead = choose_lead(brief, pack)
    parts: dict[str, Part] = {}
    if lead is not None:
        register = register_of(lead, pack.melody)
        line = Melodist(brief, pack.melody, form, harmony, register, seed).write()
        parts["melody"] = _part(lead, Role.VOCAL if lead == "vocals" else Role.MELODY, line.notes)
    score = _score(brief, pack, form, harmony, parts)
    return Composed(score, ())


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
    )
