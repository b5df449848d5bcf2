"""Learns the habits of singers from POP909: `python -m services.generator.training.melodies --data DIR`.

Songs whose number is divisible by five are held out; songs with several keys or whose chord labels do not lie on their melody are
left out. Writes `melodies.json`, statistics only, and `known.json`, a filter by which the composer avoids twelve-note figures of
these songs.
"""

import argparse
import base64
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from contracts.music import Note
from services.generator.composition.critic import BANDS, Line, measure
from services.generator.composition.grid import STEP
from services.generator.composition.known import Known, figures_of
from services.generator.training.pitches import GRID, fit_pitches
from services.generator.training.rhythms import Json, fit_heights, fit_plans, fit_rhythms
from services.generator.training.songs import SungSong, pop909

LEARNED = Path(__file__).parents[1] / "learned"
_FILTER_BYTES = 160_000
_SCALES = ({0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10})
_ALIGNED = 0.6
_SOURCE = "POP909 (MIT) with structure labels (MIT), songs whose number is not divisible by 5"


def line_of(song: SungSong) -> Line:
    """A song as the critic hears it."""
    notes = [Note(n.step * STEP, n.length * STEP, n.pitch, 96) for n in song.notes]
    chords = [song.chord(n.step) for n in song.notes]
    in_chord = [chord is not None and n.pitch % 12 in chord[1] for n, chord in zip(song.notes, chords, strict=True)]
    in_key = [(n.pitch - song.tonic) % 12 in _SCALES[song.minor] for n in song.notes]
    return Line(notes, song.bars, GRID, in_chord, in_key)


def learnable(songs: Sequence[SungSong]) -> list[SungSong]:
    """Songs in one key whose chord labels fit their melody."""
    return [song for song in songs if song.keys == 1 and measure(line_of(song))["strong_chord_tones"] >= _ALIGNED]


def fit_songs(songs: Sequence[SungSong]) -> Json:
    """Joint distribution over songs of the critic's features."""
    names = list(BANDS)
    values = np.array([[measure(line_of(song))[name] for name in names] for song in songs])
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    values = np.clip(values, low, high)
    return {"names": names, "mean": values.mean(axis=0).round(5).tolist(), "covariance": np.cov(values.T).round(6).tolist()}


def main() -> None:
    """Learn and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with pop909_structure, unpacked or as .tar.xz")
    parser.add_argument("--out", type=Path, default=LEARNED, help="folder of the tables")
    arguments = parser.parse_args()
    every = [song for song in pop909(arguments.data) if not song.is_held_out]
    songs = learnable(every)
    print(f"{len(songs)} songs")
    table = {
        "source": _SOURCE,
        "count": len(songs),
        "pitch": {name: values.round(3).ravel().tolist() for name, values in fit_pitches(songs).items()},
        "rhythms": fit_rhythms(songs),
        "plans": fit_plans(songs),
        "heights": fit_heights(songs),
        "songs": fit_songs(songs),
    }
    figures = {figure for song in every for figure in figures_of([(n.step, n.pitch) for n in song.notes])}
    bits = Known.of(sorted(figures), _FILTER_BYTES).bits
    _write(arguments.out / "melodies.json", table)
    _write(arguments.out / "known.json", {"source": _SOURCE, "figures": len(figures), "bits": base64.b85encode(bits).decode()})


def _write(path: Path, table: Json) -> None:
    path.write_text(json.dumps(table, separators=(",", ":")) + "\n", "utf-8")
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
