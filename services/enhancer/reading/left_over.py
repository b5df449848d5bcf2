"""What a prompt says and the brief cannot hold: a second or a moving tempo, a second key, words in a script that nobody here reads."""

import re
import unicodedata
from collections import Counter

from services.enhancer.reading.corrections import is_refused
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.keys import named_with_mode
from services.enhancer.reading.numbers import number
from services.enhancer.reading.tempo import NUMBER_UNIT
from services.enhancer.reading.text import Text

_READ = ("LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "CYRILLIC", "FULLWIDTH", "HALFWIDTH", "IDEOGRAPHIC", "KANGXI")
_LANGUAGES = "English, Spanish, German, French, Portuguese, Chinese and Japanese are, and some Italian, Dutch, Korean and Russian"
_MOST_LETTERS = 400
_MOVING = re.compile(
    r"\b(?:accelerand[oi]|accelerat\w+|speed(?:s|ing)? up|(?:gets?|getting|becom(?:es?|ing))"
    r" (?:gradually |slowly |steadily )?(?:faster|slower)"
    r"|beschleunig\w+|immer (?:schneller|langsamer)|wird (?:schneller|langsamer)|acelerando|cada vez más (?:rápido|lento)"
    r"|accéléran[dt]\w*|de plus en plus (?:vite|rapide|lent)|cada vez mais (?:rápido|lento))(?!\w)|だんだん(?:速|遅)く|越来越(?:快|慢)"
)


def left_over(text: Text, tempo: Finding[float] | None, key: Finding[str] | None) -> tuple[str, ...]:
    """Notes about them, once every reader has taken what it could."""
    return tuple(filter(None, (_other_tempo(text, tempo), _moving_tempo(text), _other_key(text, key), _unread(text))))


def _other_tempo(text: Text, tempo: Finding[float] | None) -> str | None:
    """A second tempo that is neither refused nor the same felt otherwise (half, double)."""
    if tempo is None:
        return None
    for match in NUMBER_UNIT.finditer(text.lower):
        value = number(match.group(1))
        same = value in (tempo.value, 2 * tempo.value, tempo.value / 2)
        if text.is_free(*match.span()) and not same and not is_refused(text, *match.span()):
            return f"'{text.quote(*match.span())}' is named as well: a song keeps one tempo here, {tempo.value:g} BPM."
    return None


def _moving_tempo(text: Text) -> str | None:
    """A tempo that is to change on the way."""
    match = _MOVING.search(text.lower)
    if match is None or is_refused(text, *match.span()):
        return None
    said = text.quote(*match.span())
    return f"'{said}': a song keeps one tempo here; once it is made, `houseband revise` gives a section another one."


def _other_key(text: Text, key: Finding[str] | None) -> str | None:
    other = named_with_mode(text) if key else None
    if key is None or other is None or other.value == key.value:
        return None
    return f"'{other.evidence}' is named as well: a song begins and ends in one key here, {key.value}."


def _unread(text: Text) -> str | None:
    """A note where most letters are of a script whose words no table holds."""
    letters = [char for char in text.original[:_MOST_LETTERS] if char.isalpha()]
    scripts = Counter(unicodedata.name(char, "UNKNOWN").split(" ")[0].split("-")[0] for char in letters)
    if not scripts:
        return None
    name, count = scripts.most_common(1)[0]
    if name in _READ or 2 * count < len(letters):
        return None
    return f"Words in {name.capitalize()} script are not read; {_LANGUAGES}. Numbers and keys in Latin letters count."
