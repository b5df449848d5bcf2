"""How far single samples of a soundfont are out of tune, measured from played notes, so that the player can correct them."""

import numpy as np

from contracts.music import Note, Part, Role, Score, Section
from services.generator.production import fluidsynth
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.generator.production.performance import perform
from services.generator.production.shelf import Shelf
from services.generator.production.sounds import Preset, Sampled
from services.music.packs.sound_table import Variation

WORTH_CENTS = 6
"""Less than this nobody hears (a just-noticeable difference is about 5 cents: Moore, 1973)."""
LARGEST_CENTS = 59
FFT = 1 << 17


def deviation_cents(tone: Floats, expected_hz: float) -> int:
    """How far a tone [frames] lies from a frequency, −60 to 60 cents, where the comb of its first partials fits best."""
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(tone.size), FFT)) ** 0.7
    frequencies = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE_HZ)
    partials = np.array([k * expected_hz for k in range(1, 7) if k * expected_hz < 12000 or k == 1])
    cents = np.arange(-60, 61)
    fits = [np.interp(partials * 2.0 ** (c / 1200), frequencies, spectrum).sum() for c in cents]
    return int(cents[int(np.argmax(fits))])


def corrections(sound: Sampled, preset: Preset, pitches: range, shelf: Shelf) -> dict[int, int]:
    """Cents to add for each pitch that is out by more than is heard; what cannot be measured is left alone."""
    still = sound.model_copy(update={"variation": Variation(tune_cents=0.0, tone_cents=0.0, level_db=0.0), "vibrato": None, "legato": None, "lead_ms": 0.0, "corrected": False})
    notes = tuple(Note(1920 * index, 1700, pitch, 100) for index, pitch in enumerate(pitches))
    section = Section(label="scale", start_bar=1, bars=len(notes) // 2 + 1, energy=0.5, key="C major")
    part = Part(role=Role.MELODY, instrument="violin", notes=notes)
    clock = Clock(Score(tempo_bpm=120.0, sections={"scale_1": section}, parts={"scale": part}))
    events, channels = perform("scale", part, still, preset, clock, drums=False)
    audio = fluidsynth.play(shelf.path(preset.soundfont), preset, events, max(channels.values()) + 1, clock.frames).mean(axis=0)
    found = {}
    for index, pitch in enumerate(pitches):
        start = index * SAMPLE_RATE_HZ + round(0.15 * SAMPLE_RATE_HZ)
        cents = deviation_cents(audio[start : start + round(0.6 * SAMPLE_RATE_HZ)], 440.0 * 2.0 ** ((pitch - 69) / 12))
        if WORTH_CENTS <= abs(cents) <= LARGEST_CENTS:
            found[pitch] = -cents
    return found
