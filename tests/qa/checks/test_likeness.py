"""Likeness is judged section by section, and the tune must be our own."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from contracts.features import Features, HeardLine, HeardSection
from contracts.music import PPQ
from contracts.music.score import Note, Part, Role, Score, Section
from services.music.audio.spectrum import released_music_db, third_octave_spectrum
from services.music.references.pairing import places
from services.qa.checks.melody_own import check_melody_own
from services.qa.checks.similarity import check_similarity

TUNE = (60, 62, 64, 67, 65, 64, 62, 64, 60, 59, 62, 67, 69, 67)


def score_of(pitches, up=0) -> Score:
    """Verse and chorus of four bars at 60 BPM, a melody in eighths."""
    notes = tuple(Note(i * PPQ // 2, 400, pitch + up, 90) for i, pitch in enumerate(pitches))
    sections = {
        name: Section(label=name, start_bar=1 + 4 * i, bars=4, energy=0.5 + 0.3 * i, key="C major")
        for i, name in enumerate(("verse", "chorus"))
    }
    return Score(tempo_bpm=60, sections=sections, parts={"melody": Part(role=Role.MELODY, instrument="flute", notes=notes)}, tail_s=0.5)


def noise(rate, seconds, waves):
    """Noise with the long-term spectrum of released music and waves in it."""
    size = int(rate * seconds)
    hz = np.maximum(np.fft.rfftfreq(size, 1 / rate), 20)
    level = released_music_db(hz) - 10 * np.log10(hz) + waves * np.sin(4 * np.log2(hz))
    out = np.fft.irfft(np.fft.rfft(np.random.default_rng(1).normal(size=size)) * 10 ** (level / 20), size)
    return np.stack([out, out]).astype(np.float32) * 0.1 / out.std()


def reference_of(parts, rate) -> Features:
    """Features of a record of these stretches, a section each."""
    hz, whole = third_octave_spectrum(np.concatenate(list(parts.values()), axis=1), rate)
    at, found = 0.0, []
    for name, audio in parts.items():
        seconds = audio.shape[1] / rate
        level = tuple(third_octave_spectrum(audio, rate)[1])
        found.append(HeardSection(start_s=at, end_s=at + seconds, label=name, letter=name[0], spectrum_db=level, loudness_lufs=-14.0))
        at += seconds
    shape = {"duration_s": at, "sample_rate_hz": rate, "channels": 2, "analyzed_s": at}
    return Features(**shape, spectrum_hz=tuple(hz), spectrum_db=tuple(whole), sections=tuple(found))


def test_similarity_is_that_of_the_worst_section(synth) -> None:
    """Each section like its own passes; sections that have each other's tone fail, though the whole record is the same."""
    rate = synth.rate
    plain, waved = noise(rate, 16.0, -3.0), noise(rate, 16.0, 4.0)
    score = score_of(TUNE)
    asked = synth.asked_for(score)
    assert [round(p.end_s - p.start_s, 1) for p in places(score)] == [16.0, 16.5]
    heard = SimpleNamespace(audio=np.concatenate([plain, waved, np.zeros((2, rate // 2), np.float32)], axis=1), rate_hz=rate)
    alike, _ = check_similarity(heard, replace(asked, reference=reference_of({"verse": plain, "chorus": waved}, rate)), score)
    assert alike is not None
    assert alike.passed
    assert alike.measured > 0.95
    swapped, told = check_similarity(heard, replace(asked, reference=reference_of({"verse": waved, "chorus": plain}, rate)), score)
    assert swapped is not None
    assert told is not None
    assert not swapped.passed
    assert told["whole record"] > 0.95
    assert swapped.measured == min(told.values())
    assert "verse v" in (swapped.note or "")
    assert "chorus c" in (swapped.note or "")


def test_a_tune_of_the_references_is_found_and_named(synth) -> None:
    """In another key and at twice the tempo; the user's own material is not judged, nor is a song beside a record without a tune."""
    line = HeardLine(notes=tuple((0.25 * i, 0.2, pitch) for i, pitch in enumerate(TUNE)), low=59, high=69, confidence=0.7)
    shape = {"duration_s": 20, "sample_rate_hz": 48_000, "channels": 2, "analyzed_s": 20}
    theirs = Features(**shape, melody=line, beats_s=tuple(0.25 * i for i in range(20)))
    alone = synth.asked_for(score_of(TUNE))
    asked = replace(alone, reference=theirs)
    check = check_melody_own(score_of(TUNE, up=-4), asked)
    assert check is not None
    assert not check.passed
    assert check.measured == 3
    assert "melody from bar 1" in (check.note or "")
    own = check_melody_own(score_of(TUNE[::-1]), asked)
    assert own is not None
    assert own.passed
    assert check_melody_own(score_of(TUNE), replace(asked, brought_tune=True)) is None
    assert check_melody_own(score_of(TUNE), alone) is None
