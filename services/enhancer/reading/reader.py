"""All readers over one prompt, in the order that lets the surer one take its words first."""

import re
from dataclasses import dataclass, field, replace

from services.enhancer.reading.bar_lengths import read_bars
from services.enhancer.reading.chords import Progressions, read_chords
from services.enhancer.reading.durations import read_duration, read_era
from services.enhancer.reading.endings import read_ending
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.genres import Styles, read_styles
from services.enhancer.reading.instruments import Players, read_players
from services.enhancer.reading.keys import KeyWords, read_key
from services.enhancer.reading.left_over import left_over
from services.enhancer.reading.meters import read_meter
from services.enhancer.reading.moments import Moments, read_moments
from services.enhancer.reading.moods import Feelings, read_feelings
from services.enhancer.reading.production import Sound, read_sound
from services.enhancer.reading.structure import Plan, Wishes, read_structure, read_wishes
from services.enhancer.reading.style_of import Models, read_models
from services.enhancer.reading.tempo import TempoWord, read_tempo, read_tempo_word, tempo_word_places
from services.enhancer.reading.text import Text
from services.enhancer.reading.vocabulary import GENRE, HYBRID, MOOD, NEAR, PRODUCTION, vocabulary

_NAMED_BEINGS = re.compile(
    r"(?<!\w)(?:dog|cat|puppy|kitten|horse|parrot|hamster|rabbit|bird|goldfish|daughter|son|wife|husband|girlfriend|boyfriend|brother|sister|friend|boss|teacher|neighbou?r"
    r"|Hund|Katze|Hündin|Kater|Pferd|perr[oa]|gat[oa]|caballo|chien|chienne|chat|chatte|cachorr[oa]|cavalo|cane|gatto)(?: (?:named|called|namens|llamad[oa]|appelée?|chamad[oa]))?,? ([A-ZÀ-Ý][\w'-]+(?: [A-ZÀ-Ý][\w'-]+)?)"  # noqa: E501  a table of words or one pattern
)
"""What a pet or a person is called is no wish: "my dog Piano and my cat Viola"."""


@dataclass(frozen=True)
class Words:
    """Everything that the words of a prompt state, before anything is inferred."""

    tempo: Finding[float] | None = None
    tempo_word: TempoWord | None = None
    key: KeyWords = field(default_factory=KeyWords)
    meter: Finding[str] | None = None
    duration: Finding[float] | None = None
    bars: Finding[int] | None = None
    """How many bars the whole piece is to have, where no time was said."""
    era: Finding[int] | None = None
    chords: Progressions | None = None
    structure: Finding[Plan] | None = None
    ending: Finding[str] | None = None
    wishes: Wishes = field(default_factory=Wishes)
    moments: Moments = field(default_factory=Moments)
    styles: Styles = field(default_factory=Styles)
    feelings: Feelings = field(default_factory=Feelings)
    players: Players = field(default_factory=Players)
    sound: Sound = field(default_factory=Sound)
    models: Models = field(default_factory=Models)
    notes: tuple[str, ...] = ()
    """What was said and cannot be held: a second tempo, a script that is not read."""
    understood: bool = True
    """False where no reader found anything at all."""


def read_words(text: Text) -> Words:
    """Read a prompt. Raises BadInput for a stated number that cannot be, such as 5000 bpm."""
    lexicon = vocabulary()
    first = lexicon.find(text)
    models = read_models(text, first)
    for match in first:
        if any(name == artist.name for artist in models.artists for _, name in match.senses):
            text.take(match.start, match.end)
    for named in _NAMED_BEINGS.finditer(text.original):
        text.take(*named.span(1))
    chords = read_chords(text)
    structure = read_structure(text)
    moments = read_moments(text)
    wishes = read_wishes(text) if structure is None else Wishes()
    era = read_era(text)
    places = [place for m in first if m.ids(GENRE) or m.ids(NEAR) or m.ids(HYBRID) for place in (m.start, m.end)]
    places += tempo_word_places(text)
    soft = [place for m in first if m.ids(MOOD) or m.ids(PRODUCTION) for place in (m.start, m.end)]
    meter = read_meter(text)
    tempo = read_tempo(text, places, soft)
    before = bytes(text.taken)
    key = read_key(text)
    if tempo is None:
        tempo = read_tempo(text, [*places, *_edges(before, text.taken)], soft)
    duration = read_duration(text)
    bars = read_bars(text) if duration is None and structure is None else None
    ending = read_ending(text)
    for place in moments.quiet:
        text.take(*place)
    matches = lexicon.find(text)
    styles = read_styles(text, matches)
    leads = [name for m in matches for name in m.ids(NEAR)][:1] if styles.near_leads else []
    words = Words(
        tempo=tempo,
        tempo_word=read_tempo_word(text),
        key=key,
        meter=meter,
        duration=duration,
        bars=bars,
        era=era,
        chords=chords,
        structure=structure,
        ending=ending,
        wishes=wishes,
        moments=moments,
        styles=styles,
        feelings=read_feelings(text, matches),
        players=read_players(text, matches, [*leads, *styles.genres]),
        sound=read_sound(text, matches),
        models=models,
    )
    words = replace(words, notes=left_over(text, tempo, key.key))
    return words if _anything(words) else Words(models=models, notes=words.notes, understood=False)


def _edges(before: bytes, after: bytearray) -> list[int]:
    """Where what was taken since begins and ends."""
    taken = [place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    return [taken[0], taken[-1] + 1] if taken else []


def _anything(words: Words) -> bool:
    return bool(
        words.tempo or words.tempo_word or words.key.key or words.key.mode or words.meter or words.duration or words.bars or words.era
        or words.chords or words.structure or words.ending or words.moments
        or words.wishes or words.styles.genres or words.feelings.moods or words.feelings.refused or words.players.wanted
        or words.players.unwanted or words.sound.production or words.sound.uses or words.sound.energy is not None or words.models.artists
    )  # fmt: skip
