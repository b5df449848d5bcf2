"""Small scores to render and measures of what comes out, for the tests of production."""

from pathlib import Path

import numpy as np
import pytest

from contracts.context import Options
from contracts.music import PPQ, Note, Part, Role, Score, Section
from services.generator.production import faust, fluidsynth, plan_stems, render_stem
from services.generator.production.curves import SAMPLE_RATE_HZ, Floats
from services.generator.production.shelf import Shelf, find_soundfonts

SHELF = find_soundfonts()
HAS_DEBIAN_SOUNDS = fluidsynth.available() and {"MuseScore_General", "FluidR3_GM"} <= set(SHELF.fonts)
needs_debian = pytest.mark.skipif(not HAS_DEBIAN_SOUNDS, reason="Debian's FluidSynth and soundfonts are not installed")
needs_synths = pytest.mark.skipif(not faust.available(), reason="DawDreamer cannot load: libGL or GLib is not installed")
TEMPO_BPM = 120.0
"""A quarter lasts half a second: 24,000 samples."""


def score(part: Part, *, bars: int = 2, tail_s: float = 0.5, name: str = "part", genre: str = "pop") -> Score:
    """A score with one part."""
    section = Section(label="verse", start_bar=1, bars=bars, energy=0.5, key="C major")
    return Score(tempo_bpm=TEMPO_BPM, genre=genre, sections={"verse_1": section}, parts={name: part}, tail_s=tail_s)


def line(patch: str, *notes: tuple[float, float, int, int], drums: bool = False, **controls: tuple[tuple[int, float], ...]) -> Part:
    """A part from (start in quarters, length in quarters, pitch, velocity)."""
    return Part(
        role=Role.DRUMS if drums else Role.MELODY,
        instrument="drum_kit" if drums else "synthesizer",
        patch=patch,
        notes=tuple(Note(round(s * PPQ), round(d * PPQ), p, v) for s, d, p, v in notes),
        controls=controls,
    )


def play(part: Part, shelf: Shelf = SHELF, *, bars: int = 2, tail_s: float = 0.5, options: Options | None = None) -> Floats:
    """Plan and render one part."""
    song = score(part, bars=bars, tail_s=tail_s)
    return render_stem(song, "part", plan_stems(song, options, shelf)["part"], shelf)


def level_db(audio: Floats) -> float:
    """RMS in dBFS."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(audio, dtype=np.float64))) + 1e-12))


def centroid_hz(audio: Floats) -> float:
    """Centre of the amplitude spectrum of the mono sum, through a Hann window."""
    spectrum = np.abs(np.fft.rfft(audio.mean(axis=0) * np.hanning(audio.shape[1])))
    return float((spectrum * np.fft.rfftfreq(audio.shape[1], 1 / SAMPLE_RATE_HZ)).sum() / spectrum.sum())


def onset_sample(audio: Floats, share: float = 0.05) -> int:
    """First sample above a share of the peak."""
    mono = np.abs(audio).max(axis=0)
    return int(np.flatnonzero(mono > share * mono.max())[0])


def only(shelf: Shelf, *names: str) -> Shelf:
    """The shelf with some soundfonts alone."""
    return Shelf({name: shelf.fonts[name] for name in names})


def empty_file(folder: Path, name: str) -> Shelf:
    """A shelf whose soundfont is a broken file."""
    broken = folder / f"{name}.sf2"
    broken.write_bytes(b"RIFF but nothing that a player could use")
    return Shelf({name: broken})
