"""A table of prompts with known truth, over all fields and languages: every one is read right."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.brief import Brief
from contracts.context import Options
from contracts.music import Key
from services.enhancer.reading import read_prompt

PROMPTS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "prompts.toml").read_text("utf-8"))["prompt"]


def _labels(brief: Brief) -> list[str]:
    return [section.label for section in brief.structure.value]


def _sections(brief: Brief) -> list[str]:
    return [f"{s.label}:{s.bars}" if s.bars else s.label for s in brief.structure.value]


CHECKS: dict[str, Callable[[Brief, Any], bool]] = {
    "tempo": lambda b, v: b.tempo_bpm.value == v and b.tempo_bpm.is_stated,
    "tempo_in": lambda b, v: v[0] <= b.tempo_bpm.value <= v[1],
    "key": lambda b, v: b.key.value == v,
    "mode": lambda b, v: Key.parse(b.key.value).mode == v,
    "meter": lambda b, v: b.meter.value == v and b.meter.is_stated,
    "duration": lambda b, v: b.duration_s.value == v and b.duration_s.is_stated,
    "genres": lambda b, v: list(b.genres.value) == v,
    "genres_not": lambda b, v: not set(v) & set(b.genres.value),
    "moods": lambda b, v: list(b.moods.value) == v,
    "moods_has": lambda b, v: set(v) <= set(b.moods.value),
    "with": lambda b, v: list(b.instruments_with.value) == v and b.instruments_with.is_stated,
    "without": lambda b, v: list(b.instruments_without.value) == v,
    "without_has": lambda b, v: set(v) <= set(b.instruments_without.value) and b.instruments_without.is_stated,
    "sections": lambda b, v: _sections(b) == v and b.structure.is_stated,
    "sections_have": lambda b, v: set(v) <= set(_labels(b)),
    "sections_lack": lambda b, v: bool(_labels(b)) and not set(v) & set(_labels(b)),
    "first_section": lambda b, v: _labels(b)[:1] == [v],
    "chords": lambda b, v: {k: list(bars) for k, bars in b.chords.value.items()} == v and b.chords.is_stated,
    "style": lambda b, v: b.style_of is not None and b.style_of.value == v,
    "nostyle": lambda b, v: (b.style_of is None) is v,
    "production_has": lambda b, v: set(v) <= set(b.production.value),
    "use": lambda b, v: sorted(b.use.value.split(", ")) == sorted(v),
    "energy_min": lambda b, v: b.energy.value >= v,
    "notes": lambda b, v: all(any(part in note for note in b.notes) for part in v),
    "ending": lambda b, v: (b.ending.value if b.ending else "none") == v,
    "stated": lambda b, v: all(getattr(b, name).is_stated for name in v),
    "inferred": lambda b, v: not any(getattr(b, name).is_stated for name in v),
}


@pytest.mark.parametrize("case", PROMPTS, ids=lambda case: case["text"][:48])
def test_every_field_of_the_table_is_read(case: dict[str, Any]) -> None:
    """Each expectation of a prompt holds, whatever the seed."""
    for seed in (0, 7):
        brief = read_prompt(case["text"], Options(), seed=seed)
        wrong = {name: value for name, value in case.items() if name != "text" and not CHECKS[name](brief, value)}
        assert not wrong, f"{wrong}\n{brief.model_dump_json(indent=1, exclude={'steps', 'text'})}"


def test_the_table_is_large_enough() -> None:
    """At least 120 prompts, and every kind of expectation is used."""
    assert len(PROMPTS) >= 120
    assert {name for case in PROMPTS for name in case} == {*CHECKS, "text"}


@pytest.mark.parametrize("case", PROMPTS, ids=lambda case: case["text"][:48])
def test_stated_fields_quote_the_prompt(case: dict[str, Any]) -> None:
    """The evidence of a stated field consists of words that stand in the prompt."""
    brief = read_prompt(case["text"], Options())
    for name in ("tempo_bpm", "key", "meter", "duration_s", "genres", "moods", "instruments_with"):
        field = getattr(brief, name)
        if field.is_stated:
            assert field.evidence
            assert all(part.strip() in case["text"] for part in field.evidence.replace("; ", ", ").split(", "))
