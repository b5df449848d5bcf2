"""An edited brief: what the user changed stands over prompt and options, and what was left as it was read stays what it was."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.brief import Brief, Source, Stated
from contracts.context import MAX_PROMPT_CHARS
from contracts.errors import BadInput
from services.enhancer.reading.over import Over
from services.enhancer.reading.steps import fields
from services.enhancer.reading.values import FIELDS, check_value, clean

EVIDENCE = "edited brief"
_OPTIONAL = ("lent", "style_of", "ending", "lyrics")
_TOLD = ("steps", "text", "notes")
_PARTS = frozenset(Stated.model_fields)
_TITLE_CHARS = 120
_LENGTH_FOLLOWS = ("tempo_bpm", "meter", "structure")


@dataclass(frozen=True)
class Edited:
    """Checked values by field; `sources`: what the document itself says where a value comes from, None for a bare value."""

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str | None] = field(default_factory=dict)
    title: str = ""
    prompt: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it says every field that a reader could fill."""
        return set(self.values) >= set(FIELDS) - set(_OPTIONAL)

    def over(self, read: Brief, optional: Collection[str] = ()) -> Over | None:
        """What is to be laid over the reading; None where the document says what was read anyway.

        `optional`: fields that options state; a value that the document itself calls inferred is a guess, and yields to them.
        """
        found: dict[str, Stated[Any] | None] = {}
        changed: list[str] = []
        for name, value in self.values.items():
            old = getattr(read, name)
            if name in optional and self.sources[name] == Source.INFERRED:
                continue
            if self._is_as_read(name, old):
                found[name] = old
            else:
                found[name] = _stated(read, name, value)
                changed.append(name)
        if self._length_follows(found, changed):
            found.pop("duration_s", None)
        title = self.title if self.title != read.title else ""
        return Over(found, self.title) if changed or title else None

    def _length_follows(self, found: Mapping[str, Stated[Any] | None], changed: Collection[str]) -> bool:
        """Whether the length was only inferred from a form that says bars, and something that it follows was changed."""
        form = found.get("structure")
        counted = form is not None and form.is_stated and bool(form.value) and any(section.bars for section in form.value)
        followed = "duration_s" not in changed or counted
        return self.sources.get("duration_s") == Source.INFERRED and followed and bool(set(changed) & set(_LENGTH_FOLLOWS))

    def _is_as_read(self, name: str, old: Stated[Any] | None) -> bool:
        if old is None or self.values[name] is None:
            return old is None and self.values[name] is None
        return self.sources[name] == old.source and bool(self.values[name] == old.value)


def check_edited(document: Mapping[str, Any]) -> Edited:
    """An edited brief, whole or some fields, each as POST /briefs returns it or by its bare value.

    Raises BadInput naming `brief.<field>`, the value and what is allowed.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str | None] = {}
    for name, given in document.items():
        if name in _TOLD or name in ("title", "prompt"):
            continue
        if name not in FIELDS:
            raise BadInput(f"brief.{clean(str(name), 40)}", given, ", ".join((*FIELDS, "title")), hint="There is no such field")
        values[name], sources[name] = _value(name, given)
    _check_together(values)
    return Edited(values, sources, _text(document, "title", _TITLE_CHARS), _text(document, "prompt", MAX_PROMPT_CHARS))


def _value(name: str, given: Any) -> tuple[Any, str | None]:
    if given is None and name in _OPTIONAL:
        return None, None
    if not (isinstance(given, Mapping) and "value" in given):
        return check_value(name, given), None
    for part, value in given.items():
        if part not in _PARTS:
            raise BadInput(f"brief.{name}.{clean(str(part), 40)}", value, ", ".join(sorted(_PARTS)))
    source = given.get("source", Source.STATED)
    if source not in tuple(Source):
        raise BadInput(f"brief.{name}.source", source, ", ".join(Source))
    return check_value(name, given["value"]), str(source)


def _check_together(values: dict[str, Any]) -> None:
    clash = sorted(set(values.get("instruments_with") or ()) & set(values.get("instruments_without") or ()))
    if clash:
        raise BadInput("brief.instruments_without", ", ".join(clash), "instruments that brief.instruments_with does not ask for")


def _text(document: Mapping[str, Any], name: str, most_chars: int) -> str:
    text = document.get(name)
    if text is None:
        return ""
    if not isinstance(text, str) or len(text) > most_chars:
        raise BadInput(f"brief.{name}", text, f"a text of at most {most_chars:,} characters")
    return clean(text, most_chars) if name == "title" else text


def _stated(read: Brief, name: str, value: Any) -> Stated[Any] | None:
    if value is None:
        return None
    kind = type(fields(read)[name]) if name in fields(read) else Stated
    made: Stated[Any] = kind(value=value, source=Source.STATED, evidence=EVIDENCE, confidence=1.0, reason="stated in an edited brief")
    return made
