"""Chord progressions in letters and Roman numerals: obeyed exactly, one token per bar, [F G] shares a bar."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.errors import BadInput
from contracts.music import Chord, Key
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.numbered_chords import read_numbered
from services.enhancer.reading.sections import LABEL, canonical_label
from services.enhancer.reading.text import Text
from services.music.theory.roman import parse_numeral

Bars = tuple[str, ...]

_LETTER = r"[A-G][#b♯♭]?(?:maj|min|dim|aug|sus|add|m|M|Δ|ø|°|o|\+|\(|\)|#|b|-(?=7)|\d)*(?:/[A-G][#b♯♭]?|/9)?"
_DEGREE = r"[b#♭♯]?(?:VII|VI|IV|III|II|I|V|vii|vi|iv|iii|ii|i|v)"
_ROMAN = rf"(?:subV|{_DEGREE})(?:6/9|maj|sus|add|dim|aug|ø|°|o|\+|\d)*(?:b5|#5)?(?:/(?:maj|[b#])?[2-79](?!\d))?(?:/{_DEGREE}(?![A-Za-z]))?"
_SEP = r"(?:\s*,?\s+and\s+|\s*(?:\||,|-|–|→|->|>)\s*|\s+)"


def _run(token: str, least: int) -> str:
    """A pattern of at least `least` tokens of one kind: letters and numerals do not mix."""
    one = rf"(?:\[[^\[\]\n]{{1,40}}\]|{token}|%)"
    return rf"\|?\s*{one}(?:{_SEP}{one}){{{least - 1},}}(?:\s*\|)?(?![\w'#])"


_RUN = rf"(?:{_run(_LETTER, 1)}|{_run(_ROMAN, 1)})"
_KEY_BEFORE = re.compile(r"(?:\b[Ii]n|\b[Kk]ey(?: of)?:?)\s+$")
_LABELLED = re.compile(rf"(?<!\w)({LABEL})(?:\s+(?:chords?|progression))?(?:\s+in\s+[A-G][#b]?m?)?\s*[:=]\s*({_RUN})", re.IGNORECASE)
_LABEL_ALONE = re.compile(
    rf"(?<!\w)((?i:{LABEL}))(?:\s+(?:chords?|goes|is|on|in))?\s+({_run(_LETTER, 2)}|{_run(_ROMAN, 2)})(?=\s*(?:$|[,.;\n/|)]))"
)
"""A section right before its chords: "verse Am F C G, chorus F G Am C"."""
_LABELLED_EXACT = re.compile(rf"\s*({_RUN})")
_COUNTED = re.compile(
    rf"(?<!\w)((?i:{LABEL}))\s*[:=]?\s*\(?\d{{1,3}}\s*[Bb]ars?\)?\s*(?:of\s+|[:=]\s*)?({_run(_LETTER, 2)}|{_run(_ROMAN, 2)})"
)
_FOR = re.compile(rf"\s+(?:for|in)\s+(?:the\s+)?({LABEL})(?!\w)")
_ANNOUNCED = re.compile(
    rf"(?<!\w)(?:[Cc]hords?|[Pp]rogression|[Cc]hord progression|[Hh]armony|[Aa]cordes|[Aa]kkorde|[Aa]ccords|コード進行|コード|和弦|和弦进行)\s*(?:は|が|是|为|is|are|of|like|son|sind|sont|:|=|：)?\s*({_RUN})"  # noqa: E501  a table of words or one pattern
)
_BARE = re.compile(rf"(?<![\w'#/])({_run(_LETTER, 3)}|{_run(_ROMAN, 3)})", re.ASCII)
_COLOURED = r"[A-G][#b♯♭]?(?:maj|min|m|dim|aug|sus|add|\d)[\w#()]*"
_FROM_TO = re.compile(rf"(?<![\w'#/])({_COLOURED}\s+(?:to|then|and|zu|à)\s+{_COLOURED})(?![\w'#])", re.ASCII)
ALLOWED = (
    "chord symbols such as Am F C/E G or numerals such as ii V7/V I/3, one per bar, [F G] for two in a bar, "
    "sections as 'verse: … ; chorus: …'"
)
MOST_BARS = 256


@dataclass(frozen=True)
class Progressions:
    """Bars by section label ("all" where no section was named) and whether they are numerals that still need a key."""

    bars: dict[str, Bars]
    evidence: str
    is_roman: bool
    minor_hint: bool
    """Whether the numerals speak of a minor key: a lower-case i and no upper-case I."""


def read_chords(text: Text) -> Progressions | None:
    """The chords that a prompt states. Fewer than three chords in a row without an announcement are not chords."""
    found: dict[str, Bars] = {}
    spans: list[tuple[int, int, str]] = []
    for label, body, start, end in _runs(text):
        bars = _bars(body)
        if bars and text.is_free(start, end):
            found.setdefault(label, bars)
            spans.append((start, end, label))
            text.take(start, end)
    if not found and (other := read_numbered(text)):
        found["all"] = other.bars
        spans.append((other.start, other.end, "all"))
        text.take(other.start, other.end)
    if not found:
        return None
    spans.sort()
    in_order = {label: found[label] for _, _, label in spans}
    return _progressions(in_order, "; ".join(text.quote(start, end).rstrip(" ,;|") for start, end, _ in spans))


def parse_chords(value: str, field: str = "chords") -> Progressions:
    """An option's chords, strictly. Raises BadInput naming the token at fault."""
    found: dict[str, Bars] = {}
    for segment in re.split(r"[;\n]", value):
        if not segment.strip():
            continue
        head, colon, body = segment.rpartition(":")
        label = canonical_label(head) if colon else "all"
        if not label or label in found:
            hint = f"{label} stands there twice; returns of a section play the same chords." if label else ""
            raise BadInput(field, head.strip() or segment.strip(), ALLOWED, hint=hint)
        bars = _strict_bars(body, field)
        found[label] = bars
    if not found:
        raise BadInput(field, value, ALLOWED)
    return _progressions(found, value.strip())


def _runs(text: Text) -> list[tuple[str, str, int, int]]:
    runs = []
    for match in _LABELLED.finditer(text.original):
        body = _LABELLED_EXACT.match(text.original, match.start(2))
        if body:
            runs.append((canonical_label(match.group(1)), body.group(1), match.start(), body.end()))
    runs += [(canonical_label(m.group(1)), m.group(2), m.start(2), m.end(2)) for m in _COUNTED.finditer(text.original)]
    for match in _LABEL_ALONE.finditer(text.original):
        if _is_sure(match.group(2)) or (len(_split(match.group(2))) >= 2 and runs):
            runs.append((canonical_label(match.group(1)), match.group(2), match.start(), match.end()))
    for match in _ANNOUNCED.finditer(text.original):
        if len(_split(match.group(1))) >= 2:
            place = _FOR.match(text.lower, match.end())
            runs.append((canonical_label(place.group(1)) if place else "all", match.group(1), match.start(), match.end()))
    for match in _BARE.finditer(text.original):
        start = _after_key(text, match)
        if _is_sure(text.original[start : match.end()]):
            runs.append(("all", text.original[start : match.end()], start, match.end()))
    runs += [("all", m.group(1), m.start(), m.end()) for m in _FROM_TO.finditer(text.original)]
    return runs


def _after_key(text: Text, match: re.Match[str]) -> int:
    """Where the chords of a bare run begin: in "in C, Am F C G" the first letter is the key."""
    named = re.match(r"[A-G][#b♯♭]?m?\s*,\s*", match.group(1))
    if named and _KEY_BEFORE.search(text.original[max(0, match.start() - 10) : match.start()]):
        return match.start() + named.end()
    return match.start()


def _is_sure(run: str) -> bool:
    """Whether a bare run is meant as chords: three chords, and not only words such as A or I."""
    tokens = [token for token in _split(run) if token not in ("%", "|")]
    words = sum(token in ("A", "I") for token in tokens)
    return len(tokens) >= 3 and words <= len(tokens) // 2 and len(set(tokens)) >= 2


def _split(run: str) -> list[str]:
    """Tokens of a run: chords, [groups] and | bar lines."""
    spaced = re.sub(r"\s*,?\s+(?:and|to|then|zu|à)\s+", " ", run)
    spaced = re.sub(r"\s*(?:,|–|→|->|>|-(?=\s*(?:[A-G]|[b#♭♯]?[IViv]|\[)))\s*", " ", spaced)
    tokens = re.findall(r"\[[^\]]*\]|\||[^\s|\[\]]+", spaced)
    return [token.rstrip(")") if token.count("(") < token.count(")") else token for token in tokens]


def _bars(run: str) -> Bars:
    """Bars of a run, or () where a token is no chord."""
    try:
        return _strict_bars(run, "chords")
    except BadInput:
        return ()


def _strict_bars(run: str, field: str) -> Bars:
    tokens = _split(run.strip())
    bars: list[str] = []
    if "|" in tokens:
        for bar in " ".join(tokens).strip("| ").split("|"):
            bars.append(_bar(bar.replace("[", " ").replace("]", " ").split(), bars, field))
    else:
        for token in tokens:
            group = re.sub(r"[,\-]", " ", token[1:-1]).split() if token.startswith("[") else [token]
            bars.append(_bar(group, bars, field))
    if not bars or len(bars) > MOST_BARS:
        raise BadInput(field, run.strip(), ALLOWED)
    return tuple(bars)


def _bar(tokens: Sequence[str], before: Sequence[str], field: str) -> str:
    if list(tokens) == ["%"] and before:
        return before[-1]
    if not 1 <= len(tokens) <= 8:
        raise BadInput(field, " ".join(tokens), f"{ALLOWED}; one to eight chords in a bar")
    return " ".join(_chord(token, field) for token in tokens)


def _chord(token: str, field: str) -> str:
    """A letter chord in canonical spelling, or a numeral as written. Raises BadInput."""
    token = token.replace("♯", "#").replace("♭", "b")
    try:
        if re.fullmatch(_ROMAN, token):
            _letters(token, Key("C"))
            return token
        return str(Chord.parse(token))
    except BadInput:
        raise BadInput(field, token, ALLOWED) from None


def _progressions(found: dict[str, Bars], evidence: str) -> Progressions:
    tokens = [token for bars in found.values() for bar in bars for token in bar.split()]
    romans = [token for token in tokens if re.fullmatch(_ROMAN, token)]
    plain = {re.sub(r"[^IViv]", "", token.removeprefix("sub").split("/")[0]) for token in romans}
    return Progressions(found, evidence, bool(romans), "i" in plain and "I" not in plain)


def resolved(progressions: Progressions, key: Key) -> dict[str, Bars]:
    """All bars as letter chords: numerals are read in `key`; in a minor key III, VI and VII are its own degrees."""
    return {
        label: tuple(" ".join(_letters(token, key) for token in bar.split()) for bar in bars) for label, bars in progressions.bars.items()
    }


_MAJOR_STEPS = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}


def _letters(token: str, key: Key) -> str:
    """A numeral as a letter chord; other tokens as they are. Where it is applied ("V7/VI"), the target is the key's own degree."""
    if not re.fullmatch(_ROMAN, token):
        return token
    head, *members = token.replace("6/9", "69").split("/")
    applied = bool(members) and members[-1][-1] in "IViv"
    degree = re.fullmatch(r"(subV|[b#]?[IViv]+)(.*)", head)
    if degree is None:
        return token
    suffix = {"o": "°", "dim": "°", "o7": "°7", "dim7": "°7", "aug": "+"}.get(degree.group(2), degree.group(2))
    if applied:
        members[-1] = _own_degree(members[-1], key)
    root = degree.group(1) if applied else _own_degree(degree.group(1), key)
    return str(parse_numeral("/".join([root + suffix, *members]), key))


def _own_degree(degree: str, key: Key) -> str:
    """A degree as counted from the major scale: in a minor key III, VI and VII without an accidental are its own, flat ones."""
    if degree in ("II", "III", "VI", "VII") and key.intervals[list(_MAJOR_STEPS).index(degree)] < _MAJOR_STEPS[degree]:
        return f"b{degree}"
    return degree


def key_of_chords(progressions: Progressions, mode: str | None = None) -> Finding[str]:
    """The key that letter chords sit in: most chord tones inside the scale, the first and the last chord as tonic."""
    symbols = [Chord.parse(token) for bars in progressions.bars.values() for bar in bars for token in bar.split()]
    scored = []
    for tonic in range(12):
        for scale in (mode,) if mode else ("major", "minor"):
            key = Key("C", scale).transpose(tonic)
            inside = sum(pc in key.pitch_classes for chord in symbols for pc in chord.pitch_classes)
            size = sum(len(chord.pitch_classes) for chord in symbols)
            home = [c.root_class == key.tonic_class and c.is_minor == key.is_minor for c in (symbols[0], symbols[-1])]
            dominant = any(c.root_class == (key.tonic_class + 7) % 12 and not c.is_minor for c in symbols)
            scored.append((inside / size + 0.14 * home[0] + 0.1 * home[1] + 0.04 * dominant, tonic, str(_as_spelled(key, symbols))))
    best = max(scored, key=lambda entry: (entry[0], -entry[1]))
    names = " ".join(str(chord) for chord in symbols[:6])
    return Finding(best[2], progressions.evidence, 0.8, f"the chords {names} have their home in {best[2]}")


def _as_spelled(key: Key, symbols: Sequence[Chord]) -> Key:
    """The key spelled as the chords spell it."""
    return next((Key(c.root, key.mode) for c in symbols if c.root_class == key.tonic_class), key)
