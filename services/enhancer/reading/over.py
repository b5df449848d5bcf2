"""Facts that are laid over what words and options say before the rest is inferred: an edited brief, or a model's proposals.

The reader then infers the rest around them: a genre that is laid over brings its own tempo, band and feeling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contracts.brief import Brief, Stated
from contracts.context import Options
from contracts.errors import BadInput
from services.enhancer.reading.chords import Progressions
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.moments import Moments
from services.enhancer.reading.options import Stipulated, read_options
from services.enhancer.reading.reader import Words
from services.enhancer.reading.steps import told
from services.enhancer.reading.structure import Wishes

_STIPULATED = {
    "tempo_bpm": "tempo",
    "key": "key",
    "meter": "meter",
    "duration_s": "duration",
    "genres": "genres",
    "moods": "moods",
    "energy": "energy",
    "valence": "valence",
    "instruments_with": "wanted",
    "instruments_without": "unwanted",
    "structure": "structure",
    "ending": "ending",
}
_OPTIONS = {"bpm": "tempo_bpm", "genre": "genres", "instruments": "instruments_with", "without": "instruments_without"}


def stated_by(options: Options) -> frozenset[str]:
    """The brief's fields that options state."""
    stated = read_options(options)
    named = {name for name, slot in _STIPULATED.items() if getattr(stated, slot) is not None}
    return frozenset(named | ({"chords"} if stated.chords else set()))


@dataclass(frozen=True)
class Over:
    """Fields of the brief by name; None takes a field away that may be absent."""

    fields: Mapping[str, Stated[Any] | None] = field(default_factory=dict)
    title: str = ""

    def laid_on(self, stated: Stipulated, words: Words) -> tuple[Stipulated, Words]:
        """Options and words, without what these facts overrule and with them in its place."""
        found: dict[str, Any] = {slot: _finding(self.fields[name]) for name, slot in _STIPULATED.items() if name in self.fields}
        if "chords" in self.fields:
            found["chords"] = _progressions(self.fields["chords"])
        if found.get("structure") and not found["structure"].value:
            found["structure"] = None
        if found.get("wanted") and stated.unwanted and "unwanted" not in found:
            found["unwanted"] = _less(stated.unwanted, found["wanted"].value)
        if found.get("unwanted") and stated.wanted and "wanted" not in found:
            found["wanted"] = _less(stated.wanted, found["unwanted"].value)
        return replace(stated, **found), self._silenced(words)

    def _silenced(self, words: Words) -> Words:
        """The words without those that speak of these fields."""
        gone: dict[str, Any] = {}
        for name, blank in _BLANK.items():
            if name in self.fields:
                gone.update(blank)
        if "moods" in self.fields:
            gone["feelings"] = replace(words.feelings, moods=(), evidence=None)
        players = words.players
        if "instruments_with" in self.fields:
            players = replace(players, wanted=(), evidence_wanted=None)
        if "instruments_without" in self.fields:
            players = replace(players, unwanted=(), evidence_unwanted=None, exclusive=False)
        return replace(words, players=players, **gone)

    def written(self, brief: Brief) -> Brief:
        """The brief with these fields as they are, told anew."""
        changes: dict[str, Any] = dict(self.fields)
        structure, duration = self.fields.get("structure"), brief.duration_s
        if structure is not None and "duration_s" not in self.fields and brief.structure.value != structure.value:
            changes.pop("structure")  # it had to be fitted to a stated length
        if self.title:
            changes["title"] = self.title
        return told(brief.model_copy(update={**changes, "duration_s": self.fields.get("duration_s") or duration}))

    def renamed(self, error: BadInput) -> BadInput:
        """An error of the reading, told as one of the edited brief where its field was laid over."""
        name = _OPTIONS.get(error.field, error.field)
        if name not in self.fields:
            return error
        own = BadInput(f"brief.{name}", error.value, error.allowed, hint=error.hint)
        own.value = error.value
        own.args = (str(error).replace(f"{error.field}:", f"brief.{name}:", 1),)
        return own


_BLANK: dict[str, dict[str, Any]] = {
    "tempo_bpm": {"tempo": None, "tempo_word": None},
    "meter": {"meter": None},
    "duration_s": {"duration": None},
    "chords": {"chords": None},
    "structure": {"structure": None, "wishes": Wishes(), "moments": Moments()},
    "ending": {"ending": None},
}


def _finding(stated: Stated[Any] | None) -> Finding[Any] | None:
    if stated is None:
        return None
    return Finding(stated.value, stated.evidence, stated.confidence, stated.reason, stated.source)


def _progressions(stated: Stated[Any] | None) -> Progressions | None:
    return Progressions(dict(stated.value), stated.evidence or "", is_roman=False, minor_hint=False) if stated and stated.value else None


def _less(finding: Finding[tuple[str, ...]], names: tuple[str, ...]) -> Finding[tuple[str, ...]] | None:
    left = tuple(name for name in finding.value if name not in names)
    return replace(finding, value=left) if left else None
