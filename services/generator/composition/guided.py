"""The composer's decisions about a reference, in a musician's words: what was followed, and what stays the reference's own."""

from itertools import pairwise

from contracts.brief import Brief
from contracts.context import Decision
from contracts.pipeline import Stage
from services.generator.composition.form import Form
from services.generator.composition.harmony import SectionHarmony
from services.generator.guiding import Guide
from services.music.packs.melody_table import MelodyTable


def guide_decisions(
    guide: Guide, brief: Brief, form: Form, harmony: dict[str, SectionHarmony], table: MelodyTable, shared: int
) -> list[Decision]:
    """Energy, harmonic rhythm, the tune's density and register, and whose tune it is. Empty without a reference."""
    out: list[Decision] = []
    if guide.sections:
        shown = ", ".join(f"{slot.id} {slot.energy:.2f}" for slot in form.slots)
        out.append(_decision("reference: energy", shown, "the sections rise and fall as those of the reference that they answer to"))
    if guide.pace is not None:
        ours = changes_per_bar(form, harmony)
        own = "the chords themselves are our own" if not brief.chords.value else "the chords were asked for"
        out.append(
            _decision(
                "reference: harmonic rhythm",
                f"{ours:.2f} chord changes a bar",
                f"the reference changes {guide.pace:.2f} times a bar; {own}",
                heard=guide.pace,
            )
        )
    if guide.density is not None:
        moved = guide.lift(table)
        height = f", its register {abs(moved)} semitones {'higher' if moved > 0 else 'lower'}" if moved else ""
        why = f"the melody that was heard has {guide.density:.2f} notes a beat around MIDI {guide.centre:.0f} (confidence {guide.sure:.2f})"
        out.append(_decision("reference: melody", f"about {table.notes_per_beat[1]:.2f} notes a beat{height}", why))
    if guide.tune:
        choice = "our own" if not shared else f"{shared} figures are also in the reference: quality control sends it back"
        why = "no twelve notes in a row share their intervals and durations with the melody or the bass that were heard"
        out.append(_decision("reference: whose tune", choice, why if not shared else "every take came too near"))
    return out


def changes_per_bar(form: Form, harmony: dict[str, SectionHarmony]) -> float:
    """Chord changes per bar of the whole song."""
    symbols = [event.symbol for slot in form.slots for event in harmony[slot.id].events]
    changes = sum(a != b for a, b in pairwise(symbols))
    return changes / max(form.bars, 1)


def _decision(topic: str, choice: str, why: str, **parameters: object) -> Decision:
    return Decision(stage=Stage.COMPOSITION, topic=topic, choice=choice, why=why, parameters=parameters)
