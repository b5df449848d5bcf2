"""Numbers as people write them: digits, decimals and English number words up to 999."""

import re

_UNITS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,  # noqa: E501  a table of words or one pattern
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_TEN = "|".join(_TENS)
_BELOW_100 = rf"(?:(?:{_TEN})(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|{_UNIT})"

DIGITS = r"\d{1,5}(?:[.,]\d{1,2})?"
SPOKEN = rf"(?:(?:a|{_UNIT})[ -]hundred(?:[ -](?:and[ -])?{_BELOW_100})?|{_BELOW_100})"
NUMBER = rf"(?:{DIGITS}|{SPOKEN})"


def number(text: str) -> float:
    """Value of a text that matches NUMBER: "124", "92,5", "one hundred and twenty", "ninety-five"."""
    text = text.strip()
    if text[0].isdigit():
        return float(text.replace(",", "."))
    total = 0
    for word in re.split(r"[ -]+", text):
        if word == "hundred":
            total = max(total, 1) * 100
        elif word == "a":
            total = 1
        else:
            total += _UNITS.get(word, 0) + _TENS.get(word, 0)
    return float(total)
