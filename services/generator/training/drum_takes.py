"""Takes of the Groove MIDI dataset as strokes on a grid: who struck what, how late, how hard."""

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import mido
import numpy as np

VOICES = ("kick", "snare", "ghost", "rim", "hat", "open", "ride", "bell", "pedal", "crash", "tom_high", "tom_mid", "tom_low")
PITCHES = {
    36: "kick", 35: "kick", 38: "snare", 40: "snare", 37: "rim", 48: "tom_high", 50: "tom_high", 45: "tom_mid", 47: "tom_mid",
    43: "tom_low", 58: "tom_low", 41: "tom_low", 46: "open", 26: "open", 42: "hat", 22: "hat", 44: "pedal", 49: "crash", 55: "crash",
    57: "crash", 52: "crash", 51: "ride", 59: "ride", 53: "bell",
}  # fmt: skip
GHOST_BELOW = 56
_STYLES = {"highlife": "afrobeat", "afrocuban": "latin", "blues": "shuffle", "middleeastern": "latin"}
STYLES = (
    "rock", "pop", "funk", "soul", "hiphop", "dance", "afrobeat", "neworleans", "latin", "reggae", "punk", "country", "jazz", "shuffle",
)  # fmt: skip


@dataclass(frozen=True)
class Take:
    """One recording: strokes in time order. `grid` is 4 (sixteenths) or 3 (triplet eighths) steps per beat."""

    style: str
    bpm: float
    kind: str
    grid: int
    beats: np.ndarray
    voices: np.ndarray
    velocities: np.ndarray

    @cached_property
    def steps(self) -> np.ndarray:
        """Nearest grid step of each stroke, from the first bar line [strokes]."""
        return np.asarray(np.rint(self.beats * self.grid).astype(int))

    @cached_property
    def late_ms(self) -> np.ndarray:
        """Lateness of each stroke against its step [strokes]."""
        return np.asarray((self.beats - self.steps / self.grid) * 60_000.0 / self.bpm)

    @cached_property
    def slots(self) -> np.ndarray:
        """Step in a 4/4 bar: 0–15, or 0–11 on the triplet grid [strokes]."""
        return np.asarray(self.steps % (4 * self.grid))

    @cached_property
    def steady(self) -> np.ndarray:
        """Strokes that lie within 40 % of a step of the grid: the others are ornaments of another grid [strokes]."""
        return np.asarray(np.abs(self.beats * self.grid - self.steps) <= 0.4)

    def of(self, voice: str) -> np.ndarray:
        """Mask of a voice's strokes [strokes]."""
        return np.asarray((self.voices == VOICES.index(voice)) & self.steady)


def read_takes(folder: Path, split: str, kind: str = "beat") -> list[Take]:
    """All 4/4 takes of a split: "beat" takes of eight beats and more, or "fill" takes."""
    with (folder / "info.csv").open(newline="") as table:
        rows = [r for r in csv.DictReader(table) if r["split"] == split and r["beat_type"] == kind and r["time_signature"] == "4-4"]
    takes = (_take(folder, row) for row in sorted(rows, key=lambda r: r["midi_filename"]))
    return [take for take in takes if take is not None and (kind == "fill" or take.beats[-1] >= 8.0)]


def _take(folder: Path, row: dict[str, str]) -> Take | None:
    midi = mido.MidiFile(folder / row["midi_filename"])
    strokes = []
    for track in midi.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity and message.note in PITCHES:
                voice = PITCHES[message.note]
                if voice == "snare" and message.velocity < GHOST_BELOW:
                    voice = "ghost"
                strokes.append((tick / midi.ticks_per_beat, VOICES.index(voice), message.velocity))
    if len(strokes) < 4:
        return None
    beats, voices, velocities = (np.array(column) for column in zip(*sorted(strokes), strict=True))
    grid = _grid(beats)
    name = row["style"].split("/")[0]
    style = _STYLES.get(name, name)
    if grid == 3 and style not in ("jazz", "latin"):
        style = "shuffle"
    return Take(style, float(row["bpm"]), row["beat_type"], grid, beats, voices, velocities)


def _grid(beats: np.ndarray) -> int:
    """Sixteenths unless the strokes between the beats fit thirds better."""
    inside = beats[np.abs(beats - np.rint(beats)) > 0.1]
    if len(inside) < 8:
        return 4
    straight = np.mean(np.abs(inside * 4 - np.rint(inside * 4)))
    thirds = np.mean(np.abs(inside * 3 - np.rint(inside * 3)))
    return 3 if thirds < 0.9 * straight else 4
