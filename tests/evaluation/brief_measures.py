"""One brief beside the truth of its prompt: which fields are right, which claim what nobody said."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from contracts.brief import Brief
from contracts.errors import BadInput
from contracts.music import Chord, Key
from services.enhancer.catalog import catalog
from tests.evaluation.brief_truth import Choices, Truth

CORE = ("drum_kit", "bass_guitar", "synthesizer", "string_ensemble", "acoustic_piano", "electric_guitar", "vocals")
"""Players whom a style would add: of "only a harp" all of them must be ruled out."""
SILENT = {
    "tempo": "tempo_bpm", "key": "key", "meter": "meter", "duration": "duration_s", "genres": "genres", "with": "instruments_with",
    "without": "instruments_without", "structure": "structure", "chords": "chords",
}  # fmt: skip
_LOW, _HIGH = 0.45, 0.55
LEAST_S, MOST_S = 10.0, 600.0
"""Lengths that a song may have."""


@dataclass
class Judged:
    """What one brief got right. `right`: field -> whether; `why`: field -> what stands there instead."""

    number: int
    language: str
    text: str
    right: dict[str, bool] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    found: int = 0
    """Instruments that the brief wants as stated,"""
    true: int = 0
    """of which the prompt names so many,"""
    needed: int = 0
    """and the prompt needs so many,"""
    hit: int = 0
    """of which the brief has so many."""
    claimed: dict[str, str] = field(default_factory=dict)
    """Fields that are marked as stated and of which the prompt says nothing."""
    ms: float = 0.0
    injection: bool = False
    """Whether the prompt tries to command the reader."""

    @property
    def clean(self) -> bool:
        """Whether everything is right and nothing claimed."""
        return not self.why and not self.claimed

    def note(self, name: str, right: bool, why: object) -> None:
        """Keep a verdict, with what was found where it is wrong."""
        self.right[name] = bool(right)
        if not right:
            self.why[name] = str(why)


def judge(truth: Truth, brief: Brief, ms: float = 0.0) -> Judged:
    """Compare a brief with its truth."""
    judged = Judged(truth.number, truth.language, truth.text, ms=ms, injection=truth.injection)
    _numbers(judged, truth, brief)
    _lists(judged, truth, brief)
    _instruments(judged, truth, brief)
    _form(judged, truth, brief)
    _words(judged, truth, brief)
    _silence(judged, truth, brief)
    return judged


def judge_refusal(truth: Truth, refusal: Exception, ms: float = 0.0) -> Judged:
    """A prompt that is refused: right where it asks for a length that no song may have, and the refusal names it; else wrong."""
    judged = Judged(truth.number, truth.language, truth.text, ms=ms, injection=truth.injection)
    impossible = truth.duration is not None and not any(LEAST_S <= value <= MOST_S for value in truth.duration.values)
    if impossible and isinstance(refusal, BadInput) and refusal.field == "duration_s":
        judged.note("duration", True, "")
        return judged
    for name, said in (("tempo", truth.tempo), ("key", truth.key), ("meter", truth.meter), ("duration", truth.duration)):
        if said:
            judged.note(name, False, f"refused: {type(refusal).__name__} {refusal}")
    for name, label in (("genres", "genre"), ("without", "negation")):
        if name in truth.lists and truth.lists[name].needed:
            judged.note(label, False, f"refused: {type(refusal).__name__} {refusal}")
    judged.needed = len(truth.lists.get("with", Choices()).needed)
    judged.why.setdefault("read", f"refused: {type(refusal).__name__} {refusal}")
    return judged


def _numbers(judged: Judged, truth: Truth, brief: Brief) -> None:
    """Tempo, key, meter, duration: the value, and that it counts as stated where a number or name was said."""
    tempo, duration = brief.tempo_bpm, brief.duration_s
    if truth.tempo:
        right = truth.tempo.holds(tempo.value) and (tempo.is_stated or not truth.tempo.exact)
        judged.note("tempo" if truth.tempo.exact else "tempo in words", right, f"{tempo.value:g} {tempo.source}")
    if truth.duration:
        judged.note("duration", truth.duration.holds(duration.value) and duration.is_stated, f"{duration.value:g} {duration.source}")
    if truth.key:
        same = any(same_key(one, brief.key.value) for one in truth.key)
        judged.note("key", same and brief.key.is_stated, f"{brief.key.value} {brief.key.source}")
    if truth.meter:
        judged.note("meter", brief.meter.value in truth.meter and brief.meter.is_stated, f"{brief.meter.value} {brief.meter.source}")


def same_key(asked: str, found: str) -> bool:
    """Whether two keys name the same tonic (in equal temperament) and mode."""
    if asked == found:
        return True
    try:
        one, other = Key.parse(asked), Key.parse(found)
    except BadInput:
        return False
    return (one.tonic_class, one.mode) == (other.tonic_class, other.mode)


@cache
def _without_pack() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Styles of the catalogue without a pack: their names and the packs that play them.

    A truth that names one is right where the brief tells it by its name and its packs play: no brief can hold more of it.
    """
    return {entry["id"]: (entry["name"], tuple(entry["plays"])) for entry in catalog()["genres"] if "plays" in entry}


def _lists(judged: Judged, truth: Truth, brief: Brief) -> None:
    genres = truth.lists.get("genres")
    if genres and genres.needed:
        values = brief.genres.value
        told = tuple(
            name for name in _without_pack() if any(note.startswith(f"{_without_pack()[name][0]} has no pack") for note in brief.notes)
        )
        open_ = {pack for name in genres.allowed & set(_without_pack()) for pack in _without_pack()[name][1]}
        beyond = [name for name in genres.beyond(values) if name not in open_]
        judged.note(
            "genre",
            not genres.missing((*values, *told)) and not (brief.genres.is_stated and beyond),
            f"{values} {brief.genres.source}",
        )
    for name, values in (("moods", brief.moods.value), ("production", brief.production.value)):
        asked = truth.lists.get(name)
        if asked and asked.needed:
            found = values if name == "moods" else _loose(asked, values, brief.production.evidence or "")
            judged.note(name, not asked.missing(found), values)


def _loose(asked: Choices, values: tuple[str, ...], evidence: str) -> tuple[str, ...]:
    """Production words have many forms: those of the truth that stand in the values or in what they were read from."""
    text = " ".join((*values, evidence)).casefold()
    return tuple(name for names in asked.needed for name in names if name.casefold() in text)


def _instruments(judged: Judged, truth: Truth, brief: Brief) -> None:
    stated, unwanted = brief.instruments_with, brief.instruments_without.value
    wanted = stated.value if stated.is_stated else ()
    asked = truth.lists.get("with", Choices())
    if "with" not in truth.maybe:
        beyond, missing = asked.beyond(wanted), asked.missing(wanted)
        judged.found, judged.true = len(wanted), len(wanted) - len(beyond)
        judged.needed, judged.hit = len(asked.needed), len(asked.needed) - len(missing)
        if beyond or missing:
            judged.why["instruments"] = f"missing {missing}, nobody named {beyond}"
    against = truth.lists.get("without")
    if against and against.needed:
        missing = against.missing(unwanted)
        clash = [name for names in against.needed for name in names if name in stated.value and name in unwanted]
        judged.note("negation", not missing and not clash, f"missing {missing}, both {clash}")
        judged.right["negation"] = judged.right["negation"] and all(not set(names) <= set(stated.value) for names in against.needed)
    if truth.only:
        open_ = [name for name in CORE if name not in asked.allowed and name not in unwanted]
        judged.note("alone", not open_, f"{open_} may join")


def _form(judged: Judged, truth: Truth, brief: Brief) -> None:
    if truth.sections:
        labels = tuple(one.label for one in brief.structure.value)
        same = len(labels) == len(truth.sections) and all(
            found in asked.split("|") for found, asked in zip(labels, truth.sections, strict=True)
        )
        bars = tuple(one.bars for one in brief.structure.value)
        judged.note("structure", same and (not truth.bars or bars == truth.bars), brief.structure.value)
    if truth.chords:
        found = {label: tuple(" ".join(bars).split()) for label, bars in brief.chords.value.items()}
        judged.note("chords", brief.chords.is_stated and _same_chords(truth.chords, found), found)


def _same_chords(asked: dict[str, tuple[str, ...]], found: dict[str, tuple[str, ...]]) -> bool:
    if set(asked) != set(found):
        return False
    return all(
        len(symbols) == len(found[label])
        and all(_plain(one) in {_plain(s) for s in symbol.split("|")} for symbol, one in zip(symbols, found[label], strict=True))
        for label, symbols in asked.items()
    )


def _plain(symbol: str) -> tuple[int, str, int] | str:
    try:
        chord = Chord.parse(symbol)
    except BadInput:
        return symbol
    return chord.root_class, chord.quality, chord.bass_class


def _words(judged: Judged, truth: Truth, brief: Brief) -> None:
    """What is asked in words: a part of them must stand in the field, or in what the field was read from."""
    for name, stands in (
        ("use", f"{brief.use.value} {brief.use.evidence or ''}" if brief.use.is_stated else ""),
        ("ending", brief.ending.value if brief.ending else "natural"),
        ("artist", f"{brief.style_of.value} {brief.style_of.evidence or ''}" if brief.style_of else ""),
        ("lead", brief.genres.value[0] if brief.genres.value else ""),
        ("unknown", " ".join(brief.notes)),
    ):
        asked = tuple(one.lstrip("?") for one in truth.words.get(name, ()))
        if asked and not truth.words[name][0].startswith("?"):
            label = "unknown title reported" if name == "unknown" else "artist's genre" if name == "lead" else name
            judged.note(label, any(one.casefold() in stands.casefold() for one in asked), stands)
    for name, value in (("energy", brief.energy.value), ("valence", brief.valence.value)):
        if name in truth.words:
            judged.note("energy and valence", value < _LOW if truth.words[name] == ("low",) else value > _HIGH, f"{name} {value}")


def _silence(judged: Judged, truth: Truth, brief: Brief) -> None:
    said = {
        "tempo": truth.tempo, "key": truth.key, "meter": truth.meter, "duration": truth.duration, "genres": truth.lists.get("genres"),
        "with": True, "without": truth.lists.get("without") or truth.only, "structure": truth.sections, "chords": truth.chords,
    }  # fmt: skip
    for name, attribute in SILENT.items():
        stated = getattr(brief, attribute)
        if not said[name] and name not in truth.maybe and stated.is_stated and stated.value not in ((), {}):
            judged.claimed[name] = f"{stated.value} from {stated.evidence!r}"
