"""The values that a field of the brief may have, checked one by one: of an edited brief strictly, of a model's proposal to drop it."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from contracts.brief import SectionPlan
from contracts.context import Options
from contracts.errors import BadInput
from contracts.music import Meter
from services.enhancer.reading.chords import parse_chords
from services.enhancer.reading.durations import LONGEST_S, SHORTEST_S
from services.enhancer.reading.keys import parse_key
from services.enhancer.reading.options import Stipulated, read_options
from services.enhancer.reading.sections import canonical_label
from services.enhancer.reading.tables import table
from services.enhancer.reading.tempo import HIGHEST_BPM, LOWEST_BPM
from services.enhancer.reading.vocabulary import artists
from services.music.packs.genres import genres

ENDINGS = ("natural", "loop", "cut", "fade")
ROLES = ("bass", "drums", "comping", "harmony", "melody", "lines")
MOST = {"genres": 8, "moods": 8, "instruments_with": 50, "instruments_without": 200, "production": 32, "structure": 256, "chords": 32}
_LINES, _LINE_CHARS = 400, 300
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ud800-\udfff]+")
_WORDS = re.compile(r"[^<>{}\[\]\\`|]+")


def clean(text: str, most_chars: int) -> str:
    """One line of visible text in NFC, without control or direction characters, at most so long."""
    seen = _UNSEEN.sub(" ", unicodedata.normalize("NFC", text[: 4 * most_chars]))
    return " ".join(seen.split())[:most_chars].strip()


def share_or_none(value: Any) -> float | None:
    """A number as one from 0 to 1, the nearest where it lies outside; None for what is no finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return float(min(max(value, 0), 1))


def check_value(name: str, value: Any) -> Any:
    """The value in the brief's type. Raises BadInput naming `brief.<name>`, the value and what is allowed."""
    try:
        return _CHECKS[name](f"brief.{name}", value)
    except RecursionError:
        raise BadInput(f"brief.{name}", "a value nested without end", "a value as POST /briefs returns it") from None


def _number(low: float, high: float) -> Callable[[str, Any], float]:
    def check(field: str, value: Any) -> float:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        if not fits or not math.isfinite(value):
            raise BadInput(field, value, f"{low:g} to {high:g}")
        return float(value)

    return check


def _text(field: str, value: Any, most_chars: int, what: str = "a text") -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadInput(field, value, what)
    if len(value) > most_chars or clean(value, most_chars) != " ".join(unicodedata.normalize("NFC", value).split()):
        raise BadInput(field, value, f"{what} of at most {most_chars} characters on one line")
    return clean(value, most_chars)


def _key(field: str, value: Any) -> str:
    return parse_key(_text(field, value, 40, "a key such as F minor or D dorian"), field)


def _meter(field: str, value: Any) -> str:
    text = _text(field, value, 12, "a meter such as 4/4 or 6/8")
    try:
        return str(Meter.parse(text))
    except BadInput as error:
        raise BadInput(field, text, error.allowed) from None


def _list(field: str, value: Any, *, empty: bool = True) -> list[Any]:
    if isinstance(value, str):
        value = value.split(",")
    most = MOST[field.removeprefix("brief.")]
    if not isinstance(value, list | tuple) or len(value) > most or not (value or empty):
        raise BadInput(
            field, value if not isinstance(value, list | tuple) else f"{len(value)} values", f"a list of {0 if empty else 1} to {most}"
        )
    return list(value)


def _names(option: str, *, empty: bool = True) -> Callable[[str, Any], tuple[str, ...]]:
    """Names that an option of this kind would take, each by itself."""

    def check(field: str, value: Any) -> tuple[str, ...]:
        found: list[str] = []
        for one in _list(field, value, empty=empty):
            text = _text(field, one, 60, "a name")
            given = text if option == "genre" else (text,)
            try:
                read = read_options(Options.model_construct(**{**_NOTHING, option: given}))
            except BadInput as error:
                raise BadInput(field, text, error.allowed, hint=error.hint) from None
            found += _found(read, option)
        return tuple(dict.fromkeys(found))

    return check


_NOTHING = {name: info.get_default(call_default_factory=True) for name, info in Options.model_fields.items()}


def _found(read: Stipulated, option: str) -> tuple[str, ...]:
    finding = {"genre": read.genres, "moods": read.moods, "instruments": read.wanted, "without": read.unwanted}[option]
    return finding.value if finding else ()


def _structure(field: str, value: Any) -> tuple[SectionPlan, ...]:
    return tuple(_section(f"{field}.{index}", one) for index, one in enumerate(_list(field, value)))


def _section(field: str, value: Any) -> SectionPlan:
    if isinstance(value, str):
        head, _, tail = value.partition(":")
        value = {"label": head, "bars": int(tail) if tail.strip().isascii() and tail.strip().isdigit() else tail.strip() or None}
    if not isinstance(value, Mapping) or not set(value) <= set(SectionPlan.model_fields):
        raise BadInput(field, value, '{"label": "verse", "bars": 8}, or "verse:8"')
    label = canonical_label(_text(f"{field}.label", value.get("label"), 40, "the name of a section"))
    if not label or label == "all":
        raise BadInput(f"{field}.label", value.get("label"), "the name of a section, such as intro, verse, chorus, bridge, drop, outro")
    bars = value.get("bars")
    if bars is not None and (not isinstance(bars, int) or isinstance(bars, bool) or not 1 <= bars <= 128):
        raise BadInput(f"{field}.bars", bars, "1 to 128, or null where the composer decides")
    energy = None if value.get("energy") is None else _number(0, 1)(f"{field}.energy", value["energy"])
    return SectionPlan(label=label, bars=bars, energy=energy)


def _chords(field: str, value: Any) -> dict[str, tuple[str, ...]]:
    """Chords as letters: by section a list with one string per bar, or all in one string as the option takes it."""
    if isinstance(value, str):
        text = _text(field, value, 4000, "chords")
    elif isinstance(value, Mapping) and len(value) <= MOST["chords"]:
        text = "; ".join(
            f"{_label(field, label)}: {' '.join(_bar(f'{field}.{label}', bar) for bar in bars)}" for label, bars in _sections(field, value)
        )
        if not value:
            return {}
    else:
        raise BadInput(field, value, 'a section\'s bars, such as {"verse": ["Am", "F G", "C", "G"]}')
    read = parse_chords(text, field)
    if read.is_roman:
        raise BadInput(field, text, "chords in letters such as Am F C G; numerals are read in the prompt and in --chords")
    return dict(read.bars)


def _sections(field: str, value: Mapping[Any, Any]) -> list[tuple[str, list[Any]]]:
    for label, bars in value.items():
        if not isinstance(bars, list | tuple) or not 1 <= len(bars) <= 256:
            raise BadInput(f"{field}.{clean(str(label), 40)}", bars, "a list with one text for each of 1 to 256")
    return [(str(label), list(bars)) for label, bars in value.items()]


def _label(field: str, label: str) -> str:
    name = canonical_label(clean(label, 40))
    if not name:
        raise BadInput(field, label, "the name of a section, or all")
    return name


def _bar(field: str, bar: Any) -> str:
    tokens = _text(field, bar, 60, "the chords of a bar").split()
    return tokens[0] if len(tokens) == 1 else f"[{' '.join(tokens)}]"


def _production(field: str, value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_plain(field, one, 40) for one in _list(field, value)))


def _plain(field: str, value: Any, most_chars: int) -> str:
    text = _text(field, value, most_chars)
    if not _WORDS.fullmatch(text):
        raise BadInput(field, value, "plain words")
    return text


def _use(field: str, value: Any) -> str:
    known = ("listening", *table("uses"))
    uses = [one.strip().lower() for one in _text(field, value, 200, f"one of {', '.join(known)}").split(",")]
    for one in uses:
        if one not in known:
            raise BadInput(field, one, ", ".join(known))
    return ", ".join(dict.fromkeys(uses))


def _lent(field: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise BadInput(field, value, f"a genre for some of {', '.join(ROLES)}")
    for role, name in value.items():
        if role not in ROLES:
            raise BadInput(field, role, ", ".join(ROLES))
        if name not in genres():
            raise BadInput(f"{field}.{role}", name, ", ".join(genres()))
    return dict(value)


def _style_of(field: str, value: Any) -> str:
    names = [one.strip() for one in _text(field, value, 200, "names of artists").split(",")]
    known = {name.lower(): name for name in artists()}
    for one in names:
        if one.lower() not in known:
            raise BadInput(field, one, "an artist whose traits are known here; `houseband brief` names those it finds in a prompt")
    return ", ".join(known[one.lower()] for one in names)


def _ending(field: str, value: Any) -> str:
    if value not in ENDINGS:
        raise BadInput(field, value, ", ".join(ENDINGS))
    return str(value)


def _lyrics(field: str, value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping) or not value:
        raise BadInput(field, value, 'a section\'s lines, such as {"verse_1": ["a line", "another"]}')
    found: dict[str, tuple[str, ...]] = {}
    for label, lines in value.items():
        if not re.fullmatch(r"\w{1,40}", str(label)):
            raise BadInput(field, label, "the id of a section, such as verse_1")
        if not isinstance(lines, list | tuple) or not lines:
            raise BadInput(f"{field}.{label}", lines, "a list of lines")
        found[label] = tuple(_text(f"{field}.{label}", line, _LINE_CHARS, "a line") for line in lines[: _LINES + 1])
    if sum(map(len, found.values())) > _LINES:
        raise BadInput(field, f"{sum(map(len, found.values()))} lines", f"at most {_LINES} lines")
    return found


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "tempo_bpm": _number(LOWEST_BPM, HIGHEST_BPM),
    "key": _key,
    "meter": _meter,
    "duration_s": _number(SHORTEST_S, LONGEST_S),
    "genres": _names("genre", empty=False),
    "moods": _names("moods"),
    "energy": _number(0, 1),
    "valence": _number(0, 1),
    "instruments_with": _names("instruments", empty=False),
    "instruments_without": _names("without"),
    "structure": _structure,
    "chords": _chords,
    "production": _production,
    "use": _use,
    "lent": _lent,
    "style_of": _style_of,
    "ending": _ending,
    "lyrics": _lyrics,
}
FIELDS = tuple(_CHECKS)
