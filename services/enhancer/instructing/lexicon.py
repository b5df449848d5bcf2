"""The words of instructions as one lexicon: those of changes, and from the reading tables players, moods, tempos and sound."""

import tomllib
from collections.abc import Iterator
from functools import cache, reduce
from importlib.resources import files
from typing import Any

from services.enhancer.reading.lexicon import Lexicon, Sense
from services.enhancer.reading.sections import section_names
from services.enhancer.reading.tables import table
from services.enhancer.reading.text import words_of
from services.enhancer.reading.vocabulary import (
    FAMILY,
    INSTRUMENT,
    MOOD,
    PRODUCTION,
    STAND_IN,
    all_entries,
    foreign_words,
    ordinary_words,
)
from services.music.packs.genres import packs_in_use

ATTRIBUTE, DIRECTION, DEGREE, VERB, MARK, TARGET = "attribute", "direction", "degree", "verb", "mark", "target"
ROLE, PIECE, SOUND, SECTION, MARKING, FILLER = "role", "piece", "sound", "section", "marking", "filler"
PLAYERS = (INSTRUMENT, FAMILY, STAND_IN)
_FORGIVEN = frozenset({ATTRIBUTE, VERB, ROLE, PIECE, SECTION, MOOD, INSTRUMENT, FAMILY, STAND_IN})
_SPEEDS = {"very_slow": "fast-", "slow": "fast-", "fast": "fast+", "very_fast": "fast+"}
_REFUSALS = frozenset(["no", "without", "kein", "keine", "ohne", "sin", "sans", "sem", "little", "wenig", "poco", "peu"])
"""What such a phrase refuses is read as refused: "no reverb" is none, not only a dry sound."""
_SHORTEST = 4


@cache
def change_words() -> dict[str, Any]:
    """The tables of the words of changes, as one."""
    names = ("words.toml", "words_more.toml", "words_scope.toml")
    return reduce(_beside, (tomllib.loads((files(__package__) / name).read_text("utf-8")) for name in names))


def _beside(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Two tables as one: lists go on, tables are joined, all else stands in one of them."""
    out = dict(one)
    for name, value in other.items():
        known = one.get(name)
        out[name] = _beside(known, value) if isinstance(known, dict) else [*known, *value] if isinstance(known, list) else value
    return out


def lexicon() -> Lexicon:
    """Everything that an instruction may name."""
    return _lexicon(packs_in_use())


@cache
def _lexicon(_packs: object) -> Lexicon:
    built = Lexicon.build((*_changes(), *_refusals(), *_names(), *_fillers()), (*ordinary_words(), *_filler_words()), _FORGIVEN)
    own = {words_of(phrase)[0] for phrase, _ in _changes() if len(words_of(phrase)) == 1}
    foreign, marked = foreign_words()
    built.foreign = {word: languages for word, languages in foreign.items() if word not in own}
    built.marked = {word: languages for word, languages in marked.items() if word not in own}
    return built


def _changes() -> Iterator[tuple[str, Sense]]:
    """The words of changes, and what the reading tables say of speed and sound."""
    words = change_words()
    for name, entry in words["attributes"].items():
        for sign, kind in (("+", "plus"), ("-", "minus"), ("", "noun")):
            yield from ((phrase, (ATTRIBUTE, name + sign)) for phrase in entry[kind])
    for sign, kind in (("+", "plus"), ("-", "minus")):
        yield from ((phrase, (DIRECTION, sign)) for phrase in words["directions"][kind])
    for kind, group in (
        (DEGREE, "degrees"), (VERB, "verbs"), (MARK, "marks"), (TARGET, "targets"), (ROLE, "roles"), (PIECE, "pieces"), (SECTION, "sections"),  # noqa: E501  a table of words or one pattern
    ):  # fmt: skip
        for name, phrases in words[group].items():
            yield from ((phrase, (kind, name)) for phrase in phrases)
    yield from ((phrase, (SOUND, phrase)) for phrase in words["sounds"])
    yield from (
        (phrase, (SECTION, label)) for phrase, label in section_names().items() if phrase.split()[0] not in ("guitar", "piano", "sax")
    )
    tempo = table("tempo_words")
    yield from ((phrase, (ATTRIBUTE, id_)) for name, id_ in _SPEEDS.items() for phrase in (name, *tempo["relative"][name]["phrases"]))
    yield from ((term, (MARKING, term)) for term in tempo["markings"])


def _refusals() -> Iterator[tuple[str, Sense]]:
    """What else refuses in a prompt ("can't stand", "not a fan of"), and idioms that speak of nobody who plays ("no strings attached")."""
    own = {words_of(phrase) for phrase, _ in _changes()}
    words = table("words")
    refusals = [*words["negation"]["before"], *words["negation"]["after"]]
    verbs = {words_of(phrase) for phrases in change_words()["verbs"].values() for phrase in phrases}
    refusals = [phrase for phrase in refusals if words_of(phrase)[:1] not in verbs]  # to "drop the" drums is a verb here
    yield from ((phrase, (MARK, "not")) for phrase in refusals if words_of(phrase) not in own)
    yield from ((phrase, (FILLER, "")) for phrase in words["stop"]["phrases"] if words_of(phrase) not in own)


def _names() -> Iterator[tuple[str, Sense]]:
    """Players and moods as the reader knows them, its words of production as what they change, and the comparatives of moods."""
    production = change_words()["production"]
    directed = {words_of(phrase)[:1] for phrases in change_words()["directions"].values() for phrase in phrases}
    for phrase, (kind, name) in all_entries():
        if kind in PLAYERS and len(words_of(phrase)) > 1 and words_of(phrase)[:1] in directed:
            continue  # "more cowbell" asks for more of one
        if kind in PLAYERS:
            yield phrase, (kind, name)
        elif kind == MOOD:
            yield phrase, (MOOD, name)
            yield from ((compared, (MOOD, name)) for compared in _comparatives(phrase))
        elif kind == PRODUCTION and name in production and words_of(phrase)[0] not in _REFUSALS:
            yield phrase, (ATTRIBUTE, production[name])


def _comparatives(word: str) -> tuple[str, ...]:
    """English comparatives of a short adjective: "sadder", "happier", "calmer", "tenser"."""
    if not (word.isascii() and word.isalpha()) or not 3 <= len(word) <= 8 or word.endswith(("er", "ed", "ing")):
        return ()
    if word.endswith("y"):
        return (word[:-1] + "ier",)
    if word.endswith("e"):
        return (word + "r",)
    doubled = (word + word[-1] + "er",) if word[-1] in "bdgmnt" and word[-2] in "aeiou" else ()
    return (word + "er", *doubled)


def _fillers() -> Iterator[tuple[str, Sense]]:
    yield from ((phrase, (FILLER, "")) for phrase in change_words()["fillers"]["words"])


def _filler_words() -> Iterator[str]:
    for phrase in change_words()["fillers"]["words"]:
        yield from words_of(phrase)


def whole_word(form: str) -> str:
    """The one word of change that lacks a letter here: "loder" is louder, though it lies as close to lower. "" where there is none."""
    if len(form) < _SHORTEST or not form.isascii() or form in lexicon().ordinary:
        return ""
    near = _by_length().get((form[0], len(form) + 1), ())
    whole = [word for word in near if any(word[:i] + word[i + 1 :] == form for i in range(1, len(word)))]
    return whole[0] if len(whole) == 1 else ""


@cache
def _by_length() -> dict[tuple[str, int], tuple[str, ...]]:
    found: dict[tuple[str, int], list[str]] = {}
    for word in dict.fromkeys(words_of(phrase) for phrase, (kind, _) in _changes() if kind in (ATTRIBUTE, VERB, SECTION)):
        if len(word) == 1 and len(word[0]) > _SHORTEST + 1:
            found.setdefault((word[0][0], len(word[0])), []).append(word[0])
    return {key: tuple(words) for key, words in found.items()}
