"""The stage: what ideation leaves in the context, and the catalogue."""

from pathlib import Path
from typing import Any, cast

import pytest

from contracts.context import Context, Options, Request
from contracts.errors import BadInput
from contracts.pipeline import Stage
from services.enhancer.catalog import catalog
from services.enhancer.work import ideate
from services.music.packs.moods import moods
from services.runtime.workbench import Objects, Workbench


def _context(prompt: str, **options: Any) -> Context:
    request = Request(prompt=prompt, seed=7, options=Options(**options))
    return Context(composition_id="c", job_id="j", seq=1, created_at=0.0, request=request)


def _bench(tmp_path: Path, lines: list[str] | None = None) -> Workbench:
    told = lines if lines is not None else []
    return Workbench(objects=cast(Objects, None), scratch=tmp_path, progress=lambda _, line: told.append(line))


def test_the_facts_in_force_are_those_of_the_brief(tmp_path: Path) -> None:
    """musical, technical and creative follow the brief and the options."""
    done = ideate(_context("dark house, 124 bpm, F minor, 90 seconds, no vocals", target_lufs=-9.0, ceiling_dbtp=-1.5), _bench(tmp_path))
    assert done.ideation is not None
    assert done.musical is not None
    assert (done.musical.key, done.musical.tempo_bpm, done.musical.genre, done.musical.moods) == ("F minor", 124.0, "house", ("dark",))
    assert (done.technical.duration_s, done.technical.target_lufs, done.technical.true_peak_ceiling_dbtp) == (90.0, -9.0, -1.5)
    assert done.creative.constraints == ("without vocals",)


def test_steps_inferences_and_contradictions_are_decisions(tmp_path: Path) -> None:
    """The six steps, every inferred field with its reason, and the note about genre against mood are on record."""
    lines: list[str] = []
    done = ideate(_context("sad dubstep"), _bench(tmp_path, lines))
    topics = [decision.topic for decision in done.ai_decisions]
    assert [t for t in topics if t.startswith("step:")] == [
        f"step:{name}" for name in ("intent", "genre_and_style", "emotion", "instrumentation", "theory", "technical")
    ]
    assert {"tempo_bpm", "key", "meter", "duration_s"} <= set(topics)
    assert any("genre's tempo wins" in decision.choice for decision in done.ai_decisions)
    assert all(decision.stage is Stage.IDEATION and decision.why for decision in done.ai_decisions)
    assert lines


def test_bad_input_passes_through(tmp_path: Path) -> None:
    """What cannot be is told to the user, not wrapped."""
    with pytest.raises(BadInput):
        ideate(_context("house", genre="polka-metal"), _bench(tmp_path))


def test_one_seed_one_context(tmp_path: Path) -> None:
    """Two runs give the same bytes."""
    context = _context("dreamy ambient with cello")
    assert ideate(context, _bench(tmp_path)).to_json() == ideate(context, _bench(tmp_path)).to_json()


def test_catalogue_holds_every_kind() -> None:
    """Genres, moods and instruments are plain values with ids."""
    entries = catalog()
    assert set(entries) == {"genres", "moods", "instruments"}
    assert {"house", "jazz", "techno"} <= {entry["id"] for entry in entries["genres"]}
    assert len(entries["moods"]) == len(moods()) >= 30
    assert all(entry["id"] and entry["name"] for kind in entries.values() for entry in kind)
