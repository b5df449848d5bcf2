"""The composer's decisions in a musician's words."""

from contracts.brief import Brief
from contracts.context import Decision
from contracts.music import Key
from contracts.pipeline import Stage
from services.generator.composition.form import Form
from services.generator.composition.harmony import SectionHarmony
from services.generator.composition.harmony_telling import harmony_why
from services.generator.composition.melody import Melody
from services.generator.composition.slowing import slows
from services.generator.feeling import Feeling
from services.music.packs.genres import GenrePack
from services.music.packs.instruments import instrument

_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")


def form_decision(form: Form, brief: Brief, pack: GenrePack) -> Decision:
    """Which sections, and why."""
    choice = ", ".join(f"{slot.label} {slot.bars}" for slot in form.slots)
    why = (
        (brief.structure.reason or "the sections were stated" if not brief.structure.is_stated else "the sections were stated")
        if form.stated
        else f"{form.source}, {pack.name.lower()}: {form.bars} bars fill {brief.duration_s.value:g} s at {brief.tempo_bpm.value:g} bpm"
    )
    why += {"loop": "; the end leads back into the beginning", "cut": "; it stops without an ending", "fade": "; it fades out"}.get(
        form.ending, ""
    )
    if form.notes:
        why += "; " + "; ".join(form.notes)
    peak = max(form.slots, key=lambda slot: slot.energy)
    return Decision(
        stage=Stage.COMPOSITION,
        topic="form",
        choice=choice,
        why=f"{why}; the energy peaks in {peak.id}",
        parameters={"bars": form.bars, "tail_s": form.tail_s, "energy": {slot.id: slot.energy for slot in form.slots}},
    )


def slowing_decision(form: Form, brief: Brief, ritard: float) -> list[Decision]:
    """That the song slows into its last chord, where it does."""
    if ritard <= 0.0 or not slows(form.bars):
        return []
    return [
        Decision(
            stage=Stage.COMPOSITION,
            topic="ending",
            choice=f"the last chord is reached {ritard:.0%} slower than {brief.tempo_bpm.value:g} bpm",
            why="calm songs of this style broaden into their last chord; a stated tempo would be kept to the end",
            parameters={"ritard": ritard},
        )
    ]


def harmony_decision(form: Form, harmony: dict[str, SectionHarmony], key: Key) -> Decision:
    """The progressions by function, in Roman numerals."""
    shown: dict[str, str] = {}
    for slot in form.slots:
        shown.setdefault(slot.function, harmony[slot.id].numerals)
    lines = dict.fromkeys(shown.values())
    names = {line: "/".join(f for f, shown_line in shown.items() if shown_line == line) for line in lines}
    return Decision(
        stage=Stage.COMPOSITION,
        topic="harmony",
        choice="; ".join(f"{name}: {line}" for line, name in names.items()),
        why=harmony_why(form, harmony, key),
        parameters={slot.id: " | ".join(e.symbol for e in harmony[slot.id].events) for slot in form.slots},
    )


def mood_decision(brief: Brief, feeling: Feeling, harmony: dict[str, SectionHarmony]) -> list[Decision]:
    """What the moods changed, where there are moods."""
    if not brief.moods.value:
        return []
    side = "darker" if feeling.brightness < 0 else "brighter" if feeling.brightness > 0 else "the style's own"
    qualities = sorted({e.chord.quality for section in harmony.values() for e in section.events if e.chord.quality not in ("", "m")})
    height = "" if not feeling.register else f", lines {abs(feeling.register)} semitones {'higher' if feeling.register > 0 else 'lower'}"
    return [
        Decision(
            stage=Stage.COMPOSITION,
            topic="mood",
            choice=f"{' and '.join(feeling.words)}, {side} progressions{height}",
            why=f"{', '.join(brief.moods.value)}: how players and chords say it beside tempo and key",
            parameters={"velocity": feeling.velocity, "length": feeling.length, "accent": feeling.accent, "qualities": qualities},
        )
    ]


def melody_decision(lead: str, line: Melody, key: Key, cost: float, takes: int) -> Decision:
    """Who leads, and the hook as note names."""
    hook = " ".join(_NAMES[t.pitch % 12] for t in line.hook)
    pitches = [note.pitch for note in line.notes]
    span = max(pitches) - min(pitches) if pitches else 0
    return Decision(
        stage=Stage.COMPOSITION,
        topic="melody",
        choice=f"{instrument(lead).name} leads" + (f"; hook {hook}" if hook else ""),
        why=f"the best of {takes} takes by the critic, in {key}: a range of {span} semitones, a palette of {line.palette} bar rhythms",
        parameters={"notes": len(line.notes), "critic_cost": round(cost, 3), "range": span},
    )


def counter_decision(second: str, lead: str, notes: int) -> Decision:
    """Who answers the lead."""
    return Decision(
        stage=Stage.COMPOSITION,
        topic="counter-melody",
        choice=f"{instrument(second).name} answers {instrument(lead).name.lower()}",
        why="it speaks in the lead's silences with the hook's rhythm, and joins the last hook in thirds and sixths",
        parameters={"notes": notes},
    )


def silence_decision() -> Decision:
    """Why there is no melody."""
    return Decision(
        stage=Stage.COMPOSITION,
        topic="melody",
        choice="no melody",
        why="none of the instruments that are wanted can carry one",
    )
