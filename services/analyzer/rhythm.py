"""Rhythm by librosa: onset strength, onsets, beats, and the cepstrum of each beat for the form.

The tempo is the slope of a line through librosa's beats: its own tempo is a lag of an autocorrelation, which is quantised
(123.05 for 126). Which octave is felt is decided in `services.music.audio.tempo`, over the same candidates that QA's ear has.
"""

from dataclasses import dataclass

import librosa
import numpy as np
import numpy.typing as npt

from services.music.audio.onsets import EAR_RATE_HZ, Envelope
from services.music.audio.structure import borders
from services.music.audio.tempo import Pulse, find_pulse

Array = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]

HOP = 256
"""Samples between frames at EAR_RATE_HZ: 11.6 ms."""
FFT = 1024
MELS = 96
CEPSTRUM = 13
_TIGHTNESS = 100.0


@dataclass(frozen=True)
class Rhythm:
    """What is struck and when. `mel_db` [MELS, frames] in dB, `onsets_s` in seconds; `pulse` is None where there is none."""

    mel_db: Array
    envelope: Envelope
    onsets_s: Times
    pulse: Pulse | None


def track_beats(envelope: Envelope, bpm: float) -> Times:
    """Beat times in seconds around a tempo, by librosa's dynamic programming (Ellis 2007)."""
    _, beats_s = librosa.beat.beat_track(
        onset_envelope=envelope.values, sr=EAR_RATE_HZ, hop_length=HOP, bpm=bpm, tightness=_TIGHTNESS, trim=True, units="time"
    )
    return np.asarray(beats_s, np.float64)


def hear_rhythm(mono: Array) -> Rhythm:
    """Onsets and pulse of a mono signal [samples] at EAR_RATE_HZ. A pulse needs four onsets."""
    mel = librosa.feature.melspectrogram(y=mono, sr=EAR_RATE_HZ, n_fft=FFT, hop_length=HOP, n_mels=MELS, fmax=EAR_RATE_HZ / 2)
    mel_db = np.asarray(librosa.power_to_db(mel, ref=np.max), np.float32)
    strength = librosa.onset.onset_strength(S=mel_db, sr=EAR_RATE_HZ, n_fft=FFT, hop_length=HOP)
    envelope = Envelope(np.asarray(strength, np.float32), HOP / EAR_RATE_HZ)
    onsets = librosa.onset.onset_detect(onset_envelope=envelope.values, sr=EAR_RATE_HZ, hop_length=HOP, units="time")
    pulse = find_pulse(envelope, track_beats) if len(onsets) >= 4 else None
    return Rhythm(mel_db, envelope, np.asarray(onsets, np.float64), pulse)


def hear_form(rhythm: Rhythm) -> tuple[float, ...]:
    """Times in seconds at which the music changes, by cepstrum and loudness of each beat; empty without a pulse."""
    if rhythm.pulse is None:
        return ()
    beats_s = rhythm.pulse.beats_s
    cepstrum = librosa.feature.mfcc(S=rhythm.mel_db, sr=EAR_RATE_HZ, n_mfcc=CEPSTRUM)
    level = rhythm.mel_db.mean(axis=0, keepdims=True)
    frames = librosa.time_to_frames(beats_s, sr=EAR_RATE_HZ, hop_length=HOP)
    by_beat = librosa.util.sync(np.vstack([cepstrum[1:], level]), frames.tolist(), pad=False)
    return borders(by_beat.T, beats_s)
