"""Amounts and places in an instruction: decibels, intervals, bars, seconds, percent, LUFS, and ranges of bars."""

import re
from collections.abc import Iterator

from services.enhancer.instructing.amounts_asian import asian_amounts
from services.enhancer.instructing.amounts_kinds import (
    BARS,
    BPM,
    CEILING,
    COUNTED,
    DB,
    INTERVAL,
    LUFS,
    PERCENT,
    RANGE,
    SECONDS,
    Amount,
)
from services.enhancer.reading.numbers import NUMBER, number
from services.enhancer.reading.text import Text

_BAR = r"(?:bars?|measures?|takte?n?|comp[aá]s(?:es)?|mesures?|compassos?|battut[ae])"
_SIGN = r"(?P<sign>[+-]|plus |minus |menos |mais )?\s?"
_NUM = rf"(?P<n>{NUMBER})"
_DB = re.compile(rf"(?<![\w.]){_SIGN}{_NUM}\s*-?(?:db|decibels?|dezibel|decibelios|d[ée]cibels?)(?![a-z])")
_LUFS = re.compile(r"(?<![\w.])(?P<sign>[-+]|minus )?\s?(?P<n>\d{1,2}(?:[.,]\d{1,2})?)\s*(?:lufs|lkfs)(?!\w)")
_CEILING = re.compile(
    r"(?<![\w.])(?:(?:true[- ]peaks?|ceiling|peaks?)\s*(?:at|of|to|:|under|below)?\s*)?(?P<sign>[-+]|minus )?\s?(?P<n>\d(?:[.,]\d{1,2})?)\s*(?:dbtp|db\s+(?:true[- ]peak|ceiling)|dbfs\s+true[- ]peak)(?!\w)"  # noqa: E501  a table of words or one pattern
)
_HALVES = r"(?:half[- ]?(?:steps?|tones?)|semi[- ]?tones?|halbt[oö]ne?n?|semitonos?|medios? tonos?|demi[- ]tons?|meio tom|semitoni?)"
_WHOLES = r"(?:whole[- ]?(?:steps?|tones?)|tones?|steps?|ganzt[oö]ne?n?|tonos?(?: enteros?)?|tons?(?: entiers?)?|tom(?= (?:acima|abaixo|mais|inteiro)))"  # noqa: E501  a table of words or one pattern
_OCTAVES = r"(?:octaves?|oktaven?|octavas?|oitavas?|ottav[ae])"
_ONE = r"(?:a|an|one|by a|eine[nrm]?|einen?|una?|une?|um|uma)"
_COUNTED = re.compile(
    rf"(?<![\w.])(?P<sign>[+-])?(?P<n>half a|{_ONE}(?= )|{NUMBER})?[ -]*(?P<unit>{_HALVES}|{_WHOLES}|{_OCTAVES})(?![a-zà-ÿ])"
)
_HALF_STEP = re.compile(
    r"(?<!\w)(?:half a (?:step|tone)|einen halben ton|halber ton|halben ton|medio tono|(?:un |d'un )?demi[- ]ton)(?!\w)"
)
_NAMED = re.compile(
    rf"(?<!\w)(?:{_ONE} )?(?P<colour>minor|major|perfect|augmented|diminished|kleine|gro(?:ß|ss)e|reine)?\s?"
    r"(?P<size>second|third|fourth|fifth|sixth|seventh|sekunde|terz|quarte?|quinte?|sexte?|septime?)(?!\w)"
)
_NAMED_ROMANCE = re.compile(
    rf"(?<!\w)(?:{_ONE} |d'une )?(?P<size>segunda|tercera|cuarta|quinta|sexta|s[eé]ptima|seconde|tierce|quarte|quinte|sixte|septi[eè]me)"
    r"(?: (?P<colour>menor|mayor|justa|mineure|majeure|juste))?(?!\w)"
)
_SIZES = {
    "second": 2, "third": 4, "fourth": 5, "fifth": 7, "sixth": 9, "seventh": 11, "sekunde": 2, "terz": 4, "quart": 5, "quarte": 5, "quint": 7,  # noqa: E501  a table of words or one pattern
    "quinte": 7, "sext": 9, "sexte": 9, "septim": 11, "septime": 11, "segunda": 2, "tercera": 4, "cuarta": 5, "quinta": 7, "sexta": 9,
    "séptima": 11, "septima": 11, "seconde": 2, "tierce": 4, "sixte": 9, "septième": 11, "septieme": 11,
}  # fmt: skip
_MINOR = ("minor", "kleine", "menor", "mineure", "diminished")
_LARGE = ("augmented",)
_IMPERFECT = (2, 4, 9, 11)
_UP = re.compile(
    r"(?<![a-zà-ÿ])(?:up|upwards?|higher|raise[ds]?|hoch|h[oö]her|rauf|aufw[aä]rts|nach oben|sube|subir|arriba|m[aá]s (?:alt[oa]|agud[oa])|monte[rz]?|plus haute?|vers le haut|above|au-dessus|acima|sobe|mais alt[oa]|sopra|alza(?:re)?|pi[uù] alt[oa]|in su)(?![a-zà-ÿ])"  # noqa: E501  a table of words or one pattern
)
_DOWN = re.compile(
    r"(?<![a-zà-ÿ])(?:down|downwards?|lower(?:ed)?|drop(?:ped)?|runter|herunter|tiefer|hinunter|abw[aä]rts|nach unten|baja|bajar|abajo|m[aá]s (?:baj[oa]|grave)|baisse[rz]?|descend[sre]*|plus (?:bas(?:se)?|grave)|vers le bas|below|abaixo|desce|mais baix[oa]|sotto|abbassa(?:re)?|pi[uù] bass[oa]|in gi[uù])(?![a-zà-ÿ])"  # noqa: E501  a table of words or one pattern
)
_SECTION_AFTER = re.compile(r"\s+(?:verse|chorus|bridge|intro|outro|drop|head|solo|hook|refrain|couplet|break|build|half|time|one|bar)")
_BAR_COUNT = re.compile(
    rf"(?<![\w.:])(?P<sign>[+-])?(?P<n>(?!an?\b){NUMBER})[ -]*(?:more |extra |additional |further |weitere |zus[aä]tzliche |mehr )?{_BAR}(?![a-zà-ÿ])"  # noqa: E501  a table of words or one pattern
)
_A_BAR = re.compile(rf"(?<!\w)(?P<n>a|an|one|another|eine?n?|una?|une?)(?: (?:more|extra|single))? {_BAR}(?![a-zà-ÿ])")
_BAR_RANGE = re.compile(
    rf"(?<!\w)(?:(?:from|in|between|von|zwischen|in den|de los|entre|del|du|des|de la|aux?|dos?|nos?|dalla|dal|da|tra)\s+)?{_BAR}\s+(?P<a>\d{{1,4}})"  # noqa: E501  a table of words or one pattern
    r"\s*(?:-|to|through|until|till|and|bis|und|a|al|hasta|y|à|et)\s*(?:bar |takt |comp[aá]s |mesure |compasso |battuta )?(?P<b>\d{1,4})(?!\w)"  # noqa: E501  a table of words or one pattern
)
_BAR_ONE = re.compile(r"(?<!\w)(?:bar|takt|comp[aá]s|mesure|compasso|battuta)\s+(?P<a>\d{1,4})(?P<b>)(?!\w)")
_FIRST = r"(?:first|opening|ersten?|erste[rns]?|primer[oa]?s|primer[oa]?|premi[eè]re?s?|primeir[oa]s?|prim[aeio])"
_LAST = r"(?:last|final|closing|letzten?|letzte[rns]?|[uú]ltim[oaei]s?|derni[eè]re?s?)"
_EDGE_BARS = (
    re.compile(rf"(?<!\w)(?:(?P<first>{_FIRST})|(?P<last>{_LAST}))\s+(?P<n>{NUMBER})\s+{_BAR}(?![a-zà-ÿ])"),
    re.compile(rf"(?<!\w)(?P<n>{NUMBER})\s+(?:(?P<first>{_FIRST})|(?P<last>{_LAST}))\s+{_BAR}(?![a-zà-ÿ])"),
    re.compile(rf"(?<!\w)(?:(?P<first>{_FIRST})|(?P<last>{_LAST}))\s+(?P<n>(?:very |single )?){_BAR}(?![a-zà-ÿ])"),
)
_BESIDE_BARS = re.compile(
    r"(?<!\w)(?:(?:for|in|during|over|im|in den|f[üu]r|durante|en|pendant|dans) )?"
    rf"(?:(?:the|den|dem|die|los|el|les|la|le|for|f[üu]r|pendant|durante) )(?:(?P<n>{NUMBER}) )?{_BAR}"
    r"(?=\s+(?:(?:right|just|immediately|directly|direkt|justo|juste) )?"
    r"(?:(?P<last>before|vor|antes|avant)|(?P<first>after|nach|despu[eé]s|apr[eè]s))(?!\w))"
)
"""Bars that lie beside something: "the bar before the last chorus", "for two bars before each chorus"."""
_HALF = re.compile(
    rf"(?<!\w)(?:(?P<first>{_FIRST})|(?P<last>{_LAST}|second|zweiten?|segunda|seconde?|deuxi[eè]me|seconda))\s+"
    r"(?P<half>half|h[aä]lfte|mitad|moiti[eé]|metade|met[aà])(?![a-zà-ÿ-]| time| speed| step)"
)
_MIN = r"(?:minutes?|mins?|minutos?|minuten?|minuti?)"
_SEC = r"(?:seconds?|secs?|s|segundos?|sekunden?|secondes?|secondi?)"
_CLOCK = re.compile(r"(?<![\w:])(?P<m>\d{1,2}):(?P<s>[0-5]\d)(?![\w:])")
_MINUTES = re.compile(rf"(?<![\w.]){_NUM}[ -]*{_MIN}(?:\s*(?:and|und|y|et)?\s*(?P<s>{NUMBER})\s*{_SEC})?(?![a-zà-ÿ])")
_SECONDS = re.compile(rf"(?<![\w.]){_NUM}[ -]*{_SEC}(?![a-zà-ÿ])")
_FASTER = r"(?:faster|quicker|up|higher|more|schneller|hoch|mehr|m[aá]s(?: r[aá]pid[oa])?|plus(?: rapide| vite)?|de plus)"
_SLOWER = r"(?:slower|down|lower|less|langsamer|runter|weniger|menos|m[aá]s lent[oa]|moins|plus lente?|de moins)"
_UNIT = r"(?:bpm|beats? per minute|schl[aä]ge(?: pro minute)?)"
_BPM_AFTER = re.compile(rf"(?<![\w.]){_NUM}\s*{_UNIT}\s+(?:(?P<up>{_FASTER})|(?P<down>{_SLOWER}))(?![a-zà-ÿ])")
_BPM_BEFORE = re.compile(
    rf"(?<![a-zà-ÿ])(?:(?P<up>{_FASTER}|raise|increase|speed(?: it| the song| things)? up|sube|monte|erh[oö]he)|(?P<down>{_SLOWER}|lower|reduce|decrease|slow(?: it| the song| things)? down|baja|baisse|senke))"  # noqa: E501  a table of words or one pattern
    rf"(?: the| das| el| le)?(?: tempo| speed)?(?: by| um| en| de| about)\s+{_NUM}\s*{_UNIT}(?![a-zà-ÿ])"
)
_BPM_SIGNED = re.compile(rf"(?<![\w.])(?P<sign>[+-])\s?{_NUM}\s*{_UNIT}(?!\w)")
_TEMPO_BY = re.compile(
    rf"(?<![a-zà-ÿ])tempo\s+(?:(?P<up>up|\+|plus|higher)|(?P<down>down|-|minus|lower))\s*(?:by )?{_NUM}(?![\w%:]|\s*(?:%|percent|bars?|db))"
)
_PERCENT = re.compile(rf"(?<![\w.]){_SIGN}{_NUM}\s*(?:%|percent|per cent|prozent|por ciento|pour ?cent)(?!\w)")
_NUMBERS = re.compile(r"(?<=[a-zà-ÿ] )(?P<a>\d)\s*(?:,|and|&|\+|und|y|et|-|to)\s*(?P<b>\d)(?![\w.]|\s*(?:bars?|db|bpm|takte))")


def amounts(text: Text) -> list[Amount]:
    """All amounts; their words are taken."""
    found: list[Amount] = []
    for read in (asian_amounts, _tempo, _levels, _ranges, _intervals, _bars, _times, _shares):
        for amount in read(text):
            if text.is_free(amount.start, amount.end):
                text.take(amount.start, amount.end)
                found.append(amount)
    return sorted(found, key=lambda amount: amount.start)


def _tempo(text: Text) -> Iterator[Amount]:
    for pattern in (_BPM_AFTER, _BPM_BEFORE, _TEMPO_BY):
        for m in pattern.finditer(text.lower):
            yield Amount(BPM, number(m["n"]) * (-1 if m["down"] else 1), *m.span(), signed=True)
    for m in _BPM_SIGNED.finditer(text.lower):
        yield Amount(BPM, number(m["n"]) * (-1 if m["sign"] == "-" else 1), *m.span(), signed=True)


def _levels(text: Text) -> Iterator[Amount]:
    for kind, pattern in ((CEILING, _CEILING), (LUFS, _LUFS)):
        for m in pattern.finditer(text.lower):
            yield Amount(kind, -number(m["n"]), *m.span(), signed=True)  # neither is ever above zero
    for m in _DB.finditer(text.lower):
        sign = (m["sign"] or "").strip()
        yield Amount(DB, number(m["n"]) * (-1 if sign in ("-", "minus", "menos") else 1), *m.span(), signed=bool(sign))


def _ranges(text: Text) -> Iterator[Amount]:
    for pattern in (_BAR_RANGE, _BAR_ONE):
        for m in pattern.finditer(text.lower):
            yield Amount(RANGE, float(m["a"]), *m.span(), other=float(m["b"] or m["a"]))
    for pattern in _EDGE_BARS:
        for m in pattern.finditer(text.lower):
            count = number(m["n"]) if m["n"].strip() not in ("", "very", "single") else 1.0
            yield Amount(RANGE, count, *m.span(), edge="first" if m["first"] else "last")
    for m in _BESIDE_BARS.finditer(text.lower):
        yield Amount(RANGE, number(m["n"]) if m["n"] else 1.0, *m.span(), edge="first" if m["first"] else "last")
    for m in _HALF.finditer(text.lower):
        yield Amount(RANGE, 0.0, *m.span(), edge="first" if m["first"] else "last", share=0.5)
    for m in _NUMBERS.finditer(text.lower):
        yield Amount(COUNTED, float(m["a"]), *m.span(), other=float(m["b"]))


def _intervals(text: Text) -> Iterator[Amount]:
    """Intervals that have a direction: "a minor third up", "two semitones lower", "-3 semitones"."""
    for m in _HALF_STEP.finditer(text.lower):
        yield from _directed(text, 1, m.span())
    for m in _COUNTED.finditer(text.lower):
        written, unit = m["n"] or "", m["unit"]
        if not written and unit in ("tone", "step", "tones", "steps"):
            continue  # to tone something down, to step it up
        count = 0.5 if written == "half a" else number(written) if written and not re.fullmatch(_ONE, written) else 1.0
        size = count * (12 if re.fullmatch(_OCTAVES, unit) else 1 if re.fullmatch(_HALVES, unit) else 2)
        if m["sign"]:
            yield Amount(INTERVAL, size * (-1 if m["sign"] == "-" else 1), *m.span(), signed=True)
        else:
            yield from _directed(text, size, m.span())
    for pattern in (_NAMED, _NAMED_ROMANCE):
        for m in pattern.finditer(text.lower):
            if _SECTION_AFTER.match(text.lower, m.end()):
                continue
            size = _SIZES[m["size"]]
            if m["colour"] in _MINOR:
                size -= 1
            yield from _directed(text, size + (m["colour"] in _LARGE), m.span())


def _directed(text: Text, size: float, span: tuple[int, int]) -> Iterator[Amount]:
    """An interval with the direction that stands nearest to it in the same thought; without one it is none."""
    before = re.split(r"[,;.!?]| and | und | y | et ", text.lower[max(0, span[0] - 40) : span[0]])[-1]
    after = re.split(r"[,;.!?]| and | und | y | et ", text.lower[span[1] : span[1] + 24])[0]
    near = [(m.start(), sign) for sign, words in ((1, _UP), (-1, _DOWN)) for m in words.finditer(after)]
    near = near or [(-m.end(), sign) for sign, words in ((1, _UP), (-1, _DOWN)) for m in words.finditer(before)]
    if near and size == int(size):
        yield Amount(INTERVAL, size * min(near)[1], *span)


def _bars(text: Text) -> Iterator[Amount]:
    for m in _BAR_COUNT.finditer(text.lower):
        yield Amount(BARS, number(m["n"]) * (-1 if m["sign"] == "-" else 1), *m.span(), signed=bool(m["sign"]))
    for m in _A_BAR.finditer(text.lower):
        yield Amount(BARS, 1.0, *m.span())


def _times(text: Text) -> Iterator[Amount]:
    for m in _CLOCK.finditer(text.lower):
        yield Amount(SECONDS, 60.0 * int(m["m"]) + int(m["s"]), *m.span())
    for m in _MINUTES.finditer(text.lower):
        yield Amount(SECONDS, 60 * number(m["n"]) + (number(m["s"]) if m["s"] else 0.0), *m.span())
    for m in _SECONDS.finditer(text.lower):
        yield Amount(SECONDS, number(m["n"]), *m.span())


def _shares(text: Text) -> Iterator[Amount]:
    for m in _PERCENT.finditer(text.lower):
        sign = (m["sign"] or "").strip()
        yield Amount(PERCENT, number(m["n"]) * (-1 if sign in ("-", "minus", "menos") else 1), *m.span(), signed=bool(sign))


__all__ = [
    "BARS", "BPM", "CEILING", "COUNTED", "DB", "INTERVAL", "LUFS", "PERCENT", "RANGE", "SECONDS", "Amount", "amounts",
]  # fmt: skip
