"""Learns how the ears decide octave and bar, meter and drums, and writes learned/bars.json, meters.json and drums.json.

    python -m services.analyzer.training.rhythm_ears --songs DIR [DIR …] --takes DIR

DIR of songs holds pairs NAME.flac and NAME.json (score.json); DIR of takes is the unpacked Groove MIDI dataset (CC BY 4.0).
`--held-out` learns from three quarters and prints what the rest shows. The same material gives the same bytes.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.analyzer.training.fitting import fit_choice, fit_classes, fit_flags
from services.analyzer.training.played_drums import Played, odd_meters, songs, takes
from services.music.audio.bands import hear_struck
from services.music.audio.bar_length import METERS, by_half_beats, meter_row
from services.music.audio.drum_ears import VOICES, Layer, company
from services.music.audio.folding import CELLS
from services.music.audio.metre import BarModel, Folded, fold
from services.music.audio.onsets import EAR_RATE_HZ
from services.music.audio.strikes import HOP_S, find_strikes

Floats = npt.NDArray[np.float64]
OUT = Path(__file__).parents[1] / "learned"
TAKES, ODD_METERS = 60, 48
_NEAR_BEATS = 0.13
_SAME_TEMPO = 0.006
_STROKE_S = 0.03


@dataclass(frozen=True)
class Example:
    """What is learned from one piece, or from a part of it. `right` [hypotheses]; `meter_row` None where the beat is not found."""

    name: str
    meter: str
    rows: Floats
    right: npt.NDArray[np.bool_]
    right_octave: npt.NDArray[np.bool_]
    meter_row: Floats | None


@dataclass(frozen=True)
class Strokes:
    """Candidates of one piece: `times_s`, `rows`, and `is_voice` [strokes, voices]."""

    name: str
    times_s: Floats
    rows: Floats
    is_voice: Floats
    bars_s: Floats


def _right(folded: Folded, played: Played, start_s: float) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which hypotheses are the truth: tempo, and first beat of a bar (of any beat where the bar has not four)."""
    marks = played.bars_s if played.meter == "4/4" else played.beats_s
    pulses = folded.pulse.pulses(marks - start_s)
    octave = np.asarray([abs(np.log2(h.bpm / played.bpm)) < _SAME_TEMPO for h in folded.candidates])
    right = octave.copy()
    for index, h in enumerate(folded.candidates):
        period = h.ratio * (4 if played.meter == "4/4" else 1)
        away = (h.downbeat - pulses + period / 2) % period - period / 2
        right[index] &= float(np.median(np.abs(away))) / h.ratio < _NEAR_BEATS
    return right, octave


def _meter_row(folded: Sequence[Folded], played: Played, start_s: float) -> Floats | None:
    for one in folded:
        for h in one.candidates:
            if abs(np.log2(h.bpm / played.bpm)) < _SAME_TEMPO:
                pulses = one.pulse.pulses(played.beats_s - start_s)
                phase = float(np.median((pulses - pulses[0] + h.ratio / 2) % h.ratio - h.ratio / 2) + pulses[0])
                beat = h.ratio * CELLS
                halves = by_half_beats(one.cells, ((phase - one.first_cell) * CELLS) % beat, beat)
                return meter_row(halves) if len(halves) > 34 else None
    return None


def examples(played: Played) -> Iterator[Example]:
    """The whole piece and two parts of it."""
    length = len(played.mono) / EAR_RATE_HZ
    for start_s, end_s in ((0.0, length), (0.0, 0.6 * length), (0.4 * length, length)):
        struck = hear_struck(played.mono[int(start_s * EAR_RATE_HZ) : int(end_s * EAR_RATE_HZ)])
        folded = fold(struck)
        if not folded:
            continue
        marks = [_right(one, played, start_s) for one in folded]
        right, octave = (np.concatenate([mark[side] for mark in marks]) for side in (0, 1))
        rows = np.concatenate([one.rows for one in folded])
        yield Example(played.name, played.meter, rows, right, octave, _meter_row(folded, played, start_s))


def strokes(played: Played) -> Strokes:
    """Candidates and what they are."""
    strikes = find_strikes(played.mono, EAR_RATE_HZ)
    times = strikes.at * HOP_S
    flags = np.zeros((len(times), len(VOICES)))
    for column, voice in enumerate(VOICES):
        truth = played.strokes_s[voice]
        if len(truth) and len(times):
            flags[:, column] = np.abs(times[:, None] - truth[None] - 0.01).min(axis=1) < _STROKE_S
    return Strokes(played.name, times, strikes.rows, flags, played.bars_s)


def learn_bars(found: list[Example], seed: int = 0) -> BarModel:
    """Octave and first beat."""
    return BarModel(**fit_choice([(e.rows, e.right) for e in found if e.right.any()], seed))


def learn_meters(found: list[Example]) -> dict[str, Floats]:
    """Meter; 2/4 is heard as 4/4."""
    known = [
        (e.meter_row, METERS.index("4/4" if e.meter == "2/4" else e.meter))
        for e in found
        if e.meter_row is not None and e.meter in {*METERS, "2/4"}
    ]
    return fit_classes(np.asarray([row for row, _ in known]), np.asarray([index for _, index in known]), len(METERS))


def learn_drums(found: list[Strokes]) -> dict[str, Layer]:
    """First alone, then together with the other bars."""
    flags = np.concatenate([s.is_voice for s in found])
    alone = Layer(**fit_flags(np.concatenate([s.rows for s in found]), flags, 14))
    heard = [alone.probabilities(s.rows) for s in found]
    rows = [np.hstack([s.rows, company(s.times_s, p, s.bars_s), p]) for s, p in zip(found, heard, strict=True)]
    return {"alone": alone, "together": Layer(**fit_flags(np.concatenate(rows), flags, 10))}


def _plain(values: object) -> object:
    if isinstance(values, np.ndarray):
        return [_plain(v) for v in values] if values.ndim > 1 else [float(f"{v:.4g}") for v in values]
    return {name: _plain(value) for name, value in (values if isinstance(values, dict) else vars(values)).items()}


def _write(name: str, weights: object) -> None:
    (OUT / name).write_text(json.dumps(_plain(weights), separators=(",", ":")) + "\n", encoding="utf-8")


def _report(model: BarModel, rest: list[Example]) -> None:
    whole = list({e.name: e for e in reversed(rest)}.values())
    octave = beat = 0
    for e in whole:
        best = int(np.argmax(model.score(e.rows)))
        octave, beat = octave + bool(e.right_octave[best]), beat + bool(e.right[best])
    print(f"{len(whole)} pieces held out: octave {octave / len(whole):.3f}, octave and first beat {beat / len(whole):.3f}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Learn and write, or with `--held-out` learn from three quarters and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=Path, nargs="+", required=True)
    parser.add_argument("--takes", type=Path, required=True)
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args(arguments)
    bars: list[Example] = []
    drums: list[Strokes] = []
    for source in (*(songs(folder) for folder in options.songs), takes(options.takes, TAKES), odd_meters(ODD_METERS)):
        for played in source:
            bars += examples(played)
            drums.append(strokes(played))
    if options.held_out:
        names = sorted({e.name for e in bars})
        out = set(np.random.default_rng(0).permutation(names)[: len(names) // 4].tolist())
        _report(learn_bars([e for e in bars if e.name not in out]), [e for e in bars if e.name in out])
        return
    _write("bars.json", learn_bars(bars))
    _write("meters.json", learn_meters(bars))
    _write("drums.json", learn_drums([s for s in drums if len(s.times_s)]))


if __name__ == "__main__":
    main()
