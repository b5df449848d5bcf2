"""What the rendered audio says, informed by the score as QA is: `make eval-audio`. The tables go to docs/audio.md.

Two samples of tests/evaluation/score_prompts.toml, played dry (every stem rendered and summed, no mixing): short songs for tempo, key
and chords; longer ones of styles that build for the contrast of sections and the borders that ears find. Options: --songs N (evenly
over the 320), --seconds S, --form N (songs of --form-seconds, one per style), --jobs N, --out FILE.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mir_eval
import numpy as np
import soundfile as sf

from contracts.context import Options
from contracts.music import Score
from services.enhancer.reading import read_prompt
from services.generator.arrangement import arrange
from services.generator.composition import compose
from services.generator.production.curves import SAMPLE_RATE_HZ
from services.generator.production.planning import plan_stems
from services.generator.production.rendering import render_stem
from services.generator.production.shelf import find_soundfonts
from services.music.audio.loudness import integrated_lufs
from services.music.audio.structure import find_boundaries
from services.music.packs.genres import genres
from services.qa.asked import Asked
from services.qa.checks.chords import check_chords
from services.qa.checks.key import check_key
from services.qa.checks.tempo import check_tempo
from services.qa.delivered import Delivered
from services.qa.listening import Heard, listen
from tests.evaluation.measures import keep
from tests.evaluation.obedience import load

DOCS = Path(__file__).parents[2] / "docs" / "audio.md"
_HEAD = "# The audio, measured\n\nWhat is heard in rendered songs, informed by their scores as QA is.\n"
_LOUD, _QUIET = ("chorus", "drop", "head"), ("verse", "groove", "breakdown")
_BUILDS = (
    "pop", "rock", "electronic", "house", "techno", "trance", "dubstep", "drum_and_bass", "rnb_soul", "synthwave", "indie_rock",
    "metal", "punk", "disco", "gospel", "cinematic", "country", "trap",
)  # fmt: skip
_WITHIN_S = 3.0


@dataclass(frozen=True)
class Listened:
    """One rendered song: which checks passed (None: nothing to measure), what they measured, contrast and border figures."""

    number: int
    style: str
    passed: dict[str, bool | None] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


def _dry(score: Score, folder: Path) -> Delivered:
    """Render every part and write stems and their sum."""
    shelf, total = find_soundfonts(), None
    stems: dict[str, Path] = {}
    for part, plan in plan_stems(score, Options(), shelf).items():
        audio = render_stem(score, part, plan, shelf)
        total = audio.astype(np.float64) if total is None else total + audio
        stems[part] = folder / f"{part}.wav"
        sf.write(stems[part], audio.T, SAMPLE_RATE_HZ, subtype="FLOAT")
    if total is None:
        raise ValueError("a score without notes")
    sf.write(folder / "master.wav", total.T, SAMPLE_RATE_HZ, subtype="FLOAT")
    return Delivered(folder / "master.wav", score, stems)


def hear(work: tuple[int, dict[str, Any], float]) -> Listened:
    """Render one prompt at a length and ask what QA asks."""
    number, facts, seconds = work
    began = time.perf_counter()
    brief = read_prompt(facts["text"], Options(duration_s=seconds), seed=number)
    score = arrange(compose(brief, number).score, brief, number).score
    bar_s = score.meter_value.bar_seconds(score.tempo_bpm)
    asked = Asked(brief.tempo_bpm.value, score.key_value, score.duration_s, bar_s, -14.0, -1.0)
    with tempfile.TemporaryDirectory() as scratch:
        heard = listen(_dry(score, Path(scratch)))
        tempo, fit = check_tempo(heard.envelope, score, asked)
        checks = {"tempo": tempo, "key": check_key(heard, score, asked, fit), "chords": check_chords(heard, score, asked, fit)}
        measured: dict[str, Any] = {name: check.measured for name, check in checks.items() if check}
        measured |= _form(heard, score)
    passed = {name: check.passed if check else None for name, check in checks.items()}
    return Listened(number, facts["style"], passed, measured, time.perf_counter() - began)


def _form(heard: Heard, score: Score) -> dict[str, float]:
    """LU of the loudest kind of section over the verse, and how well ears find the borders (3 s), both blind but for the beat."""
    spans = [
        (s.label, score.seconds_at(score.bar_tick(s.start_bar)), score.seconds_at(score.bar_tick(s.end_bar)))
        for s in score.sections.values()
    ]
    found: dict[str, float] = {}
    levels = {kind: [heard.audio[:, int(a * heard.rate_hz) : int(b * heard.rate_hz)] for label, a, b in spans if label in labels]
              for kind, labels in (("loud", _LOUD), ("quiet", _QUIET))}  # fmt: skip
    if all(levels.values()):
        loud, quiet = (float(integrated_lufs(np.concatenate(levels[kind], axis=1), heard.rate_hz)) for kind in ("loud", "quiet"))
        found["contrast"] = loud - quiet
    beats = np.array([score.seconds_at(tick) for tick in range(0, score.end_tick, score.meter_value.ticks_per_beat)])
    if len(spans) > 2 and spans[-1][2] >= 60:
        guessed = find_boundaries(heard.mono, beats)
        truth = [a for _, a, _ in spans[1:]]
        hits = mir_eval.util.match_events(np.array(truth), np.array(guessed), _WITHIN_S) if guessed else []
        precision, recall = len(hits) / max(1, len(guessed)), len(hits) / len(truth)
        found["border_f"] = 2 * precision * recall / max(1e-9, precision + recall)
    return found


def _spread(function: Callable[..., Listened], work: Sequence[Any], jobs: int) -> list[Listened]:
    if jobs <= 1:
        return [function(one) for one in work]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(function, work))


def _checks_table(found: list[Listened]) -> str:
    lines = [f"{'':10}{'songs':>7}{'right':>7}{'share':>9}"]
    for name in ("tempo", "key", "chords"):
        asked = [one for one in found if one.passed.get(name) is not None]
        right = sum(bool(one.passed[name]) for one in asked)
        lines.append(f"{name:10}{len(asked):7}{right:7}{right / max(1, len(asked)):9.1%}")
    shares = [one.measured["chords"] for one in found if "chords" in one.measured]
    lines.append(f"chords heard right, share of their time: 5 % {np.percentile(shares, 5):.2f}, median {np.median(shares):.2f}")
    lines += [
        f"#{one.number} {one.style}: {name} {one.measured.get(name)}" for one in found for name, ok in one.passed.items() if ok is False
    ]
    return "\n".join(lines)


def _form_table(found: list[Listened]) -> str:
    lines = [f"{'style':16}{'contrast LU':>12}{'F (3 s)':>9}"]
    for one in found:
        cells = (f"{one.measured[name]:.2f}" if name in one.measured else "–" for name in ("contrast", "border_f"))
        lines.append(f"{one.style:16}{next(cells):>12}{next(cells):>9}")
    contrast = [one.measured["contrast"] for one in found if one.style in _BUILDS and "contrast" in one.measured]
    borders = [one.measured["border_f"] for one in found if "border_f" in one.measured]
    if contrast:
        lines.append(
            f"styles that build, contrast ≥ 1.5 LU: {np.mean([c >= 1.5 for c in contrast]):.0%}, median {np.median(contrast):.2f} LU"
        )
    if borders:
        lines.append(f"borders found within 3 s, mean F: {np.mean(borders):.2f}")
    return "\n".join(lines)


def main() -> int:
    """Render, listen, write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--songs", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=24.0)
    parser.add_argument("--form", type=int, default=16)
    parser.add_argument("--form-seconds", type=float, default=90.0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=DOCS)
    asked = parser.parse_args()
    table = list(enumerate(load(), 1))
    if not asked.out.exists():
        asked.out.write_text(_HEAD, "utf-8")
    if asked.songs:
        chosen = [table[round(i * (len(table) - 1) / max(1, asked.songs - 1))] for i in range(asked.songs)]
        found = _spread(hear, [(number, facts, asked.seconds) for number, facts in chosen], asked.jobs)
        note = f"{len(found)} songs of about {asked.seconds:g} s, played dry; {np.mean([one.seconds for one in found]):.1f} s each."
        text = _checks_table(found)
        print(text, flush=True)
        command = f"python -m tests.evaluation.audio --songs {asked.songs} --seconds {asked.seconds:g} --form 0"
        keep(asked.out, "Tempo, key and chords", command, note, text)
    if asked.form:
        first = {facts["style"]: (number, facts) for number, facts in reversed(table) if (number - 1) % 10 == 1}
        styles = [style for style in (*_BUILDS, *first) if style in genres()]
        chosen = [first[style] for style in dict.fromkeys(styles)][: asked.form]
        found = _spread(hear, [(number, facts, asked.form_seconds) for number, facts in chosen], asked.jobs)
        note = (
            f"{len(found)} songs of about {asked.form_seconds:g} s, played dry, the style's own form: loudness of choruses and drops "
            "over verses, and borders found in the audio."
        )
        text = _form_table(found)
        print(text, flush=True)
        command = f"python -m tests.evaluation.audio --songs 0 --form {asked.form} --form-seconds {asked.form_seconds:g}"
        keep(asked.out, "Sections", command, note, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
