"""Synthetic songs whose truth is known: a score, the audio that plays it, and the delivered files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile as sf

from contracts.music.chord import Chord
from contracts.music.key import Key
from contracts.music.meter import PPQ, Meter
from contracts.music.score import ChordEvent, Note, Part, Role, Score, Section
from services.qa.asked import Asked
from services.qa.delivered import Delivered

RATE = 48_000
LEVEL = {"drums": 0.5, "bass": 0.25, "piano": 0.12, "melody": 0.2}


@dataclass(frozen=True)
class Plan:
    """What a synthetic song is to be."""

    tempo: float = 120.0
    key: str = "C major"
    meter: str = "4/4"
    bars: int = 8
    progression: tuple[str, ...] = ("C", "G", "Am", "F")
    feel: str = "straight"
    drums: bool = True
    pitched: bool = True
    humanise_ticks: float = 12.0
    seed: int = 1


def _drum_notes(plan: Plan, meter: Meter, rng: np.random.Generator) -> list[Note]:
    bar, beat, notes = meter.ticks_per_bar, meter.ticks_per_beat, []
    eighth = PPQ // 2
    for number in range(plan.bars):
        start = number * bar
        if plan.feel == "sparse":
            notes += [(start, 36, 100)] + [(start + bar // 2, 38, 80)] * (number % 2)
            continue
        slow = 2 if plan.feel == "half-time" else 1
        for index, tick in enumerate(range(0, bar, beat * slow)):
            notes.append((start + tick, 36 if index % 2 == 0 else 38, 105))
        for index, tick in enumerate(range(0, bar, eighth)):
            swung = eighth // 3 if plan.feel == "swing" and index % 2 else 0
            notes.append((start + tick + swung, 42, 60 + 15 * (index % 2 == 0)))
        if rng.random() < 0.4:
            notes.append((start + bar - eighth // 2, 38, 50))
    return [Note(max(0, round(t + rng.normal(0, plan.humanise_ticks))), 120, p, v) for t, p, v in notes]


def _voice(symbol: str, low: int) -> list[int]:
    return [low + (pc - low) % 12 for pc in Chord.parse(symbol).pitch_classes]


def build_score(plan: Plan) -> Score:
    """The score of a plan: drums, bass, block chords and a melody of chord and passing tones."""
    meter, rng = Meter.parse(plan.meter), np.random.default_rng(plan.seed)
    bar, half = meter.ticks_per_bar, max(1, round(meter.beats_per_bar / 2)) * meter.ticks_per_beat
    symbols = [plan.progression[i % len(plan.progression)] for i in range(plan.bars)]
    symbols[-1] = symbols[-1] if plan.progression[-1] == plan.progression[0] else plan.progression[0]
    bass, piano, melody = [], [], []
    scale = Key.parse(plan.key).pitch_classes
    for number, symbol in enumerate(symbols):
        start, chord = number * bar, Chord.parse(symbol)
        low = 36 + (chord.bass_class - 36) % 12
        bass += [Note(start, half, low, 90), Note(start + half, bar - half, low + (7 if number % 2 else 0), 85)]
        piano += [Note(start + s, bar // 2 - 60, p, 70) for s in (0, half) for p in _voice(symbol, 55)]
        for step in range(0, bar, PPQ):
            pcs = chord.pitch_classes if step % (2 * PPQ) == 0 else scale
            if rng.random() < 0.75:
                melody.append(Note(start + step, PPQ - 80, 72 + (int(rng.choice(pcs)) - 72) % 12, 80))
    parts: dict[str, Part] = {}
    if plan.pitched:
        parts["bass"] = Part(role=Role.BASS, instrument="bass_guitar", notes=tuple(bass))
        parts["piano"] = Part(role=Role.HARMONY, instrument="acoustic_piano", notes=tuple(piano))
        parts["melody"] = Part(role=Role.MELODY, instrument="trumpet", notes=tuple(melody))
    if plan.drums:
        parts["drums"] = Part(role=Role.DRUMS, instrument="drum_kit", notes=tuple(_drum_notes(plan, meter, rng)))
    chords = tuple(ChordEvent(bar=i + 1, beat=1, symbol=s) for i, s in enumerate(symbols)) if plan.pitched else ()
    section = Section(label="verse", start_bar=1, bars=plan.bars, energy=0.5, key=plan.key, chords=chords)
    return Score(
        title="Truth",
        tempo_bpm=plan.tempo,
        meter=plan.meter,
        key=plan.key,
        sections={"verse_1": section},
        parts=dict(sorted(parts.items())),
        tail_s=1.0,
    )


def _tone(pitch: float, seconds: float, rate: int) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    wave = sum(np.sin(2 * np.pi * hz * k * t) / k**1.3 for k in range(1, 7) if hz * k < 0.45 * rate)
    return np.asarray(wave * np.minimum(t / 0.005, 1) * np.exp(-1.2 * t) * np.minimum((seconds - t) / 0.02, 1))


def _hit(pitch: int, rate: int, rng: np.random.Generator) -> np.ndarray:
    t = np.arange(round(0.2 * rate)) / rate
    if pitch == 36:
        return np.asarray(np.sin(2 * np.pi * (50 * t + 20 * (1 - np.exp(-30 * t)) / 30 * 3)) * np.exp(-20 * t))
    decay = 25 if pitch == 38 else 60
    return np.asarray(rng.normal(0, 0.4, len(t)) * np.exp(-decay * t))


def render(score: Score, rate: int = RATE, speed: float = 1.0, semitones: int = 0) -> dict[str, np.ndarray]:
    """Stems [2, samples] float32 of a score, played `speed` times as fast and moved by semitones."""
    rng = np.random.default_rng(5)
    length = round((score.music_s / speed + score.tail_s) * rate)
    stems = {}
    for name, part in score.parts.items():
        out = np.zeros(length)
        for note in part.notes:
            start = round(score.seconds_at(note.start) / speed * rate)
            seconds = (score.seconds_at(note.end) - score.seconds_at(note.start)) / speed
            drum = part.role is Role.DRUMS
            sound = _hit(note.pitch, rate, rng) if drum else _tone(note.pitch + semitones, max(seconds, 0.05), rate)
            sound = sound[: max(0, length - start)] * LEVEL[name] * (note.velocity / 127)
            out[start : start + len(sound)] += sound
        pan = {"melody": 0.15, "piano": -0.2}.get(name, 0.0)
        stems[name] = np.stack([out * (1 - pan), out * (1 + pan)]).astype(np.float32)
    return stems


def to_24_bit(audio: np.ndarray) -> np.ndarray:
    """Rounded to the grid of a 24-bit file."""
    return np.asarray(np.round(audio * 2**23) / 2**23)


@dataclass
class Song:
    """A delivered synthetic song, ready to be checked or spoiled."""

    score: Score
    folder: Path
    stems: dict[str, np.ndarray]
    asked: Asked
    names: list[str] = field(default_factory=list)

    @property
    def master(self) -> np.ndarray:
        """The sum of the stems, on the 24-bit grid of each."""
        return np.asarray(sum(to_24_bit(stem.astype(np.float64)) for stem in self.stems.values()))

    def write(self, master: np.ndarray | None = None, *, compressed: bool = False) -> Delivered:
        """Write master.wav and the stems (and FLAC and MP3 where asked), and say what was delivered."""
        (self.folder / "stems").mkdir(parents=True, exist_ok=True)
        audio = self.master if master is None else master
        sf.write(self.folder / "master.wav", audio.T, RATE, subtype="PCM_24")
        for name, stem in self.stems.items():
            sf.write(self.folder / "stems" / f"{name}.wav", stem.T, RATE, subtype="PCM_24")
        flac = mp3 = None
        if compressed:
            flac, mp3 = self.folder / "master.flac", self.folder / "master.mp3"
            sf.write(flac, audio.T, RATE, subtype="PCM_24")
            sf.write(mp3, audio.T, RATE)
        return Delivered(
            self.folder / "master.wav", self.score, {n: self.folder / "stems" / f"{n}.wav" for n in sorted(self.stems)}, flac, mp3
        )


def asked_for(score: Score, lufs: float = -14.0) -> Asked:
    """What a score's own plan asks."""
    return Asked(score.tempo_bpm, score.key_value, score.duration_s, score.meter_value.bar_seconds(score.tempo_bpm), lufs, -1.0)


@cache
def played_once(plan: Plan, speed: float, semitones: int) -> tuple[Score, dict[str, np.ndarray]]:
    """Score and stems of a plan, rendered once per test session."""
    score = build_score(plan)
    return score, render(score, speed=speed, semitones=semitones)


Maker = Callable[..., Song]


@pytest.fixture
def make_song(tmp_path: Path) -> Maker:
    """Makes correct songs at −20 LUFS of a plan, at another speed or moved by semitones where a test wants it wrong."""
    from services.qa.checks.levels import integrated_lufs

    def make(plan: Plan | None = None, *, speed: float = 1.0, semitones: int = 0, level: bool = True) -> Song:
        score, played = played_once(plan or Plan(), speed, semitones)
        stems = {name: stem.copy() for name, stem in played.items()}
        asked = asked_for(score)
        if level:
            loudness = integrated_lufs(np.asarray(sum(stems.values())), RATE)
            gain = 10 ** ((-20.0 - loudness) / 20)
            stems = {name: (stem * gain).astype(np.float32) for name, stem in stems.items()}
            asked = asked_for(score, -20.0)
        return Song(score, tmp_path / f"song_{plan.seed if plan else 0}", stems, asked)

    return make


@pytest.fixture
def plan() -> type[Plan]:
    """The plan class, since test files cannot import each other."""
    return Plan


@pytest.fixture
def synth() -> SimpleNamespace:
    """The synthesis itself, since test files cannot import each other."""
    return SimpleNamespace(build_score=build_score, render=render, asked_for=asked_for, to_24_bit=to_24_bit, meter=Meter.parse, rate=RATE)


@pytest.fixture
def rate() -> int:
    """Sample rate of the synthetic songs in Hz."""
    return RATE
