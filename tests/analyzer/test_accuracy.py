"""How well the analyzer hears: a table of synthesised bands whose tempo, beats, key, meter and form are known."""

from dataclasses import dataclass

import numpy as np
import pytest

from contracts.music.key import Key
from services.analyzer.hearing import listen
from services.analyzer.reading import Recording
from services.analyzer.rhythm import hear_rhythm
from services.music.audio.onsets import EAR_RATE_HZ

RATE = 32_000
MAJOR, MINOR = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)), ((0, 3, 7), (5, 8, 12), (7, 10, 14), (0, 3, 7))


@dataclass(frozen=True)
class Band:
    """A drum kit, a bass and chords; `swing` puts the off-beat eighth later, as a share of the beat."""

    bpm: float
    key: str
    beats: int = 4
    swing: float = 0.5
    seconds: float = 20.0
    cents: float = 0.0

    def play(self) -> np.ndarray:
        """Mono samples at RATE: I–IV–V–I (minor: i–iv–v–i), one chord per bar."""
        key, beat, rng = Key.parse(self.key), 60 / self.bpm, np.random.default_rng(4)
        out = np.zeros(round(self.seconds * RATE) + RATE)

        def add(at_s: float, sound: np.ndarray) -> None:
            start = round(at_s * RATE)
            out[start : start + len(sound)] += sound[: max(0, len(out) - start)]

        def note(pitch: float, length_s: float, level: float) -> np.ndarray:
            t = np.arange(round(length_s * RATE)) / RATE
            hz = 440 * 2 ** ((pitch + self.cents / 100 - 69) / 12)
            wave = sum(np.sin(2 * np.pi * hz * k * t) / k**1.5 for k in range(1, 6))
            return wave * level * np.minimum(1, t * 100) * np.exp(-t * 1.5) * np.minimum(1, (length_s - t) * 50)

        t = np.arange(RATE // 5) / RATE
        kick = np.sin(2 * np.pi * (50 * t + 2 * (1 - np.exp(-t * 50)))) * np.exp(-t * 18) * 0.6
        snare, hat = rng.normal(0, 0.25, len(t)) * np.exp(-t * 30), np.diff(rng.normal(0, 0.12, len(t) + 1)) * np.exp(-t * 90)
        chords = MINOR if key.mode == "minor" else MAJOR
        for bar in range(int(self.seconds / beat / self.beats)):
            start = bar * self.beats * beat
            for step in chords[bar % 4]:
                add(start, note(48 + key.tonic_class + step, self.beats * beat, 0.06))
            for count in range(self.beats):
                at = start + count * beat
                add(at, note(36 + key.tonic_class + chords[bar % 4][0], 0.9 * beat, 0.15))
                add(at, kick if count == 0 or (self.beats == 4 and count == 2) else snare)
                add(at, hat)
                add(at + self.swing * beat, hat)
        return out[: round(self.seconds * RATE)].astype(np.float32)


TABLE = [
    Band(72.0, "D major"),
    Band(92.5, "G minor"),
    Band(104.0, "Bb major", swing=0.64),
    Band(117.3, "E minor"),
    Band(126.0, "F# minor"),
    Band(140.0, "Ab major"),
    Band(100.0, "C minor", cents=30),
    Band(96.0, "A major", beats=3),
]


@pytest.mark.parametrize("band", TABLE, ids=lambda band: f"{band.bpm:g} bpm, {band.key}, {band.beats}/4")
def test_a_band_is_heard_as_it_plays(band: Band) -> None:
    """Tempo within 0.2 BPM (of it, its half or its double), nine of ten beats within 35 ms of the grid, key, meter."""
    mono = band.play()
    features = listen(Recording(np.stack([mono, mono]), RATE, band.seconds, RATE, 2))
    octave = 2.0 ** round(np.log2(features.tempo_bpm.value / band.bpm))
    assert features.tempo_bpm.value / octave == pytest.approx(band.bpm, abs=0.2)
    grid = 60 / band.bpm / max(octave, 1.0)
    phase = (np.asarray(features.beats_s) + grid / 2) % grid - grid / 2
    assert np.mean(np.abs(phase) < 0.035) > 0.9
    assert features.key == str(Key.parse(band.key))
    assert features.meter in {f"{band.beats}/4", None}


def test_the_octave_is_right_where_most_music_is() -> None:
    """Between 90 and 150 BPM the tempo is the one that is felt, not its half or double."""
    for bpm in (92.5, 117.3, 126.0):
        mono = Band(bpm, "C major", seconds=15).play()
        features = listen(Recording(np.stack([mono, mono]), RATE, 15.0, RATE, 2))
        assert features.tempo_bpm.value == pytest.approx(bpm, abs=0.3)


@pytest.mark.parametrize("samples", [EAR_RATE_HZ // 2, EAR_RATE_HZ * 3])
def test_silence_has_no_pulse(samples) -> None:
    """No onsets, no pulse; and no warning."""
    silence = np.zeros(samples, np.float32)
    assert hear_rhythm(silence).pulse is None
