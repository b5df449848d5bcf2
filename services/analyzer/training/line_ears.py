"""Learns which of the notes that sound is the tune and which the bass, and writes learned/lines.json.

    python -m services.analyzer.training.line_ears --songs DIR [DIR …]

A DIR holds NAME.flac or NAME.npy (mono at 22.05 kHz, 16 bits) and NAME.json (score.json): songs of ours only. `--held-out` learns from
three quarters of the songs and prints what the rest shows. The same material gives the same bytes.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from contracts.music.key import Key
from contracts.music.score import Role, Score
from services.analyzer.line_ears import NOTES_AT, rows_of, sounding
from services.analyzer.lines import BASS, MELODY, Voice, gram_of
from services.analyzer.reading import read_recording
from services.analyzer.training.fitting import fit_flags
from services.music.audio.drum_ears import Layer
from services.music.audio.onsets import EAR_RATE_HZ, onset_envelope, pick_onsets

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
OUT = Path(__file__).parents[1] / "learned" / "lines.json"
VOICES = {"bass": (BASS, (Role.BASS,)), "melody": (MELODY, (Role.MELODY, Role.VOCAL))}
_AUDIBLE, _KEPT_AUDIBLE, _KEPT_SILENT = 0.03, 0.4, 0.05
"""Notes that are not the line's: level from which they can be taken for it, and shares of either kind that are learned from."""
_BEGINS_FRAMES = 2
_EPOCHS, _HIDDEN, _BATCH = 6, 32, 512


@dataclass(frozen=True)
class Example:
    """Rows of one song, [rows, features], and whether each note is the line's and begins there, [rows, 2]."""

    name: str
    rows: Array
    flags: Array


def songs(folder: Path) -> Iterator[tuple[str, Array, Score]]:
    """Name, mono samples at EAR_RATE_HZ and score of every song in a folder."""
    for path in sorted(folder.glob("*.json")):
        score = Score.model_validate_json(path.read_text("utf-8"))
        if path.with_suffix(".npy").is_file():
            yield path.stem, np.load(path.with_suffix(".npy")).astype(np.float32) / 32_768, score
        elif path.with_suffix(".flac").is_file():
            heard = read_recording(path.with_suffix(".flac"))
            yield (
                path.stem,
                np.asarray(soxr.resample(heard.audio.mean(axis=0), heard.rate_hz, EAR_RATE_HZ, quality="MQ"), np.float32),
                score,
            )


def flags_of(score: Score, roles: tuple[Role, ...], voice: Voice, frames: int, hop_s: float) -> Array:
    """Whether each note of the range is the line's, and begins there, [frames, notes, 2]."""
    flags = np.zeros((frames, voice.high_end - voice.low + 1, 2), np.float32)
    for part in score.parts.values():
        for note in part.notes if part.role in roles else ():
            if voice.low <= note.pitch <= voice.high_end:
                start, end = (round(score.seconds_at(tick) / hop_s) for tick in (note.start, note.end))
                flags[start : max(end, start + 3), note.pitch - voice.low, 0] = 1
                flags[max(0, start - _BEGINS_FRAMES) : start + _BEGINS_FRAMES + 1, note.pitch - voice.low, 1] = 1
    return flags


def example(name: str, mono: Array, score: Score, line: str) -> Example:
    """What one song teaches about one line: all of its own notes, and a draw of the others."""
    voice, roles = VOICES[line]
    gram = gram_of(mono, EAR_RATE_HZ, voice)
    heard = sounding(gram, pick_onsets(onset_envelope(mono)))
    rows = rows_of(heard, voice.low, voice.high_end, Key.parse(score.key), slice(None))
    flags = flags_of(score, roles, voice, len(rows), gram.hop_s)
    rng = np.random.default_rng(len(rows))
    chance = np.where(rows[:, :, NOTES_AT.index(0)] > _AUDIBLE, _KEPT_AUDIBLE, _KEPT_SILENT)
    kept = flags.any(axis=2) | (rng.random(chance.shape) < chance)
    return Example(name, rows[kept], flags[kept])


def learn(found: list[Example]) -> dict[str, Floats]:
    """Weights of a Layer with two odds."""
    return fit_flags(
        np.concatenate([e.rows for e in found]), np.concatenate([e.flags for e in found]), _EPOCHS, hidden=_HIDDEN, batch=_BATCH
    )


def _plain(values: Floats) -> list[Any]:
    """As JSON values, rounded."""
    return [_plain(row) for row in values] if values.ndim > 1 else [float(f"{v:.4g}") for v in values]


def _report(line: str, weights: dict[str, Floats], rest: list[Example]) -> None:
    odds = np.concatenate([Layer(**weights).odds(e.rows) for e in rest])
    flags = np.concatenate([e.flags for e in rest]) > 0
    for column, what in enumerate(("sounds", "begins")):
        heard = odds[:, column] > 0
        both = float((heard & flags[:, column]).sum())
        print(f"{line} {what}: precision {both / max(1, heard.sum()):.3f}, recall {both / flags[:, column].sum():.3f}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Learn and write, or with `--held-out` learn from three quarters and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args(arguments)
    known = [song for folder in options.songs for song in songs(folder)]
    table = {}
    for line in VOICES:
        found = [example(name, mono, score, line) for name, mono, score in known]
        if options.held_out:
            _report(line, learn([e for i, e in enumerate(found) if i % 4]), found[::4])
            continue
        weights = learn(found)
        table[line] = {name: _plain(values) for name, values in weights.items()}
    if table:
        OUT.write_text(json.dumps(table, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
