"""Numbers as people write them: digits, and number words up to 999 in the languages that the readers know."""

import re
import unicodedata
from collections.abc import Mapping

_EN_UNITS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,  # noqa: E501  a table of words or one pattern
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_EN_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_ES = {
    "un": 1, "uno": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "doce": 12,  # noqa: E501  a table of words or one pattern
    "trece": 13, "catorce": 14, "quince": 15, "dieciseis": 16, "diecisiete": 17, "dieciocho": 18, "diecinueve": 19, "veinte": 20, "veintiuno": 21,  # noqa: E501  a table of words or one pattern
    "veintidos": 22, "veintitres": 23, "veinticuatro": 24, "veinticinco": 25, "veintiseis": 26, "veintisiete": 27, "veintiocho": 28, "veintinueve": 29,  # noqa: E501  a table of words or one pattern
    "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90, "cien": 100, "ciento": 100, "doscientos": 200,  # noqa: E501  a table of words or one pattern
}  # fmt: skip
_PT = {
    "um": 1, "uma": 1, "dois": 2, "duas": 2, "três": 3, "quatro": 4, "cinco": 5, "seis": 6, "sete": 7, "oito": 8, "nove": 9, "dez": 10, "onze": 11, "doze": 12,  # noqa: E501  a table of words or one pattern
    "treze": 13, "catorze": 14, "quatorze": 14, "quinze": 15, "dezesseis": 16, "dezasseis": 16, "dezessete": 17, "dezoito": 18, "dezenove": 19, "vinte": 20,  # noqa: E501  a table of words or one pattern
    "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70, "oitenta": 80, "noventa": 90, "cem": 100, "cento": 100, "duzentos": 200,  # noqa: E501  a table of words or one pattern
}  # fmt: skip
_FR = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "onze": 11, "douze": 12,  # noqa: E501  a table of words or one pattern
    "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60,  # noqa: E501  a table of words or one pattern
    "septante": 70, "huitante": 80, "nonante": 90, "cent": 100, "cents": 100,
}  # fmt: skip
_DE = {
    "ein": 1, "eins": 1, "eine": 1, "einer": 1, "einen": 1, "zwei": 2, "zwo": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,  # noqa: E501  a table of words or one pattern
    "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16, "siebzehn": 17, "achtzehn": 18, "neunzehn": 19,  # noqa: E501  a table of words or one pattern
    "zwanzig": 20, "dreißig": 30, "dreissig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_NL = {
    "een": 1, "twee": 2, "drie": 3, "vier": 4, "vijf": 5, "zes": 6, "zeven": 7, "acht": 8, "negen": 9, "tien": 10, "elf": 11, "twaalf": 12, "dertien": 13,  # noqa: E501  a table of words or one pattern
    "veertien": 14, "vijftien": 15, "zestien": 16, "zeventien": 17, "achttien": 18, "negentien": 19, "twintig": 20, "dertig": 30, "veertig": 40,  # noqa: E501  a table of words or one pattern
    "vijftig": 50, "zestig": 60, "zeventig": 70, "tachtig": 80, "negentig": 90,
}  # fmt: skip
_IT = {
    "un": 1, "uno": 1, "una": 1, "due": 2, "tre": 3, "quattro": 4, "cinque": 5, "sei": 6, "sette": 7, "otto": 8, "nove": 9, "dieci": 10, "undici": 11,  # noqa: E501  a table of words or one pattern
    "dodici": 12, "tredici": 13, "quattordici": 14, "quindici": 15, "sedici": 16, "diciassette": 17, "diciotto": 18, "diciannove": 19, "venti": 20, "vent": 20,  # noqa: E501  a table of words or one pattern
    "trenta": 30, "trent": 30, "quaranta": 40, "cinquanta": 50, "sessanta": 60, "settanta": 70, "ottanta": 80, "novanta": 90, "cento": 100,
}  # fmt: skip
_HAN = {"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


def _any(table: Mapping[str, int], low: int = 0, high: int = 1000) -> str:
    """Alternation of a table's words with values from `low` up to below `high`, the longest first."""
    return "(?:" + "|".join(sorted((w for w, v in table.items() if low <= v < high), key=len, reverse=True)) + ")"


_EN_UNIT, _EN_TEN = _any(_EN_UNITS), _any(_EN_TENS)
_EN_BELOW_100 = rf"(?:{_EN_TEN}(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|{_EN_UNIT})"
_ES_WORD = _any({**_ES, "dieciséis": 16, "veintidós": 22, "veintitrés": 23, "veintiséis": 26, "veintiún": 21}, 1, 100)
_FUSED_DE = (
    rf"(?:(?:{_any(_DE, 1, 10)}?hundert)(?:und)?)?(?:{_any(_DE, 1, 10)}und)?{_any(_DE, 20)}|{_any(_DE, 1, 10)}?hundert(?:und)?{_any(_DE, 1, 20)}?"  # noqa: E501  a table of words or one pattern
    rf"|{_any(_DE, 1, 20)}"
)
_FUSED_NL = (
    rf"(?:{_any(_NL, 2, 10)}?honderd(?:en)?)?(?:{_any(_NL, 1, 10)}[eë]n)?{_any(_NL, 20)}|{_any(_NL, 2, 10)}?honderd(?:en)?{_any(_NL, 1, 20)}?"  # noqa: E501  a table of words or one pattern
    rf"|{_any(_NL, 1, 20)}"
)
_FUSED_IT = rf"(?:cento)?{_any(_IT, 20, 100)}{_any(_IT, 1, 10)}?|cento{_any(_IT, 1, 20)}?|{_any(_IT, 1, 20)}"

# English; what others add. A language is known by the first pattern that covers the whole number.
SPOKEN = rf"(?:(?:(?:a|{_EN_UNIT})[ -])?hundred(?:[ -](?:and[ -])?{_EN_BELOW_100})?|{_EN_BELOW_100})"
_PATTERNS = {
    "en": SPOKEN,
    "es": rf"(?:(?:ciento|doscientos)(?: {_ES_WORD}(?: y {_ES_WORD})?)?|cien|{_ES_WORD}(?: y {_ES_WORD})?)",
    "pt": rf"(?:(?:cento|duzentos)(?: e {_any(_PT, 1, 100)}){{0,2}}|cem|{_any(_PT, 1, 100)}(?: e {_any(_PT, 1, 10)})?)",
    "fr": rf"(?:(?:{_any(_FR, 2, 10)}[ -])?cents?(?:[ -](?:et[ -])?{_any(_FR, 1, 100)}){{0,4}}|{_any(_FR, 1, 100)}(?:[ -](?:et[ -])?{_any(_FR, 1, 100)}){{0,3}})",  # noqa: E501  a table of words or one pattern
    "de": rf"(?:{_FUSED_DE})",
    "it": rf"(?:{_FUSED_IT})",
    "nl": rf"(?:{_FUSED_NL})",
    "han": "[〇零一二两兩三四五六七八九十百]{1,6}",
}
_WHOLE = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
_TABLES = {"es": _ES, "pt": _PT, "fr": _FR, "de": {**_DE, "hundert": 100}, "it": _IT, "nl": {**_NL, "honderd": 100}}
_SPLIT = {name: re.compile(_any(_TABLES[name])) for name in ("de", "it", "nl")}
_CALLED = re.compile(rf"(one|two)[ -](?:oh[ -]({_EN_UNIT})|({_EN_BELOW_100}))")

DIGITS = r"\d{1,5}(?:\.\d{1,2}|,\d{1,2}(?![\d\u3040-\u9fff]))?"
NUMBER = rf"(?:{DIGITS}|{'|'.join(_PATTERNS.values())})"
CALLED_NUMBER = rf"(?:(?:one|two)[ -](?:oh[ -]{_EN_UNIT}|{_EN_BELOW_100})|{NUMBER})"
"""A number, also as players call tempos out: "one twenty", "one oh five"."""


def number(text: str) -> float:
    """Value of a text that matches NUMBER or CALLED_NUMBER: "124", "92,5", "ninety-five", "cento e vinte", "一百二十"."""
    text = text.strip()
    if text[0].isdigit():
        return float(text.replace(",", "."))
    called = _CALLED.fullmatch(text)
    if called and _number_value(called.group(2) or called.group(3)) < (10 if called.group(2) else 100):
        rest = _number_value(called.group(2) or called.group(3))
        if called.group(2) or rest >= 10:
            return _number_value(called.group(1)) * 100 + rest
    return _number_value(text)


def _number_value(text: str) -> float:
    language = next((name for name, pattern in _WHOLE.items() if pattern.fullmatch(text)), "en")
    if language == "han":
        return float(_han(text))
    if language == "en":
        return float(_sum(re.split(r"[ -]+", text), {**_EN_UNITS, **_EN_TENS, "hundred": 100, "a": 1}))
    table = _TABLES[language]
    words = _SPLIT[language].findall(text) if language in _SPLIT else re.split(r"[ -]+", _plain(text) if language == "es" else text)
    return float(_sum(words, table))


def _sum(words: list[str], table: Mapping[str, int]) -> int:
    """Words added up: a hundred multiplies what stands before it, "quatre vingts" are eighty."""
    total = 0
    for word in words:
        value = table.get(word, 0)
        if value == 100:
            total = max(total, 1) * 100
        elif word in ("vingt", "vingts") and total % 10 == 4:
            total += 76
        else:
            total += value
    return total


def _han(text: str) -> int:
    if not set(text) & set("十百"):
        return int("".join(str(_HAN[char]) for char in text))
    total, digit = 0, 0
    for char in text:
        if char in "十百":
            total += max(digit, 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _HAN[char]
    if text[-1] not in "十百" and len(text) > 1 and text[-2] == "百":
        return total + digit * 10  # 一百二 is a hundred and twenty
    return total + digit


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
