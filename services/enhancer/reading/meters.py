"""Meters: signatures in figures and words, waltz, in seven."""

import re

from contracts.errors import BadInput
from contracts.music import Meter
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.text import Text

_NUMERATORS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "nine": 9, "twelve": 12, "eleven": 11,
    "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "9": 9, "11": 11, "12": 12,
    "tres": 3, "drei": 3, "trois": 3, "três": 3, "sechs": 6, "six-huit": 6, "fünf": 5, "sieben": 7, "cinq": 5, "siete": 7, "cinco": 5,
}  # fmt: skip
_IN = {2: "2/4", 3: "3/4", 4: "4/4", 5: "5/4", 6: "6/8", 7: "7/8", 9: "9/8", 11: "11/8", 12: "12/8"}
_WORD = "two|three|four|five|six|seven|nine|eleven|twelve"

_FIGURES = re.compile(r"(?<![\w/.])(\d{1,2})\s*/\s*(\d{1,2})(?![\w/.]*\d)(?:[ -]?(time|meter|metre|signature|takt|compás|拍))?")
_SIGNATURE = re.compile(
    r"(?:time signature|meter|metre|compás|taktart|mesure|compasso|拍子)\s*(?:of|is|in|:|=|de)?\s*(\d{1,2})\s*/\s*(\d{1,2})"
)
_SPELLED = re.compile(
    rf"(?<!\w)({_WORD})[ -](four|eight|quarter|quarters|eights|eighths)(?:[ -]time)?(?!\w)(?!\s*(?:bars?|measures?|times))"
)
_GERMAN = re.compile(r"(?<!\w)(dreiviertel|viervierteltakt|vierviertel|sechsachtel|fünfviertel|siebenachtel)(?:takt|-takt)?")
_IN_N = re.compile(
    rf"(?<!\w)(?:in|en|im)\s+({_WORD}|3|4|5|6|7|9|11|12)(?=\s*(?:$|[,.;!)\n]|(?:time|feel|with|and|at|for|on|but)\b))(?!\s*(?:and|,)\s*\d)"
)
_CJK = re.compile(r"([二三四五六七八]|\d)\s*分の\s*([二三四五六七]|\d)|([24８8四八])分之([三四五六七]|\d)")
_WORDS: tuple[tuple[str, str, float], ...] = (
    (r"\b(?:viennese )?waltz(?:es|ing|y)?\b|\bvals\b|\bwalzer\b|\bvalse\b|\bvalsa\b|华尔兹|圆舞曲|ワルツ|三拍子", "3/4", 0.95),
    (r"\bjig\b|\btarantella\b|\bbarcarolle\b|\bsiciliana\b", "6/8", 0.85),
    (r"\bcommon time\b|\bfour[ -]to[ -]the[ -]floor\b|\bfour[ -]on[ -]the[ -]floor\b|\b4 on the floor\b", "4/4", 0.95),
    (r"\bcut time\b|\balla breve\b", "2/2", 0.95),
    (r"\btriple (?:meter|metre|time)\b", "3/4", 0.9),
    (r"\bcompound (?:meter|metre|time)\b", "6/8", 0.85),
    (r"\b(?:minuet|menuet|mazurka|sarabande)\b", "3/4", 0.85),
    (r"\bodd (?:meter|metre|time(?: signature)?)s?\b", "7/8", 0.6),
    (r"\bpolka\b", "2/4", 0.8),
)
_COMPILED = tuple((re.compile(pattern), value, sure) for pattern, value, sure in _WORDS)
_KANJI = {"二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "８": 8}
_GERMAN_VALUES = {
    "dreiviertel": "3/4",
    "viervierteltakt": "4/4",
    "vierviertel": "4/4",
    "sechsachtel": "6/8",
    "fünfviertel": "5/4",
    "siebenachtel": "7/8",
}
ALLOWED = "2 to 15 over 2, 4, 8 or 16, such as 4/4, 3/4, 6/8, 5/4, 7/8"


def read_meter(text: Text) -> Finding[str] | None:
    """The meter that was stated, or None. Raises BadInput for a signature that cannot be, such as "4/5 time"."""
    return _figures(text) or _spelled(text) or _single_words(text)


def _figures(text: Text) -> Finding[str] | None:
    for pattern in (_SIGNATURE, _FIGURES):
        for match in pattern.finditer(text.lower):
            if not text.is_free(*match.span()):
                continue
            value = f"{int(match.group(1))}/{int(match.group(2))}"
            explicit = pattern is _SIGNATURE or bool(match.group(3))
            try:
                meter = Meter.parse(value)
            except BadInput:
                if explicit:
                    raise BadInput("meter", text.quote(*match.span()), ALLOWED) from None
                continue
            return _taken(text, match, str(meter), 1.0)
    return None


def _spelled(text: Text) -> Finding[str] | None:
    match = _SPELLED.search(text.lower)
    if match and text.is_free(*match.span()):
        below = 4 if match.group(2).startswith(("four", "quarter")) else 8
        return _taken(text, match, f"{_NUMERATORS[match.group(1)]}/{below}", 0.95)
    match = _GERMAN.search(text.lower)
    if match:
        return _taken(text, match, _GERMAN_VALUES[match.group(1)], 1.0)
    match = _CJK.search(text.lower)
    if match:
        below, above = (_figure(match.group(i)) for i in ((1, 2) if match.group(1) else (3, 4)))
        if below in (2, 4, 8) and 2 <= above <= 15:
            return _taken(text, match, f"{above}/{below}", 1.0)
    return None


def _single_words(text: Text) -> Finding[str] | None:
    match = _IN_N.search(text.lower)
    if match and text.is_free(*match.span()):
        count = _NUMERATORS[match.group(1)]
        return _taken(text, match, _IN[count], 0.85, f"'{match.group()}' counts {count} in a bar")
    for pattern, value, sure in _COMPILED:
        match = pattern.search(text.lower)
        if match:
            word = text.quote(*match.span())
            return Finding(value, word, sure, f"a {word.lower()} moves in {value}" if sure < 1 else None)
    return None


def _figure(char: str) -> int:
    return _KANJI.get(char) or int(char)


def _taken(text: Text, match: re.Match[str], value: str, sure: float, reason: str | None = None) -> Finding[str]:
    text.take(*match.span())
    return Finding(value, text.quote(*match.span()), sure, reason)
