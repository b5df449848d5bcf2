"""Onsets, tempo, chroma, key and structure of synthesised sound whose truth is known."""

import numpy as np
import pytest

from contracts.music.key import Key
from services.music.audio.chroma import BASS, HARMONY, bass_chroma, chroma_of, estimate_key, spectral_peaks, tuning_semitones
from services.music.audio.onsets import EAR_RATE_HZ, onset_envelope, pick_onsets
from services.music.audio.structure import find_boundaries
from services.music.audio.tempo import find_pulse, guess_meter, regress_tempo


def clicks(times_s, length_s, levels=None) -> np.ndarray:
    """Short noise bursts [samples] at EAR_RATE_HZ."""
    rng = np.random.default_rng(1)
    out = np.zeros(round(length_s * EAR_RATE_HZ), np.float32)
    for index, time in enumerate(times_s):
        burst = rng.normal(0, 0.3, 800) * np.exp(-np.arange(800) / 120) * (levels[index] if levels is not None else 1.0)
        start = round(time * EAR_RATE_HZ)
        out[start : start + 800] += burst[: max(0, len(out) - start)]
    return out


def tone(pitches, seconds, rate) -> np.ndarray:
    """A chord with four harmonics per note [samples]."""
    t = np.arange(round(seconds * rate)) / rate
    hz = [440 * 2 ** ((p - 69) / 12) for p in pitches]
    return np.asarray(sum(np.sin(2 * np.pi * f * k * t) / k**1.5 for f in hz for k in range(1, 5)) * 0.1, np.float32)


def test_onsets_are_found_within_twenty_milliseconds() -> None:
    """Every click and nothing else."""
    truth = np.arange(0.5, 9.5, 0.37)
    found = pick_onsets(onset_envelope(clicks(truth, 10)))
    assert len(found) == len(truth)
    assert np.abs(found - truth).max() < 0.02


@pytest.mark.parametrize("samples", [0, 1, 500, EAR_RATE_HZ])
def test_silence_and_scraps_have_no_onsets_and_no_pulse(samples) -> None:
    """Nothing is heard in nothing."""
    envelope = onset_envelope(np.zeros(samples, np.float32))
    assert len(pick_onsets(envelope)) == 0
    assert find_pulse(envelope) is None


@pytest.mark.parametrize("bpm", [72.0, 91.5, 117.3, 126.0, 150.0])
def test_the_tempo_of_a_metronome_is_exact(bpm) -> None:
    """By regression over the beats: within 0.1 BPM, not on the grid of an autocorrelation; octaves allowed."""
    times = np.arange(0.2, 29.5, 60 / bpm)
    pulse = find_pulse(onset_envelope(clicks(times, 30)))
    assert pulse is not None
    octave = 2.0 ** round(np.log2(pulse.bpm / bpm))
    assert pulse.bpm / octave == pytest.approx(bpm, abs=0.1)
    assert pulse.confidence > 0.5


@pytest.mark.parametrize(("beats", "meter"), [(3, "3/4"), (4, "4/4")])
def test_the_meter_is_heard_by_its_accents(beats, meter) -> None:
    """Every third or fourth beat is louder."""
    times = np.arange(0.2, 39.5, 0.5)
    levels = [1.0 if i % beats == 0 else 0.3 for i in range(len(times))]
    envelope = onset_envelope(clicks(times, 40, levels))
    pulse = find_pulse(envelope)
    assert pulse is not None
    assert pulse.bpm == pytest.approx(120, abs=0.2)
    assert guess_meter(envelope, pulse)[0] == meter


def test_regression_needs_four_beats_and_forgives_a_missing_one() -> None:
    """A gap counts as two beats."""
    assert regress_tempo(np.array([0.0, 0.5, 1.0])) is None
    assert regress_tempo(np.array([0.0, 0.5, 1.0, 2.0, 2.5, 3.0])) == pytest.approx(120)


def test_neighbouring_bass_notes_are_told_apart() -> None:
    """E1 and F1 lie 2.4 Hz apart: less than a Fourier bin of the bass register, and yet are told apart."""
    for pitch in (28, 29, 36, 43):
        chroma = bass_chroma(spectral_peaks(tone([pitch], 3, BASS.rate_hz), BASS)).mean(axis=1)
        assert int(np.argmax(chroma)) == pitch % 12


def test_fast_repeated_bass_notes_are_heard_at_their_pitch() -> None:
    """Strokes nine times a second have strong sidebands below the note: they are not its pitch."""
    for pitch in (36, 40, 43):
        steady = tone([pitch], 4, BASS.rate_hz)
        gate = (np.arange(len(steady)) / BASS.rate_hz * 9) % 1 < 0.5
        chroma = bass_chroma(spectral_peaks(steady * gate.astype(np.float32), BASS)).mean(axis=1)
        assert int(np.argmax(chroma)) == pitch % 12


@pytest.mark.parametrize("pitch", [28, 31, 33])
def test_short_low_strokes_are_heard_by_their_partials(pitch) -> None:
    """Strokes of a tenth of a second, four a second: the fundamental is blurred by a semitone, its partials tell the note."""
    rate = BASS.rate_hz
    t = np.arange(round(0.1 * rate)) / rate
    hz = 440 * 2 ** ((pitch - 69) / 12)
    blurred = np.sin(2 * np.pi * hz * 2 ** (-0.9 / 12) * t)
    stroke = (blurred + sum(np.sin(2 * np.pi * hz * k * t) * 0.8 for k in range(2, 6))) * np.hanning(len(t))
    sound = np.zeros(4 * rate, np.float32)
    for start in np.arange(0.0, 3.8, 0.234):
        at = round(start * rate)
        sound[at : at + len(t)] += 0.1 * stroke.astype(np.float32)
    chroma = bass_chroma(spectral_peaks(sound, BASS)).mean(axis=1)
    assert int(np.argmax(chroma)) == pitch % 12


def test_a_bass_without_partials_stays_where_it_is() -> None:
    """A pure sub, and one with a single chord note an octave and a semitone above it: no partials agree on another pitch."""
    rate = BASS.rate_hz
    t = np.arange(3 * rate) / rate
    for above in (None, 13):
        sound = np.sin(2 * np.pi * 440 * 2 ** ((36 - 69) / 12) * t)
        sound += 0.0 if above is None else 0.5 * np.sin(2 * np.pi * 440 * 2 ** ((36 + above - 69) / 12) * t)
        chroma = bass_chroma(spectral_peaks((0.1 * sound).astype(np.float32), BASS)).mean(axis=1)
        assert int(np.argmax(chroma)) == 0


@pytest.mark.parametrize("cents", [-30, 0, 20, 40])
def test_tuning_is_measured(cents) -> None:
    """A choir tuned off A = 440 Hz is heard as such, within 4 cents."""
    peaks = spectral_peaks(tone([57 + cents / 100, 64 + cents / 100, 73 + cents / 100], 3, HARMONY.rate_hz), HARMONY)
    assert 100 * tuning_semitones(peaks) == pytest.approx(cents, abs=4)


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_the_key_of_a_cadence_is_heard(tonic, mode) -> None:
    """I–IV–V–I (minor: i–iv–V–i) on every tonic."""
    third = 4 if mode == "major" else 3
    chords = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)]
    sound = np.concatenate([tone([48 + tonic + step for step in chord], 1.0, HARMONY.rate_hz) for chord in chords])
    estimate = estimate_key(chroma_of(spectral_peaks(sound, HARMONY)))
    assert estimate is not None
    assert (estimate[0].tonic_class, estimate[0].mode) == (tonic, mode), estimate[0]
    assert isinstance(estimate[0], Key)


def test_silence_has_no_key() -> None:
    """None, not C major."""
    assert estimate_key(chroma_of(spectral_peaks(np.zeros(20_000, np.float32), HARMONY))) is None


def test_a_change_of_sound_is_a_border() -> None:
    """Drums alone, then a chord with them, then drums alone: two borders, within a second."""
    times = np.arange(0.1, 59.9, 0.5)
    sound = clicks(times, 60)
    pad = tone([45, 52, 57, 61], 20, EAR_RATE_HZ)
    sound[20 * EAR_RATE_HZ : 40 * EAR_RATE_HZ] += 3 * pad
    borders = find_boundaries(sound, times)
    assert len(borders) == 2
    assert borders == pytest.approx((20, 40), abs=1.0)
