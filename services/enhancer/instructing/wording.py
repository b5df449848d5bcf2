"""Words that are quoted rather than read: a title, lines to sing, and the wish to have an earlier version back.

They are found first and taken out of the text, since what a song is called or sings changes nothing else in it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contracts.edits import Edit, LyricsEdit, Outline, TitleEdit
from services.enhancer.instructing.lexicon import change_words
from services.enhancer.reading.text import Text

_QUOTES = (('"', '"'), ("'", "'"), ("«", "»"), ("„", '"'), ("„", "“"), ("「", "」"), ("『", "』"), ("《", "》"))
_QUOTED = "|".join(
    rf"{re.escape(a)}[^{re.escape(b)}\n]{{1,200}}{re.escape(b)}(?!\w)" if a != "'" else r"(?<!\w)'(?:[^'\n]|'(?=\w)){1,200}'(?!\w)"
    for a, b in _QUOTES
)
_BARE = r"[^,;!?\n]{1,120}?"
_SONG = r"(?:(?:this|that) one|it|this|that|(?:the|this|my|our) (?:song|track|tune|piece|thing))"
_LIED = r"(?:es|ihn|(?:das|den|dieses|diesen|mein|meinen) (?:lied|song|st[üu]ck|track|titel))"
_END = r"(?=\s*(?:$|[,;!?\n]|\.(?:\s|$)|\s(?:and|but|und|aber|y|pero|et|mais|mas|ma|e)\s+[a-zà-ÿ]))"
_WORDS_OF_TITLES = (
    rf"(?:please |let's |just )?(?:re)?(?:call|name|title)\s+{_SONG}(?: something like| to| as)?\s*:?\s+(?P<t>{_QUOTED}|{_BARE}){_END}",
    (
        rf"(?:(?:change|set|make|switch) )?(?:the |its |song |new |working )*(?:title|name)(?: of (?:it|the song|this song))?"
        rf"(?: to| should be| is| will be| shall be|\s*[:=])\s*(?P<t>{_QUOTED}|{_BARE}){_END}"
    ),
    rf"{_SONG} (?:should be|shall be|will be|to be|is) (?:called|named|titled)\s+(?P<t>{_QUOTED}|{_BARE}){_END}",
    rf"(?:nenne?|taufe?|benenne?)\s+{_LIED}(?: um in| in| bitte)?\s*:?\s+(?P<t>{_QUOTED}|{_BARE}){_END}",
    (
        rf"(?:(?:ändere?|setze?|mach) )?(?:den |der |neuer? )*(?:titel|name)(?: soll| auf| in| zu| lautet| ist|\s*[:=])\s*(?P<t>{_QUOTED}|{_BARE})"  # noqa: E501  a table of words or one pattern
        rf"(?: (?:sein|lauten|heißen))?{_END}"
    ),
    rf"(?:{_LIED}|das ganze) (?:soll|sollte) (?P<t>{_QUOTED}|{_BARE}) heißen{_END}",
    rf"ll[áa]mal[oa]\s+(?P<t>{_QUOTED}|{_BARE}){_END}",
    rf"(?:llama|titula|nombra) (?:a )?(?:la canci[óo]n|el tema|esta canci[óo]n)\s+(?P<t>{_QUOTED}|{_BARE}){_END}",
    rf"(?:(?:cambia|pon(?:le)?) )?(?:el |de |como |nuevo )*(?:t[íi]tulo|nombre)(?: de la canci[óo]n)?(?: a| por| es| que sea|\s*[:=])?\s+(?P<t>{_QUOTED}|{_BARE}){_END}",  # noqa: E501  a table of words or one pattern
    rf"(?:appelle|nomme|intitule|baptise)(?:-l[ae]| (?:la chanson|le morceau|cette chanson))\s+(?P<t>{_QUOTED}|{_BARE}){_END}",
    rf"(?:(?:change|mets) )?(?:le |comme |nouveau )*(?:titre|nom)(?: de la chanson)?(?: en| par| est| sera|\s*[:=])\s*(?P<t>{_QUOTED}|{_BARE}){_END}",  # noqa: E501  a table of words or one pattern
    rf"(?:chama|chame|intitula)(?:-a|-o| (?:isso|a m[úu]sica|a can[çc][ãa]o))?(?: de)?\s+(?P<t>{_QUOTED}|{_BARE}){_END}",
    rf"(?:(?:muda|troca|p[õo]e) )?(?:o |de |como |novo )*(?:t[íi]tulo|nome)(?: da m[úu]sica)?(?: para| por|\s*[:=])\s*(?P<t>{_QUOTED}|{_BARE}){_END}",  # noqa: E501  a table of words or one pattern
    rf"(?:chiamal[ao]|intitolal[ao])\s+(?P<t>{_QUOTED}|{_BARE}){_END}",
    rf"(?:(?:cambia|metti) )?(?:il |come |nuovo )*(?:titolo|nome)(?: della canzone)?(?: in|\s*[:=])\s*(?P<t>{_QUOTED}|{_BARE}){_END}",
    rf"(?:タイトル|曲名|題名|曲の名前)(?:を|は|:)\s*(?P<t>{_QUOTED}|[^,;!?\n]{{1,60}}?)(?:に(?:して|変えて|変更して|する)?|で|とする)?(?:ください|下さい|お願い(?:します)?)?(?=\s*(?:$|[,;!?.\n]))",
    rf"(?:(?:把|将))?(?:歌曲?的?名字?|标题|題目|题目|曲名|歌名)(?:叫|叫做|改成|改为|改為|换成|是|为|:)\s*(?P<t>{_QUOTED}|[^,;!?\n]{{1,60}}?)(?:吧)?(?=\s*(?:$|[,;!?.\n]))",
    rf"(?:这首歌|它|这歌)?叫(?:它|做|作)?\s*(?P<t>{_QUOTED})(?:吧)?(?=\s*(?:$|[,;!?.\n]))",
)
_TITLES = tuple(re.compile(rf"(?<!\w){one}" if one[0].isascii() else one, re.IGNORECASE) for one in _WORDS_OF_TITLES)
_NO_TITLE = re.compile(
    r"^(?:a day|a night|quits|done|good|back|off|out|again|it|a wrap|that|something else|anything|different\w*|better)\b", re.IGNORECASE
)
_LINE = r"(?:the |that |this |die |den |das |la |el |le |a |o |il )?(?:(?:lyrics?|words?|lines?|phrase|text|zeile|textzeile|worte?s?|línea|frase|verso|palabras?|ligne|phrase|mots?|paroles?|linha|palavras?|riga|parole?)\s+)?"  # noqa: E501  a table of words or one pattern
_TO = r"(?:\s*(?:to|into|with|by|for|in|durch|zu|a|por|con|en|par|pour|para|per|→|->|=>)\s+|\s+instead of\s+)"
_EXCHANGED = re.compile(
    rf"(?<!\w)(?P<verb>change|replace|swap|switch|exchange|ändere?|ersetze?|tausche?|cambia|reemplaza|sustituye|remplace|troca|substitui|sostituisci)\s+"
    rf"(?P<line>{_LINE})(?P<a>{_QUOTED}){_TO}(?P<b>{_QUOTED})(?:\s+in (?:the )?(?:lyrics|words|text|song))?",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    rf"(?<!\w)(?:(?:make (?:him|her|them) |let (?:him|her|them) |have (?:him|her|them) )?sings?|singe?|canta|chante|cante)\s+(?P<b>{_QUOTED})\s+"  # noqa: E501  a table of words or one pattern
    rf"(?:instead of|rather than|statt|anstatt|anstelle von|en vez de|en lugar de|au lieu de|em vez de|invece di)\s+(?P<a>{_QUOTED})",
    re.IGNORECASE,
)
_BARE_LINE = re.compile(
    r"(?<!\w)(?:change|replace)\s+the (?:line|words|lyric|phrase)\s+(?P<a>[^\"'\n;]{3,160}?)\s+(?:to|with|by)\s+(?P<b>[^\"'\n;]{3,160}?)(?=\s*$|[.;\n])",  # noqa: E501  a table of words or one pattern
    re.IGNORECASE,
)
_TEXT = r"(?:lyrics?|words|text|liedtext|songtext|letra|letras|paroles|testo|parole|歌詞|歌词)"
_OF = r"(?:for|of|in|to|für|von|de|der|des|del|de la|du|da|do|della?|dell[oa]?)"
_NEW_LINES = (
    re.compile(
        rf"(?<!\w)(?:(?:new|other|different|change the|the|rewrite the|neuer|ein neuer|nueva|nuevas|nouvelles|nova|nuovo|nuove)\s+)*{_TEXT}\s+{_OF}\s+(?:the\s+|die\s+|el\s+|la\s+|le\s+)?"  # noqa: E501  a table of words or one pattern
        r"(?P<where>[^:\n]{3,40}?)(?: to| should be| is| are)?\s*:\s*(?P<b>.+)$",
        re.IGNORECASE | re.DOTALL,
    ),
    re.compile(rf"(?<!\w)(?P<where>[^:;,\n]{{3,40}}?)\s+(?:new )?{_TEXT}\s*:\s*(?P<b>.+)$", re.IGNORECASE | re.DOTALL),
    re.compile(r"(?P<where>[^:;,\n]{2,20}?)の?(?:新しい)?(?:歌詞|歌词)(?:を|は|改成|改为|换成)?\s*:?\s*(?P<b>.+)$", re.DOTALL),
)
_NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "last")
_WHICH = "|".join((*_NTH, "final", "opening", r"\d+(?:st|nd|rd|th)"))
_NTH_LINE = re.compile(
    rf"(?<!\w)(?:rewrite|change|replace|make|swap)?\s*the (?P<nth>{_WHICH}) line (?:of|in) (?:the )?(?P<where>[^:\n]{{3,40}}?)(?: to| with| into| should be| say)?\s*:?\s*"  # noqa: E501  a table of words or one pattern
    rf"(?:(?<=:)\s*(?P<c>[^\n]+)|(?P<b>{_QUOTED}))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Worded:
    """What was found: edits, and words that something else has to be done with, each with the reason."""

    edits: tuple[Edit, ...] = ()
    unread: tuple[str, ...] = ()
    why: tuple[tuple[str, str], ...] = ()


def wording(text: Text, outline: Outline, places_in: Callable[[str], tuple[str, ...]]) -> Worded:
    """Titles, words to sing and wishes to go back; their words are taken. `places_in`: the sections that some words name."""
    edits: list[Edit] = []
    why: list[tuple[str, str]] = []
    for found in (_lyrics(text, outline, places_in), _title(text), _back(text)):
        for start, end, edit, reason in found:
            if not text.is_free(start, end):
                continue
            text.take(start, end)
            words = text.quote(start, end)
            if edit is not None:
                edits.append(edit.model_copy(update={"words": words}))
            else:
                why.append((words, reason))
    return Worded(tuple(edits), tuple(words for words, _ in why), tuple(why))


_Found = Iterator[tuple[int, int, Edit | None, str]]


def _title(text: Text) -> _Found:
    for pattern in _TITLES:
        for m in pattern.finditer(text.original):
            title = " ".join(_bare(text.quote(*m.span("t"))).rstrip(".").split())
            if title and not _NO_TITLE.match(title):
                yield m.start(), m.end(), TitleEdit(title=title[:200]), ""


def _back(text: Text) -> _Found:
    """An earlier version is not made again, it is there: what "undo that" wishes."""
    said = "|".join(sorted((re.escape(one) for one in change_words()["undo"]["words"]), key=len, reverse=True))
    for m in re.finditer(rf"(?<!\w)(?:{said})(?!\w)" if said else r"(?!)", text.lower):
        yield m.start(), m.end(), None, change_words()["undo"]["why"]


def _lyrics(text: Text, outline: Outline, places_in: Callable[[str], tuple[str, ...]]) -> _Found:
    for pattern in (_EXCHANGED, _INSTEAD, _BARE_LINE):
        for m in pattern.finditer(text.original):
            old, new = _bare(text.quote(*m.span("a"))), _bare(text.quote(*m.span("b")))
            told = pattern is not _EXCHANGED or bool(m["line"].strip()) or "lyrics" in m.group().lower()
            sung = _sings(outline, old)
            if sung or told or any(outline.lyrics):
                reason = f'nothing in this song sings "{old}"' + (": it has no words" if not outline.lyrics else "")
                yield m.start(), m.end(), LyricsEdit(find=old, text=new) if sung else None, reason
    for m in _NTH_LINE.finditer(text.original):
        which, sections = m["nth"].lower(), places_in(text.quote(*m.span("where")))
        line = -1 if which in ("last", "final") else 1 if which == "opening" else _number(which)
        new = _bare(text.quote(*m.span("b" if m["b"] else "c")))
        yield m.start(), m.end(), LyricsEdit(text=new, line=line, sections=sections) if sections else None, "the song has no such section"
    for pattern in _NEW_LINES:
        for m in pattern.finditer(text.original):
            sections = places_in(text.quote(*m.span("where")))
            new = " / ".join(one for line in re.split(r"\s/\s|\n", m["b"]) if (one := _bare(" ".join(line.split()))))
            if new:
                yield m.start(), m.end(), LyricsEdit(text=new, sections=sections) if sections else None, "the song has no such section"


def _number(which: str) -> int:
    return _NTH.index(which) + 1 if which in _NTH else int(re.sub(r"\D", "", which))


def _sings(outline: Outline, words: str) -> bool:
    plain = " ".join(words.lower().split())
    return any(
        re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", " ".join(line.lower().split()))
        for lines in outline.lyrics.values()
        for line in lines
    )


def _bare(words: str) -> str:
    """Words without the quotation marks around them."""
    words = words.strip()
    for pairs in (*_QUOTES, ("“", "”"), ("‘", "’"), ("“", "“")):
        if len(words) > 1 and words[0] == pairs[0] and words[-1] == pairs[1]:
            return words[1:-1].strip()
    return words
