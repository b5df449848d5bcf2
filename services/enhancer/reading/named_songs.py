"""Songs named as models: known ones stand for their traits; unknown ones are told in a note, and no title is read as a wish."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.enhancer.reading.lexicon import Match
from services.enhancer.reading.text import Text, words_of
from services.enhancer.reading.vocabulary import ARTIST, SONG, Artist, songs, vocabulary

_QUOTED = re.compile(
    r"\"([^\"\n]{2,60})\"|(?<!\w)'([^'\n]{3,60})'(?!\w)|«\s*([^»\n]{2,60}?)\s*»|„([^“”\"\n]{2,60})[“”\"]|「([^」\n]{1,40})」|『([^』\n]{1,40})』|《([^》\n]{1,40})》|〈([^〉\n]{1,40})〉"
)
_LIKE = re.compile(
    r"(?:(?<![a-z])(?:like|similar to|(?:style|vein|vibe|spirit|manner|feel) of|inspired by|reminiscent of|based on|cover of|version of|remix of|homage to|tribute to|reference:?|think|à la|a la|como|parecid[oa] (?:a|com)"  # noqa: E501  a table of words or one pattern
    r"|(?:al )?estilo(?: de)?|as[ií] como|wie|ähnlich wie|im stil von|comme|façon|dans le style de|(?:no|ao) estilo de|tipo|come|simile a|как|zoals)|像|类似|類似|跟|和|仿照)\s*"  # noqa: E501  a table of words or one pattern
    r"(?:(?:the (?:song|track|tune|piece|theme)|la canci[oó]n|das (?:lied|stück)|la chanson|le morceau|a m[uú]sica|歌曲|那首)\s*)?$"
)
_LIKE_AFTER = re.compile(
    r"\s*(?:by\s|von\s|de\s|di\s|みたい|のよう|ような|風|っぽい|那样|那樣|那种|一样|一樣|的风格|的感觉|差不多|に似た|처럼|같은|-?type|-?style)"
)
_OWN = re.compile(
    r"(?:(?<![a-z])(?:called|titled|named|entitled|title(?: is)?:?|llamad[ao]|titulad[ao]|t[ií]tulo:?|namens|mit dem titel|titel:?|heißt|intitulée?|appelée?|titre:?|chamad[ao]|intitulad[ao])|叫做?|名为|题为|タイトルは?)\s*$"  # noqa: E501  a table of words or one pattern
)
_OWN_AFTER = re.compile(r"\s*という")
_BY = re.compile(r"\s+(?:by|von|de|di|from)\s+(?:the\s+)?[^\s,.;!?]+(?:\s+[A-Z][^\s,.;!?]*){0,3}")
_UNQUOTED = re.compile(r"(?:[Ll]ike|[Ss]imilar to)\s+((?:[A-Z][\w'-]*\s+){1,6})by\s+(?:[A-Z][\w'.-]*)")


@dataclass(frozen=True)
class NamedSongs:
    """Songs whose traits are taken, the words, titles that nobody here knows, and the user's own."""

    known: tuple[Artist, ...] = ()
    evidence: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


def read_songs(text: Text, matches: Sequence[Match]) -> NamedSongs:
    """The songs that a prompt names. What stands in a title is taken: it says nothing else."""
    known: list[Artist] = []
    quotes: list[str] = []
    unknown: list[str] = []
    own: list[str] = []
    for match in _QUOTED.finditer(text.original):
        title = next(group for group in match.groups() if group).strip(" ,.")
        song = _song(title)
        if song:
            known.append(song)
            quotes.append(_take(text, match.start(), match.end()))
        elif _is_pointed_at(text, match.start(), match.end()) and not _is_word(title):
            unknown.append(title)
            _take(text, match.start(), match.end(), by=False)
        elif _OWN.search(text.lower[max(0, match.start() - 24) : match.start()]) or _OWN_AFTER.match(text.lower, match.end()):
            own.append(title)
            text.take(*match.span())
    for found in matches:
        for name in found.ids(SONG)[:1]:
            if text.is_free(found.start, found.end) and not found.misspelt and _is_pointed_at(text, found.start, found.end):
                known.append(songs()[name])
                quotes.append(_take(text, found.start, found.end))
    for bare in _UNQUOTED.finditer(text.original):
        if text.is_free(*bare.span()) and not any(m.start < bare.end(1) and m.end > bare.start(1) and m.ids(ARTIST) for m in matches):
            unknown.append(bare.group(1).strip())
            text.take(*bare.span(1))
    return NamedSongs(tuple(dict.fromkeys(known)), tuple(quotes), tuple(dict.fromkeys(unknown)), tuple(dict.fromkeys(own)))


def _song(title: str) -> Artist | None:
    ids = [name for kind, name in vocabulary().senses(words_of(title) or ("",)) if kind == SONG]
    return songs()[ids[0]] if ids else None


def _is_word(title: str) -> bool:
    """Whether what was quoted is a word of music or an artist: 'a "lo-fi" beat', 'like "Daft Punk"'."""
    return bool(vocabulary().senses(words_of(title) or ("",)))


def _is_pointed_at(text: Text, start: int, end: int) -> bool:
    return bool(_LIKE.search(text.lower[max(0, start - 48) : start]) or _LIKE_AFTER.match(text.lower, end))


def _take(text: Text, start: int, end: int, *, by: bool = True) -> str:
    """Mark a title and the name after "by" as read; gives their words."""
    name = _BY.match(text.original, end) if by else None
    stop = name.end() if name else end
    text.take(start, stop)
    return text.quote(start, stop)
