"""Durations: 2:30, ninety seconds, 90s (but not the nineties), and the decades themselves."""

import re

from contracts.errors import BadInput
from services.enhancer.reading.corrections import read_corrected
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.lexicon import edit_distance
from services.enhancer.reading.numbers import NUMBER, number
from services.enhancer.reading.text import Text

SHORTEST_S, LONGEST_S, DEFAULT_S = 10.0, 600.0, 120.0
ALLOWED = "10 to 600 seconds"

_SEC = r"(?:seconds?|secs?|segundos?|segs?|sekunden?|sek|secondes?|secondi|seconden|секунд[аы]?|сек|초|秒[钟鐘]?|秒間|秒)"
_MIN = r"(?:minutes?|minuts?|mins?|minutos?|minuten?|minuti|minuto|minutinhos?|minutitos?|min[uü]tchen|minuutjes|min|минут[аы]?|мин|분|分[钟鐘]|分間|分(?!の|之|音符|休符|の?一拍))"  # noqa: E501  a table of words or one pattern
_HOUR = r"(?:hours?|hrs?|horas?|stunden?|heures?|ore|uur|小时|小時|時間)"
_HALF = r"(?:and a half|y medi[oa]|einhalb|und eine halbe|et demie?|e mei[oa]|e mezz[oa]|半)"
_GAP = r"\s*-?\s*"
_ONE = r"(?:a|an|one|un|una|uno|eine[nr]?|une|um|uma)"
_NUM = rf"(?:{NUMBER}|{_ONE})"

_MIN_SEC = re.compile(
    rf"(?<![\w.])(?<!\d:)({_NUM}){_GAP}(?:{_MIN}|(?<=\d)m|(?<=\d\s)m){_GAP}(?:and\s+|y\s+|und\s+|et\s+|e\s+|con\s+)?((?!{_ONE}\b){_NUM})(?:{_GAP}(?:{_SEC}|s)(?![a-z])|(?=\s*(?:$|[,.;!?)\n]|long\b|lang\b|total\b)))(?![\w:])",
    re.ASCII,
)
_MIN_SEC_TIGHT = re.compile(r"(?<![\w.])(?<!\d:)(\d{1,2})\s?(?:m|min|')\s?([0-5]?\d)\s?(?:s|sec|''|\")?(?![\w:])", re.ASCII)
_MIN_HALF = re.compile(
    rf"(?<![\w.])(?<!\d:)({_NUM})(?:\s+{_HALF}{_GAP}{_MIN}|{_GAP}{_MIN}\s*{_HALF}|{_HALF}{_GAP}{_MIN}|{_GAP}半(?!分))(?![a-z])", re.ASCII
)
_FRACTION = re.compile(rf"(?<![\w.])(?<!\d:)(\d{{0,2}}) ?([½¼¾]|[13]/[24])(?: of)?(?: an?)?{_GAP}{_MIN}(?![a-z])", re.ASCII)
_MINUTE_AND_HALF = re.compile(
    r"(?<!\w)(?:(?:a )?(?:min(?:ute)?) and a half|minuto y medio|minuto e meio|minuto e mezzo|minute et demie|anderthalb minuten?|eineinhalb minuten?|anderhalve minuut)(?!\w)"  # noqa: E501  a table of words or one pattern
)
_HALF_HOUR = re.compile(
    r"(?<!\w)(?:half an hour|a half hour|half hour|(?:eine )?halbe stunde|media hora|meia hora|(?:une )?demi-heure|mezz'ora|半小时|半時間|半个小时)(?!\w)"  # noqa: E501  a table of words or one pattern
)
_QUARTER_HOUR = re.compile(
    r"(?<!\w)(?:(?:a )?quarter of an hour|(?:eine )?viertelstunde|(?:un )?quart d'heure|(?:un )?cuarto de hora|(?:um )?quarto de hora|(?:un )?quarto d'ora)(?!\w)"  # noqa: E501  a table of words or one pattern
)
_INCHES = re.compile(
    r'(?<![\w.:\'"])(\d{2,3})\s?"(?!\w)(?!\s*(?:vinyl|single|record|remix|mix|cymbal|screen|speaker|woofer|kick|snare|tom))'
)
"""Seconds as editors write them: 15"; not the size of a record."""
_QUOTES = re.compile(r'(?<!\d)"')
_HALF_MIN = re.compile(
    r"(?<!\w)(?:half a min(?:ute)?|a half minute|half-minute|half minute|medi[oa] minuto|halben? minute|demi-minute|meio minuto|mezzo minuto|halve minuut|半分[钟鐘]|полминуты)(?!\w)"  # noqa: E501  a table of words or one pattern
)
_QUARTER_MIN = re.compile(r"(?<!\w)(?:a )?(three )?quarters? (?:of )?a minute(?!\w)")
_PAIR = re.compile(r"(?<!\w)(?:(?:a )?couple (?:of )?(?:min(?:ute)?s?)|un par de minutos|ein paar minuten|quelques minutes)(?!\w)")
_SPAN = re.compile(
    rf"(?<![\w.])(?<!\d:)(?:between\s+|from\s+|zwischen\s+|entre\s+|von\s+|de\s+)?({_NUM})\s*(?:-|to|and|or|bis|und|a|à|y|et|ou|oder|o|e|至|到|〜|~)\s*({_NUM}){_GAP}({_MIN}|{_SEC})(?![a-z])",
    re.ASCII,
)
_AGAIN = re.compile(
    rf"[^.;,\w]{{0,3}}(?:ok|no|hmm|well|wait)?,?\s*(?:make (?:it|that)|actually|better|rather|let's say|say)\s+({_NUM})(?![\w:]|\s*(?:bpm|beats))"  # noqa: E501  a table of words or one pattern
)
_UNITS = (
    (re.compile(rf"(?<![\w.])(?<!\d:)({_NUM}){_GAP}{_MIN}(?![a-z])", re.ASCII), 60.0),
    (re.compile(rf"(?<![\w.])(?<!\d:)({_NUM}){_GAP}{_SEC}(?![a-z])", re.ASCII), 1.0),
    (re.compile(rf"(?<![\w.])(?<!\d:)({_NUM}){_GAP}{_HOUR}(?![a-z])", re.ASCII), 3600.0),
)
_CLOCK = re.compile(r"(?<![\w.])(?<!\d:)(\d{1,2}):([0-5]\d)(?![\w:])(?!\s*(?:am|pm|a\.m|p\.m|o'clock))", re.ASCII)
_LONG_CLOCK = re.compile(r"(?<![\w.:])(\d{1,2}):([0-5]\d):([0-5]\d)(?:[.,]\d{1,3})?(?![\w:])", re.ASCII)
_SECONDS_CLOCK = re.compile(r"(?:(?<=\s)|(?<=[,;(/|])|(?<!.)):([1-5]\d)(?![\w:])", re.ASCII)
"""Hours, minutes and seconds, and seconds alone as editors write them: "00:03:20", ":45"."""
_ISO = re.compile(r"(?<!\w)pt(?=\d)(?:(\d{1,2})m)?(?:(\d{1,3}(?:\.\d{1,3})?)s)?(?!\w)", re.ASCII)
_LABELLED = re.compile(
    r"(?<!\w)(?:duration|length|len|dauer|l[aä]nge|duraci[oó]n|dur[eé]e|dura[cç][aã]o|时长|長さ)(?: in)?(?: s| secs?| seconds)?[\s\"')]*[:=][\s\"']*(\d{2,3})(?![\w.:'\"]|\s*(?:m|h|bars?|takte?|compases|%|\"))"  # noqa: E501  a table of words or one pattern
)
_MISSPELT = re.compile(rf"(?<![\w.])(?<!\d:)({_NUM}){_GAP}([a-z]{{4,9}})(?![\w'])", re.ASCII)
_SHORT_S = re.compile(r"(?<![\w.'])(?<!\d:)(\d{2,3})\s?s(?![\w'])", re.ASCII)
_SHORT_M = re.compile(r"(?<![\w.'])(?<!\d:)(\d(?:\.\d)?)\s?m(?![\w'])", re.ASCII)
_NOT_WHOLE_BEFORE = re.compile(
    r"(?:(?<!\w)(?:after|first|last|every|final|until|till|before|then|at|@|within|from|by|in|over the(?: last| first)?|around the|nach|nach den ersten|ersten|letzten|alle|ab|bei|vor|après|premi[eè]res|derni[eè]res|dans"  # noqa: E501  a table of words or one pattern
    r"|primeros|últimos|a los|al|cada|tras|hasta|antes de|después de|primeiros|aos|depois de|no minuto|minuto|dopo|na|eerste|laatste|(?:intro|outro|verse|chorus|drop|bridge|build(?:-?up)?|breakdown|solo|hook|fade(?:-?(?:out|in))?)(?: (?:of|is|lasts|for|about|around))*:?)"  # noqa: E501  a table of words or one pattern
    r"\s*(?:the\s+|about\s+|around\s+|los\s+|den\s+|les\s+)?|(?:最后|最後の?|开头|最初の|第|前|每|毎|イントロ(?:は|が)?))$"
)
_NOT_WHOLE_AFTER = re.compile(
    r"^[\s-]*(?:(?:long\s+)?(?:(?:quiet|slow|soft|gentle|calm|short|ambient|piano|drum|guitar|big|loud|build-?up|atmospheric|sparse)\s+){0,2}(?:intro|outro|fade|drop|build|build-up|buildup|break|breakdown|bridge|verse|chorus|solo|count-?in|reverb|delay|tail|decay|swell|riser|pause|mark\b)"
    r"|(?:loud|quiet|soft) part|in\s*[,.]|later|before|after|into|ago|walk|workout|drive|read|each|apiece|video clip inside|of (?:silence|build|fade|intro)|of [^.;,]{1,40}?,? (?:then|before|followed)|の?イントロ|的?前奏|处|處|から|以降)"  # noqa: E501  a table of words or one pattern
)
_ENDS = re.compile(
    r"(?<!\w)(?:(?<!intro )ends?|ending|finish(?:es|ing)?|over|done|endet|termina|acaba|finit|se termine)\s+(?:at|by|exactly at|bei|em|a los|à)\s*$"  # noqa: E501  a table of words or one pattern
)
_DISTANCE = re.compile(
    r"\s+(?:(?:tall|high|wide)(?!\w)|from (?:the|my|our|your|a|here|home|town|downtown|work|school)(?! (?:start|beginning|top|first))(?!\w)|away(?!\w)|walk(?!\w)|zu fuß|vom? (?:strand|haus|bahnhof|zentrum|hier)|entfernt"  # noqa: E501  a table of words or one pattern
    r"|d[eo]l? (?:la |los |las |mi |tu )?(?:ascensor|playa|casa|camino|caminata|distancia|coche|trayecto|espera|retraso|ciudad|estación|praia|caminhada|distância|carro|elevador|espera|atraso|estação)|de (?:la |ma )?(?:marche|plage|gare|trajet|retard|maison)|à pied)(?!\w)"  # noqa: E501  a table of words or one pattern
)
"""A way or a wait, and no length: "two minutes from the beach", "3 minutos de ascensor"."""
_TOTAL_BEFORE = re.compile(
    r"(?:total|whole|overall|full|entire|altogether|length|duration|runtime|run time|lasts?|lasting|track|song|piece|insgesamt|gesamt\w*|l[aä]nge|dauer|durée|duración|duraci[oó]n|duração|dura|dauert|dure|时长|總長|总长|长度|長さ|全長|尺)[^.;\d]{0,24}$"  # noqa: E501  a table of words or one pattern
)
_TOTAL_AFTER = re.compile(
    r"^[\s-]*(?:total|in total|long|overall|altogether|in all|all in all|insgesamt|lang|en total|au total|no total|in totale|的?总长|の長さ)"  # noqa: E501  a table of words or one pattern
)
_ERA_WORD = r"(?:twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|noughties)"
_ERA_FULL = re.compile(rf"(?<!\w)(?:(?:the|early|late|mid)[ -]+)?(?:(?:19|20)(\d)0'?s|({_ERA_WORD}))(?!\w)")
_ERA_FOREIGN = re.compile(
    r"(?:(?:los |d[eo]s |les )?(?:años|anos|années|anni|jaren)\s+['’]?(?:19|20)?(\d)0|(?<!\w)(?:19|20)?(\d)0er(?: ?-?jahren?)?(?![a-z])|(?:19|20)?(\d)0\s*年代|([二三四五六七八九])十年代|(\d)0-[ехx]+)"  # noqa: E501  a table of words or one pattern
)
_YEAR = re.compile(
    r"(?<![\w.:/-])(?:(?:in|from|circa|c\.|year|like it's)\s+)?(19[2-9]|20[012])\d(?![\w:/%]|[.,]\d|\s*(?:bars?|bpm|seconds?|hz))", re.ASCII
)
_ERA_SHORT = re.compile(r"(?<![\w.:])(?:(the|early|late|mid)[ -]+)?('?)([2-9]0)(?:'?s)(?!\w)")
_ERA_AFTER = re.compile(
    r"^[\s-]*(?:style|vibes?|feel|feeling|sound|sounding|era|inspired|influenced|flavou?r|aesthetic|nostalgia|retro|kid|school|synth|new wave|drum|[a-z&'+-]+)"  # noqa: E501  a table of words or one pattern
)
_ROUGHLY = re.compile(
    r"(?<![a-z])(?:about|around|roughly|approximately|approx|circa|ca|or so|ish|under|max|at most|less than|up to|etwa|ungefähr|rund|environ|unos|cerca de|por volta de|maximal)(?![a-z])|大概|大约|约|約|くらい|ぐらい|左右|~"  # noqa: E501  a table of words or one pattern
)
_LENGTH_WORDS = r"(?:long|length|total|duration|loop|version|edit|please|max|of\b|at\b|in\b|with|for|and|or|clip|piece|track|song|jingle|seamless|cut|no\b|without|instrumental|spot|ads?\b|advert|commercial|bumper|sting|teaser|trailer|promo|cue|bed\b)"  # noqa: E501  a table of words or one pattern
_LENGTH_AFTER = re.compile(rf"^[\s-]*(?:$|[,.;!)\n]|{_LENGTH_WORDS})")
_LENGTH_BEFORE = re.compile(r"(?:length|duration|for|about|around|lasting|lasts|exactly|make|is|give me|:|=|~)\s*$")
_DECADES_LISTED = re.compile(r"^\s*(?:and|or|to|/|-|,|&)\s*(?:early |late |mid )?'?[2-9]0'?s(?!\w)")
_MACHINES = ("303", "505", "606")
"""Drum machines and a bass synthesizer: "303s" are no seconds."""
_SPELT = {
    "minutes": 60.0, "minute": 60.0, "minutos": 60.0, "minuto": 60.0, "minuten": 60.0, "minuti": 60.0,
    "seconds": 1.0, "second": 1.0, "segundos": 1.0, "segundo": 1.0, "sekunden": 1.0, "secondes": 1.0, "secondi": 1.0,
}  # fmt: skip
_LONG_WORD = 7
_NO_UNITS = frozenset([
    "minuet", "minuets", "menuet", "menuets", "minute", "minutely", "section", "sections", "secondo", "secundus", "segundas", "seconda",
    "minuend", "minutia", "minuta", "segunda", "secund", "seconde",
])  # fmt: skip
"""Words that lie close to a unit and are none (or stand in the tables of units themselves)."""
_DAYS = (24.0, 48.0, 72.0)
"""Hours of opening and of deadlines, never of a song: "24-hour diner", "within 48 hours"."""
_PARTS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "1/2": 0.5, "1/4": 0.25, "3/4": 0.75}
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
    for match in (*_ERA_FOREIGN.finditer(text.lower), *_YEAR.finditer(text.lower)):
        if text.is_free(*match.span()):
            digit = next(group for group in match.groups() if group)
            text.take(*match.span())
            return Finding(int(digit[-1] if digit.isdigit() else number(digit)) * 10, text.quote(*match.span()), 0.9)
    return None


def _means_decade(text: Text, match: re.Match[str]) -> bool:
    """Whether "90s" is a decade: "the 90s", "'90s", "90s rock"; not "90s", "for 90s", "90s loop", "90s long"."""
    if match.group(1) or match.group(2) or _DECADES_LISTED.match(text.lower[match.end() :]):
        return True
    after, before = text.lower[match.end() : match.end() + 24], text.lower[: match.start()]
    if _LENGTH_BEFORE.search(before[-16:]):
        return False
    if _LENGTH_AFTER.match(after):
        return match.group(3) in ("50", "70", "80") and not re.match(r"[\s-]*(?:long|length|loop|total|max)", after)
    return bool(_ERA_AFTER.match(after)) and match.group(3) not in ("20", "30", "40")


def read_duration(text: Text) -> Finding[float] | None:
    """The length of the whole piece in seconds. Raises BadInput outside 10 to 600 s."""
    return read_corrected(text, _length)


def _length(text: Text) -> Finding[float] | None:
    """The first time that is not of a part; one that is called the total, the length or so stands before the others."""
    found = [(m, seconds) for m, seconds in _candidates(text) if text.is_free(*m.span()) and _is_whole(text, *m.span())]
    if not found:
        return None
    named = [entry for entry in found if _is_total(text, *entry[0].span())]
    possible = [entry for entry in found if SHORTEST_S <= entry[1] <= LONGEST_S]
    match, seconds = (named or possible or found)[0]
    again = _AGAIN.match(text.lower, match.end()) if match.re is _UNITS[0][0] else None
    if again:
        seconds = 60 * _value(again.group(1))
        text.take(again.start(1), again.end())
    text.take(*match.span())
    evidence = text.quote(*match.span())
    around = text.lower[max(0, match.start() - 16) : match.end() + 10]
    rough = match.re in (_SPAN, _PAIR) or bool(_ROUGHLY.search(around))
    reason = "the middle of what was named" if match.re is _SPAN else f"'{evidence}' is taken at its word" if rough else None
    return Finding(check_duration(seconds, evidence), evidence, 0.9 if rough else 1.0, reason)


def check_duration(seconds: float, shown: str, field: str = "duration_s") -> float:
    """The value, or BadInput naming what is allowed."""
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise BadInput(field, shown, ALLOWED)
    return seconds


def _candidates(text: Text) -> list[tuple[re.Match[str], float]]:
    """Every time in the words, the more particular patterns first: what they cover is not read again as less."""
    lower = text.lower
    found: list[tuple[re.Match[str], float]] = [(m, 90.0) for m in _MINUTE_AND_HALF.finditer(lower)]
    found += [(m, 1800.0) for m in _HALF_HOUR.finditer(lower)]
    found += [(m, 900.0) for m in _QUARTER_HOUR.finditer(lower)]
    found += [(m, _value(m.group(1)) * 60 + 30) for m in _MIN_HALF.finditer(lower)]
    found += [(m, int(m.group(1) or 0) * 60 + 60 * _PARTS[m.group(2)]) for m in _FRACTION.finditer(lower)]
    found += [(m, int(m.group(1)) * 60.0 + int(m.group(2))) for m in _MIN_SEC_TIGHT.finditer(lower) if not _is_cue(lower, m)]
    found += [
        (m, _value(m.group(1)) * 60 + _value(m.group(2)))
        for m in _MIN_SEC.finditer(lower)
        if _value(m.group(2)) < 60 and not _is_cue(lower, m)
    ]
    found += [(m, 30.0) for m in _HALF_MIN.finditer(lower)]
    found += [(m, 45.0 if m.group(1) else 15.0) for m in _QUARTER_MIN.finditer(lower)]
    found += [(m, 120.0) for m in _PAIR.finditer(lower)]
    found += [(m, _span_seconds(m)) for m in _SPAN.finditer(lower) if _value(m.group(1)) < _value(m.group(2))]
    for pattern, scale in _UNITS:
        found += [(m, _value(m.group(1)) * scale) for m in pattern.finditer(lower) if scale < 3600 or _value(m.group(1)) not in _DAYS]
    found += [(m, int(m.group(1)) * 3600.0 + int(m.group(2)) * 60 + int(m.group(3))) for m in _LONG_CLOCK.finditer(lower)]
    found += [(m, int(m.group(1)) * 60.0 + int(m.group(2))) for m in _CLOCK.finditer(lower)]
    found += [(m, float(m.group(1))) for m in _SECONDS_CLOCK.finditer(lower)]
    found += [(m, 60.0 * int(m.group(1) or 0) + float(m.group(2) or 0)) for m in _ISO.finditer(lower) if any(m.groups())]
    found += [(m, float(m.group(1))) for m in _SHORT_S.finditer(lower) if int(m.group(1)) <= LONGEST_S and m.group(1) not in _MACHINES]
    found += [(m, float(m.group(1)) * 60) for m in _SHORT_M.finditer(lower)]
    found += [
        (m, float(m.group(1)))
        for m in _INCHES.finditer(lower)
        if int(m.group(1)) != 12 and not len(_QUOTES.findall(lower[: m.start()])) % 2
    ]
    found += [(m, _value(m.group(1)) * scale) for m in _MISSPELT.finditer(lower) if (scale := _misspelt_unit(m.group(2)))]
    found += [(m, float(m.group(1))) for m in _LABELLED.finditer(lower)]
    return _uncovered(found)


def _misspelt_unit(word: str) -> float:
    """Seconds of the unit that a misspelt word must mean ("mintues", "secnods"), or 0."""
    if word in _NO_UNITS:
        return 0.0
    for unit, scale in _SPELT.items():
        limit = 2 if min(len(word), len(unit)) >= _LONG_WORD else 1
        if word[0] == unit[0] and abs(len(word) - len(unit)) <= limit and edit_distance(word, unit, limit) <= limit:
            return scale
    return 0.0


def _is_cue(lower: str, match: re.Match[str]) -> bool:
    """Whether "1m3" or "2m14" names a cue of a film, by reel and number; "2m30", "1m 3s" and "1'03" are times."""
    seconds = match.group(2)
    if not re.fullmatch(r"\d+m\d+", match.group()):
        return False
    return len(seconds) == 1 or seconds[-1] not in "05" or bool(re.search(r"\b(?:cues?|reel|titled?|called)\W*$", lower[: match.start()]))


def _uncovered(found: list[tuple[re.Match[str], float]]) -> list[tuple[re.Match[str], float]]:
    kept: list[tuple[re.Match[str], float]] = []
    for match, seconds in found:
        if not any(match.start() < other.end() and other.start() < match.end() for other, _ in kept):
            kept.append((match, seconds))
    return kept


def _span_seconds(match: re.Match[str]) -> float:
    """The middle of "2 to 3 minutes"."""
    scale = 60.0 if re.fullmatch(_MIN, match.group(3)) else 1.0
    return (_value(match.group(1)) + _value(match.group(2))) / 2 * scale


def _is_total(text: Text, start: int, end: int) -> bool:
    return bool(_TOTAL_BEFORE.search(text.lower[max(0, start - 40) : start]) or _TOTAL_AFTER.match(text.lower[end : end + 20]))


def _is_whole(text: Text, start: int, end: int) -> bool:
    """Whether a time is that of the whole piece and not of a moment or of a part of it."""
    before = text.lower[max(0, start - 32) : start]
    if (_NOT_WHOLE_BEFORE.search(before) and not _ENDS.search(before)) or _DISTANCE.match(text.lower, end):
        return False
    return not _NOT_WHOLE_AFTER.match(text.lower[end : end + 56])


def _value(words: str) -> float:
    return 1.0 if re.fullmatch(_ONE, words) else number(words)
