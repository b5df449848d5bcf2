"""Songs that the ears learn from: `python -m tests.evaluation.training_songs DIR [--first N --count N --seconds S --mixes N --plain]`.

Styles in turn at drawn tempi and meters (more than half in another meter than the style's own), every stem rendered dry and summed at
drawn levels, mono at 22.05 kHz as `NUMBER.npy` (int16) with its score `NUMBER.json` and its prompt `NUMBER.txt`. The number is the seed.
`--mixes` above one: as many sums of each, at other levels and in drawn rooms, as `NUMBER-MIX`. `--plain`: by plain voices instead of the
house's instruments. What is measured blind uses other numbers.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from contracts.context import Context, Options, Request
from contracts.music import Role, Score
from services.enhancer.work import ideate
from services.generator.work import arrange, compose, plan, render
from services.music.audio.onsets import EAR_RATE_HZ
from services.music.packs.genres import genres
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.evaluation.plain_band import play_plainly

FIRST = 20_100
LEVELS = {Role.DRUMS: 0.72, Role.PERCUSSION: 0.3, Role.BASS: 0.08, Role.MELODY: 0.08, Role.VOCAL: 0.09, Role.PAD: 0.035, Role.FX: 0.02}
"""Peak of drums and percussion, level while they sound of the others; 0.05 for the rest, all ± 3 dB."""
SENDS = {Role.DRUMS: 0.15, Role.PERCUSSION: 0.3, Role.BASS: 0.0}
"""How much of a part goes into the room; all of the rest."""
METERS = ("3/4", "3/4", "6/8", "12/8", "5/4", "7/8", "2/4")


def prompt_of(number: int) -> str:
    """Style, tempo and meter of a training song."""
    draw, table = random.Random(number), genres()
    style = sorted(table)[(number - FIRST + 100) % len(table)]
    low, middle, high = table[style].identity.tempo_bpm
    bpm = round(draw.triangular(low, high, middle), 1) if draw.random() < 0.5 else round(draw.uniform(low, high))
    meter = draw.choice(METERS) if draw.random() < 0.55 else draw.choice(table[style].identity.meters)
    return f"{style.replace('_', ' ')}, {bpm:g} bpm, {meter}"


def play(number: int, seconds: float, folder: Path, *, plain: bool) -> tuple[Score, dict[str, NDArray[np.float32]]]:
    """The score and its dry parts, mono [samples] at EAR_RATE_HZ."""
    bench = Workbench(FileStore(folder / "store", sync=False), folder, lambda _, __: None)
    request = Request.model_validate({"prompt": prompt_of(number), "options": Options(duration_s=seconds), "seed": number})
    context = Context(composition_id="ears", job_id=f"ears-{number}", seq=0, created_at=0.0, request=request)
    for stage in (ideate, compose, arrange, plan):
        context = stage(context, bench)
    assert context.arrangement is not None
    assert context.production is not None
    score = Score.model_validate_json(bench.objects.read(context.arrangement.score.key))
    if plain:
        return score, {part: np.asarray(sound, np.float32) for part, sound in play_plainly(score, number).items()}
    found = {}
    for part in context.production.plan:
        stereo, rate = sf.read(bench.objects.local_path(render(context, part, bench)), always_2d=True, dtype="float32")
        found[part] = np.asarray(soxr.resample(stereo.mean(axis=1), rate, EAR_RATE_HZ, quality="MQ"), np.float32)
    return score, found


def mixed(score: Score, parts: dict[str, NDArray[np.float32]], seed: int, *, room: bool) -> NDArray[np.float32]:
    """The parts at drawn levels, in a drawn room where one is asked for [samples]."""
    draw, size = random.Random(seed), max(map(len, parts.values()))
    dry, sent = np.zeros(size), np.zeros(size)
    for name, mono in parts.items():
        role = score.parts[name].role
        peak = float(np.abs(mono).max()) + 1e-9
        loud = peak if role in (Role.DRUMS, Role.PERCUSSION) else float(np.sqrt(np.mean(mono[np.abs(mono) > 0.05 * peak] ** 2)))
        placed = mono * LEVELS.get(role, 0.05) * 10 ** (draw.uniform(-3, 3) / 20) / (loud + 1e-9)
        dry[: len(mono)] += placed
        sent[: len(mono)] += SENDS.get(role, 1.0) * placed
    if room:
        length = round(draw.uniform(0.4, 1.6) * EAR_RATE_HZ)
        tail = np.random.default_rng(seed).normal(0, 1, length) * 10 ** (-3 * np.arange(length) / length)
        tail[: round(0.012 * EAR_RATE_HZ)] = 0
        dry += draw.uniform(0.04, 0.22) * fftconvolve(sent, tail / np.linalg.norm(tail))[:size]
    return np.tanh(dry / (np.quantile(np.abs(dry), 0.999) + 1e-9)).astype(np.float32)


def main() -> int:
    """Render what is not there yet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first", type=int, default=FIRST)
    parser.add_argument("--count", type=int, default=119)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--mixes", type=int, default=1)
    parser.add_argument("--plain", action="store_true")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for number in range(asked.first, asked.first + asked.count):
        names = [f"{number}-{mix}" for mix in range(asked.mixes)] if asked.mixes > 1 else [f"{number}"]
        if all((asked.folder / f"{name}.npy").exists() for name in names):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            score, parts = play(number, asked.seconds, Path(scratch), plain=asked.plain)
        for mix, name in enumerate(names):
            (asked.folder / f"{name}.json").write_text(score.model_dump_json(), "utf-8")
            (asked.folder / f"{name}.txt").write_text(prompt_of(number) + "\n", "utf-8")
            heard = mixed(score, parts, (number + 1) * 10 + mix if asked.mixes > 1 else number + 1, room=asked.mixes > 1)
            np.save(asked.folder / f"{name}.npy", (heard * 20_000).astype(np.int16))
        print(number, prompt_of(number), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
