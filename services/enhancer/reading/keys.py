"""Keys in every common spelling; the article "a" is never one."""

import re
from dataclasses import dataclass

from contracts.errors import BadInput
from contracts.music import Key
from contracts.music.pitch import pitch_class
from services.enhancer.reading.corrections import read_corrected
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.key_relations import put_right, told_keys
from services.enhancer.reading.language import language_of
from services.enhancer.reading.text import Text
from services.enhancer.reading.vocabulary import GENRE, vocabulary
from services.music.packs.genres import genres

_MODES = {
    "major": "major", "maj": "major", "dur": "major", "mayor": "major", "majeur": "major", "maior": "major", "maggiore": "major", "ionian": "major",  # noqa: E501  a table of words or one pattern
    "minor": "minor", "min": "minor", "m": "minor", "moll": "minor", "menor": "minor", "mineur": "minor", "minore": "minor", "aeolian": "minor",  # noqa: E501  a table of words or one pattern
    "harmonic minor": "minor", "melodic minor": "minor", "natural minor": "minor", "dorian": "dorian", "phrygian dominant": "phrygian",
    "phrygian": "phrygian", "lydian": "lydian", "mixolydian": "mixolydian", "locrian": "locrian", "blues": "minor",
    "dorisch": "dorian", "dórico": "dorian", "dorien": "dorian", "frigio": "phrygian", "phrygisch": "phrygian", "lydisch": "lydian", "mixolydisch": "mixolydian",  # noqa: E501  a table of words or one pattern
    "aeolisch": "minor", "äolisch": "minor", "ionisch": "major", "lydien": "lydian", "phrygien": "phrygian", "mixolydien": "mixolydian", "eólio": "minor", "eolio": "minor",  # noqa: E501  a table of words or one pattern
    "dorico": "dorian", "frígio": "phrygian", "lídio": "lydian", "mixolídio": "mixolydian", "lócrio": "locrian", "dorisk": "dorian", "kleine terts": "minor",  # noqa: E501  a table of words or one pattern
    "mollo": "minor", "majer": "major", "mayjor": "major", "majour": "major", "miner": "minor", "minour": "minor", "hijaz": "phrygian", "freygish": "phrygian", "natural minor scale": "minor", "minr": "minor", "mineure": "minor", "majeure": "major", "klein": "minor", "groot": "major", "lidio": "lydian", "mixolidio": "mixolydian", "minor pentatonic": "minor", "major pentatonic": "major",  # noqa: E501  a table of words or one pattern
}  # fmt: skip
_MODE = "|".join(
    sorted((re.escape(m) for m in _MODES if m not in ("m", "min", "maj", "blues", "dur", "moll", "klein", "groot")), key=len, reverse=True)
)
_FORCED = re.compile(
    rf"(?<![\w#'])([A-Ga-g])(?:[ -]?(#|♯|♭|(?i:sharp|flat))|(b)(?=[\s-]|m\b|min|maj))?[ -]*(?:(?i:({_MODE}))|(m|min|maj|Maj|Min|MIN|MAJ))(?![\w'#]|/[A-G])",  # noqa: E501  a table of words or one pattern
    re.ASCII,
)
_GERMAN = re.compile(
    r"(?<!\w)((?i:cis|dis|eis|fis|gis|ais|his|ces|des|es|fes|ges|as|b|h|[acdefg]))[- ]{0,2}((?i:dur|moll|mineur|majeur|klein|groot))(?!\w)",
    re.ASCII,
)
_GERMAN_IN = re.compile(
    r"(?<!\w)[Ii]n (Cis|Dis|Fis|Gis|Ais|Des|Es|Ges|As|H)(?=\s*(?:$|[,.;!?)\n]|(?:mit|bei|und|um|für|auf|ohne|\d)))", re.ASCII
)
_SOLFA = r"(do|dó|ut|re|ré|rè|mi|fa|fá|sol|la|lá|si)"
_SHARPEN = r"(?:[ -]?(#|♯|♭|b(?=\s)|sostenid[oa]|sustenid[oa]|di[eèé]sis|di[eèé]se|b[eé]mol(?:le)?))?"
_ROMANCE = re.compile(
    rf"(?<![a-zà-ÿ]){_SOLFA}{_SHARPEN}[ -]*(mayor|menor|majeure?|mineure?|maior|maggiore|minore|m(?=\s*(?:$|[,.;/|)\n]))|d[óo]ric[oa]|dorien|fr[íi]gi[oa]|phrygien|l[íi]di[oa]|lydien|mixol[íi]di[oa]|mixolydien|e[óo]li[oa]|éolien|l[óo]cri[oa]|locrien)(?![a-zà-ÿ])"  # noqa: E501  a table of words or one pattern
)
_SUNG_ENGLISH = re.compile(
    rf"(?<![a-zà-ÿ])(?:(?:key of|key:|key is|tonality(?: is)?|in)\s+|(?!do\b|mi\b)){_SOLFA}{_SHARPEN}[ -]*(minor|major)(?![a-z])"
)
_ROMANCE_IN = re.compile(
    rf"(?<![a-zà-ÿ])(?:en|em|in|tono de|tom de|tonalidad(?:e)? de|tonalité de|clave de)\s+(?:tono de\s+)?{_SOLFA}{_SHARPEN}(?=\s*(?:$|[,.;!?)\n]|(?:con|com|avec|mit|y|e|et|a|à|para|pour|sin|sem|sans|\d)(?!\w)))"  # noqa: E501  a table of words or one pattern
)
_CHINESE = re.compile(r"([升降#♯♭])?\s*([A-Ga-g])\s*([#♯♭b])?\s*(?:自然|和声|和聲|旋律)?([大小])[调調]")
_CHINESE_MODE = re.compile(r"([A-G])\s*([#♯♭b])?\s*(多利[亚安]|弗里[吉几][亚安]|利底[亚安]|混合利底[亚安]|爱奥尼[亚安]|伊奥尼[亚安])")
_CHINESE_ALONE = re.compile(r"([升降])\s*([A-G])(?![A-Za-z#♯♭])\s*[调調]?|(?<![A-Za-z])([A-G])\s*([#♯♭b])?\s*[调調]")
_KANA_MODE = re.compile(
    r"(?<![A-Za-z])(?:([嬰変])?([ハニホヘトイロ])|([A-G])\s*([#♯♭b]|シャープ|フラット)?)\s*[・の]?\s*(ドリアン|フリジアン|リディアン|ミクソリディアン|エオリアン|ロクリアン|アイオニアン|イオニアン)"
)
_KANA_MODES = {
    "ドリアン": "dorian", "フリジアン": "phrygian", "リディアン": "lydian", "ミクソリディアン": "mixolydian", "エオリアン": "minor",
    "ロクリアン": "locrian", "アイオニアン": "major", "イオニアン": "major",
}  # fmt: skip
_JAPANESE = re.compile(r"([嬰変])?([ハニホヘトイロ])(長調|短調)|([A-Ga-g])\s*([#♯♭b]|シャープ|フラット)?\s*(メジャー|マイナー)")
_KOREAN = re.compile(r"(올림|내림)?\s*([가나다라마바사])\s*(장조|단조)|([A-G])\s*([#♯♭b])?\s*(장조|단조|메이저|마이너)")
_RUSSIAN = re.compile(r"(?<![а-я])(до|ре|ми|фа|соль|ля|си)[ -]?(диез|бемоль)?[ -]*(мажор|минор)")
_CAMELOT = re.compile(
    r"(?<!\w)(?:camelot(?: key)?[: ]*(1[0-2]|[1-9])([abAB])|(1[0-2]|[1-9])([AB])(?= camelot))(?!\w)", re.ASCII | re.IGNORECASE
)
_BLUES_ON = re.compile(r"(?<![\w'])([A-G])(?:[ -]?(#|♯|♭|sharp|flat)|(b))\s+(?=(?:minor |slow )?(?:blues|rhythm changes))", re.ASCII)
_KEY_OF = re.compile(
    r"(?:(?:in\s+)?(?:the\s+)?(?:[Kk]ey|KEY|[Tt]onart|[Tt]onalidad|[Tt]onalité|[Tt]onalidade|[Tt]om|[Tt]ono|调|キー)\s*(?:of|is|in|:|=|は)\s*|[Kk]ey\s*[:=]?\s+(?=[A-G][#b♯♭]?(?:\W|$)))([A-G]|[b-g](?!\w)|a(?=\s*(?:$|[,.;\n])))(?:[ -]?(#|♯|♭|sharp|flat)|(b)(?!\w))?(?![\w'#])",  # noqa: E501  a table of words or one pattern
    re.ASCII,
)
_IN = re.compile(
    r"(?<!\w)(?i:in)\s+([A-G])(?:[ -]?(#|♯|♭|sharp\b|flat\b)|(b)(?!\w))?(?=\s*(?:$|[,.;:!?)\n]|(?:with|at|for|and|about|around|featuring|on|using|but|no|without|or|that|which|please|mit|con|avec|com|bei|\d)\b))",  # noqa: E501  a table of words or one pattern
    re.ASCII,
)
_IN_SMALL = re.compile(
    r"(?<!\w)(?:in|key|key is|key=|key:)\s+([b-g])(?:[ -]?(#|♯|♭|sharp\b|flat\b)|(b)(?!\w))?(?=\s*(?:$|[,.;!?)\n]))", re.ASCII
)
_LISTED = re.compile(
    r"(?:^|[,;.|]\s*|\s[/-]\s+)(?:([A-G])(?:[ -]?(#|♯|♭|b|sharp|flat))?|([a-g])[ -](sharp|flat))(?=\s*(?:$|[,;.|]|\s[/-]\s))"
)
_LONE = re.compile(r"(?<![\w/#-])([A-G])(#|♯|♭|b)(?=\s*(?:$|[,;.!?)\n]|\s(?:for|with|and|at|no|without)\b))", re.ASCII)
_MODE_FIRST = re.compile(
    r"(?<!\w)((?i:dorian|phrygian|lydian|mixolydian|locrian|aeolian|ionian))\s+(?:(?:mode|dominant|scale)\s+)?(?:in |on |of |starting on )?([A-G])(#|♯|♭|b)?(?![\w'#])",  # noqa: E501  a table of words or one pattern
    re.ASCII,
)
_MODE_ALONE = re.compile(
    r"(?<!\w)(?:(?:in\s+)?an?\s+)?(?:(minor|major|dorian|phrygian|lydian|mixolydian|locrian|aeolian|ionian)[ -]+(?:keys?|mode|modal|tonality|scale|feel|groove|vamp|harmony|flavou?r|tonal|chord progressions?|chords|progressions?|vibe|sound|melody|melodies)"  # noqa: E501  a table of words or one pattern
    r"|in\s+(minor|major)(?=\s*(?:$|[,.;!?\n]))|(dorian|phrygian|lydian|mixolydian|locrian|aeolian|ionian))(?!\w)"
)
_MODE_FOREIGN = re.compile(
    r"(小调|短调|短調|小調|マイナーキー|マイナー調|단조|минор|tonalidade menor|tonalité mineure|modo menor|em menor|mode mineur|en menor(?!\w)|en mineur|tonalidad menor|molltonart|tonart moll)|(大调|长调|長調|大調|メジャーキー|メジャー調|장조|мажор|tonalidade maior|tonalité majeure|modo mayor|modo maior|mode majeur|en mayor(?!\w)|en majeur|tonalidad mayor|durtonart)"  # noqa: E501  a table of words or one pattern
)
# What may follow a lower-case "a minor" for it to be a key.
_KEY_TAIL = re.compile(r"^\s*(?:$|[,.;!?)\n]|(?:at|with|and|for|about|around|featuring|on|using|but|no|without|or|\d+)\b)")
_NOT_KEY_TAIL = re.compile(
    r"^[\s-]+(?:chords?|third|seventh|sixth|second|ninth|label|issue|detail|problem|change|league|hit|role|work|scale run|adjustment|tweak|difference|annoyance)"  # noqa: E501  a table of words or one pattern
)
SOLFEGE = {
    "do": "C",
    "dó": "C",
    "re": "D",
    "ré": "D",
    "rè": "D",
    "mi": "E",
    "fa": "F",
    "fá": "F",
    "sol": "G",
    "ut": "C",
    "la": "A",
    "lá": "A",
    "si": "B",
}
_KANA = {"ハ": "C", "ニ": "D", "ホ": "E", "ヘ": "F", "ト": "G", "イ": "A", "ロ": "B"}
_CYRILLIC = {"до": "C", "ре": "D", "ми": "E", "фа": "F", "соль": "G", "ля": "A", "си": "B"}
_HANGUL = {"가": "A", "나": "B", "다": "C", "라": "D", "마": "E", "바": "F", "사": "G"}
_ALONE = "a key named by its tonic alone is major"
_GERMAN_NAMES = {"h": "B", "b": "Bb", "es": "Eb", "as": "Ab"}
ALLOWED = 'a tonic A–G with # or b and major, minor, dorian, phrygian, lydian, mixolydian or locrian, such as "F minor"'


@dataclass(frozen=True)
class KeyWords:
    """What the prompt says about the key: all of it, only the mode, or nothing."""

    key: Finding[str] | None = None
    mode: Finding[str] | None = None


def read_key(text: Text) -> KeyWords:
    """The key that was stated; failing that a mode alone ("in a minor key", "dorian groove")."""
    before = bytes(text.taken)
    found = read_corrected(text, _named)
    if found:
        end = max((place + 1 for place, taken in enumerate(text.taken) if taken and not before[place]), default=0)
        again = put_right(text.original, end) if end else None
        if again and text.is_free(*again[0].span()):
            found = _found(text, *again[:3], 0.85, _ALONE)
    return KeyWords(key=found) if found else KeyWords(mode=_mode_alone(text))


def _named(text: Text) -> Finding[str] | None:
    for reader in (
        _told,
        _with_mode,
        _after_mode,
        _german,
        _romance,
        _asian,
        _russian,
        _camelot,
        _blues_on,
        _key_of,
        _plain_in,
        _small,
        _listed,
    ):
        found = reader(text)
        if found:
            return found
    return None


def named_with_mode(text: Text) -> Finding[str] | None:
    """The next key that is named with its mode, in any language."""
    for reader in (_with_mode, _german, _romance, _asian):
        found = reader(text)
        if found:
            return found
    return None


def _told(text: Text) -> Finding[str] | None:
    """A key by its signature, by a relative, with its mode misspelt, or put right: "make that A"."""
    for match, tonic, mode, reason in told_keys(text.original):
        if text.is_free(*match.span()):
            return _found(text, match, tonic, mode, 0.9, reason)
    return None


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


_BESIDE_KEY = re.compile(r"^\s*(?:$|[,.;!?)\n/|-]|\d{1,3}(?!\d)|key\b|at\b|[^\x00-\u024f])", re.ASCII)
"""What stands after a key such as "Em": the end of an item, a tempo, another script; not a year, not a word."""
_PORTUGUESE_IN = re.compile(r"^\s+(?:[a-zà-ÿ]|\d+(?!\d)(?!\s*(?:bpm|$|[,.;])))")
_LOSSY = ("harmonic minor", "melodic minor", "phrygian dominant", "minor pentatonic", "major pentatonic")


def _plausible(text: Text, match: re.Match[str], letter: str, short: str | None, after: str) -> bool:
    """Whether a letter without accidental before a mode is a tonic and not the article, "I am", or a part of speech."""
    before = text.lower[max(0, match.start() - 12) : match.start()]
    asked = bool(re.search(r"(?:\bin|\bkey of|\bkey\s*[:=]?|\btonality)\s*$", before))
    if short:
        if (letter, short) == ("E", "m") and not asked and _before_a_plain_word(text, match.end()):
            return False
        if letter.islower():
            return len(short) > 1 if match.group().lower() == letter + short.lower() else asked and short != "m"
        if asked or _before_a_style(text, match.end()) or (len(short) > 1 and letter != "A"):
            return True
        if (letter, short) == ("E", "m") and _PORTUGUESE_IN.match(after) and language_of(text) in ("pt", "es"):
            return False
        return not re.search(r"\bi\s*$", before) and bool(_BESIDE_KEY.match(after.lower()))
    if letter in "aA" and (letter == "a" or not asked):
        following = after.lower()
        if letter == "A" and re.match(r"^\s+key\b", following):
            return asked
        if re.match(r"^[\s-]+key\b", following) or (letter == "a" and not asked):
            if letter == "a" and re.search(r"(?:bpm|\d)\s*$", before):
                return True  # "138bpm a minor supersaw"
            return letter == "a" and _KEY_TAIL.match(following) is not None and bool(re.search(r"[,;]\s*$", before))
        named = letter == "A" and re.match(r"^\s+[a-z]", after) is not None and (match.start() > 0 or _before_a_style(text, match.end()))
        return named or _KEY_TAIL.match(following) is not None
    return True


def _before_a_plain_word(text: Text, place: int) -> bool:
    """Whether a small word without any sense in music comes next: "Em dezembro", unlike "Em trap" and "Em at 90"."""
    word = next((word for word in text.words if word.start >= place), None)
    if word is None or text.between(place, word.start) != " " or not text.original[word.start].islower():
        return False
    return word.form not in ("at", "key", "with", "for", "and", "bpm") and not vocabulary().senses((word.form,))


def _before_a_style(text: Text, place: int) -> bool:
    """Whether one of the next three words names a style: "A minor techno" begins with a key, "A major hit" does not."""
    following = [word.form for word in text.words if word.start >= place][:3]
    return any(name in genres() for word in following for kind, name in vocabulary().senses((word,)) if kind == GENRE)


def _after_mode(text: Text) -> Finding[str] | None:
    """The mode before its tonic: "mixolydian G"."""
    for match in _MODE_FIRST.finditer(text.original):
        if text.is_free(*match.span()):
            return _found(text, match, match.group(2) + _sign(match.group(3)), _MODES[match.group(1).lower()], 0.95)
    return None


def _german(text: Text) -> Finding[str] | None:
    for match in (*_GERMAN.finditer(text.original), *_GERMAN_IN.finditer(text.original)):
        if text.is_free(*match.span()):
            named = match.re is _GERMAN
            mode = _MODES[match.group(2).lower()] if named else "major"
            return _found(text, match, _german_tonic(match.group(1).lower()), mode, 1.0 if named else 0.85, None if named else _ALONE)
    return None


def _german_tonic(name: str) -> str:
    if name in _GERMAN_NAMES:
        return _GERMAN_NAMES[name]
    if len(name) == 1:
        return name.upper()
    return ("B" if name[0] == "h" else name[0].upper()) + ("#" if name.endswith("is") else "b")


def _romance(text: Text) -> Finding[str] | None:
    for match in (*_ROMANCE.finditer(text.lower), *_SUNG_ENGLISH.finditer(text.lower), *_ROMANCE_IN.finditer(text.lower)):
        if text.is_free(*match.span()):
            tonic = SOLFEGE[match.group(1)] + _sign(match.group(2))
            if match.re is _ROMANCE_IN:
                return _found(text, match, tonic, "major", 0.85, _ALONE)
            return _found(text, match, tonic, _MODES.get(match.group(3)) or _southern_mode(match.group(3)), 1.0)
    return None


def _southern_mode(word: str) -> str:
    """Dórico, dorien, dorico: the first letters tell the mode."""
    starts = {
        "d": "dorian",
        "f": "phrygian",
        "p": "phrygian",
        "lí": "lydian",
        "li": "lydian",
        "ly": "lydian",
        "mix": "mixolydian",
        "m": "minor",
        "e": "minor",
        "é": "minor",
        "l": "locrian",
    }
    return next(mode for start, mode in starts.items() if word.startswith(start))


def _asian(text: Text) -> Finding[str] | None:
    for match in _CHINESE.finditer(text.original):
        prefix, letter, sign, size = match.groups()
        accidental = {"升": "#", "降": "b", "♭": "b"}.get(prefix or "", "#" if prefix else _sign(sign))
        return _found(text, match, letter.upper() + accidental, "major" if size == "大" else "minor", 1.0)
    for match in _CHINESE_MODE.finditer(text.original):
        mode = {"多": "dorian", "弗": "phrygian", "利": "lydian", "混": "mixolydian", "爱": "major", "伊": "major"}[match.group(3)[0]]
        return _found(text, match, match.group(1) + _sign(match.group(2)), mode, 1.0)
    for match in _KANA_MODE.finditer(text.original):
        sign = {"嬰": "#", "変": "b"}.get(match.group(1) or "", "")
        tonic = _KANA[match.group(2)] + sign if match.group(2) else match.group(3) + _sign(match.group(4))
        return _found(text, match, tonic, _KANA_MODES[match.group(5)], 1.0)
    for pattern, names, major in ((_JAPANESE, _KANA, ("長調", "メジャー")), (_KOREAN, _HANGUL, ("장조", "메이저"))):
        for match in pattern.finditer(text.original):
            if not text.is_free(*match.span()):
                continue
            sign = {"嬰": "#", "変": "b", "올림": "#", "내림": "b"}.get(match.group(1) or "", "")
            tonic = names[match.group(2)] + sign if match.group(2) else match.group(4).upper() + _sign(match.group(5))
            return _found(text, match, tonic, "major" if (match.group(3) or match.group(6)) in major else "minor", 1.0)
    for match in _CHINESE_ALONE.finditer(text.original):
        if text.is_free(*match.span()):
            sign = {"升": "#", "降": "b"}.get(match.group(1) or "", _sign(match.group(4)))
            return _found(text, match, (match.group(2) or match.group(3)) + sign, "major", 0.8, _ALONE)
    return None


def _russian(text: Text) -> Finding[str] | None:
    match = _RUSSIAN.search(text.lower)
    if not match:
        return None
    sign = {"диез": "#", "бемоль": "b"}.get(match.group(2) or "", "")
    return _found(text, match, _CYRILLIC[match.group(1)] + sign, "major" if match.group(3) == "мажор" else "minor", 1.0)


def _camelot(text: Text) -> Finding[str] | None:
    """The wheel of disc jockeys: 8A is A minor, 8B C major, a number further is a fifth up."""
    match = _CAMELOT.search(text.original)
    if not match:
        return None
    place, side = int(match.group(1) or match.group(3)), (match.group(2) or match.group(4)).upper()
    home = Key("A", "minor") if side == "A" else Key("C", "major")
    return _found(text, match, home.transpose((place - 8) * 7).tonic, home.mode, 0.95, f"{place}{side} on the wheel of keys")


def _blues_on(text: Text) -> Finding[str] | None:
    match = _BLUES_ON.search(text.original)
    return _found(text, match, match.group(1) + _sign(match.group(2) or match.group(3)), "major", 0.85, _ALONE) if match else None


def _key_of(text: Text) -> Finding[str] | None:
    for match in re.finditer(_KEY_OF, text.original):
        if text.is_free(*match.span()):
            return _found(
                text,
                match,
                match.group(1).upper() + _sign(match.group(2) or match.group(3)),
                "major",
                0.85,
                _ALONE,
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
                _ALONE,
            )
    return None


def _small(text: Text) -> Finding[str] | None:
    """A lower-case tonic at the end of a thought: "something in c", "in f#, slow". The letter a is too often an article."""
    for match in _IN_SMALL.finditer(text.lower):
        if text.is_free(*match.span()):
            return _found(text, match, match.group(1).upper() + _sign(match.group(2) or match.group(3)), "major", 0.75, _ALONE)
    return None


def _listed(text: Text) -> Finding[str] | None:
    """A single letter between commas: "slow blues, A, 60 bpm". Several of them are no key."""
    found = [match for match in _LISTED.finditer(text.original) if text.is_free(*match.span())]
    found = found or [match for match in _LONE.finditer(text.original) if text.is_free(*match.span())]
    if len(found) != 1 or len(text.words) < 2:
        return None
    letter, sign, *small = found[0].groups()
    return _found(text, found[0], (letter or small[0].upper()) + _sign(sign or (small[1] if small else None)), "major", 0.7, _ALONE)


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
    return "#" if sign.lower().startswith(("#", "♯", "sharp", "sost", "sust", "di", "シャープ")) else "b"


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
