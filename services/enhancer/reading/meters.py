"""Meters: signatures in figures and words, waltz, in seven."""

import re

from contracts.errors import BadInput
from contracts.music import Meter
from services.enhancer.reading.corrections import is_refused, read_corrected
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.text import Text

_NUMERATORS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fifteen": 15,  # noqa: E501  a table of words or one pattern
    "dos": 2, "deux": 2, "dois": 2, "zwei": 2, "due": 2, "twee": 2, "tres": 3, "drei": 3, "trois": 3, "três": 3, "tre": 3, "drie": 3,
    "cuatro": 4, "quatre": 4, "quatro": 4, "vier": 4, "quattro": 4, "cinco": 5, "cinq": 5, "fünf": 5, "cinque": 5, "vijf": 5,
    "seis": 6, "sechs": 6, "sei": 6, "zes": 6, "siete": 7, "sept": 7, "sete": 7, "sieben": 7, "sette": 7, "zeven": 7,
    "ocho": 8, "huit": 8, "oito": 8, "acht": 8, "otto": 8, "nueve": 9, "neuf": 9, "nove": 9, "neun": 9, "doce": 12, "douze": 12, "doze": 12, "zwölf": 12, "dodici": 12,  # noqa: E501  a table of words or one pattern
}  # fmt: skip
_IN = {2: "2/4", 3: "3/4", 4: "4/4", 5: "5/4", 6: "6/8", 7: "7/8", 9: "9/8", 11: "11/8", 12: "12/8"}
_WORD = "two|three|four|five|six|seven|nine|eleven|twelve"

_COUNT = "(?:" + "|".join(sorted(_NUMERATORS, key=len, reverse=True)) + r"|\d{1,2})"

_FIGURES = re.compile(
    r"(?<![\w/.])(\d{1,2})\s*/\s*(\d{1,2})(?![\w/.]*\d)(?:[ -]?(time|meter|metre|signature|takt|compás|compasso|拍子?|박자))?", re.ASCII
)
_SHARE = re.compile(r"\s+(?:of(?! course)|der|des|von|de la|de los|de las|del|du|da|do|della|van)\s")
_SIGNATURE = re.compile(
    r"(?:time sig(?:nature)?|meter|metre|compás|taktart|mesure|compasso|tempo di|拍子|拍号)\s*(?:of|is|in|:|=|de|à|は)?\s*(\d{1,2})\s*/\s*(\d{1,2})"  # noqa: E501  a table of words or one pattern
)
_DASHED = re.compile(r"(?<![\w.-])(\d{1,2})\s*-\s*(4|8|16)\s+(?:time|meter|metre|feel|groove|signature)(?!\w)", re.ASCII)
_SPELLED = re.compile(
    rf"(?<!\w)({_WORD})[ -](four|eight|quarter|quarters|eights|eighths)(?:[ -]time)?(?!\w)(?!\s*(?:bars?|measures?|times))", re.ASCII
)
_BY = re.compile(rf"(?<!\w)({_COUNT})\s+(?:por|par|per|x)\s+(4|8|cuatro|quatro|quatre|quattro|ocho|oito|huit|otto)(?!\w)", re.ASCII)
_FRENCH_PAIR = re.compile(
    r"(?<!\w)(deux|trois|quatre|cinq|six|sept|neuf|douze)[- ](quatre|huit)(?!\w)(?!\s*(?:mesures?|notes?|fois|minutes?|secondes?))"
)
_FRENCH = re.compile(rf"(?<!\w)(?:mesure )?(?:à|en)\s+({_COUNT})\s+temps(?!\w)")
_GERMAN = re.compile(
    r"(?<!\w)(zwei|drei|vier|fünf|sechs|sieben|neun|zwölf)[ -]?(viertel|achtel)(?:[ -]?takt(?:e?s)?)?(?!\w)(?!\s*(?:notes?|noten|pausen?))",
    re.ASCII,
)
_IN_N = re.compile(
    rf"(?<!\w)(?:in|en|im|em)\s+({_WORD}|3|4|5|6|7|9|11|12)(?=\s*(?:$|[,.;!)\n]|(?:time|feel|with|and|at|for|on|but|mit|con)\b))(?!\s*(?:and|,)\s*\d)",
    re.ASCII,
)
_CJK = re.compile(
    r"([二三四五六七八]|\d)\s*分の\s*([二三四五六七九]|\d{1,2})|([24８8四八二])分之([二三四五六七九]|\d{1,2})|([24]|8)분의\s*(\d{1,2})"
)
_CJK_SHORT = re.compile(r"([四八])([二三四五六七九])拍|([二三四五七]|[23457])拍子")
_CJK_READ = re.compile(r"([二三五六七九]|十二)([四八])拍")
"""The beats first, as signatures are read aloud: six eight."""
_WORDS: tuple[tuple[str, str, float], ...] = (
    (
        r"\b(?:viennese )?waltz(?:es|ing|y)?\b|\bvals\b|\bwalzer\b|\bvalse\b|\bvalsa\b|\bvalzer\b|\bwals\b|华尔兹|圆舞曲|圓舞曲|ワルツ|왈츠|вальс|\bcompasso ternário\b|\bcompás ternario\b|\bternary (?:meter|metre)\b",  # noqa: E501  a table of words or one pattern
        "3/4",
        0.95,
    ),
    (r"\bjig\b|\btarantella\b|\bbarcarolle\b|\bsiciliana\b", "6/8", 0.85),
    (r"\bcommon[ -]time\b|\bfour[ -]to[ -]the[ -]floor\b|\bfour[ -]on[ -]the[ -]floor\b|\b4 on the floor\b", "4/4", 0.95),
    (r"\bcut[ -]time\b|\balla breve\b", "2/2", 0.95),
    (r"\btriple[ -](?:meter|metre|time)\b", "3/4", 0.9),
    (r"\bcompound[ -](?:meter|metre|time)\b", "6/8", 0.85),
    (r"\b(?:minuet|menuet|mazurka|sarabande)\b", "3/4", 0.85),
    (r"\bodd (?:meter|metre|time(?: signature)?)s?\b", "7/8", 0.6),
    (r"\bpolka\b|\bcompasso binário\b|\bcompás binario\b", "2/4", 0.8),
    (r"\bcompasso quaternário\b|\bcompás cuaternario\b", "4/4", 0.9),
)
_COMPILED = tuple((re.compile(pattern), value, sure) for pattern, value, sure in _WORDS)
_KANJI = {"十二": 12, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "九": 9, "八": 8, "８": 8}
ALLOWED = "2 to 15 over 2, 4, 8 or 16, such as 4/4, 3/4, 6/8, 5/4, 7/8"


def read_meter(text: Text) -> Finding[str] | None:
    """The meter that was stated, or None. Raises BadInput for a signature that cannot be, such as "4/5 time"."""
    return read_corrected(text, lambda page: _figures(page) or _spelled(page)) or _single_words(text)


def _figures(text: Text) -> Finding[str] | None:
    for pattern in (_SIGNATURE, _FIGURES):
        for match in pattern.finditer(text.lower):
            if not text.is_free(*match.span()):
                continue
            value = f"{int(match.group(1))}/{int(match.group(2))}"
            explicit = pattern is _SIGNATURE or bool(match.group(3))
            if not explicit and _SHARE.match(text.lower, match.end()):
                continue  # "3/4 of the cake"
            try:
                meter = Meter.parse(value)
            except BadInput:
                if explicit:
                    raise BadInput("meter", text.quote(*match.span()), ALLOWED) from None
                continue
            return _taken(text, match, str(meter), 1.0)
    return None


def _spelled(text: Text) -> Finding[str] | None:
    for pattern, sure in (
        (_SPELLED, 0.95),
        (_DASHED, 1.0),
        (_BY, 0.95),
        (_GERMAN, 1.0),
        (_FRENCH, 0.9),
        (_FRENCH_PAIR, 0.9),
        (_CJK, 1.0),
        (_CJK_SHORT, 0.95),
        (_CJK_READ, 0.95),
    ):
        for match in pattern.finditer(text.lower):
            value = _signature(match)
            if value and text.is_free(*match.span()):
                return _taken(text, match, value, sure)
    return None


def _signature(match: re.Match[str]) -> str | None:
    """The signature that a spelled one means; None where there is no such meter."""
    groups = [group for group in match.groups() if group]
    if match.re is _FRENCH:
        return _IN.get(_count(groups[0]))
    if match.re is _CJK_SHORT:
        above, below = (_figure(groups[1]), _figure(groups[0])) if len(groups) > 1 else (_figure(groups[0]), 0)
        return f"{above}/{below}" if below else _IN.get(above)
    if match.re is _CJK_READ:
        return f"{_figure(groups[0])}/{_figure(groups[1])}"
    if match.re is _CJK:
        above, below = _figure(groups[1]), _figure(groups[0])
    elif match.re is _GERMAN:
        above, below = _count(groups[0]), 4 if groups[1] == "viertel" else 8
    elif match.re is _SPELLED:
        above, below = _count(groups[0]), 4 if groups[1].startswith(("four", "quarter")) else 8
    else:
        above, below = _count(groups[0]), _count(groups[1])
    return f"{above}/{below}" if below in (2, 4, 8, 16) and 2 <= above <= 15 else None


def _single_words(text: Text) -> Finding[str] | None:
    match = _IN_N.search(text.lower)
    if match and text.is_free(*match.span()):
        count = _count(match.group(1))
        return _taken(text, match, _IN[count], 0.85, f"'{match.group()}' counts {count} in a bar")
    for pattern, value, sure in _COMPILED:
        match = pattern.search(text.lower)
        if match and not is_refused(text, *match.span()):
            word = text.quote(*match.span())
            return Finding(value, word, sure, f"a {word.lower()} moves in {value}" if sure < 1 else None)
    return None


def _figure(char: str) -> int:
    return _KANJI.get(char) or int(char)


def _count(word: str) -> int:
    return _NUMERATORS.get(word) or int(word)


def _taken(text: Text, match: re.Match[str], value: str, sure: float, reason: str | None = None) -> Finding[str]:
    text.take(*match.span())
    return Finding(value, text.quote(*match.span()), sure, reason)
