"""Models, as in "in the style of": an artist's traits as genre, tempo, mood and sound; never a melody."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.enhancer.reading.lexicon import Match
from services.enhancer.reading.named_songs import read_songs
from services.enhancer.reading.text import Text, words_of
from services.enhancer.reading.vocabulary import ARTIST, Artist, artists, vocabulary

_BEFORE = re.compile(
    r"(?:in the (?:style|vein|manner|spirit|key style) of|style of|styled after|like|[àa] la|inspired by|influenced by|reminiscent of|(?:sounds?|sounding) like"  # noqa: E501  a table of words or one pattern
    r"|homage to|tribute to|similar to|channell?ing|evoking|think|something by|al estilo de|estilo|im stil von|wie|nach art von|dans le style de|à la manière de|façon|comme|no estilo de|ao estilo de|tipo|alla|come|как|som|[\"»”]\s+(?:by|von|de|di)|像|类似|類似|似|跟|和)\s*(?:a\s+|the\s+|old\s+|early\s+|late\s+|classic\s+|young\s+|vintage\s+|some\s+)?$"  # noqa: E501  a table of words or one pattern
)
_AFTER = re.compile(
    r"^(?:'s)?[\s-]*(?:style|type\b|type beat|-?esque|ish|inspired|influenced|vibes?|sound|那样|那樣|一样|差不多|的风格|的感觉|的味道|风格|風格|風|ふう|スタイル|みたい|のような|っぽい|meets|스타일)"  # noqa: E501  a table of words or one pattern
)
_UNKNOWN = re.compile(
    r"(?:[Ii]n the (?:style|vein|manner) of|[Aa]l estilo de|[Ii]m [Ss]til von|[Dd]ans le style de|[Nn]o estilo de)\s+((?:[^\W\d_][\w'.&-]*\s*){1,5})"  # noqa: E501  a table of words or one pattern
)
_UNKNOWN_BEAT = re.compile(r"(?<!\w)((?:[A-Z][\w'.&-]*\s+){1,3})type beat")
_STOP_WORD = re.compile(r"\s+(?:with|in|at|for|and|but|no|without|of|on|using|about|from|that|con|mit|avec|com)(?=\s|$).*$", re.IGNORECASE)


@dataclass(frozen=True)
class Models:
    """The artists whose traits are taken, the words, and names that nobody here knows."""

    artists: tuple[Artist, ...] = ()
    evidence: str | None = None
    unknown: tuple[str, ...] = ()
    unknown_titles: tuple[str, ...] = ()
    own_titles: tuple[str, ...] = ()


def read_models(text: Text, matches: Sequence[Match]) -> Models:
    """Artists that a prompt takes as its model. A name that is also a word counts only beside "in the style of"."""
    named = read_songs(text, matches)
    found: list[Artist] = list(named.known)
    quotes: list[str] = list(named.evidence)
    for match in matches:
        for name in match.ids(ARTIST)[:1]:
            artist = artists()[name]
            asked = _is_asked(text, match)
            if not match.misspelt and (asked or artist.alone) and artist not in found and text.is_free(match.start, match.end):
                found.append(artist)
                quotes.append(_quote(text, match))
    return Models(tuple(found), "; ".join(quotes) or None, _unknown(text, matches), named.unknown, named.own)


def _is_asked(text: Text, match: Match) -> bool:
    before = text.lower[max(0, match.start - 32) : match.start]
    after = text.lower[match.end : match.end + 16]
    joined = re.search(r"(?:and|&|meets|,)\s*$", before)
    return bool(
        _BEFORE.search(before)
        or _AFTER.match(after)
        or (joined and match.ids(ARTIST) and len(match.senses) == 1 and match.last - match.first > 1)
    )


def _quote(text: Text, match: Match) -> str:
    before = _BEFORE.search(text.lower[: match.start][-32:])
    start = match.start - len(before.group()) if before else match.start
    return text.quote(start, match.end)


def _unknown(text: Text, matches: Sequence[Match]) -> tuple[str, ...]:
    names = []
    for pattern in (_UNKNOWN, _UNKNOWN_BEAT):
        for match in pattern.finditer(text.original):
            name = _STOP_WORD.sub("", " " + match.group(1).strip()).strip(" .,-'&")
            start = match.start(1)
            known = [m for m in matches if m.start < match.end(1) and m.end > start and m.start < start + len(name) + 1]
            if name and not known and text.is_free(start, start + len(name)) and name.lower() not in ("a", "the", "an"):
                names.append(name)
    return tuple(dict.fromkeys(names))


def is_artist(phrase: str) -> bool:
    """Whether a phrase names an artist of the table: titles must not."""
    return any(sense[0] == ARTIST for sense in vocabulary().senses(words_of(phrase)))
