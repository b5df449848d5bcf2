"""Durations: 2:30, ninety seconds, 90s (but not the nineties), and the decades themselves."""

import re

from contracts.errors import BadInput
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.numbers import NUMBER, number
from services.enhancer.reading.text import Text

SHORTEST_S, LONGEST_S, DEFAULT_S = 10.0, 600.0, 120.0
ALLOWED = "10 to 600 seconds"

_SEC = r"(?:seconds?|secs?|segundos?|sekunden?|sek|secondes?|秒钟?|秒間)"
_MIN = r"(?:minutes?|mins?|minutos?|minuten?|min|分钟|分鐘|分間|分(?!の|之))"
_HOUR = r"(?:hours?|hrs?|horas?|stunden?|heures?|小时|小時|時間)"
_HALF = r"(?:and a half|y medio|einhalb|et demie?|e meio|半)"
_GAP = r"\s*-?\s*"
_ONE = r"(?:a|an|one|un|una|uno|eine[nr]?|une|um|uma)"
_NUM = rf"(?:{NUMBER}|{_ONE}|dos|drei|zwei|deux|dois|duas|trois|tres|três|quatre|cuatro|quatro|vier|fünf|[一二两三四五六十]+)"

_MIN_SEC = re.compile(
    rf"(?<![\w.:])({_NUM}){_GAP}(?:{_MIN}|m){_GAP}(?:and\s+|y\s+|und\s+|et\s+|e\s+)?((?!{_ONE}\b){_NUM}){_GAP}(?:{_SEC}|s)?(?![\w:])"
)
_MIN_HALF = re.compile(rf"(?<![\w.:])({_NUM})(?:\s+{_HALF}{_GAP}{_MIN}|{_GAP}{_MIN}\s*{_HALF}|{_HALF}{_GAP}{_MIN})(?!\w)")
_HALF_MIN = re.compile(r"(?<!\w)(?:half a minute|half-minute|media minuto|medio minuto|halbe minute|demi-minute|meio minuto|半分钟)(?!\w)")
_UNITS = (
    (re.compile(rf"(?<![\w.:])({_NUM}){_GAP}{_MIN}(?![a-z])"), 60.0),
    (re.compile(rf"(?<![\w.:])({_NUM}){_GAP}{_SEC}(?![a-z])"), 1.0),
    (re.compile(rf"(?<![\w.:])({_NUM}){_GAP}{_HOUR}(?![a-z])"), 3600.0),
)
_CLOCK = re.compile(r"(?<![\w:.])(\d{1,2}):([0-5]\d)(?![\w:])(?!\s*(?:am|pm|a\.m|p\.m|o'clock))")
_SHORT_S = re.compile(r"(?<![\w.:'])(\d{2,3})\s?s(?![\w'])")
_SHORT_M = re.compile(r"(?<![\w.:'])(\d(?:\.\d)?)\s?m(?![\w'])")
_NOT_WHOLE_BEFORE = re.compile(
    r"(?:\bafter|\bfirst|\blast|\bevery|\bfinal|\bevery other|\buntil|\bbefore|\bthen|\bat|\bwithin|\bfrom|\bof an?|\bover|\bin)\s+(?:the\s+|about\s+)?$"  # noqa: E501  a table of words or one pattern
)
_NOT_WHOLE_AFTER = re.compile(
    r"^[\s-]*(?:(?:long\s+)?(?:intro|outro|fade|drop|build|build-up|buildup|break|breakdown|bridge|solo|reverb|delay|tail|decay|in\s*[,.]|later|before|after|into|ago|walk|workout|drive|read|video clip inside))"  # noqa: E501  a table of words or one pattern
)
_ERA_WORD = r"(?:twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|noughties)"
_ERA_FULL = re.compile(rf"(?<!\w)(?:(?:the|early|late|mid)[ -]+)?(?:(?:19|20)(\d)0'?s|({_ERA_WORD}))(?!\w)")
_ERA_SHORT = re.compile(r"(?<![\w.:])(?:(the|early|late|mid)[ -]+)?('?)([2-9]0)(?:'?s)(?!\w)")
_ERA_AFTER = re.compile(
    r"^[\s-]*(?:style|vibes?|feel|feeling|sound|sounding|era|inspired|influenced|flavou?r|aesthetic|nostalgia|retro|kid|school|synth|new wave|drum|[a-z&'+-]+)"  # noqa: E501  a table of words or one pattern
)
_LENGTH_WORDS = r"(?:long|length|total|duration|loop|version|edit|please|max|of\b|at\b|in\b|with|for|and|or|clip|piece|track|song|jingle|seamless|cut|no\b|without|instrumental)"  # noqa: E501  a table of words or one pattern
_LENGTH_AFTER = re.compile(rf"^[\s-]*(?:$|[,.;!)\n]|{_LENGTH_WORDS})")
_LENGTH_BEFORE = re.compile(r"(?:length|duration|for|about|around|lasting|lasts|exactly|make|is|give me|:|=|~)\s*$")
_MACHINES = ("303", "505", "606")
"""Drum machines and a bass synthesizer: "303s" are no seconds."""
_DECADES = {
    "twenties": 20,
    "thirties": 30,
    "forties": 40,
    "fifties": 50,
    "sixties": 60,
    "seventies": 70,
    "eighties": 80,
    "nineties": 90,
    "noughties": 0,
}
_WORDS = {
    "a": 1, "an": 1, "un": 1, "una": 1, "uno": 1, "une": 1, "um": 1, "uma": 1, "dos": 2, "zwei": 2, "deux": 2, "dois": 2, "duas": 2, "tres": 3, "três": 3,  # noqa: E501  a table of words or one pattern
    "drei": 3, "trois": 3, "cuatro": 4, "vier": 4, "quatre": 4, "quatro": 4, "fünf": 5, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "十": 10,  # noqa: E501  a table of words or one pattern
}  # fmt: skip


def read_era(text: Text) -> Finding[int] | None:
    """The decade that was named ("90s rock", "the eighties"): 80, 90, 0 for the 2000s, 10 for the 2010s."""
    match = _ERA_FULL.search(text.lower)
    if match and text.is_free(*match.span()):
        decade = int(match.group(1)) * 10 if match.group(1) else _DECADES[match.group(2)]
        text.take(*match.span())
        return Finding(decade, text.quote(*match.span()))
    for match in _ERA_SHORT.finditer(text.lower):
        if text.is_free(*match.span()) and _means_decade(text, match):
            text.take(*match.span())
            return Finding(int(match.group(3)), text.quote(*match.span()), 0.9)
    return None


def _means_decade(text: Text, match: re.Match[str]) -> bool:
    """Whether "90s" is a decade: "the 90s", "'90s", "90s rock"; not "90s", "for 90s", "90s loop", "90s long"."""
    if match.group(1) or match.group(2):
        return True
    after, before = text.lower[match.end() : match.end() + 24], text.lower[: match.start()]
    if _LENGTH_BEFORE.search(before[-16:]):
        return False
    if _LENGTH_AFTER.match(after):
        return match.group(3) in ("50", "70", "80") and not re.match(r"[\s-]*(?:long|length|loop|total|max)", after)
    return bool(_ERA_AFTER.match(after)) and match.group(3) not in ("20", "30", "40")


def read_duration(text: Text) -> Finding[float] | None:
    """The length of the whole piece in seconds. Raises BadInput outside 10 to 600 s."""
    for match, seconds in _candidates(text):
        start, end = match.span()
        if not text.is_free(start, end) or not _is_whole(text, start, end):
            continue
        text.take(start, end)
        evidence = text.quote(start, end)
        return Finding(check_duration(seconds, evidence), evidence, 1.0)
    return None


def check_duration(seconds: float, shown: str, field: str = "duration_s") -> float:
    """The value, or BadInput naming what is allowed."""
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise BadInput(field, shown, ALLOWED)
    return seconds


def _candidates(text: Text) -> list[tuple[re.Match[str], float]]:
    found: list[tuple[re.Match[str], float]] = []
    found += [(m, _value(m.group(1)) * 60 + _value(m.group(2))) for m in _MIN_SEC.finditer(text.lower) if _value(m.group(2)) < 60]
    found += [(m, _value(m.group(1)) * 60 + 30) for m in _MIN_HALF.finditer(text.lower)]
    found += [(m, 30.0) for m in _HALF_MIN.finditer(text.lower)]
    for pattern, scale in _UNITS:
        found += [(m, _value(m.group(1)) * scale) for m in pattern.finditer(text.lower)]
    found += [(m, int(m.group(1)) * 60.0 + int(m.group(2))) for m in _CLOCK.finditer(text.lower)]
    found += [(m, float(m.group(1))) for m in _SHORT_S.finditer(text.lower) if int(m.group(1)) <= LONGEST_S and m.group(1) not in _MACHINES]
    found += [(m, float(m.group(1)) * 60) for m in _SHORT_M.finditer(text.lower)]
    return found


def _is_whole(text: Text, start: int, end: int) -> bool:
    """Whether a time is that of the whole piece and not of a moment or of a part of it."""
    if _NOT_WHOLE_BEFORE.search(text.lower[max(0, start - 24) : start]):
        return False
    return not _NOT_WHOLE_AFTER.match(text.lower[end : end + 32])


def _value(words: str) -> float:
    return float(_WORDS[words]) if words in _WORDS else float(_chinese(words)) if words[0] in "一二两三四五六十" else number(words)


def _chinese(words: str) -> int:
    tens, ten, units = words.partition("十")
    if not ten:
        return _WORDS[words[0]]
    return (_WORDS.get(tens, 1) if tens else 1) * 10 + (_WORDS.get(units, 0) if units else 0)
