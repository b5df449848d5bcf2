"""The length of a whole piece in bars: "8-bar loop", "16 bars at 90", "40 Takte". Bars of a part of it are no length."""

import re

from services.enhancer.reading.findings import Finding
from services.enhancer.reading.numbers import NUMBER, number
from services.enhancer.reading.sections import NAME
from services.enhancer.reading.text import Text

MOST_BARS = 9999
_SECTION = rf"(?!loop|groove|theme|head|vamp|tag)(?:{NAME})"
_UNIT = r"(?:bars?|measures?|compases|comp[aá]s|takten?|takte?|mesures?|compassos|battute|maten|小节|小節)"
_COUNTED = re.compile(rf"(?<![\w.:/-])({NUMBER})[\s-]*{_UNIT}(?![a-z])")
_WHOLE_AFTER = re.compile(
    r"\s*(?:$|[,.;!?)\n/|]|(?:long|in total|total|altogether|of (?:it|this|that|music|drums?|beats?|groove|loop)|loops?|beat|groove|jam|piece|track|clip|vamp|cycle)(?!\w)|at\b|@|a \d|\d|walzer|waltz|bei\b|à \d|with|for|and|mit|con|com|avec|lang(?!\w)|だけ|の?ループ|的?循环)"  # noqa: E501  a table of words or one pattern
)
_PART_AFTER = re.compile(
    rf"[\s-]*(?:\w+[\s-]+){{0,2}}?(?:{_SECTION}|blues|phrases?|form|progression|changes|turnaround|riff|pattern|count(?:-?in)?|fill|rest|silence|each|every|later|before|after|in)(?!\w)"
)
_BLUES_BARS, _BLUES = 12, re.compile(r"blues|蓝调|布鲁斯|ブルース")
_LONG = re.compile(r"\s*(?:long|lang|in total|total)(?!\w)")
_LOOP = re.compile(r"[\s-]*loops?(?!\w)")
_PART_BEFORE = re.compile(
    rf"(?:(?<!\w)(?:after|first|last|next|every|each|for the|until|till|before|then|within|over|nach|ersten|letzten|alle|nach den ersten|primeros|[uú]ltimos|cada|tras|premi[eè]res|derni[eè]res|primeiros|{_SECTION})\s*(?:the\s+|is\s+|of\s+|for\s+|about\s+|:\s*)?|[:=(]|第|前|每|毎)$"  # noqa: E501  a table of words or one pattern
)
_NAMED_BEFORE = re.compile(r"(?:length|duration|long|total|l[aä]nge|duraci[oó]n|dur[eé]e|dura[cç][aã]o|长度|長さ)\s*[:=(]?\s*$")


def read_bars(text: Text) -> Finding[int] | None:
    """How many bars the whole piece is to have, or None. What says it is taken."""
    for match in _COUNTED.finditer(text.lower):
        bars = int(number(match.group(1)))
        before = text.lower[max(0, match.start() - 32) : match.start()]
        named = _NAMED_BEFORE.search(before)
        if not text.is_free(*match.span()) or not 1 <= bars <= MOST_BARS or (_PART_BEFORE.search(before) and not named):
            continue
        if bars == _BLUES_BARS and _BLUES.search(text.lower) and not named and not _LONG.match(text.lower, match.end()):
            continue  # the form of a chorus of blues
        loop = _LOOP.match(text.lower, match.end())
        if not loop and (_PART_AFTER.match(text.lower, match.end()) or not _WHOLE_AFTER.match(text.lower, match.end())):
            continue
        text.take(*match.span())
        return Finding(bars, text.quote(*match.span()), 0.9)
    return None
