"""A finished song without the house: the real stages one after the other in this process, over a store of files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from contracts.context import AnalysisSection, Context, Options, Request
from contracts.features import Features
from contracts.music import Score
from services.enhancer.work import ideate
from services.generator.work import arrange, compose, plan, render
from services.mixer.mastering.work import master
from services.mixer.mixing.work import mix
from services.music.packs.genres import genres
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.evaluation.obedience import load

Audio = NDArray[np.float32]
Work = Callable[[Context, Workbench], Context]


@dataclass(frozen=True)
class Asked:
    """One song to make. The seed is its number."""

    number: int
    style: str
    prompt: str


@dataclass(frozen=True)
class Finished:
    """A song as delivered: 24-bit files read back, [2, frames]."""

    context: Context
    score: Score
    rate: int
    master: Audio
    stems: dict[str, Audio]
    dry: dict[str, Path]
    seconds: dict[str, float]
    """Wall seconds per stage."""

    @property
    def profile(self) -> str:
        """The mix profile, whose corridor the master is judged against."""
        assert self.context.mixing is not None
        return str(self.context.mixing.settings["profile"])


def songs(count: int) -> list[Asked]:
    """Prompts over all styles in turn: the first of each in score_prompts.toml, then the second; a style without any is named."""
    styles, table = tuple(genres()), load()
    texts = {style: [str(facts["text"]) for facts in table if facts["style"] == style] or [style.replace("_", " ")] for style in styles}
    found = []
    for number in range(count):
        style, voice = styles[number % len(styles)], number // len(styles)
        found.append(Asked(number + 1, style, texts[style][voice % len(texts[style])]))
    return found


def finish(
    asked: Asked, folder: Path, *, seconds: float | None = 30.0, options: Options | None = None, heard: Features | None = None
) -> Finished:
    """Make a song from its sentence to its files in `folder`; `heard` in a reference that it shall be like."""
    options = (options or Options()).model_copy(update={"duration_s": seconds} if seconds else {})
    bench = Workbench(FileStore(folder / "store", sync=False), folder, lambda _, __: None)
    request = Request.model_validate({"prompt": asked.prompt, "options": options, "seed": asked.number})
    context = Context(composition_id="sound", job_id=f"sound-{asked.number}", seq=0, created_at=0.0, request=request)
    if heard is not None:
        context = context.model_copy(update={"analysis": AnalysisSection(features=heard, reference_name="the reference")})
    stages: dict[str, Work] = {
        "ideation": ideate, "composition": compose, "arrangement": arrange, "production": _produce, "mixing": mix, "mastering": master,
    }  # fmt: skip
    wall: dict[str, float] = {}
    for name, stage in stages.items():
        began = time.perf_counter()
        context = stage(context, bench)
        wall[name] = time.perf_counter() - began
    return _read(context, bench, wall)


def _produce(context: Context, bench: Workbench) -> Context:
    """Plan and render every part, one after the other."""
    context = plan(context, bench)
    assert context.production is not None
    stems = {part: render(context, part, bench) for part in context.production.plan}
    return context.model_copy(update={"production": context.production.model_copy(update={"state": "rendered", "stems": stems})})


def _read(context: Context, bench: Workbench, wall: dict[str, float]) -> Finished:
    assert context.arrangement is not None
    assert context.mastering is not None
    assert context.production is not None
    score = Score.model_validate_json(bench.objects.read(context.arrangement.score.key))
    master, rate = sf.read(bench.objects.local_path(context.mastering.master), dtype="float32", always_2d=True)
    stems = {}
    for name, artifact in context.mastering.stems.items():
        audio, _ = sf.read(bench.objects.local_path(artifact), dtype="float32", always_2d=True)
        stems[name] = np.ascontiguousarray(audio.T)
    dry = {name: bench.objects.local_path(artifact) for name, artifact in context.production.stems.items()}
    return Finished(context, score, rate, np.ascontiguousarray(master.T), stems, dry, wall)
