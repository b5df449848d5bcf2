"""Roman numerals to chords. Degrees count against the major scale of the tonic, as `Chord.roman` writes them."""

import re

from contracts.errors import BadInput
from contracts.music import Chord, Key
from contracts.music.pitch import LETTER_CLASS

_NUMERAL = re.compile(r"^([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)([^/]*(?:6/9)?)(?:/([3579]))?$")
_STEPS = {"I": (0, 0), "II": (1, 2), "III": (2, 4), "IV": (3, 5), "V": (4, 7), "VI": (5, 9), "VII": (6, 11)}
_LETTERS = "CDEFGAB"
_MINOR = {"": "m", "7": "m7", "9": "m9", "11": "m11", "13": "m13", "6": "m6", "add9": "madd9", "maj7": "mmaj7"}
_COMMON = {"°": "dim", "°7": "dim7", "ø": "m7b5", "ø7": "m7b5", "+": "aug"}


def parse_numeral(numeral: str, key: Key) -> Chord:
    """The chord of a numeral such as "bVImaj7", "ii7", "V/3", "viiø7" in `key`, spelled by its letter.

    Raises:
        BadInput: naming the numeral that is none.
    """
    match = _NUMERAL.match(numeral)
    if not match:
        raise BadInput("numeral", numeral, "I–VII or i–vii with an optional b or #, a quality and a member in the bass")
    accidental, degree, suffix, member = match.groups()
    letter_steps, semitones = _STEPS[degree.upper()]
    semitones += {"b": -1, "#": 1, "": 0}[accidental]
    minor = degree.islower()
    quality = _COMMON.get(suffix, _MINOR.get(suffix, suffix) if minor else suffix)
    root = spell(key, letter_steps, semitones)
    chord = Chord.parse(f"{root}{quality}")
    if member is None:
        return chord
    letter_up = int(member) - 1
    wanted = {3: (3, 4), 5: (7, 6, 8), 7: (10, 11, 9), 9: (14, 13)}[int(member)]
    step = next((s for s in wanted if s in chord.intervals), wanted[0])
    return Chord(chord.root, chord.quality, spell(key, letter_steps + letter_up, semitones + step))


def spell(key: Key, letter_steps: int, semitones: int) -> str:
    """Name of the note `semitones` above the tonic on the letter `letter_steps` above the tonic's.

    Falls back to the key's plain spelling where the letter would need a double accidental, or a Cb, Fb, E# or B# that is
    not in the key's own scale: a tritone substitute in E flat is written E7, not Fb7.
    """
    wanted = (key.tonic_class + semitones) % 12
    letter = _LETTERS[(_LETTERS.index(key.tonic[0]) + letter_steps) % 7]
    offset = (wanted - LETTER_CLASS[letter] + 6) % 12 - 6
    if abs(offset) > 1:
        return key.spell(wanted)
    name = letter + {1: "#", -1: "b", 0: ""}[offset]
    outside = wanted not in key.pitch_classes and name in ("Cb", "Fb", "E#", "B#")
    return key.spell(wanted) if outside else name


def numerals_to_bars(text: str) -> list[list[str]]:
    """The numerals of each bar: "I | ii7 V7" -> [["I"], ["ii7", "V7"]]."""
    return [bar.split() for bar in text.split("|")]


def plain(numeral: str) -> str:
    """The numeral without quality and bass: "bVImaj7/3" -> "bVI"."""
    match = _NUMERAL.match(numeral)
    return (match.group(1) + match.group(2)) if match else numeral
