"""A song as it is heard: rendered, mixed and mastered, its sections stand apart in level and are found again by ear."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from contracts.context import Options
from contracts.music import Score
from services.enhancer.enhancing import enhanced
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.generator.production.planning import plan_stems
from services.generator.production.rendering import render_stem
from services.mixer.mastering.chain import Aim
from services.mixer.mastering.session import Session
from services.mixer.mixing.changes import Changes
from services.mixer.mixing.console import Console
from services.mixer.mixing.measuring import measure
from services.mixer.mixing.plan import plan_mix
from services.mixer.profiles import profile
from services.music.audio.loudness import block_energies, loudness_of

RATE = 48_000


def record(score: Score, scratch: Path) -> np.ndarray:
    """The master of a score, [2, samples], by the pure functions of production, mixing and mastering."""
    plans = plan_stems(score, Options())
    dry = {name: render_stem(score, name, plan) for name, plan in plans.items()}
    style = profile(score.genre)
    plan = plan_mix(score, {name: measure(audio, RATE) for name, audio in dry.items()}, style, Changes())
    frames = next(iter(dry.values())).shape[1]
    stems = dict(Console(score, plan, style, RATE, frames, dry.__getitem__).stems())
    session = Session(list(stems), stems.__getitem__, RATE, frames, style, scratch)
    session.run(Aim(-14.0, -1.0))
    master = session.total.copy()
    session.close()
    return master


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> tuple[Score, np.ndarray]:
    brief = enhanced("a rock song: verse, chorus, verse, chorus", Options(duration_s=44.0), None, seed=3).brief
    score = arrange(compose(brief, 3).score, brief, 3).score
    return score, record(score, tmp_path_factory.mktemp("master"))


def bars_lufs(score: Score, master: np.ndarray) -> list[float]:
    energies = block_energies(master, RATE)
    marks = [round(score.seconds_at(score.bar_tick(bar)) * 100) for bar in range(1, score.bars + 2)]
    return [float(loudness_of(energies[a:b].mean())) for a, b in pairwise(marks)]


def test_choruses_stand_over_verses(song: tuple[Score, np.ndarray]) -> None:
    """In a genre that builds, choruses are at least 1.5 LU over verses, after compression and limiting."""
    score, master = song
    energies = block_energies(master, RATE)

    def level(label: str) -> float:
        values = []
        for section in score.sections.values():
            if section.label == label:
                a, b = (round(score.seconds_at(score.bar_tick(bar)) * 100) for bar in (section.start_bar, section.end_bar))
                values.append(float(loudness_of(energies[a:b].mean())))
        return float(np.mean(values))

    assert level("chorus") >= level("verse") + 1.5


def test_no_bar_falls_into_a_hole(song: tuple[Score, np.ndarray]) -> None:
    """No bar between the first and the last lies more than 12 LU under the median bar: a break is air, not silence."""
    score, master = song
    bars = bars_lufs(score, master)
    assert min(bars[1:-1]) >= float(np.median(bars)) - 12.0
