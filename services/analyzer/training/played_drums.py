"""Pieces with known rhythm to learn from: rendered songs with their scores, human drum takes and odd meters on plain drums.

The drums are sine and noise with drawn parameters; half of the pieces have a bass and chords that change with the bar.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

from contracts.music.meter import Meter
from contracts.music.score import Role, Score
from services.music.audio.onsets import EAR_RATE_HZ

Array = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]
VOICES = {"kick": {35, 36}, "snare": {37, 38, 39, 40}, "hat": {22, 26, 42, 44, 46, 51, 53, 59}}
ODD = ("3/4", "6/8", "12/8", "5/4", "7/8", "4/4")
LENGTH_S = 32.0
_RATE = EAR_RATE_HZ


@dataclass(frozen=True)
class Played:
    """Mono samples at EAR_RATE_HZ, and the truth in seconds: beats, first beats of bars, strokes per voice."""

    name: str
    mono: Array
    meter: str
    bpm: float
    beats_s: Times
    bars_s: Times
    strokes_s: dict[str, Times]


def _of_score(path: Path) -> Played:
    score = Score.model_validate_json(path.with_suffix(".json").read_text("utf-8"))
    audio, rate = sf.read(path, dtype="float32", always_2d=True)
    mono = np.asarray(soxr.resample(audio.mean(axis=1), rate, _RATE, quality="MQ"), np.float32)
    meter = score.meter_value
    notes = [note for part in score.parts.values() if part.role == Role.DRUMS for note in part.notes]
    strokes = {voice: np.asarray([score.seconds_at(n.start) for n in notes if n.pitch in pitches]) for voice, pitches in VOICES.items()}
    beats = np.asarray([score.seconds_at(t) for t in range(0, score.end_tick, meter.ticks_per_beat)])
    bars = np.asarray([score.seconds_at(t) for t in range(0, score.end_tick, meter.ticks_per_bar)])
    return Played(path.stem, mono, score.meter, score.tempo_bpm, beats, bars, strokes)


def songs(folder: Path) -> Iterator[Played]:
    """Every NAME.flac of a folder that has its NAME.json."""
    for path in sorted(folder.glob("*.flac")):
        if path.with_suffix(".json").is_file():
            yield _of_score(path)


class Kit:
    """Drums of drawn parameters, and a bass and chords."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.low, self.drop, self.ring = rng.uniform(42, 65), rng.uniform(0.8, 3.5), rng.uniform(7, 22)
        self.body, self.wires, self.dry = rng.uniform(150, 240), rng.uniform(0.08, 0.3), rng.uniform(12, 35)
        self.tick, self.air = rng.uniform(30, 130), rng.uniform(0.02, 0.09)

    def strike(self, voice: str, strength: float) -> Times:
        """One stroke, samples."""
        t = np.arange(round(0.3 * _RATE)) / _RATE
        if voice == "kick":
            return strength * 0.7 * np.sin(2 * np.pi * (self.low * t + self.drop * (1 - np.exp(-t * 60)))) * np.exp(-t * self.ring)
        noise = self.rng.normal(0, 1, len(t) + 2)
        if voice == "snare":
            tone = 0.3 * np.sin(2 * np.pi * self.body * t) * np.exp(-t * 25)
            return strength * (tone + self.wires * noise[2:] * np.exp(-t * self.dry))
        if voice == "hat":
            return strength * self.air * np.diff(noise, 2) * np.exp(-t * self.tick)
        return np.asarray(strength * 0.4 * np.sin(2 * np.pi * self.rng.uniform(80, 160) * t) * np.exp(-t * 12))

    def note(self, pitch: int, length_s: float, level: float) -> Times:
        """A tone with five harmonics."""
        t = np.arange(round(length_s * _RATE)) / _RATE
        hz = 440 * 2 ** ((pitch - 69) / 12)
        wave = sum(np.sin(2 * np.pi * hz * k * t) / k**1.4 for k in range(1, 6))
        return np.asarray(level * wave * np.minimum(1, t * 80) * np.exp(-t * 1.2) * np.minimum(1, (length_s - t) * 40))


def _lay(strokes: list[tuple[float, str, float]], kit: Kit, bars_s: Times, beat_s: float, band: bool) -> Array:
    out = np.zeros(round(LENGTH_S * _RATE) + 2 * _RATE)

    def add(time_s: float, sound: Times) -> None:
        start = round(max(time_s, 0.0) * _RATE)
        out[start : start + len(sound)] += sound[: max(0, len(out) - start)]

    for time_s, voice, strength in strokes:
        add(time_s, kit.strike(voice, strength))
    roots = kit.rng.choice([0, 5, 7, 9, 2, 4], 4)
    level = kit.rng.uniform(0.03, 0.12)
    for index, start in enumerate(bars_s if band else ()):
        root = int(roots[index % 4])
        length = float(bars_s[1] - bars_s[0])
        for step in (0, 4, 7):
            add(start, kit.note(52 + root + step, length, level))
        for count in range(round(length / beat_s)):
            if kit.rng.random() < 0.8:
                add(start + count * beat_s, kit.note(33 + root % 12, 0.8 * beat_s, 2 * level))
    out = out[: round(LENGTH_S * _RATE)] + kit.rng.normal(0, 1e-4, round(LENGTH_S * _RATE))
    return np.asarray(np.tanh(out), np.float32)


def _played(name: str, meter: str, bpm: float, strokes: list[tuple[float, str, float]], kit: Kit, start_s: float) -> Played:
    parsed = Meter.parse(meter)
    beat_s = 60 / bpm
    beats = np.arange(start_s, LENGTH_S - beat_s, beat_s)
    bars = np.arange(start_s, LENGTH_S - beat_s, parsed.bar_seconds(bpm))
    inside = [stroke for stroke in strokes if stroke[0] < LENGTH_S - 0.3]
    times = {voice: np.asarray(sorted(t for t, v, _ in inside if v == voice)) for voice in VOICES}
    mono = _lay(inside, kit, bars, beat_s, bool(kit.rng.random() < 0.5))
    return Played(name, mono, meter, bpm, beats, bars, times)


def takes(folder: Path, count: int, seed: int = 1) -> Iterator[Played]:
    """Human takes of the Groove MIDI dataset (CC BY 4.0), training split, at their own tempo and timing."""
    with next(folder.rglob("info.csv")).open(encoding="utf-8") as file:
        rows = [
            r
            for r in csv.DictReader(file)
            if r["split"] == "train" and r["beat_type"] == "beat" and r["time_signature"] == "4-4" and float(r["duration"]) > LENGTH_S
        ]
    root, rng = next(folder.rglob("info.csv")).parent, np.random.default_rng(seed)
    for index in rng.permutation(len(rows))[:count]:
        row, strokes, time_s = rows[index], [], 0.0
        for message in mido.MidiFile(root / row["midi_filename"]):
            time_s += message.time
            if message.type == "note_on" and message.velocity > 0:
                voice = next((v for v, pitches in VOICES.items() if message.note in pitches), "tom")
                strokes.append((time_s + 0.2, voice, (message.velocity / 127) ** 1.5))
        yield _played(f"take{index}", row["time_signature"].replace("-", "/"), float(row["bpm"]), strokes, Kit(rng), 0.2)


def odd_meters(count: int, seed: int = 2) -> Iterator[Played]:
    """Drawn patterns in every meter: a kick on the first beat, snares on later ones, hats on a division."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        meter = ODD[index % len(ODD)]
        parsed = Meter.parse(meter)
        bpm = float(rng.uniform(60, 110) if parsed.is_compound else rng.uniform(80, 180))
        bar_s, per_beat = parsed.bar_seconds(bpm), 3 if parsed.is_compound else 2
        steps = round(parsed.beats_per_bar * per_beat)
        kicks = {0} | {int(s) for s in rng.choice(steps, 2) if rng.random() < 0.5}
        snares = {s for s in range(per_beat, steps, per_beat) if (s // per_beat) % 2 or (meter in ("3/4", "5/4") and rng.random() < 0.6)}
        hats = set(range(0, steps, 1 if parsed.is_compound or rng.random() < 0.6 else per_beat))
        late = rng.uniform(0, 0.3) / per_beat * 60 / bpm if per_beat == 2 and rng.random() < 0.3 else 0.0
        strokes = []
        for bar in range(int(LENGTH_S / bar_s) + 1):
            for voice, places in (("kick", kicks), ("snare", snares), ("hat", hats)):
                for step in places:
                    time_s = 0.2 + bar * bar_s + step * bar_s / steps + (late if step % 2 else 0.0) + float(rng.normal(0, 0.004))
                    strokes.append((time_s, voice, float(rng.uniform(0.6, 1.0))))
        yield _played(f"odd{index}", meter, bpm, sorted(strokes), Kit(rng), 0.2)
