"""Tempo: numbers, metronome markings, and words such as slow."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from contracts.errors import BadInput
from services.enhancer.reading.corrections import read_corrected
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.language import language_of
from services.enhancer.reading.lexicon import Lexicon, Match
from services.enhancer.reading.numbers import CALLED_NUMBER, DIGITS, NUMBER, number
from services.enhancer.reading.scope import reached
from services.enhancer.reading.tables import table
from services.enhancer.reading.text import Text

LOWEST_BPM, HIGHEST_BPM = 30.0, 300.0
ALLOWED = "30 to 300 BPM of the felt beat"

_UNIT = (
    r"(?:b\.? ?p\.? ?m\.?s?|bmps?|bpn|beats?[ -](?:per|a|/)[ -]?min(?:ute)?|pulsaciones(?: por minuto)?|pulsos por minuto|ppm|schl[aä]gen? (?:pro|in der) minute|battements? (?:par|[àa] la) minute"  # noqa: E501  a table of words or one pattern
    r"|(?:batidas|batimentos) por minuto|battiti al minuto|slagen per minuut|уд(?:аров)?\.?(?: в мин(?:уту)?)?|拍/分|拍(?:每分[钟鐘])?(?!子)|ビーピーエム|비피엠)"  # noqa: E501  a table of words or one pattern
)
_APPROX = (
    r"(?:around(?: the)?|about|approximately|approx\.?|roughly|circa|ca\.?|nearly|somewhere (?:near|around)|close to|give or take|ungef[aä]hr|etwa|rund|um die|environ|vers|autour de"  # noqa: E501  a table of words or one pattern
    r"|cerca de|alrededor de|sobre los|m[aá]s o menos|unos|por volta de|uns|intorno a|大概|大约|左右|约|大約|約|だいたい|およそ|~|≈|\+/-|±)"
)
_TO = r"(?:\s*(?:-|至|到|から|〜|~)\s*|\s+(?:to|through|and|or|bis|und|a|à|até|y|et|e)\s+)"
_BETWEEN = r"(?:(?:somewhere |anywhere )?(?:between|from|zwischen|entre|von|de|tra|在)\s*)?"
_RANGE = re.compile(rf"(?<![\w.])({NUMBER}){_TO}({NUMBER})\s*-?\s*{_UNIT}(?![a-z])", re.ASCII)
_BETWEEN_ALONE = re.compile(
    r"(?<!\w)(?:between|zwischen|entre)\s+(\d{2,3})\s*(?:-|and|und|y|et|e)\s*(\d{2,3})(?![\w:/]|\s*[a-z]*(?:sec|min|bar|tak|comp))",
    re.ASCII,
)
_RANGE_ALONE = re.compile(r"(?:^|[,;\n]\s*)(\d{2,3})\s*[-〜~]\s*(\d{2,3})(?=\s*(?:$|[,;\n]|\.(?!\d)))", re.ASCII)
_TEMPO = r"(?:bpms?|b\.p\.m\.|tempo|speed|pace|metronome(?: mark(?:ing)?)?|♩|geschwindigkeit|velocidad|速度|节奏|節奏|テンポ|템포|темп)"
_LINK = r"(?:[^.;,!?\n\d()]{0,36}?(?:\b(?:of|is|at|to|be|sit|auf|von|bei|de|à|a|em|en|für)\b|[:=@为為はが]))?"
_NAMED_RANGE = re.compile(rf"(?<![a-z]){_TEMPO}{_LINK}\s*(?:{_APPROX}\s*)?{_BETWEEN}({DIGITS}){_TO}({DIGITS})(?![\w:/])", re.ASCII)
_LISTED = re.compile(r"(?:^|[,;\n]\s*|[.!]\s+|\s(?:--?|/|\||·|•)\s*)(\d{2,3})(?=\s*(?:$|[,;!\n]|\.(?!\d)|\s(?:--?|/|\||·|•)(?:\s|$)))")
_OR_SO = re.compile(
    r"(?<![\w.:/#-])(\d{2,3})(?=\s*(?:\+(?!\d)|or so|or thereabouts|-?ish\b|give or take|左右|くらい|ぐらい|más o menos|mas o menos))",
    re.ASCII,
)
NUMBER_UNIT = re.compile(rf"(?<![a-z\d])(?<!\d[./,])({CALLED_NUMBER})\s*-?\s*{_UNIT}(?![a-z])", re.ASCII)
_TO_THE_NOTE = re.compile(
    rf"(?<![\w.:/])({NUMBER})\s+(?:à la noire|a la negra|à semínima|alla semiminima|to the (?:crotchet|quarter(?: note)?))(?!\w)"
)
_TEMPO_AFTER = re.compile(
    r"(?<![\w.:/])(\d{2,3})(?:\s*-?er)?[ -](?:de |di |do )?tempo(?!\w)|(?<![\w.:/])(\d{2,3})er[ -](?:beat|groove|puls)"
)
"""The number first: "90 de tempo", "132er Tempo"."""
_BEATS_ALONE = re.compile(rf"(?<![\w.])({NUMBER})\s*(?:schläge|pulsaciones|battements|batidas|battiti|pulsos)(?!\w)")
_RATE = re.compile(
    rf"(?<![\w.])({NUMBER})\s*(?:beats?|pulses?|clicks?|pulsos|pulsaciones|golpes|batidas|schläge|battements?|pulsations?)\s*(?:per|a|each|por|pro|par|/)\s*"
    r"(?:second|sec|s|segundo|sekunde|seconde)(?!\w)"
)
_PERIOD = re.compile(
    rf"(?<![\w.])({NUMBER}|half an?|half|medio|meio|meia|une demi|demi|eine halbe|halbe)[\s-]*(ms|milliseconds?|seconds?|secs?|s|segundos?|sekunden?|secondes?)\s+"  # noqa: E501  a table of words or one pattern
    r"(?:per|a|each|between|por|pro|par|je)\s+(?:beats?|quarter|pulse|pulso|tiempo|golpe|batida|tempo|schlag|temps|battement)(?!\w)"
)
_OTHER_NOTE = re.compile(
    rf"(?<!\w)(?:(half|minim|blanca|blanche|mínima|halbe|(?:二|2)分音符)|(eighth|quaver|corchea|croche|colcheia|achtel|(?:八|8)分音符))(?:[ -]?notes?)?"  # noqa: E501  a table of words or one pattern
    rf"\s*(?:=|equals|is|at|:)\s*({NUMBER})(?![\w:/%])"
)
_MOVED = re.compile(
    r"(?<!\w)(?:bring|take|drop|raise|lower|push|pull|change|move|go|bump|slow|speed|nudge)(?:s|ing|ed)?(?: it| this| that| the tempo| things)?(?: back)?(?: up| down)?"  # noqa: E501  a table of words or one pattern
    r" from (\d{2,3})(?: ?bpm)? (?:down |up )?to (\d{2,3})(?![\w:])"
)
"""The tempo that is left and the one that is wanted: "bring it down from 110 to 98"."""
_PER_MINUTE = re.compile(rf"(?:每分[钟鐘]|毎分|分あたり)\s*({NUMBER})(?:\s*拍)?")
_NAMED = re.compile(
    rf"(?<![a-z])(?:{_TEMPO}|quarter(?:[ -]note)?|crotchet|viertel(?:note)?|negra|noire|semínima|(?:四|4)分音符|(?<![a-z])q(?=\s*=)){_LINK}\s*(?:(?:equals|set to|should be|around|is|{_APPROX})\s*|[:=@]\s*)*({CALLED_NUMBER})"  # noqa: E501  a table of words or one pattern
    r"(?![\w:%]|/\s*\d|\.\d|\s*(?:bars?|seconds?|secs?|minutes?|mins?|segundos|sekunden|secondes|takte)\b)",
    re.ASCII,
)
_BARE = re.compile(
    rf"(?<!\w)(?:at|@|a|à|bei|auf|try|use|now|go (?:for|with|to)|instead|{_APPROX})\s*(\d{{2,3}}|(?:one|a) hundred(?: and)?[ -]\w+|(?:sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|one hundred|a hundred|(?<=a ){NUMBER}|(?<=bei ){NUMBER})"  # noqa: E501  a table of words or one pattern
    r"(?=\s*(?:$|[,.;!?)\n](?!\d)|\s(?:with|in|and|for|feel|tempo|groove|please|on|but|without|no|or|max|using|mit|con|avec|com|sin|ohne|this time|now|instead)\b))",  # noqa: E501  a table of words or one pattern
    re.ASCII,
)
_BESIDE = re.compile(r"(?<![\w.:/#'+-])(\d{2,3}(?:\.\d{1,2})?)(?![\w:/%'\"°-]|[.,]\d)", re.ASCII)
_UNIT_AFTER = re.compile(
    r"\s*(?:bars?|beats?|seconds?|secs?|minutes?|mins?|measures?|tracks?|songs?|times|people|players|voices|strings?|instruments?|years?|days?|hz|khz|db|percent|takte|sekunden|segundos|secondes|[a-z]*note)\b"
)
_COUNTED_BEFORE = re.compile(
    r"(?:\b(?:of|top|number|no\.?|since|vol(?:ume)?\.?|route|level|chapter|part|act|take|op\.?|opus|studio|area|bar|mk|version|v|summer|class|page|agent|channel|interstate|highway|blink|sum|maroon|matchbox|u|ub)|#)\s*$"
)
_SONG_BEFORE = re.compile(r"\b(?:beat|track|song|groove|loop|tune|instrumental|banger|jam|riddim|lied|canci[oó]n|morceau|m[uú]sica)\s*$")
_NEARLY = re.compile(
    rf"{_APPROX}|(?<![a-z])(?:or so|ish|-ish|or thereabouts|mais ou menos|ou plus|or less|at most|under|below|no (?:faster|slower) than|maximal|höchstens)(?![a-z])"  # noqa: E501  a table of words or one pattern
)
_ENDS_ITEM = re.compile(r"\s*(?:$|[,;.!)\n|(/])(?!\d)")
_SURELY, _ABOUT, _BY_PLACE = 1.0, 0.9, 0.85
_FEW_WORDS, _LEAST_TRAILING_BPM = 6, 70


@dataclass(frozen=True)
class TempoWord:
    """A word about tempo: a range in BPM, or a share of the way through the genre's range."""

    evidence: str
    low_bpm: float = 0.0
    high_bpm: float = 0.0
    share: float | None = None
    name: str = ""
    """Which relative word it is, such as ballad."""


def read_tempo(text: Text, places: Sequence[int] = (), soft: Sequence[int] = ()) -> Finding[float] | None:
    """The tempo that was stated as a number, in BPM; the one that is meant where the words correct themselves.

    `places` are the characters where names of styles begin and end: a bare number that touches one is a tempo ("techno 133").
    `soft` are those of moods and sounds, after which a bare number is one at the end of its item.

    Raises:
        BadInput: a tempo outside 30 to 300.
    """
    return read_corrected(text, lambda page: _range(page) or _single(page) or _beside(page, places, soft))


def _single(text: Text) -> Finding[float] | None:
    if counted := _counted(text):
        return counted
    for pattern in (NUMBER_UNIT, _TO_THE_NOTE, _PER_MINUTE, _TEMPO_AFTER, _NAMED, _BEATS_ALONE, _BARE, _LISTED, _OR_SO):
        bare = pattern in (_BEATS_ALONE, _BARE, _LISTED, _OR_SO)
        for match in pattern.finditer(text.lower):
            value = number(match.group(1) or match.group(2))
            if not text.is_free(*match.span()) or (bare and not 40 <= value <= 240):
                continue
            text.take(*match.span())
            evidence = text.quote(*match.span()).strip(" ,;")
            around = text.lower[max(0, match.start() - 14) : match.end() + 14]
            approximate = bool(_NEARLY.search(around))
            reason = f"'{evidence}' is taken at its word" if approximate else None
            return Finding(check_bpm(value, evidence), evidence, _ABOUT if approximate or bare else _SURELY, reason)
    return None


def _counted(text: Text) -> Finding[float] | None:
    """A tempo that has to be reckoned: beats a second, the time of a beat, another note than the quarter."""
    moved = _MOVED.search(text.lower)
    if moved and text.is_free(*moved.span()) and all(50 <= int(said) <= 220 for said in moved.groups()):
        text.take(*moved.span())
        return Finding(float(moved.group(2)), text.quote(*moved.span()), _SURELY, f"{moved.group(1)} BPM is what is left behind")
    for pattern in (_RATE, _PERIOD, _OTHER_NOTE):
        for match in pattern.finditer(text.lower):
            if not text.is_free(*match.span()):
                continue
            bpm, evidence = round(_reckoned(match), 2), text.quote(*match.span())
            if LOWEST_BPM <= bpm <= HIGHEST_BPM:
                text.take(*match.span())
                return Finding(bpm, evidence, _SURELY, f"'{evidence}' is {bpm:g} beats a minute")
    return None


def _reckoned(match: re.Match[str]) -> float:
    if match.re is _RATE:
        return 60 * number(match.group(1))
    if match.re is _PERIOD:
        said = match.group(1)
        length = 0.5 if re.match(r"half|medi|mei|une demi|demi|eine|halb", said) else number(said)
        return 60 / max(length / (1000 if match.group(2).startswith(("ms", "mil")) else 1), 0.001)
    return number(match.group(3)) * (2 if match.group(1) else 0.5)


def _beside(text: Text, places: Sequence[int], soft: Sequence[int]) -> Finding[float] | None:
    """A bare number that touches the name of a style or a key: "techno 133", "130 techno", "F#m 172", "a trap beat 140".

    Beside a word of `soft` (a mood, a sound) it must end its item: "relaxed 96, brushes". Where a few words name a style, one that ends
    them is its tempo, too: "phonk drift cowbell 140".
    """
    terse = bool(places) and len(text.lower.split()) <= _FEW_WORDS
    for match in _BESIDE.finditer(text.lower):
        start, end = match.span()
        value = float(match.group(1))
        if not 50 <= value <= 240 or not text.is_free(start, end) or _UNIT_AFTER.match(text.lower, end):
            continue
        before, after = text.lower[max(0, start - 24) : start], text.lower[end : end + 4]
        left, right = start - len(before) + len(before.rstrip(" (@")), end + len(after) - len(after.lstrip(" "))
        after_key = left > 0 and bool(text.taken[left - 1]) and left != start
        ends = left in soft and _ENDS_ITEM.match(text.lower, end)
        last = terse and value >= _LEAST_TRAILING_BPM and not text.lower[end:].strip(" .!")
        beside = left in places or right in places or after_key or ends or last
        if _COUNTED_BEFORE.search(before) or not (beside or _SONG_BEFORE.search(before)):
            continue
        text.take(start, end)
        return Finding(value, text.quote(start, end), _BY_PLACE, f"{value:g} beside the style is its tempo")
    return None


def _range(text: Text) -> Finding[float] | None:
    for pattern in (_RANGE, _NAMED_RANGE, _BETWEEN_ALONE, _RANGE_ALONE):
        for match in pattern.finditer(text.lower):
            low, high = sorted((number(match.group(1)), number(match.group(2))))
            if not text.is_free(*match.span()) or (pattern in (_BETWEEN_ALONE, _RANGE_ALONE) and not 50 <= low < high <= 220):
                continue
            if pattern is _RANGE and low < LOWEST_BPM and high <= HIGHEST_BPM:
                continue  # "in 2 and 120 bpm" is no range
            if pattern is _RANGE and not match.group(1).isdigit() and number(match.group(1)) > number(match.group(2)):
                continue  # "a hundred and thirty" is one number
            text.take(*match.span())
            evidence = text.quote(*match.span())
            middle = float(round((check_bpm(low, evidence) + check_bpm(high, evidence)) / 2))
            return Finding(middle, evidence, _ABOUT, f"the middle of {low:g} to {high:g} BPM")
    return None


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


def tempo_word_places(text: Text) -> list[int]:
    """Where words about tempo begin and end: a number beside one is a tempo ("muy rápido 160")."""
    return [place for match in _lexicon().find(text) if not match.misspelt for place in (match.start, match.end)]


def _is_pitch(text: Text, match: Match) -> bool:
    """Whether "grave" speaks of low tones, as in Spanish, Portuguese and French: "cuerdas graves"."""
    form = text.words[match.first].form
    return form == "graves" or (form == "grave" and match.first > 0 and language_of(text) in ("es", "pt", "fr", "it"))


def read_tempo_word(text: Text) -> TempoWord | None:
    """The first word about tempo; a metronome marking wins over "slow" and "fast", a ballad over both."""
    words = table("tempo_words")
    matches = [m for m in _lexicon().find(text) if not m.misspelt]
    for match in matches:
        for name in () if _is_pitch(text, match) else match.ids("marking"):
            low, high = words["markings"][name]
            return TempoWord(text.quote(match.start, match.end), low, high)
    refused = {i for scope in reached(text, matches, "negation", lambda _: False) for i in scope.items}
    relative = [
        (min(max(1 - at, 0.3), 0.7) if index in refused else at, match, "" if index in refused else name)
        for index, match in enumerate(matches)
        for name, at in ((name, words["relative"][name]["at"]) for name in match.ids("relative"))
    ]
    if not relative:
        return None
    slowest = min(relative, key=lambda entry: entry[0])
    share, match, name = slowest if slowest[0] < 0 else relative[0]
    return TempoWord(text.quote(match.start, match.end), share=share, name=name)
