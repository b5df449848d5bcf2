"""From a prompt and options to the brief: the pure heart of the enhancer."""

from contracts.brief import Brief
from contracts.context import Options
from contracts.features import Features, PictureFeatures
from contracts.given import Given
from contracts.preferences import Preferences
from services.enhancer.reading.band_fields import band_fields
from services.enhancer.reading.brought_fields import (
    brought_duration,
    lyrics_field,
    note_conflicts,
)
from services.enhancer.reading.case import Case
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.heard_chords import asks_for_chords
from services.enhancer.reading.options import read_options
from services.enhancer.reading.over import Over
from services.enhancer.reading.pointing import beside_reference
from services.enhancer.reading.precedence import note_order
from services.enhancer.reading.reader import Words, read_words
from services.enhancer.reading.section_notes import note_sections
from services.enhancer.reading.steps import fields, told
from services.enhancer.reading.style_fields import (
    energy_field,
    genres_field,
    lent_field,
    moods_field,
    production_field,
    style_of_field,
    use_field,
    valence_field,
)
from services.enhancer.reading.text import Text, whole
from services.enhancer.reading.theory_fields import (
    agreed,
    chords_field,
    counted_duration,
    duration_field,
    key_field,
    meter_field,
    structure_field,
    tempo_field,
)
from services.enhancer.reading.titles import title_for
from services.enhancer.taste.leaning import Taste
from services.music.lyrics import read_lyrics


def read_prompt(
    prompt: str,
    options: Options,
    features: Features | None = None,
    *,
    seed: int = 0,
    given: Given | None = None,
    lyrics: str = "",
    preferences: Preferences | None = None,
    over: Over | None = None,
    picture: PictureFeatures | None = None,
) -> Brief:
    """Read a prompt offline, deterministically: same inputs and seed, same brief.

    Options are stated facts and win over the prompt; a reference's features steer what is not stated.
    What was brought as notes (`given`) states its tempo, meter, key and length, unless words or options say otherwise.
    A `picture` leans what neither words nor notes nor a recording say.
    `preferences` (what was learned of the user's taste) lean what is still open after all of these.
    The facts of `over` (an edited brief, or a model's proposals) stand over words and options; beside them the prompt may be empty.

    Raises:
        BadInput: an empty prompt, one of more than 10,000 characters, or a stated value that cannot be, naming field,
            value and what is allowed.
    """
    prompt = whole(prompt)
    text = Text.of(prompt) if prompt.strip() or over is None else Text.quoted("")
    stated = read_options(options)
    if features is not None:
        text = Text.quoted(beside_reference(text.shown or text.original))
    words = Words() if options.enhance == "off" or not text.original.strip() else read_words(text)
    if over is not None:
        stated, words = over.laid_on(stated, words)
    case = Case(words, stated, features, seed, given, read_lyrics(lyrics) if lyrics else (), taste=Taste(preferences or Preferences()))
    case.picture = picture
    case.same_chords = asks_for_chords(prompt) if features is not None and options.enhance != "off" else None
    for note in words.notes:
        case.note(note)
    if options.enhance == "off":
        case.note("Enhancement is off: only the options and the style's defaults are used.")
    elif not words.understood and features is None and picture is None:
        case.note("No musical words were recognised in the prompt; the brief is neutral.")
    brief = settle(case, "" if options.enhance == "off" else prompt)
    return over.written(brief) if over is not None else brief


def settle(case: Case, prompt: str) -> Brief:
    """The fields in the order in which they depend on each other, then the words about them."""
    style_of = style_of_field(case)
    genres = genres_field(case)
    lead = genres.value[0]
    moods = moods_field(case)
    valence = valence_field(case, lead, moods.value)
    meter = meter_field(case, lead)
    tempo = tempo_field(case, lead, moods.value if moods.is_stated else (), meter.value)
    key = key_field(case, lead, moods.value, valence.value)
    stated_duration: Finding[float] | None = case.given.duration or case.words.duration
    ending: Finding[str] | None = case.given.ending or case.words.ending
    stated_duration = (
        stated_duration or counted_duration(case, tempo.value, meter.value) or brought_duration(case, tempo.value, meter.value)
    )
    note_conflicts(case, tempo, key, meter)
    structure = structure_field(case, lead, tempo.value, meter.value, stated_duration.value if stated_duration else None)
    duration = duration_field(case, structure, tempo.value, meter.value, lead)
    structure, duration = agreed(case, structure, duration, tempo.value, meter.value)
    wanted, unwanted = band_fields(case, genres.value)
    chords = chords_field(case, key.value, lead)
    note_sections(case, structure, chords.value)
    brief = Brief(
        tempo_bpm=tempo,
        key=key,
        meter=meter,
        duration_s=duration,
        genres=genres,
        moods=moods,
        energy=energy_field(case, lead, moods.value),
        valence=valence,
        instruments_with=wanted,
        instruments_without=unwanted,
        structure=structure,
        chords=chords,
        production=production_field(case),
        use=use_field(case),
        lent=lent_field(case, genres.value),
        style_of=style_of,
        ending=ending.stated() if ending else None,
        lyrics=lyrics_field(case),
    )
    note_order(case, fields(brief))
    brief = brief.model_copy(update={"title": title_for(prompt, case.seed, energy=brief.energy.value, valence=brief.valence.value)})
    return told(brief.model_copy(update={"notes": tuple(case.notes)}))
