"""Progressions in figures and by name: "1 5 6 4", "1645和弦", "ii-V-I" said as the axis, the Andalusian cadence, the canon."""

import re
from dataclasses import dataclass

from services.enhancer.reading.keys import SOLFEGE
from services.enhancer.reading.text import Text

_DEGREES = ("I", "ii", "iii", "IV", "V", "vi", "vii°")
_MINOR_DEGREES = ("i", "ii°", "III", "iv", "v", "VI", "VII")
_MINOR = re.compile(r"(?<![a-z])(?:minor|moll|menor|mineur|minore|[a-g][#b]?m)(?![a-z])|小调|小調|短調|マイナー|단조|минор")
_FIGURE = r"[b#]?[1-7](?:maj7|m7|m|7|-(?=\s|$))?"
_SPACED = re.compile(rf"(?<![\w.:/#-])((?:{_FIGURE})(?:(?:\s*[-–,]\s*|\s+)(?:{_FIGURE})){{2,15}})(?![\w.:/%-]|\s*(?:bpm|/))")
_PACKED = re.compile(r"(?<![\w.:/-])([1-7]{3,8})(?=\s*(?:和弦|进行|進行|コード|chords?\b|progression|changes))", re.ASCII)
_ANNOUNCED = re.compile(
    r"(?:nashville(?: numbers?)?|number system|chords?|progression|changes|numerals|degrees|acordes|akkorde|accords|accordi|grados|stufen|degrés|和弦|进行|進行|コード)[^.;\d]{0,20}$"  # noqa: E501  a table of words or one pattern
)
_AFTERWARDS = re.compile(
    r"\s*(?:nashville|progression|chords?|chord progression|changes|和弦|进行|進行|コード|in (?:the key of )?[a-g](?:#|b|♯|♭)?(?![a-z])|en (?:do|re|mi|fa|sol|la|si)\b)"  # noqa: E501  a table of words or one pattern
)
_NAMED: tuple[tuple[str, str], ...] = (
    (r"andalusian cadence|cadencia andaluza|andalusische kadenz|cadence andalouse|安达卢西亚", "i VII VI V"),
    (r"axis progression|four[- ]chord (?:song|progression|loop)|pop[- ]punk progression", "I V vi IV"),
    (r"(?:50s|doo[- ]wop|ice cream|heart and soul) (?:progression|changes)", "I vi IV V"),
    (r"(?:canon|pachelbel) (?:progression|chords|changes)|カノン進行|卡农进行|卡农和弦", "I V vi iii IV I IV V"),
    (r"royal road|王道進行|王道进行", "IV V iii vi"),
    (r"小室進行|komuro progression", "vi IV V I"),
    (r"rhythm changes", "I vi ii V"),
    (r"aeolian vamp", "i VI VII i"),
    (r"circle of fifths progression|quintfallsequenz", "vi ii V I"),
)
_NAMES = tuple((re.compile(rf"(?<![a-z])(?:{words})(?![a-z])"), numerals) for words, numerals in _NAMED)
_NOTE = r"(?:do|dó|ré|rè|re|mi|fá|fa|sol|lá|la|si)(?:#|♯|♭|b)?\s?(?:menor|mineur|minore|m7|m|maj7|7)?(?![a-zà-ÿ])"
_SUNG = re.compile(rf"(?:acordes|accords|accordi)\s*(?::|son|sont|de)?\s*((?:{_NOTE})(?:(?:\s*[-–,]\s*|\s+)(?:{_NOTE})){{1,11}})")
_SUNG_NOTE = re.compile(r"(do|dó|ré|rè|re|mi|fá|fa|sol|lá|la|si)(#|♯|♭|b)?\s?(menor|mineur|minore|m7|m|maj7|7)?(?![a-zà-ÿ])")


@dataclass(frozen=True)
class Numbered:
    """Chord symbols or numerals, one to a bar, and where they were said."""

    bars: tuple[str, ...]
    start: int
    end: int


def read_numbered(text: Text) -> Numbered | None:
    """A progression in figures, in sung names of notes, or by the name that players give it."""
    degrees = _MINOR_DEGREES if _MINOR.search(text.lower) else _DEGREES
    for match in _PACKED.finditer(text.lower):
        if text.is_free(*match.span()):
            return Numbered(tuple(_numeral(figure, degrees) for figure in match.group(1)), *match.span())
    for match in _SPACED.finditer(text.lower):
        named = _ANNOUNCED.search(text.lower[max(0, match.start() - 40) : match.start()]) or _AFTERWARDS.match(text.lower, match.end())
        if named and text.is_free(*match.span()):
            figures = re.findall(_FIGURE, match.group(1))
            return Numbered(tuple(_numeral(figure, degrees) for figure in figures), *match.span())
    for match in _SUNG.finditer(text.lower):
        if text.is_free(*match.span()):
            return Numbered(tuple(_symbol(note) for note in _SUNG_NOTE.finditer(match.group(1))), *match.span())
    for pattern, numerals in _NAMES:
        found = pattern.search(text.lower)
        if found and text.is_free(*found.span()):
            return Numbered(tuple(numerals.split()), *found.span())
    return None


def _numeral(figure: str, degrees: tuple[str, ...]) -> str:
    """6 is vi, 4m is iv, 2maj7 is IImaj7: the quality that the scale gives unless the figure says another."""
    sign = figure[0] if figure[0] in "b#" else ""
    degree, quality = figure[len(sign)], figure[len(sign) + 1 :]
    plain = degrees[int(degree) - 1]
    if quality in ("m", "-", "m7"):
        return sign + plain.rstrip("°").lower() + ("7" if quality == "m7" else "")
    if sign:
        return sign + plain.rstrip("°").upper() + quality
    return plain + quality


def _symbol(note: re.Match[str]) -> str:
    sign = {"♯": "#", "♭": "b"}.get(note.group(2) or "", note.group(2) or "")
    quality = {"menor": "m", "mineur": "m", "minore": "m"}.get(note.group(3) or "", note.group(3) or "")
    return SOLFEGE[note.group(1)] + sign + quality
