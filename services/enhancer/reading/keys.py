"""Keys in every common spelling; the article "a" is never one."""

import re
from dataclasses import dataclass

from contracts.errors import BadInput
from contracts.music import Key
from contracts.music.pitch import pitch_class
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.text import Text
from services.enhancer.reading.vocabulary import GENRE, vocabulary
from services.music.packs.genres import genres

_MODES = {
    "major": "major", "maj": "major", "dur": "major", "mayor": "major", "majeur": "major", "maior": "major", "maggiore": "major", "ionian": "major",  # noqa: E501  a table of words or one pattern
    "minor": "minor", "min": "minor", "m": "minor", "moll": "minor", "menor": "minor", "mineur": "minor", "minore": "minor", "aeolian": "minor",  # noqa: E501  a table of words or one pattern
    "harmonic minor": "minor", "melodic minor": "minor", "natural minor": "minor", "dorian": "dorian", "phrygian dominant": "phrygian",
    "phrygian": "phrygian", "lydian": "lydian", "mixolydian": "mixolydian", "locrian": "locrian", "blues": "minor",
    "dorisch": "dorian", "dórico": "dorian", "dorien": "dorian", "frigio": "phrygian", "phrygisch": "phrygian", "lydisch": "lydian", "mixolydisch": "mixolydian",  # noqa: E501  a table of words or one pattern
    "lidio": "lydian", "mixolidio": "mixolydian", "minor pentatonic": "minor", "major pentatonic": "major",
}  # fmt: skip
_MODE = "|".join(sorted((re.escape(m) for m in _MODES if m not in ("m", "min", "maj", "blues", "dur", "moll")), key=len, reverse=True))
_FORCED = re.compile(
    rf"(?<![\w#'])([A-Ga-g])(?:[ -]?(#|♯|♭|sharp|flat)|(b)(?=[\s-]|m\b))?[ -]*(?:(?i:({_MODE}))|(m|min|maj|Maj|Min|MIN|MAJ))(?![\w'#/])"
)
_GERMAN = re.compile(r"(?<!\w)((?i:cis|dis|eis|fis|gis|ais|his|ces|des|es|fes|ges|as|b|h|[acdefg]))-?\s?((?i:dur|moll))(?!\w)")
_ROMANCE = re.compile(
    r"(?<!\w)(do|re|ré|rè|mi|fa|fá|sol|la|lá|si|dó)\s*(#|♯|♭|b(?=\s)|sostenido|sustenido|di[eè]se|bemol|bémol)?\s*(mayor|menor|majeur|mineur|maior|maggiore|minore)(?!\w)"
)
_CHINESE = re.compile(r"([升降])?\s*([A-Ga-g])\s*([#♯♭b])?\s*([大小])调")
_JAPANESE = re.compile(r"([嬰変])?([ハニホヘトイロ])(長調|短調)|([A-G])\s*([#♯♭b])?\s*(メジャー|マイナー)")
_KEY_OF = re.compile(
    r"(?:(?:in\s+)?(?:the\s+)?key\s*(?:of|is|in|:|=)\s*|key\s*[:=]?\s+(?=[A-G][#b♯♭]?(?:\W|$)))([A-Ga-g])(?:[ -]?(#|♯|♭|sharp|flat)|(b)(?!\w))?(?![\w'#])"  # noqa: E501  a table of words or one pattern
)
_IN = re.compile(
    r"(?<!\w)(?i:in)\s+([A-G])(?:[ -]?(#|♯|♭|sharp\b|flat\b)|(b)(?!\w))?(?=\s*(?:$|[,.;:!?)\n]|(?:with|at|for|and|about|around|featuring|on|using|but|no|without|or|that|which|please|\d)\b))"  # noqa: E501  a table of words or one pattern
)
_LISTED = re.compile(r"(?:^|[,;]\s*)([A-G])(#|♯|♭|b)?(?=\s*(?:$|[,;]))")
_MODE_ALONE = re.compile(
    r"(?<!\w)(?:(?:in\s+)?an?\s+)?(?:(minor|major|dorian|phrygian|lydian|mixolydian|locrian|aeolian|ionian)[ -]+(?:keys?|mode|modal|tonality|scale|feel|groove|vamp|harmony|flavou?r|tonal)"  # noqa: E501  a table of words or one pattern
    r"|in\s+(minor|major)(?=\s*(?:$|[,.;!?\n]))|(dorian|phrygian|lydian|mixolydian|locrian|aeolian|ionian))(?!\w)"
)
_MODE_FOREIGN = re.compile(
    r"(小调|短调|短調|小調|マイナーキー|tonalidad menor|molltonart|tonart moll)|(大调|长调|長調|大調|メジャーキー|tonalidad mayor|durtonart)"  # noqa: E501  a table of words or one pattern
)
# What may follow a lower-case "a minor" for it to be a key.
_KEY_TAIL = re.compile(r"^\s*(?:$|[,.;!?)\n]|(?:at|with|and|for|about|around|featuring|on|using|but|no|without|or|\d+)\b)")
_NOT_KEY_TAIL = re.compile(
    r"^[\s-]+(?:chords?|third|seventh|sixth|second|ninth|label|issue|detail|problem|change|league|hit|role|work|scale run|adjustment|tweak|difference|annoyance)"  # noqa: E501  a table of words or one pattern
)
_SOLFEGE = {
    "do": "C",
    "dó": "C",
    "re": "D",
    "ré": "D",
    "rè": "D",
    "mi": "E",
    "fa": "F",
    "fá": "F",
    "sol": "G",
    "la": "A",
    "lá": "A",
    "si": "B",
}
_KANA = {"ハ": "C", "ニ": "D", "ホ": "E", "ヘ": "F", "ト": "G", "イ": "A", "ロ": "B"}
_GERMAN_NAMES = {"h": "B", "b": "Bb", "es": "Eb", "as": "Ab"}
ALLOWED = 'a tonic A–G with # or b and major, minor, dorian, phrygian, lydian, mixolydian or locrian, such as "F minor"'


@dataclass(frozen=True)
class KeyWords:
    """What the prompt says about the key: all of it, only the mode, or nothing."""

    key: Finding[str] | None = None
    mode: Finding[str] | None = None


def read_key(text: Text) -> KeyWords:
    """The key that was stated; failing that a mode alone ("in a minor key", "dorian groove")."""
    for reader in (_with_mode, _german, _romance, _east_asian, _key_of, _plain_in, _listed):
        found = reader(text)
        if found:
            return KeyWords(key=found)
    return KeyWords(mode=_mode_alone(text))


def parse_key(value: str, field: str = "key") -> str:
    """An option's value as a canonical key. Raises BadInput naming the field."""
    found = read_key(Text.quoted(value)).key
    covered = found is not None and len(found.evidence or "") >= len(value.strip()) - 1
    if found and covered:
        return found.value
    try:
        return _canonical(Key.parse(value.strip()))
    except BadInput:
        raise BadInput(field, value, ALLOWED) from None


def _with_mode(text: Text) -> Finding[str] | None:
    for match in _FORCED.finditer(text.original):
        letter, sign, flat, word, short = match.groups()
        after = text.original[match.end() : match.end() + 24]
        if not text.is_free(*match.span()) or _NOT_KEY_TAIL.match(after.lower()):
            continue
        accidental = _sign(sign or flat)
        if not accidental and not _plausible(text, match, letter, short, after):
            continue
        mode = _MODES[(word or short).lower()]
        reason = f"{word.lower()} is written in {mode}" if word and word.lower() in _LOSSY else None
        return _found(text, match, letter.upper() + accidental, mode, 1.0 if word else 0.9, reason)
    return None


_LOSSY = ("harmonic minor", "melodic minor", "phrygian dominant", "minor pentatonic", "major pentatonic")


def _plausible(text: Text, match: re.Match[str], letter: str, short: str | None, after: str) -> bool:
    """Whether a letter without accidental before a mode is a tonic and not the article, "I am", or a part of speech."""
    before = text.lower[max(0, match.start() - 12) : match.start()]
    asked = bool(re.search(r"(?:\bin|\bkey of|\bkey:|\bkey|\btonality)\s*$", before))
    if short:
        if letter.islower():
            return asked and short != "m"
        return asked or (not re.search(r"\bi\s*$", before) and bool(re.match(r"^\s*(?:$|[,.;!?)\n/|-]|\d|key\b|at\b)", after.lower())))
    if letter in "aA" and (letter == "a" or not asked):
        following = after.lower()
        if letter == "A" and re.match(r"^\s+key\b", following):
            return asked
        if re.match(r"^[\s-]+key\b", following) or (letter == "a" and not asked):
            return letter == "a" and _KEY_TAIL.match(following) is not None and bool(re.search(r"[,;]\s*$", before))
        named = letter == "A" and re.match(r"^\s+[a-z]", after) is not None and (match.start() > 0 or _before_a_style(text, match.end()))
        return named or _KEY_TAIL.match(following) is not None
    return True


def _before_a_style(text: Text, place: int) -> bool:
    """Whether one of the next three words names a style: "A minor techno" begins with a key, "A major hit" does not."""
    following = [word.form for word in text.words if word.start >= place][:3]
    return any(name in genres() for word in following for kind, name in vocabulary().senses((word,)) if kind == GENRE)


def _german(text: Text) -> Finding[str] | None:
    match = _GERMAN.search(text.original)
    if not match or not text.is_free(*match.span()):
        return None
    name = match.group(1).lower()
    if name in _GERMAN_NAMES:
        tonic = _GERMAN_NAMES[name]
    elif len(name) == 1:
        tonic = name.upper()
    else:
        letter = "B" if name[0] == "h" else name[0].upper()
        tonic = letter + ("#" if name.endswith("is") else "b")
    return _found(text, match, tonic, _MODES[match.group(2).lower()], 1.0)


def _romance(text: Text) -> Finding[str] | None:
    match = _ROMANCE.search(text.lower)
    if not match or not text.is_free(*match.span()):
        return None
    return _found(text, match, _SOLFEGE[match.group(1)] + _sign(match.group(2)), _MODES[match.group(3)], 1.0)


def _east_asian(text: Text) -> Finding[str] | None:
    match = _CHINESE.search(text.original)
    if match:
        prefix, letter, sign, size = match.groups()
        accidental = {"升": "#", "降": "b"}.get(prefix or "", _sign(sign))
        return _found(text, match, letter.upper() + accidental, "major" if size == "大" else "minor", 1.0)
    match = _JAPANESE.search(text.original)
    if match and match.group(2):
        accidental = {"嬰": "#", "変": "b"}.get(match.group(1) or "", "")
        return _found(text, match, _KANA[match.group(2)] + accidental, "major" if match.group(3) == "長調" else "minor", 1.0)
    if match:
        return _found(text, match, match.group(4) + _sign(match.group(5)), "major" if match.group(6) == "メジャー" else "minor", 1.0)
    return None


def _key_of(text: Text) -> Finding[str] | None:
    for match in re.finditer(_KEY_OF, text.original):
        if text.is_free(*match.span()):
            return _found(
                text,
                match,
                match.group(1).upper() + _sign(match.group(2) or match.group(3)),
                "major",
                0.85,
                "a key named by its tonic alone is major",
            )
    return None


def _plain_in(text: Text) -> Finding[str] | None:
    for match in _IN.finditer(text.original):
        if text.is_free(*match.span()):
            return _found(
                text,
                match,
                match.group(1) + _sign(match.group(2) or match.group(3)),
                "major",
                0.85,
                "a key named by its tonic alone is major",
            )
    return None


def _listed(text: Text) -> Finding[str] | None:
    """A single letter between commas: "slow blues, A, 60 bpm". Several of them are no key."""
    found = [match for match in _LISTED.finditer(text.original) if text.is_free(*match.span())]
    if len(found) != 1 or len(text.words) < 2:
        return None
    return _found(text, found[0], found[0].group(1) + _sign(found[0].group(2)), "major", 0.7, "a key named by its tonic alone is major")


def _mode_alone(text: Text) -> Finding[str] | None:
    match = _MODE_ALONE.search(text.lower)
    if match and text.is_free(*match.span()):
        word = next(group for group in match.groups() if group)
        text.take(*match.span())
        return Finding(_MODES[word], text.quote(*match.span()), 0.9)
    match = _MODE_FOREIGN.search(text.lower)
    if match:
        return Finding("minor" if match.group(1) else "major", text.quote(*match.span()), 0.9)
    return None


def _sign(sign: str | None) -> str:
    if not sign:
        return ""
    return "#" if sign.lower() in ("#", "♯", "sharp", "sostenido", "sustenido", "diese", "dièse") else "b"


def _found(text: Text, match: re.Match[str], tonic: str, mode: str, sure: float, reason: str | None = None) -> Finding[str]:
    text.take(*match.span())
    return Finding(_canonical(Key(tonic, mode)), text.quote(*match.span()).strip(" ,;"), sure, reason)


def _canonical(key: Key) -> str:
    """The key as Houseband spells it: a name nobody writes ("E# major", "Cb minor") moves to its common twin."""
    rare = {"E#": "F", "B#": "C", "Fb": "E", "Cb": "B"}
    if key.tonic in rare and not (key.tonic == "Cb" and key.mode == "major"):
        return str(Key(rare[key.tonic], key.mode))
    pitch_class(key.tonic)
    return str(key)
