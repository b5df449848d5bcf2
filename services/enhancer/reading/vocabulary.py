"""The one lexicon of styles, moods, instruments, artists, production and uses, in every language that the tables hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from services.enhancer.reading.inflection import inflected
from services.enhancer.reading.lexicon import Lexicon, Sense, entries
from services.enhancer.reading.tables import names, table
from services.enhancer.reading.text import words_of
from services.music.packs.genres import genres, packs_in_use
from services.music.packs.instruments import instruments
from services.music.packs.moods import moods

GENRE, NEAR, HYBRID, MOOD = "genre", "near", "hybrid", "mood"
INSTRUMENT, FAMILY, STAND_IN = "instrument", "family", "stand_in"
MARKED = ("de", "es", "fr", "it", "nl", "pt")
"""Languages in Latin letters besides English: the spelling of others is never close to an English word."""
ARTIST, SONG, PRODUCTION, USE, STOP = "artist", "song", "production", "use", "stop"


@dataclass(frozen=True)
class Near:
    """A style without a pack: the packs that play it and its own tempo and colour."""

    id: str
    name: str
    synonyms: tuple[str, ...]
    plays: tuple[str, ...]
    tempo_bpm: tuple[float, float, float]
    minor_share: float | None = None
    moods: tuple[str, ...] = ()
    production: tuple[str, ...] = ()
    band: tuple[str, ...] = ()


@dataclass(frozen=True)
class Artist:
    """What "in the style of" an artist means: traits, never a melody."""

    name: str
    genres: tuple[str, ...]
    tempo_bpm: tuple[float, float]
    moods: tuple[str, ...] = ()
    production: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    alone: bool = False
    """Whether the bare name is unmistakable; otherwise "in the style of" or its like must stand beside it."""
    by: str = ""
    """Whose it is, where this is a song."""
    meter: str | None = None

    @property
    def called(self) -> str:
        """The name, of a song with its author."""
        return f"{self.name} ({self.by})" if self.by else self.name


def near_genres() -> dict[str, Near]:
    """Styles without a pack, by id; those that have become packs fall away, and so do packs that do not exist."""
    return _near_genres(packs_in_use())


@cache
def _near_genres(_packs: object) -> dict[str, Near]:
    found = {}
    for name, entry in table("near_genres").items():
        if name not in genres():
            found[name] = Near(id=name, **_frozen(entry))
    return found


@cache
def artists() -> dict[str, Artist]:
    """The artists whose traits are known, by name."""
    found = {}
    for name, entry in table("artists").items():
        found[name] = Artist(name=name, **_frozen(entry))
    return found


@cache
def songs() -> dict[str, Artist]:
    """The songs whose traits are known, by title: traits as an artist's, never a melody."""
    return {name: Artist(name=name, **_frozen(entry)) for name, entry in table("songs").items()}


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def packs_of(style: str) -> tuple[str, ...]:
    """The packs that play a style: itself where it is one, else those of its entry; () for an unknown name."""
    if style in genres():
        return (style,)
    return near_genres()[style].plays if style in near_genres() else ()


def vocabulary() -> Lexicon:
    """Everything that can be named, as one lexicon: the longest phrase wins whatever its kind."""
    return _vocabulary(packs_in_use())


@cache
def _vocabulary(_packs: object) -> Lexicon:
    forgivable = frozenset({GENRE, NEAR, MOOD, INSTRUMENT, FAMILY, STAND_IN})
    lexicon = Lexicon.build(all_entries(), ordinary_words(), forgivable, frozenset({GENRE, NEAR, INSTRUMENT}))
    lexicon.foreign, lexicon.marked = foreign_words()
    return lexicon


def ordinary_words() -> list[str]:
    """Everyday words that lie close to a word of the vocabulary."""
    entry = table("words")["ordinary"]
    return [*entry["words"], *" ".join(table("everyday").values()).split()]


def foreign_words() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Single words of other languages alone, and those of them that always bear marks, with their languages."""
    homely: set[str] = set()
    spoken: dict[str, set[str]] = {}
    plain: set[str] = set()
    for phrase, _ in (*_own_entries(), *_foreign("languages/en")):
        homely.add(phrase.lower())
        homely.update(words_of(phrase)[:1] if " " not in phrase else ())
    for language in names("languages"):
        name = language.rpartition("/")[2]
        if name in MARKED:
            for phrase, _ in _foreign(language):
                small = phrase.lower()
                if " " not in small and (forms := words_of(small)) and len(forms) == 1 and forms[0] not in homely:
                    spoken.setdefault(forms[0], set()).add(name)
                    plain.update(forms if small.isascii() else ())
    foreign = {word: frozenset(languages) for word, languages in spoken.items()}
    return foreign, {word: languages for word, languages in foreign.items() if word not in plain}


def all_entries() -> Iterator[tuple[str, Sense]]:
    """Every phrase with its sense, in every language. A name of a style without a pack is left to that style."""
    owners = {words_of(phrase): near.id for near in near_genres().values() for phrase in (near.name, near.id, *near.synonyms)}
    for phrase, (kind, name) in _entries():
        if kind not in (GENRE, NEAR, HYBRID) or owners.get(words_of(phrase), name) == name:
            yield phrase, (kind, name)


def _entries() -> Iterator[tuple[str, Sense]]:
    yield from _own_entries()
    for language in names("languages"):
        yield from _foreign(language)
    yield "dubstep bass", (GENRE, "dubstep")


def _own_entries() -> Iterator[tuple[str, Sense]]:
    """What needs no language: packs, styles, players, artists, production and uses by their English names."""
    for name, pack in genres().items():
        yield from ((phrase, (GENRE, name)) for phrase in (pack.name, name, *pack.synonyms))
    for name, near in near_genres().items():
        yield from ((phrase, (NEAR, name)) for phrase in (near.name, name, *near.synonyms))
    yield from ((phrase, (HYBRID, phrase)) for phrase in table("hybrids"))
    extra = table("instruments_extra")
    for name, family in extra["families"].items():
        yield from ((phrase, (FAMILY, name)) for phrase in family["phrases"])
    yield from _unless_family(_instrument_entries())
    for name, phrases in extra["stand_ins"].items():
        yield from ((phrase, (STAND_IN, name)) for phrase in phrases)
    for name, mood in moods().items():
        yield from ((phrase, (MOOD, name)) for phrase in (mood.name, name, *mood.synonyms))
    for name, artist in artists().items():
        yield from ((phrase, (ARTIST, name)) for phrase in (name, *artist.aliases))
    for name, song in songs().items():
        yield from ((phrase, (SONG, name)) for phrase in (name, *song.aliases))
    for name, phrases in table("production").items():
        yield from ((phrase, (PRODUCTION, name)) for phrase in (name, *phrases))
    for name, use in table("uses").items():
        yield from ((phrase, (USE, name)) for phrase in use["phrases"])
    yield from ((phrase, (STOP, phrase)) for phrase in table("words")["stop"]["phrases"])


def _instrument_entries() -> Iterator[tuple[str, Sense]]:
    for name, entry in instruments().items():
        yield from ((phrase, (INSTRUMENT, name)) for phrase in (entry.name, name, *entry.synonyms))


def _unless_family(pairs: Iterator[tuple[str, Sense]]) -> Iterator[tuple[str, Sense]]:
    """A word that names a family ("guitar") is left to the family, which knows what "no guitar" forbids."""
    taken = {words_of(phrase) for family in table("instruments_extra")["families"].values() for phrase in family["phrases"]}
    return ((phrase, sense) for phrase, sense in pairs if words_of(phrase) not in taken)


def _foreign(language: str) -> Iterator[tuple[str, Sense]]:
    known = table(language)
    kinds = (
        (INSTRUMENT, "instruments"),
        (FAMILY, "families"),
        (STAND_IN, "stand_ins"),
        (MOOD, "moods"),
        (USE, "uses"),
        (PRODUCTION, "production"),
    )
    for kind, section in kinds:
        pairs = entries(known.get(section, {}), kind)
        yield from inflected(language, pairs) if kind == MOOD else _unless_family(pairs) if language.endswith("/en") else pairs
    for name, phrases in known.get("genres", {}).items():
        kind = GENRE if name in genres() else NEAR
        yield from inflected(language, ((phrase, (kind, name)) for phrase in phrases))


@cache
def scope_words() -> Lexicon:
    """Words that negate, restrict, join and fill, whose sense is (kind, position)."""
    words = table("words")
    pairs = [(w, ("negation", "before")) for w in words["negation"]["before"]]
    pairs += [(w, ("negation", "after")) for w in words["negation"]["after"]]
    pairs += [(w, ("negation", place)) for place in ("out", "field") for w in words["negation"][place]]
    pairs += [(w, ("affirm", "")) for w in words["negation"]["affirm"]]
    pairs += [
        (w, sense) for w in words["moderate"]["phrases"] for sense in (("negation", "before"), ("moderate", ""), ("strict", "before"))
    ]
    pairs += [(w, ("strict", "before")) for w in words["negation"]["list_strict"]]
    pairs += [(w, ("only", "before")) for w in words["only"]["before"]]
    pairs += [(w, ("only", "after")) for w in words["only"]["after"]]
    pairs += [(w, ("filler", "")) for w in words["fillers"]["words"]]
    pairs += [(w, ("joiner", "")) for w in words["fillers"]["joiners"]]
    pairs += [(w, ("more", "")) for w in words["intensity"]["more"]]
    pairs += [(w, ("less", "")) for w in words["intensity"]["less"]]
    return Lexicon.build(pairs)
