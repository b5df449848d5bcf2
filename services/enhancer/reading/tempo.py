"""Tempo: numbers, metronome markings, and words such as slow."""

import re
from dataclasses import dataclass
from functools import cache

from contracts.errors import BadInput
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.lexicon import Lexicon
from services.enhancer.reading.numbers import DIGITS, NUMBER, number
from services.enhancer.reading.scope import reached
from services.enhancer.reading.tables import table
from services.enhancer.reading.text import Text

LOWEST_BPM, HIGHEST_BPM = 30.0, 300.0
ALLOWED = "30 to 300 BPM of the felt beat"

_UNIT = (
    r"(?:bpm|b\.p\.m\.?|beats?[ -](?:per|a)[ -]minute|pulsaciones por minuto|ppm|schl[aä]ge pro minute|battements par minute"
    r"|batidas por minuto|拍/分|拍(?:每分钟)?|ビーピーエム)"
)
_APPROX = r"(?:around|about|approximately|approx\.?|roughly|circa|ca\.|nearly|ungef[aä]hr|etwa|environ|cerca de|alrededor de|por volta de|约|大约|約|~|≈)"  # noqa: E501  a table of words or one pattern
_TO = r"\s*(?:-|to|and|bis|a|à|até|y|et|und|至|到|〜|~)\s*"
_RANGE = re.compile(rf"(?<![\w.])({DIGITS}){_TO}({DIGITS})\s*-?\s*{_UNIT}(?![a-z])")
_NAMED_RANGE = re.compile(
    rf"(?<!\w)(?:tempo|bpm)\s*(?:of|is|:|=)?\s*(?:between|from|zwischen|entre)?\s*({DIGITS}){_TO}({DIGITS})(?![\w:/])"
)
_LISTED = re.compile(r"(?:^|[,;]\s*)(\d{2,3})(?=\s*(?:$|[,;]))")
_NUMBER_UNIT = re.compile(rf"(?<![a-z\d./])(?<!\d,)({NUMBER})\s*-?\s*{_UNIT}(?![a-z])")
_NAMED = re.compile(
    r"(?<!\w)(?:bpm|tempo|metronome(?: mark(?:ing)?)?|♩|速度|节奏|テンポ|quarter(?: note)?|crotchet)"
    rf"\s*(?:(?:of|is|at|to|auf|von|de|à|em|für|set to|should be|为|は)\s+|[:=@]\s*|{_APPROX}\s*)*\s*({NUMBER})"
    r"(?![\w:/]|\s*(?:bars?|seconds?|secs?|minutes?|mins?)\b)"
)
_BARE = re.compile(
    rf"(?<!\w)(?:at|@|{_APPROX})\s*(\d{{2,3}}|(?:one|a) hundred(?: and)?[ -]\w+|seventy|eighty|ninety|one hundred|a hundred)"
    r"(?=\s*(?:$|[,.;!)\n](?!\d)|\s(?:with|in|and|for|feel|tempo|groove|please|on|but|without|no|or|max|using)\b))"
)


@dataclass(frozen=True)
class TempoWord:
    """A word about tempo: a range in BPM, or a share of the way through the genre's range."""

    evidence: str
    low_bpm: float = 0.0
    high_bpm: float = 0.0
    share: float | None = None


def read_tempo(text: Text) -> Finding[float] | None:
    """The tempo that was stated as a number, in BPM. Raises BadInput outside 30 to 300."""
    found = _range(text)
    if found:
        return found
    for pattern in (_NUMBER_UNIT, _NAMED, _BARE, _LISTED):
        for match in pattern.finditer(text.lower):
            if not text.is_free(*match.span()) or (pattern in (_BARE, _LISTED) and not 40 <= number(match.group(1)) <= 240):
                continue
            text.take(*match.span())
            evidence = text.quote(*match.span()).strip(" ,;")
            approximate = bool(re.search(_APPROX, match.group()))
            reason = f"'{evidence}' is taken at its word" if approximate else None
            return Finding(
                check_bpm(number(match.group(1)), evidence), evidence, 0.9 if approximate or pattern in (_BARE, _LISTED) else 1.0, reason
            )
    return None


def _range(text: Text) -> Finding[float] | None:
    match = _RANGE.search(text.lower) or _NAMED_RANGE.search(text.lower)
    if not match or not text.is_free(*match.span()):
        return None
    low, high = sorted((number(match.group(1)), number(match.group(2))))
    text.take(*match.span())
    evidence = text.quote(*match.span())
    middle = float(round((check_bpm(low, evidence) + check_bpm(high, evidence)) / 2))
    return Finding(middle, evidence, 0.9, f"the middle of {low:g} to {high:g} BPM")


def check_bpm(value: float, shown: str, field: str = "bpm") -> float:
    """The value, or BadInput naming what is allowed."""
    if not LOWEST_BPM <= value <= HIGHEST_BPM:
        raise BadInput(field, shown, ALLOWED)
    return value


@cache
def _lexicon() -> Lexicon:
    words = table("tempo_words")
    pairs = [(term, ("marking", term)) for term in words["markings"]]
    pairs += [(phrase, ("relative", name)) for name, entry in words["relative"].items() for phrase in entry["phrases"]]
    return Lexicon.build(pairs)


def read_tempo_word(text: Text) -> TempoWord | None:
    """The first word about tempo; a metronome marking wins over "slow" and "fast", a ballad over both."""
    words = table("tempo_words")
    matches = [m for m in _lexicon().find(text) if not m.misspelt]
    for match in matches:
        for name in match.ids("marking"):
            low, high = words["markings"][name]
            return TempoWord(text.quote(match.start, match.end), low, high)
    refused = {i for scope in reached(text, matches, "negation", lambda _: False) for i in scope.items}
    relative = [
        (min(max(1 - at, 0.3), 0.7) if index in refused else at, match)
        for index, match in enumerate(matches)
        for at in (words["relative"][name]["at"] for name in match.ids("relative"))
    ]
    if not relative:
        return None
    slowest = min(relative, key=lambda entry: entry[0])
    share, match = slowest if slowest[0] < 0 else relative[0]
    return TempoWord(text.quote(match.start, match.end), share=share)
