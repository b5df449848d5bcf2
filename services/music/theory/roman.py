"""Roman numerals to chords and back. Degrees count against the major scale of the tonic, as `Chord.roman` writes them.

A numeral is [b|#]degree + quality + [/member in the bass] + [/degree that it is applied to]: "bVImaj7", "ii7", "V/3", "viiø7",
"V7/V", "V7/3/ii"; "subV7/V" is the dominant a tritone away. A member 3, 5, 7 or 9 is the chord's own; 2, 4, 6 and members with
an accidental or "maj" count in the major scale of the root: "I/2" is C/D in C major, "I7/maj7" C7/B.
"""

import re
from functools import lru_cache

from contracts.errors import BadInput
from contracts.music import Chord, Key
from contracts.music.pitch import LETTER_CLASS

_DEGREE = r"([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)"
_NUMERAL = re.compile(rf"^{_DEGREE}((?:[^/]|6/9)*?)(?:/(maj|[b#])?([2-79]))?(?:/{_DEGREE})?$")
_STEPS = {"I": (0, 0), "II": (1, 2), "III": (2, 4), "IV": (3, 5), "V": (4, 7), "VI": (5, 9), "VII": (6, 11)}
_SCALE = (0, 2, 4, 5, 7, 9, 11)
_NAMES = tuple(_STEPS)
_LETTERS = "CDEFGAB"
_MINOR = {"": "m", "7": "m7", "9": "m9", "11": "m11", "13": "m13", "6": "m6", "add9": "madd9", "maj7": "mmaj7"}
_COMMON = {"°": "dim", "°7": "dim7", "ø": "m7b5", "ø7": "m7b5", "+": "aug"}
_OWN = {3: (3, 4), 5: (7, 6, 8), 7: (10, 11, 9), 9: (14, 13)}
ALLOWED = "I–VII or i–vii with an optional b or #, a quality, a member in the bass such as /3, a chord that it is applied to such as /V"


@lru_cache(maxsize=4096)
def parse_numeral(numeral: str, key: Key) -> Chord:
    """The chord of a numeral such as "bVImaj7", "ii7", "V/3", "viiø7", "V7/V" in `key`, spelled by its letter.

    Raises:
        BadInput: naming the numeral that is none.
    """
    match = _NUMERAL.match(numeral.replace("subV", "bII", 1))
    if not match:
        raise BadInput("numeral", numeral, ALLOWED)
    accidental, degree, suffix, sign, member, target_sign, target = match.groups()
    if target:
        key = Key(_root(target_sign, target, key), "minor" if target.islower() else "major")
    minor = degree.islower()
    root = _root(accidental, degree, key)
    chord = Chord.parse(f"{root}{_COMMON.get(suffix, _MINOR.get(suffix, suffix) if minor else suffix)}")
    if member is None:
        return chord
    steps, semitones = _STEPS[degree.upper()]
    semitones += {"b": -1, "#": 1, "": 0}[accidental]
    return Chord(chord.root, chord.quality, spell(key, steps + int(member) - 1, semitones + _member(chord, sign or "", int(member))))


def _root(accidental: str, degree: str, key: Key) -> str:
    steps, semitones = _STEPS[degree.upper()]
    return spell(key, steps, semitones + {"b": -1, "#": 1, "": 0}[accidental])


def _member(chord: Chord, sign: str, member: int) -> int:
    """Semitones above the root of a member: the chord's own third, fifth, seventh or ninth, else by the major scale."""
    if not sign and member in _OWN:
        wanted = _OWN[member]
        return next((s for s in wanted if s in chord.intervals), wanted[0])
    return _SCALE[(member - 1) % 7] + {"b": -1, "#": 1}.get(sign, 0)


def numeral_of(chord: Chord, key: Key) -> str:
    """The numeral that `parse_numeral` reads back as this chord: its degree by its letter, its bass as a member."""
    upper = _degree(chord.root, key)
    plain_roman = Chord(chord.root, chord.quality).roman(key)
    head = re.match(rf"^{_DEGREE}", plain_roman)
    suffix = plain_roman[head.end() :] if head else ""
    text = (upper.replace("I", "i").replace("V", "v") if chord.is_minor else upper) + suffix
    return text if chord.bass_class == chord.root_class else f"{text}/{_slash(chord)}"


def _degree(root: str, key: Key) -> str:
    """The degree of a root in upper case, by its letter where one accidental is enough."""
    semitones = Chord(root).root_class - key.tonic_class
    steps = (_LETTERS.index(root[0]) - _LETTERS.index(key.tonic[0])) % 7
    change = (semitones - _SCALE[steps] + 6) % 12 - 6
    if abs(change) <= 1:
        return {1: "#", -1: "b", 0: ""}[change] + _NAMES[steps]
    return re.sub("[^b#IV]", "", Chord(root).roman(key))


def _slash(chord: Chord) -> str:
    """The bass as a member of the chord, the chord's own first."""
    above = (chord.bass_class - chord.root_class) % 12
    for member in _OWN:
        if _member(chord, "", member) % 12 == above:
            return str(member)
    degree = {1: "b2", 2: "2", 3: "b3", 4: "maj3", 5: "4", 6: "b5", 7: "maj5", 8: "b6", 9: "6", 10: "b7", 11: "maj7"}
    return degree[above]


def applied_to(chord: Chord, following: Chord, key: Key) -> str | None:
    """The numeral of a chord that leads into the next one as its dominant ("V7/vi", "vii°7/ii"), where it is foreign to the key."""
    if set(chord.pitch_classes[:4]) <= set(key.pitch_classes) or following.root_class == key.tonic_class:
        return None
    target = _degree(following.root, key)
    target = target.replace("I", "i").replace("V", "v") if following.is_minor else target
    local = Key(following.root, "minor" if following.is_minor else "major")
    up = (following.root_class - chord.root_class) % 12
    dominant = 4 in chord.intervals and 11 not in chord.intervals
    if up == 5 and dominant:
        return f"{numeral_of(chord, local)}/{target}"
    if up == 1 and chord.quality in ("dim", "dim7", "m7b5"):
        return f"{numeral_of(chord, local)}/{target}"
    return f"subV{chord.quality}/{target}" if up == 11 and dominant and 10 in chord.intervals else None


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


def spell_class(key: Key, pc: int) -> str:
    """Name of a pitch class in a key.

    Its own scale by letters (F# major has an E#), leading tone and raised fourth sharp, lowered steps flat: in C minor B, not Cb;
    in A major Bb, not A#.
    """
    above = (pc - key.tonic_class) % 12
    if above in key.intervals:
        return spell(key, key.intervals.index(above), above)
    # Foreign degrees as chords bring them: flat second, thirds of the parallel mode, raised fourth, flat sixth, leading tone.
    steps = {1: 1, 2: 1, 3: 2, 4: 2, 6: 3, 8: 5, 9: 5, 10: 6, 11: 6, 5: 3, 7: 4}[above]
    return spell(key, steps, above)


def numerals_to_bars(text: str) -> list[list[str]]:
    """The numerals of each bar: "I | ii7 V7" -> [["I"], ["ii7", "V7"]]; "." holds the chord before ("I . . V": three and one)."""
    return [bar.split() for bar in text.split("|")]


@lru_cache(maxsize=4096)
def plain(numeral: str) -> str:
    """The numeral without quality and bass: "bVImaj7/3" -> "bVI"; an applied chord keeps its root in the key: "V7/V" -> "II"."""
    match = _NUMERAL.match(numeral.replace("subV", "bII", 1))
    if not match:
        return numeral
    if match.group(7):
        found = _NUMERAL.match(numeral_of(parse_numeral(numeral, Key("C")), Key("C")))
        return found.group(1) + found.group(2) if found else numeral
    return match.group(1) + match.group(2)
