"""Learns the weights of `services.analyzer.chord_model` from rendered songs whose scores are known, and from plain bands.

    python -m services.analyzer.training.chord_ears --songs DIR

DIR holds pairs NAME.flac and NAME.json (score.json). `--held-out` learns from three quarters and prints what the rest shows.
Songs of ours and sums of sines: no recording by others is in it. The same songs give the same bytes.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from contracts.errors import BadInput
from contracts.music import Chord
from contracts.music.score import Score
from services.analyzer.chord_grid import grid_of
from services.analyzer.chord_model import QUALITIES, STATES, ChordEars, seen_from_roots, stretches_of
from services.analyzer.reading import read_recording
from services.analyzer.training.played_chords import RATE_HZ, play
from services.music.audio.keygram import CLASSES, Grams, both_keygrams

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

PLAYED = 60
"""Bands of `played_chords` that are heard beside the songs."""
OUT = Path(__file__).parents[1] / "learned" / "chord_ears.json"
HIDDEN, EPOCHS, BATCH, RATE, DECAY, NOISE = 32, 30, 256, 3e-3, 1e-4, 0.1
_NEAREST = {
    "": "", "add9": "", "6": "", "69": "", "aug": "", "m": "m", "madd9": "m", "m6": "m", "mmaj7": "m", "m7": "m7", "m9": "m7", "m11": "m7",
    "m13": "m7", "m7b5": "m7b5", "dim": "m7b5", "dim7": "m7b5", "sus4": "sus4", "sus2": "sus4", "7sus4": "sus4", "9sus4": "sus4",
    "13sus4": "sus4", "5": "5", "maj7": "maj7", "maj9": "maj7", "maj13": "maj7", "maj7#11": "maj7", "maj7#5": "maj7",
}  # fmt: skip


def state_of(symbol: str) -> int | None:
    """The state that a chord symbol stands for; chords with a minor seventh over a major third are dominant. None: no chord."""
    try:
        chord = Chord.parse(symbol)
    except BadInput:
        return None
    return chord.root_class * len(QUALITIES) + QUALITIES.index(_NEAREST.get(chord.quality, "7"))


def written_chords(score: Score) -> list[tuple[float, str]]:
    """Second and symbol of every chord in a score."""
    return [(score.seconds_at(score.bar_tick(event.bar, event.beat)), event.symbol) for event in score.chord_events()]


def heard(sound: Path) -> Grams:
    """The keys that sound in a file."""
    recording = read_recording(sound)
    mono = np.ascontiguousarray(recording.audio.mean(axis=0))
    return both_keygrams(mono, recording.rate_hz)


def examples(grams: Grams, score: Score, offset: float = 0.0) -> tuple[Array, Labels]:
    """Features and states of a song on its own beats, moved by `offset` of a beat."""
    meter = score.meter_value
    beats = np.array([score.seconds_at(tick + offset * meter.ticks_per_beat) for tick in range(0, score.end_tick, meter.ticks_per_beat)])
    grid = grid_of(beats, beats[:0], score.music_s)
    chords = written_chords(score)
    middle = (grid.edges_s[1:] + grid.edges_s[:-1]) / 2
    index = np.maximum(np.searchsorted([start for start, _ in chords], middle) - 1, 0)
    states = [state_of(chords[i][1]) for i in index]
    known = np.array([state is not None for state in states])
    return seen_from_roots(stretches_of(grams, grid.edges_s))[known], np.array([state for state in states if state is not None])


def band_examples(seed: int) -> tuple[Array, Labels]:
    """Features and states of a plain band."""
    band = play(seed)
    edges = np.append(band.beats_s, len(band.mono) / RATE_HZ)
    return seen_from_roots(stretches_of(both_keygrams(band.mono, RATE_HZ), edges)), band.states


def learn(seen: Array, states: Labels, seed: int = 0) -> ChordEars:
    """Adam on the cross-entropy, with noise on the features; fixed seed, fixed order."""
    rng = np.random.default_rng(seed)
    size = seen.shape[2]
    start = (
        rng.normal(0, size**-0.5, (size, HIDDEN)), np.zeros(HIDDEN), rng.normal(0, HIDDEN**-0.5, (HIDDEN, len(QUALITIES))),
        np.zeros(len(QUALITIES)),
    )  # fmt: skip
    weights: list[Array] = [np.asarray(weight, np.float32) for weight in start]
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    step = 0
    for epoch in range(EPOCHS):
        order = rng.permutation(len(seen))
        rate = RATE * (1 - epoch / EPOCHS) + 1e-5
        for place in range(0, len(order), BATCH):
            batch = order[place : place + BATCH]
            noisy = np.maximum(seen[batch] + rng.normal(0, NOISE, seen[batch].shape).astype(np.float32), 0)
            step += 1
            for k, gradient in enumerate(_gradients(weights, noisy, states[batch])):
                full = gradient + DECAY * weights[k]
                first[k] = np.asarray(0.9 * first[k] + 0.1 * full, np.float32)
                second[k] = np.asarray(0.999 * second[k] + 0.001 * full * full, np.float32)
                move = first[k] / (1 - 0.9**step) / (np.sqrt(second[k] / (1 - 0.999**step)) + 1e-8)
                weights[k] = (weights[k] - rate * move).astype(np.float32)
    return ChordEars(*weights)


def _gradients(weights: Sequence[Array], seen: Array, states: Labels) -> list[Array]:
    hidden, hidden_bias, output, _ = weights
    inner = np.maximum(seen @ hidden + hidden_bias, 0)
    error = np.exp(ChordEars(*weights).log_likely(seen))
    error[np.arange(len(states)), states] -= 1
    error = (error / len(states)).reshape(len(states), CLASSES, len(QUALITIES))
    back = (error @ output.T) * (inner > 0)
    return [
        np.einsum("nrc,nrh->ch", seen, back, optimize=True), back.sum(axis=(0, 1)),
        np.einsum("nrh,nrq->hq", inner, error, optimize=True), error.sum(axis=(0, 1)),
    ]  # fmt: skip


def write(ears: ChordEars, path: Path, songs: int, stretches: int) -> None:
    """The weights as JSON, five digits."""
    rows = {
        name: np.round(getattr(ears, name).astype(np.float64), 5).tolist() for name in ("hidden", "hidden_bias", "output", "output_bias")
    }
    told = {"what": "weights of services.analyzer.chord_model", "songs": songs, "stretches": stretches, "licence": "as the project's"}
    path.write_text(json.dumps(told | rows, separators=(",", ":")) + "\n", "utf-8")


def main() -> None:
    """Reads the songs, learns, writes the table or prints the held-out share."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    sounds = sorted(path for path in options.songs.glob("*.flac") if path.with_suffix(".json").is_file())
    found = []
    for sound in sounds:
        score = Score.model_validate_json(sound.with_suffix(".json").read_text("utf-8"))
        grams = heard(sound)
        found.append([examples(grams, score, offset) for offset in (0.0, 0.06, -0.06)])
    chosen = [songs for index, songs in enumerate(found) if not options.held_out or index % 4]
    pairs = [pair for songs in chosen for pair in songs] + [band_examples(seed) for seed in range(PLAYED)]
    ears = learn(np.concatenate([seen for seen, _ in pairs]), np.concatenate([states for _, states in pairs]))
    if options.held_out:
        rest = [songs[0] for songs in found[::4]]
        right = np.concatenate(
            [ears.log_likely(seen).argmax(axis=1) // len(QUALITIES) == states // len(QUALITIES) for seen, states in rest]
        )
        print(f"root of a stretch right: {right.mean():.3f} of {len(right)} in {len(rest)} songs, {STATES} states")
        return
    write(ears, options.out, len(sounds), sum(len(states) for _, states in pairs))


if __name__ == "__main__":
    main()
