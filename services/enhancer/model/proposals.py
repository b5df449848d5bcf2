"""From a model's answer to proposals for a brief: each value checked by itself, evidence only where the words really stand there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.brief import Brief, ReasoningStep, SectionPlan, Source, Stated
from contracts.errors import BadInput
from contracts.music import Meter
from services.enhancer.model.schema import MEANINGS, STEPS
from services.enhancer.reading.reader import read_words
from services.enhancer.reading.steps import fields
from services.enhancer.reading.style_of import is_artist
from services.enhancer.reading.tables import table
from services.enhancer.reading.text import Text
from services.enhancer.reading.values import MOST, check_value, clean, share_or_none
from services.music.packs.instruments import instruments

NEEDS_WORDS = frozenset({"duration_s", "instruments_without", "chords", "use", "ending"})
"""What stays open unless the words say something: here an idea of the model's own is not asked for."""
_MOST = {"genres": 3, "moods": 4, "instruments_with": 12, "instruments_without": 50, "production": 8, "structure": 24, "chords": 12}
_SURE, _USUAL = 0.9, 0.6
_EVIDENCE_CHARS, _THOUGHT_CHARS, _TITLE_CHARS = 160, 240, 60
_STEP_OF = {
    "genre_and_style": ("genres", "production"),
    "emotion": ("moods", "energy", "valence"),
    "instrumentation": ("instruments_with", "instruments_without"),
    "theory": ("tempo_bpm", "key", "meter", "structure", "chords"),
    "technical": ("duration_s", "use", "ending"),
}


@dataclass(frozen=True)
class Proposals:
    """What is taken of an answer, and what was left out of it."""

    fields: dict[str, Stated[Any]] = field(default_factory=dict)
    title: str = ""
    thoughts: tuple[ReasoningStep, ...] = ()
    kept: tuple[str, ...] = ()
    """Fields that the model would have changed and that stand, since they were stated or come from what was brought."""
    dropped: tuple[str, ...] = ()
    """Fields whose proposed value cannot be."""


@dataclass
class _Sorting:
    brief: Brief
    prompt: str
    model: str
    rooted: Collection[str]
    thoughts: Mapping[str, str]
    taken: dict[str, Stated[Any]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def proposals(answer: Mapping[str, Any], brief: Brief, prompt: str, model: str, rooted: Collection[str] = ()) -> Proposals:
    """The proposals in an answer.

    Args:
        answer: a JSON object from anywhere: nothing in it is believed.
        brief: the offline brief; its stated fields are never touched.
        prompt: the words, in which evidence must stand.
        model: its name.
        rooted: fields that something brought (a reference, a picture, taste) has set: only words move them.
    """
    steps = answer.get("steps")
    thoughts = {name: clean(str(steps.get(name) or ""), _THOUGHT_CHARS) for name in STEPS} if isinstance(steps, Mapping) else {}
    sorting = _Sorting(brief, prompt, model, rooted, thoughts)
    for name in MEANINGS:
        if answer.get(name) is not None:
            _sort(sorting, name, answer[name])
    _settle(sorting)
    return Proposals(
        sorting.taken,
        _title(answer.get("title")),
        tuple(ReasoningStep(name=name, text=text) for name, text in thoughts.items() if text),
        tuple(sorting.kept),
        tuple(sorting.dropped),
    )


def _sort(sorting: _Sorting, name: str, item: Any) -> None:
    value, evidence, confidence = _parts(item)
    quoted = _evidence(evidence, sorting.prompt)
    old = fields(sorting.brief).get(name)
    try:
        checked = check_value(name, _shortened(name, value))
    except BadInput:
        sorting.dropped.append(name)
        return
    if checked in ((), {}, "") or (old is not None and old.value == checked):
        return
    stands = old is not None and old.is_stated and not (name in _MAY_BE_EMPTY and not old.value and not old.evidence)
    if stands or (quoted is None and (name in NEEDS_WORDS or name in sorting.rooted)):
        sorting.kept.append(name)
        return
    sorting.taken[name] = _stated(sorting, name, checked, quoted, confidence)


_MAY_BE_EMPTY = ("instruments_without", "chords")


def _stated(sorting: _Sorting, name: str, value: Any, evidence: str | None, confidence: float) -> Stated[Any]:
    step = next((step for step, names in _STEP_OF.items() if name in names), "")
    thought = sorting.thoughts.get(step, "")
    reason = f"suggested by {sorting.model}" + (f": {thought[:160]}" if thought else "")
    old = fields(sorting.brief).get(name)
    kind: type[Stated[Any]] = Stated[str] if old is None else type(old)
    made: Stated[Any] = kind(value=value, source=Source.INFERRED, evidence=evidence, confidence=confidence, reason=reason)
    return made


def _parts(item: Any) -> tuple[Any, Any, float]:
    """Value, evidence and confidence of a field; small models leave the last two out."""
    if not (isinstance(item, Mapping) and "value" in item):
        return item, None, _USUAL
    sure = share_or_none(item.get("confidence"))
    return item["value"], item.get("evidence"), _USUAL if sure is None else min(max(sure, 0.05), _SURE)


def _shortened(name: str, value: Any) -> Any:
    """The beginning of a list, each entry that can be; chords by section, which a strict schema can only send as a list."""
    if name == "chords" and isinstance(value, list):
        pairs = [(str(one.get("section")), one.get("bars")) for one in value[: _MOST[name]] if isinstance(one, Mapping)]
        return dict(pairs)
    if name not in _MOST or not isinstance(value, list):
        return value
    found: list[Any] = []
    for one in value[: MOST[name]]:
        try:
            check_value(name, [one])
        except BadInput:
            continue
        found.append(one)
    return found[: _MOST[name]] if found or not value else value[:1]


def _evidence(text: Any, prompt: str) -> str | None:
    """The words, where they stand in the prompt."""
    if not isinstance(text, str):
        return None
    words, said = clean(text, _EVIDENCE_CHARS).strip("\"'“”‘’ "), clean(prompt, len(prompt) + 1)
    return words if words and words.casefold() in said.casefold() else None


def _title(text: Any) -> str:
    title = clean(text, _TITLE_CHARS) if isinstance(text, str) else ""
    plain = "".join(char for char in title if char.isalnum() or char in " '’,.!?&()-–:")
    plain = " ".join(plain.split())
    return "" if not any(map(str.isalnum, plain)) or is_artist(plain) else plain


def _settle(sorting: _Sorting) -> None:
    """What proposals may not do to each other and to what is stated."""
    taken, brief = sorting.taken, sorting.brief
    refused = read_words(Text.of(sorting.prompt))
    _less(taken, "moods", refused.feelings.refused)
    _less(taken, "genres", refused.styles.refused)
    if brief.instruments_with.is_stated:
        _less(taken, "instruments_without", brief.instruments_with.value)
    without = taken.get("instruments_without", brief.instruments_without).value
    _less(taken, "instruments_with", without)
    if set(without) >= {name for name, entry in instruments().items() if entry.family != "fx"}:
        taken.pop("instruments_without", None)
    if brief.chords.value:
        taken.pop("key", None)
    if brief.structure.is_stated and brief.duration_s.is_stated:
        taken.pop("tempo_bpm", None)
        taken.pop("meter", None)
    production = taken.get("production")
    if production:
        _less(taken, "production", [word for word in production.value if word not in table("production")])
    _fit(taken, brief)


def _less(taken: dict[str, Stated[Any]], name: str, gone: Collection[str]) -> None:
    if name in taken:
        left = tuple(one for one in taken[name].value if one not in gone)
        taken[name] = taken[name].model_copy(update={"value": left})
        if not left:
            del taken[name]


def _fit(taken: dict[str, Stated[Any]], brief: Brief) -> None:
    """A proposed form keeps its bars where they about fill the length, else the composer counts; one section is no form."""
    form = taken.get("structure")
    if form is None:
        return
    if len(form.value) < 2:
        del taken["structure"]
        return
    meter, tempo = taken.get("meter", brief.meter).value, taken.get("tempo_bpm", brief.tempo_bpm).value
    seconds = sum(section.bars or 0 for section in form.value) * Meter.parse(meter).bar_seconds(tempo)
    wanted = taken.get("duration_s", brief.duration_s).value
    if all(section.bars for section in form.value) and 0.75 * wanted <= seconds <= 1.1 * wanted:
        return
    taken["structure"] = form.model_copy(update={"value": tuple(SectionPlan(label=section.label) for section in form.value)})
