"""Keys that are told by another thing than their name: a signature ("three flats, minor"), a relative of another key."""

import re
from collections.abc import Iterator

from contracts.music import Key
from services.enhancer.reading.lexicon import edit_distance
from services.enhancer.reading.numbers import number

Told = tuple[re.Match[str], str, str, str | None]
"""The words, the tonic, the mode, and how the key was reckoned."""

_COUNT = r"(\d|no|one|two|three|four|five|six|seven|un|uno|una|dos|tres|cuatro|cinco|seis|siete|deux|trois|quatre|cinq|sept|ein|zwei|drei|vier|fünf|sechs|sieben|um|dois|três|quatro|sete)"  # noqa: E501  a table of words or one pattern
_SHARPS = r"(?:sharps?|sostenidos?|di[eè]ses?|kreuze?|sustenidos?|♯|#)"
_FLATS = r"(?:flats?|bemoles|bemol|b[eé]mols?|bem[oó]is|b|♭)"
_MINOR = r"(?:minor|moll|menor|mineur|minore)"
_MAJOR = r"(?:major|dur|mayor|maior|majeur|maggiore)"
_SIGNED = re.compile(
    rf"(?<!\w)(?:(key signature|armadura|armure|vorzeichen|armação de clave)(?:\s*(?:of|de|is|mit|avec|con|com|à|:|=))*\s*)?{_COUNT}\s*(?:({_SHARPS})|({_FLATS}))(?!\w)"  # noqa: E501  a table of words or one pattern
    rf"(?:[\s,(]+(?:in |en |em )?(?:a |the )?({_MINOR}|{_MAJOR})(?!\w))?"
)
_RELATIVE = re.compile(
    r"(?<!\w)(?:the |la |le |die )?(relative|parallel)\s+(minor|major)(?:\s+key)?\s+(?:of|to|for)\s+([A-Ga-g])(?:[ -]?(#|♯|♭|sharp|flat)|(b)(?!\w))?(?:\s*(minor|major|min|maj|m(?!\w)))?(?![\w'#])"  # noqa: E501  a table of words or one pattern
)
_AGAIN = re.compile(
    r"(?<!\w)(?:(?:actually|wait|no|rather|better|sorry|or),?\s+)?(?:make (?:it|that)|change (?:it|that) to|actually|i mean|or rather|better|switch to|go for|lieber|besser|doch|mejor|plut[oô]t|melhor)\s+(?:in\s+)?"  # noqa: E501  a table of words or one pattern
    r"([A-G])(?:[ -]?(#|♯|♭|sharp|flat)|(b)(?!\w))?(?=\s*(?:$|[,.;!?)\n]|please|instead))"
)
_SPELT = re.compile(r"(?<![\w'#])([A-Ga-g])(?:[ -]?(#|♯|♭|sharp|flat)|(b)(?=[\s-]))?[\s-]+(m[a-z]{3,6})(?![\w'])")
_NO_MODES = frozenset([
    "manor", "mayor", "miner", "minors", "majors", "motor", "manner", "mirror", "minus", "minimal", "minuet", "minute", "minutes", "maker",
    "mango", "macro", "micro", "mono", "mood", "metro", "mixer", "mellow", "melody", "modern", "march", "match", "matter", "memory", "major",  # noqa: E501  a table of words or one pattern
    "minor", "menor", "maior", "meteor", "monitor", "mentor", "rumor", "minder", "manual", "mover", "moor", "mind", "mini", "main", "mint",
    "mine", "maj", "mile", "mild", "more", "most", "much", "miles", "motion", "movie",
])  # fmt: skip
_FIFTHS = "FCGDAEB"


def told_keys(text: str) -> Iterator[Told]:
    """Every key of a text that is told so, the surer kinds first."""
    for match in _RELATIVE.finditer(text):
        yield _relative(match)
    for match in _SIGNED.finditer(text.lower()):
        if match.group(1) or match.group(5):
            yield _signed(match)
    for match in _SPELT.finditer(text):
        if mode := misspelt_mode(match.group(4)):
            letter = match.group(1)
            plain = not (match.group(2) or match.group(3))
            if not (plain and letter in "aA" and not _stands_alone(text, match)):
                yield match, letter.upper() + _sign(match.group(2) or match.group(3)), mode, f"'{match.group(4)}' is read as {mode}"


def put_right(text: str, start: int) -> Told | None:
    """A tonic that takes the place of the key before `start`: "in G... actually make that A"."""
    match = _AGAIN.search(text, start)
    return (match, match.group(1) + _sign(match.group(2) or match.group(3)), "major", None) if match else None


def misspelt_mode(word: str) -> str | None:
    """Major or minor, where a word is one of them with a letter or two gone wrong: "mnor", "majr", "minro"."""
    word = word.lower()
    if word in _NO_MODES:
        return None
    close = [mode for mode in ("minor", "major") if edit_distance(word, mode, 1) <= 1]
    return close[0] if len(close) == 1 else None


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Whether a letter A before the mode is no article: "in A mnor", "key A mnor"."""
    return bool(re.search(r"(?:\bin|\bkey(?: of)?:?|[,;/|])\s*$", text[: match.start()].lower()))


def _signed(match: re.Match[str]) -> Told:
    said = match.group(2)
    count = 0 if said == "no" else int(number(said))
    minor = bool(match.group(5) and re.fullmatch(_MINOR, match.group(5)))
    fifths = (count if match.group(3) else -count) if count <= 7 else 0
    home = Key("A", "minor") if minor else Key("C", "major")
    tonic = _by_fifths(home.tonic, fifths)
    return match, tonic, home.mode, f"{count} {'sharps' if match.group(3) else 'flats'} are the signature of {tonic} {home.mode}"


def _by_fifths(tonic: str, fifths: int) -> str:
    """The tonic so many fifths up (or down), in its own spelling."""
    place = _FIFTHS.index(tonic[0]) + 7 * (tonic.count("#") - tonic.count("b")) + fifths
    return _FIFTHS[place % 7] + ("#" * (place // 7) if place >= 0 else "b" * -(place // 7))


def _relative(match: re.Match[str]) -> Told:
    kind, mode, letter, sign, flat, own = match.groups()
    tonic = letter.upper() + _sign(sign or flat)
    given = "minor" if own and own.startswith("m") and not own.startswith("maj") else "major"
    given = given if own else ("major" if mode == "minor" else "minor")
    apart = 3 if mode == "minor" else -3  # a relative shares the signature: three fifths from its tonic
    found = tonic if kind == "parallel" or given == mode else _by_fifths(tonic, apart)
    return match, found, mode, f"the {kind} {mode} of {tonic} {given}"


def _sign(sign: str | None) -> str:
    if not sign:
        return ""
    return "#" if sign.lower() in ("#", "♯", "sharp") else "b"
