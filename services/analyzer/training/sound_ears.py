"""Learns the weights of `services.analyzer.sound_model` from rendered songs whose scores are known.

    python -m services.analyzer.training.sound_ears --songs DIR [DIR ...]

A DIR holds NAME.flac or NAME.npy (mono at 22.05 kHz, 16 bits), NAME.json (score.json) and NAME.txt, whose first line is the style.
`--held-out` learns from five sixths and prints what the rest shows. Songs of ours only: no recording by others is in it.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr
from scipy.optimize import minimize
from scipy.special import log_softmax

from contracts.music.score import Score
from services.analyzer.reading import read_recording
from services.analyzer.sound_model import FAMILIES, OUT, SoundEars
from services.analyzer.sound_profile import SoundProfile, profile_of
from services.music.audio.onsets import EAR_RATE_HZ

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
LEAST_COVERED = 0.08
"""A family that sounds for less than this share of a song is not there."""
STYLE_PENALTY, FAMILY_PENALTY = 0.02, 0.04
EQ_BELS = 0.25
"""Deviation of the random equaliser that each song is also learned through, so that a mix's tone does not name its style."""
COPIES = 3
FOLDS = 6


@dataclass(frozen=True)
class Example:
    """A song: its style, its profile, the share of it in which each family sounds."""

    name: str
    style: str
    profile: SoundProfile
    covered: dict[str, float]


def example(name: str, style: str, mono: Array, score: Score) -> Example:
    """A song as it is learned from: bar lines and tempo are those of the score."""
    bars = np.array([score.seconds_at(score.bar_tick(bar)) for bar in range(1, score.bars + 2)])
    covered: dict[str, float] = {}
    for part in score.parts.values():
        family = next((name for name, ids in FAMILIES.items() if part.instrument in ids), "")
        sounding = sum(note.end - note.start for note in part.notes) / max(score.end_tick, 1)
        covered[family] = max(covered.get(family, 0.0), sounding)
    return Example(name, style, profile_of(mono, score.tempo_bpm, bars[bars < len(mono) / EAR_RATE_HZ]), covered)


def read_examples(folder: Path) -> list[Example]:
    """Every song in a folder that has sound, score and style."""
    found = []
    for path in sorted([*folder.glob("*.npy"), *folder.glob("*.flac")]):
        if not path.with_suffix(".json").exists():
            continue
        score = Score.model_validate_json(path.with_suffix(".json").read_text("utf-8"))
        style = path.with_suffix(".txt").read_text("utf-8").splitlines()[0].strip()
        found.append(example(path.stem, style, _mono(path), score))
    return found


def _mono(path: Path) -> Array:
    if path.suffix == ".npy":
        return np.asarray(np.load(path).astype(np.float32) / 20_000)
    recording = read_recording(path)
    return np.asarray(soxr.resample(recording.audio.mean(axis=0), recording.rate_hz, EAR_RATE_HZ, quality="MQ"), np.float32)


def _copies(rows: Floats, rng: np.random.Generator) -> Floats:
    """Rows through random equalisers: the twenty levels of held and of struck sound bend alike, [rows * (COPIES + 1), numbers]."""
    out = [rows]
    for _ in range(COPIES):
        knots = rng.normal(0, EQ_BELS, (len(rows), 5))
        bend = np.stack([np.interp(np.arange(20), np.linspace(0, 19, 5), knot) for knot in knots])
        bend -= bend.mean(axis=1, keepdims=True)
        bent = rows.copy()
        bent[:, :20] += bend
        bent[:, 24:44] += bend
        out.append(bent)
    return np.concatenate(out)


def softmax_fit(rows: Floats, labels: npt.NDArray[np.int64], classes: int, penalty: float) -> Floats:
    """Weights [numbers + 1, classes] of a multinomial logistic model with an L2 penalty; the last row is the constant."""
    ones = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    truth = np.eye(classes)[labels]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(-1, classes)
        log = log_softmax(ones @ weights, axis=1)
        held = np.concatenate([weights[:-1], np.zeros((1, classes))])
        value = -float((truth * log).sum()) / len(rows) + penalty * float((held**2).sum())
        slope = ones.T @ (np.exp(log) - truth) / len(rows) + 2 * penalty * held
        return value, slope.ravel()

    start = np.zeros(ones.shape[1] * classes)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x.reshape(-1, classes))


def fit(examples: list[Example]) -> SoundEars:
    """The model that examples teach."""
    rng = np.random.default_rng(5)
    rows = np.stack([e.profile.whole for e in examples])
    tones = len(examples[0].profile.tone)
    bent = _copies(rows, rng)
    mean, scale = bent.mean(axis=0), bent.std(axis=0) + 1e-3
    unit = (bent - mean) / scale
    styles = sorted({e.style for e in examples})
    of = np.tile([styles.index(e.style) for e in examples], COPIES + 1)
    style_weights = softmax_fit(unit, of, len(styles), STYLE_PENALTY)
    family_weights = {}
    for family in FAMILIES:
        there = np.tile([e.covered.get(family, 0.0) >= LEAST_COVERED for e in examples], COPIES + 1).astype(np.int64)
        weights = softmax_fit(unit[:, :tones], there, 2, FAMILY_PENALTY)
        family_weights[family] = weights[:, 1] - weights[:, 0]
    return SoundEars(mean, scale, tuple(styles), style_weights, family_weights)


def held_out(examples: list[Example]) -> None:
    """Print how a model hears what it has not learned from."""
    order = np.random.default_rng(1).permutation(len(examples)) % FOLDS
    right, among, sure = 0, 0, []
    heard: dict[str, list[tuple[float, bool]]] = {family: [] for family in FAMILIES}
    for fold in range(FOLDS):
        ears = fit([e for e, at in zip(examples, order, strict=True) if at != fold])
        for e in (e for e, at in zip(examples, order, strict=True) if at == fold):
            ranked = ears.styles_of(e.profile)
            right += ranked[0][0] == e.style
            among += e.style in [name for name, _ in ranked[:3]]
            sure.append((ranked[0][1], ranked[0][0] == e.style))
            for family, share in ears.families_of(e.profile).items():
                heard[family].append((share, e.covered.get(family, 0.0) >= LEAST_COVERED))
    print(f"{len(examples)} songs: style {right / len(examples):.3f}, among three {among / len(examples):.3f}")
    for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        hits = [hit for p, hit in sure if low <= p < high]
        print(f"  sure {low:.1f}-{high:.1f}: {len(hits)} songs, right {np.mean(hits) if hits else 0:.2f}")
    for family, pairs in heard.items():
        said = [there for share, there in pairs if share >= 0.5]
        there = sum(t for _, t in pairs)
        print(f"  {family}: there {there}, precision {sum(said) / max(len(said), 1):.2f}, recall {sum(said) / max(there, 1):.2f}")


def main() -> None:
    """Learn, and write the weights or print what held-out songs show."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", action="store_true")
    arguments = parser.parse_args()
    examples = [e for folder in arguments.songs for e in read_examples(folder)]
    if arguments.held_out:
        held_out(examples)
        return
    OUT.write_text(json.dumps(fit(examples).to_plain(), separators=(",", ":")) + "\n", "utf-8")
    print(f"{OUT}: {OUT.stat().st_size / 1024:.0f} KiB from {len(examples)} songs")


if __name__ == "__main__":
    main()
