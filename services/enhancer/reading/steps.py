"""The six recorded steps of reasoning and the brief in one paragraph, as readable sentences."""

from typing import Any

from contracts.brief import Brief, ReasoningStep, Stated
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from services.music.packs.moods import moods


def told(brief: Brief) -> Brief:
    """The brief with its `steps` and its `text`."""
    steps = tuple(
        ReasoningStep(name=name, text=text)
        for name, text in (
            ("intent", _intent(brief)),
            ("genre_and_style", _style(brief)),
            ("emotion", _emotion(brief)),
            ("instrumentation", _band(brief)),
            ("theory", _theory(brief)),
            ("technical", _technical(brief)),
        )
    )
    return brief.model_copy(update={"steps": steps, "text": paragraph(brief)})


def paragraph(brief: Brief) -> str:
    """The brief as one would say it to the band."""
    mood = _listed([moods()[m].name.lower() for m in brief.moods.value if m in moods()])
    style = _listed([genres()[g].name for g in brief.genres.value if g in genres()])
    opening = (
        f'"{brief.title}": {_article(mood or style)} {mood + ", " if mood else ""}{style} piece in {brief.key.value}, {brief.meter.value},'
        f" at {brief.tempo_bpm.value:g} BPM, {clock(brief.duration_s.value)} long."
    )
    without = _names(brief.instruments_without.value)
    left_out = f", without {_listed(without)}" if 0 < len(without) <= 6 else ""
    players = _listed(_names(brief.instruments_with.value))
    alone = not brief.instruments_with.is_stated or len(without) > 6
    sentences = [
        opening,
        f"It is played by {players}{left_out}." if alone else f"In the band: {players}{left_out}; the style adds the rest.",
    ]
    if brief.structure.value:
        sentences.append(f"Form: {', '.join(_section(s.label, s.bars) for s in brief.structure.value)}.")
    if brief.chords.value:
        sentences.append("Chords: " + "; ".join(f"{label}: {_bars(bars)}" for label, bars in brief.chords.value.items()) + ".")
    if brief.production.value:
        sentences.append(f"Sound: {', '.join(brief.production.value)}.")
    if brief.use.is_stated:
        sentences.append(f"For: {brief.use.value}.")
    return " ".join(sentences)


def _intent(brief: Brief) -> str:
    stated = [name for name, value in fields(brief).items() if value.is_stated]
    use = f"Music for {brief.use.value}" if brief.use.is_stated else "Music to listen to"
    said = f"stated are {_listed([name.replace('_', ' ') for name in stated])}" if stated else "nothing was stated outright"
    return f"{use}, {clock(brief.duration_s.value)} long; {said}, the rest is inferred."


def _style(brief: Brief) -> str:
    names = [genres()[g].name for g in brief.genres.value if g in genres()]
    lead = f"{names[0]} leads" + (f", coloured by {_listed(names[1:])}" if names[1:] else "")
    model = f" Model: the traits of {brief.style_of.value}, no melody." if brief.style_of else ""
    return f"{lead}{_because(brief.genres)}.{model} Sound: {_listed(brief.production.value) or 'that of the style'}."


def _emotion(brief: Brief) -> str:
    named = [moods()[m] for m in brief.moods.value if m in moods()]
    feeling = _listed([m.name.lower() for m in named]) or "open"
    touch = (
        f" That asks for {named[0].dynamics} and {named[0].articulation}, with {_listed(named[0].chord_colours)} chords." if named else ""
    )
    return f"Feeling: {feeling}{_because(brief.moods)}. Energy {brief.energy.value:.2f}, valence {brief.valence.value:.2f} of 1.{touch}"


def _band(brief: Brief) -> str:
    without = brief.instruments_without
    out = f" Not to be heard: {_listed(_names(without.value))}{_because(without)}." if without.value else ""
    rest = ", with whom the style likes" if brief.instruments_with.is_stated and len(without.value) <= 6 else ""
    return f"Playing: {_listed(_names(brief.instruments_with.value))}{_because(brief.instruments_with)}{rest}.{out}"


def _theory(brief: Brief) -> str:
    form = ", ".join(_section(s.label, s.bars) for s in brief.structure.value) or "the composer's choice"
    chords = "; ".join(f"{label}: {_bars(bars)}" for label, bars in brief.chords.value.items()) or "the composer's choice"
    return (
        f"{brief.key.value}{_because(brief.key)}; {brief.meter.value}{_because(brief.meter)}; {brief.tempo_bpm.value:g} BPM{_because(brief.tempo_bpm)}. "  # noqa: E501  a table of words or one pattern
        f"Form: {form}{_because(brief.structure)}. Chords: {chords}."
    )


def _technical(brief: Brief) -> str:
    return f"{brief.duration_s.value:g} seconds{_because(brief.duration_s)}, 48 kHz, 24 bit, stereo."


def fields(brief: Brief) -> dict[str, Stated[Any]]:
    """The brief's fields that carry a source, by name."""
    return {name: getattr(brief, name) for name in type(brief).model_fields if isinstance(getattr(brief, name), Stated)}


def _because(field: Stated[Any]) -> str:
    if field.is_stated:
        return f" ('{field.evidence}')" if field.evidence else " (stated)"
    return f" ({field.reason})" if field.reason else ""


def _section(label: str, bars: int | None) -> str:
    return f"{label} {bars}" if bars else label


def _bars(bars: tuple[str, ...]) -> str:
    return " | ".join(bars)


def _names(ids: tuple[str, ...]) -> list[str]:
    return [instruments()[i].name.lower() for i in ids if i in instruments()]


def _listed(items: Any) -> str:
    words = list(items)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""


def _article(word: str) -> str:
    return "an" if word[:1].lower() in "aeiou" else "a"


def clock(seconds: float) -> str:
    """Minutes and seconds: "2:00"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
