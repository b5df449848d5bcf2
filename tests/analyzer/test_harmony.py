"""What the tonal ears hear in bands whose chords, keys and tuning are known, and in what is no music."""

from itertools import groupby

import numpy as np
import pytest
import soxr

from contracts.music import Chord, Key
from services.analyzer.chord_grid import BAR, INSIDE, grid_of
from services.analyzer.chord_model import QUALITIES, learned, seen_from_roots, stretches_of
from services.analyzer.chord_naming import named_chords
from services.analyzer.harmony import Harmony, harmony_in, hear_harmony
from services.analyzer.key_spans import Keys
from services.analyzer.rhythm import hear_rhythm
from services.analyzer.training.chord_ears import state_of
from services.analyzer.training.played_chords import RATE_HZ, play
from services.music.audio.keygram import both_keygrams
from services.music.audio.onsets import EAR_RATE_HZ
from tests.analyzer.test_accuracy import RATE, Band

NOT_TAUGHT = range(2000, 2004)


def heard_in(band: Band) -> Harmony:
    """The harmony of a band on its own beats."""
    beats = np.arange(0, band.seconds, 60 / band.bpm)
    found = harmony_in(both_keygrams(band.play(), RATE), beats, beats[:: band.beats], band.seconds)
    assert found is not None
    return found


def test_roots_and_thirds_of_bands_that_it_was_not_taught_by() -> None:
    """Beat by beat, without any key: five roots in six, whatever the timbre, voicing and rhythm."""
    right = total = 0
    for seed in NOT_TAUGHT:
        band = play(seed)
        edges = np.append(band.beats_s, len(band.mono) / RATE_HZ)
        states = learned().log_likely(seen_from_roots(stretches_of(both_keygrams(band.mono, RATE_HZ), edges))).argmax(axis=1)
        right += int((states // len(QUALITIES) == band.states // len(QUALITIES)).sum())
        total += len(states)
    assert right / total >= 5 / 6


@pytest.mark.parametrize("key", ["C major", "Eb major", "F# major", "A major", "C minor", "F minor", "G# minor", "D minor"])
def test_keys_of_short_excerpts(key) -> None:
    """A band that plays I IV V I is in the key of I, in major and minor, although the excerpt breaks off on IV."""
    found = heard_in(Band(120, key))
    assert Key.parse(str(found.key)).tonic_class == Key.parse(key).tonic_class
    assert found.key.is_minor == Key.parse(key).is_minor
    assert len(found.keys) == 1


def test_numerals_bass_and_harmonic_rhythm() -> None:
    """Numerals are in the key, chords change where they are played, and the harmonic rhythm is what was played: 3 in 4 bars."""
    found = heard_in(Band(112, "G major", seconds=34))
    names = [name for name, _ in groupby(chord.roman for chord in found.chords if chord.symbol != "N")]
    assert names[:6] == ["I", "IV", "V", "I", "IV", "V"]
    assert found.harmonic_rhythm is not None
    assert found.harmonic_rhythm.value == pytest.approx(0.75, abs=0.15)
    assert found.chords[0].end_s == pytest.approx(4 * 60 / 112, abs=0.1)
    assert {cadence.kind for cadence in found.cadences} >= {"authentic"}
    assert all(0 <= chord.confidence <= 1 for chord in found.chords)


def test_tuning_is_heard_before_the_key() -> None:
    """A band 40 cents sharp: the same key, and the deviation within 5 cents."""
    found = heard_in(Band(110.0, "Eb major", cents=40, seconds=12))
    assert str(found.key) == "Eb major"
    assert found.tuning.value == pytest.approx(40, abs=5)
    assert found.tuning.unit == "cents"


def test_a_modulation_is_heard_where_it_comes() -> None:
    """Twenty seconds in C major, then in E flat major: two keys, the border within a bar, and the numerals of each."""
    first, second = Band(120, "C major", seconds=24), Band(120, "Eb major", seconds=24)
    mono = np.concatenate([first.play(), second.play()])
    beats = np.arange(0, 48, 0.5)
    found = harmony_in(both_keygrams(mono, RATE), beats, beats[::4], 48.0)
    assert found is not None
    assert [span.key for span in found.keys] == ["C major", "Eb major"]
    assert found.keys[1].start_s == pytest.approx(24, abs=2.1)
    assert [chord.roman for chord in found.chords if chord.start_s >= 26][:1] in (["IV"], ["V"], ["I"])


def test_the_ears_alone_find_beats_and_chords() -> None:
    """From sound to chords with nothing given: the triads of the band, all of them within its key."""
    band = Band(117, "F major", seconds=16)
    mono = np.asarray(soxr.resample(band.play(), RATE, EAR_RATE_HZ), np.float32)
    found = hear_harmony(mono, hear_rhythm(mono))
    assert found is not None
    heard = {
        (Chord.parse(c.symbol).root, Chord.parse(c.symbol).is_minor) for c in found.chords if c.symbol != "N" and c.end_s - c.start_s > 1
    }
    assert heard == {("F", False), ("Bb", False), ("C", False)}
    assert found.chroma_by_beat.shape[0] == 12


@pytest.mark.parametrize("samples", [1, 300, EAR_RATE_HZ * 3])
def test_silence_has_no_harmony(samples) -> None:
    """No pitch, no key; and no warning, however short."""
    silence = np.zeros(samples, np.float32)
    assert hear_harmony(silence, hear_rhythm(np.zeros(EAR_RATE_HZ, np.float32))) is None


def test_what_has_no_pitch_has_no_harmony_and_one_tone_no_sure_key() -> None:
    """Noise and strokes have no chords at all; a lone tone has a key that is not believed."""
    rng = np.random.default_rng(1)
    rhythm = hear_rhythm(np.zeros(EAR_RATE_HZ, np.float32))
    noise = rng.normal(0, 0.2, 8 * EAR_RATE_HZ).astype(np.float32)
    assert hear_harmony(noise, rhythm) is None
    strokes = noise * np.exp(-20 * (np.arange(len(noise)) % (EAR_RATE_HZ // 2)) / EAR_RATE_HZ).astype(np.float32)
    assert hear_harmony(strokes, rhythm) is None
    tone = np.sin(2 * np.pi * 440 * np.arange(4 * EAR_RATE_HZ) / EAR_RATE_HZ).astype(np.float32)
    found = hear_harmony(tone, rhythm)
    assert found is not None
    assert found.key_confidence < 0.3


def named(symbols: str, basses: str) -> list[str]:
    """Numerals in C major of chords that are surely heard, a bar each, over bass notes."""
    states = np.array([state for state in map(state_of, symbols.split()) if state is not None])
    heard = np.full((len(states), 12 * len(QUALITIES)), -9.0, np.float32)
    heard[np.arange(len(states)), states] = -0.01
    bass = np.eye(12, dtype=np.float32)[[Chord.parse(name).root_class for name in basses.split()]]
    grid = grid_of(np.arange(0.0, len(states) * 0.5, 0.5), np.zeros(0), len(states) * 0.5)
    keys = Keys(Key("C"), 1.0, np.zeros(len(states), np.int64), (0,), (Key("C"),), (1.0,))
    return [f"{chord.heard.symbol}={chord.heard.roman}" for chord in named_chords(states, heard, grid, bass, keys)]


def test_applied_dominants_inversions_and_blues() -> None:
    """A7 before Dm is V7/ii, C over E is I/3; a tonic that always has its seventh is I7, not the dominant of IV."""
    assert named("C A7 Dm G7 C F C", "C A D G E F C") == ["C=I", "A7=V7/ii", "Dm=ii", "G7=V7", "C/E=I/3", "F=IV", "C=I"]
    assert named("C C7 F G C", "C C F B C") == ["C=I", "C7=V7/IV", "F=IV", "G/B=V/3", "C=I"]
    assert named("C7 F7 C7 G7 C7", "C F C G C") == ["C7=I7", "F7=IV7", "C7=I7", "G7=V7", "C7=I7"]


@pytest.mark.parametrize(
    ("bars", "key"),
    [("Dm G Dm G", "D dorian"), ("G F C G", "G mixolydian"), ("C Am F G", "C major"), ("Am Dm E7 Am", "A minor")],
)
def test_modes_are_named_where_their_own_chord_is_heard(bars, key) -> None:
    """i–IV is dorian, I–bVII–IV mixolydian; major and minor keep their plain names."""
    out = np.zeros(32 * RATE_HZ)
    for index in range(16):
        chord = Chord.parse(bars.split()[index % 4])
        for pitch in [36 + chord.root_class] + [55 + (pc - 55) % 12 for pc in chord.pitch_classes]:
            time = np.arange(2 * RATE_HZ - 200) / RATE_HZ
            hz = 440 * 2 ** ((pitch - 69) / 12)
            wave = sum(np.sin(2 * np.pi * hz * k * time) / k for k in range(1, 6))
            out[index * 2 * RATE_HZ :][: len(time)] += wave * np.exp(-time) * np.minimum(1, time * 99)
    beats = np.arange(0, 32, 0.5)
    found = harmony_in(both_keygrams(out.astype(np.float32), RATE_HZ), beats, beats[::4], 32.0)
    assert found is not None
    assert str(found.key) == key


def test_the_grid_follows_beats_and_covers_all() -> None:
    """Every second lies in one stretch; long beats are halved; bar lines are where the downbeats are."""
    beats = np.arange(1.3, 9.5, 1.0)
    grid = grid_of(beats, beats[::3], 10.0)
    assert grid.edges_s[0] == 0.0
    assert grid.edges_s[-1] == 10.0
    assert (grid.lengths_s > 0).all()
    assert grid.lengths_s.max() < 0.75
    assert np.allclose(grid.edges_s[:-1][grid.place == BAR], beats[::3])
    plain = grid_of(np.zeros(0), np.zeros(0), 3.0)
    assert (plain.place == INSIDE).all()
    assert plain.edges_s[-1] == 3.0


def test_written_chords_become_states() -> None:
    """What the ears tell apart: root and nearest quality; a colour keeps its third, what is no chord has no state."""
    names = {"C": 0, "Cmadd9": 1, "C13": 2, "Cmaj9": 3, "Dbm11": 4 + 8, "Bdim7": 5 + 88, "C9sus4": 6, "C5/G": 7}
    assert {name: state_of(name) for name in names} == names
    assert state_of("N") is None
