"""Synthetic songs as ears hear them, without files."""

from types import SimpleNamespace

import numpy as np
import pytest
import soxr

from services.music.audio.chroma import BASS, HARMONY, bass_chroma, chroma_of, spectral_peaks
from services.music.audio.onsets import EAR_RATE_HZ, onset_envelope


@pytest.fixture
def sound(plan, synth):
    """Makes the score of a plan, the onset envelope of its audio (20 s, played at `speed`), and what was asked."""

    def make(*, speed=1.0, seconds=20.0, **wanted):
        wanted.setdefault("meter", "4/4")
        bar_s = synth.meter(wanted["meter"]).bar_seconds(wanted["tempo"])
        score = synth.build_score(plan(bars=max(6, round(seconds / bar_s)), **wanted))
        stems = synth.render(score, rate=EAR_RATE_HZ, speed=speed)
        mono = np.asarray(sum(stems.values())).mean(axis=0).astype(np.float32)
        return score, onset_envelope(mono), synth.asked_for(score)

    return make


@pytest.fixture
def chords(plan, synth):
    """Makes the score of a progression, what its pitched parts sound like (moved by semitones), and what was asked."""

    def make(key, progression, *, semitones=0, bars=8):
        score = synth.build_score(plan(key=key, progression=progression, bars=bars, drums=False))
        stems = synth.render(score, rate=HARMONY.rate_hz, semitones=semitones)
        pitched = np.asarray(sum(stems.values())).mean(axis=0).astype(np.float32)
        low = soxr.resample(stems["bass"].mean(axis=0), HARMONY.rate_hz, BASS.rate_hz).astype(np.float32)
        heard = SimpleNamespace(
            harmony=chroma_of(spectral_peaks(pitched, HARMONY)), bass=bass_chroma(spectral_peaks(low, BASS)), tuning=0.0
        )
        return score, heard, synth.asked_for(score)

    return make
