"""A reference and a song beside each other: sections over loudness, drum patterns, spectra of the whole and of each key section."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from contracts.music import Score
from services.music.audio.loudness import short_term_lufs
from services.music.audio.spectrum import third_octave_spectrum
from services.music.references.pairing import key_sections, places
from services.qa.checks.similarity import without_tilt
from tests.evaluation.likeness_measures import VOICES, Reference, heard_pattern, pattern

Audio = NDArray[np.float32]
Array = NDArray[np.float64]
WIDTH, ROW, EDGE = 1000, 150, 12
INK, THEIRS, OURS, PALE = (30, 30, 30), (30, 90, 180), (200, 70, 20), (225, 225, 225)


def draw(reference: Reference, score: Score, master: Audio, rate: int, path: Path) -> None:
    """Write the picture: blue is the reference, orange our song."""
    heard = reference.heard
    keys = key_sections(heard, score)
    image = Image.new("RGB", (WIDTH, ROW * 4 + EDGE), "white")
    pen = ImageDraw.Draw(image)
    theirs = [(s.start_s / heard.analyzed_s, f"{s.label} {s.letter}") for s in heard.sections]
    ours = places(score)
    _loudness(pen, 0, np.asarray(heard.energy_curve), theirs, THEIRS, f"{reference.name} ({reference.style})")
    curve = np.asarray(short_term_lufs(master, rate))[::10]
    _loudness(pen, ROW, curve, [(p.start_s / ours[-1].end_s, p.id) for p in ours], OURS, "our song")
    _drums(pen, 2 * ROW, heard_pattern(heard), pattern(score))
    pairs = [("whole record", master, heard.spectrum_db)]
    at = {place.id: place for place in ours}
    for key in keys:
        pieces = [master[:, round(at[n].start_s * rate) : round(at[n].end_s * rate)] for n in key.ours]
        pairs.append((key.name, np.concatenate(pieces, axis=1), key.spectrum_db))
    for index, (name, audio, spectrum) in enumerate(pairs):
        centres, level = third_octave_spectrum(audio, rate)
        inside = (centres >= 60) & (centres <= 12_000)
        other = np.interp(np.log2(centres), np.log2(np.asarray(heard.spectrum_hz)), np.asarray(spectrum))
        left, width = index * WIDTH // len(pairs), WIDTH // len(pairs)
        _curves(pen, left, 3 * ROW, width, without_tilt(centres[inside], other[inside]), without_tilt(centres[inside], level[inside]), name)
    image.save(path)


def _loudness(
    pen: ImageDraw.ImageDraw, top: int, curve: Array, marks: list[tuple[float, str]], ink: tuple[int, int, int], name: str
) -> None:
    span = WIDTH - 2 * EDGE
    for share, label in marks:
        x = EDGE + share * span
        pen.line([(x, top + EDGE), (x, top + ROW)], PALE, 2)
        pen.text((x + 3, top + ROW - 14), label, INK)
    if curve.size > 1:
        level = np.clip((np.maximum(curve, -60.0) + 40) / 36, 0, 1)
        points = [(EDGE + i * span / (level.size - 1), top + ROW - 16 - v * (ROW - 40)) for i, v in enumerate(level)]
        pen.line(points, ink, 2)
    pen.text((EDGE, top + 2), f"{name}: short-term loudness, -40 to -4 LUFS", INK)


def _drums(pen: ImageDraw.ImageDraw, top: int, theirs: Array | None, ours: Array | None) -> None:
    pen.text((EDGE, top + 2), "drums per bar: share of bars with a stroke", INK)
    for row, values in enumerate((theirs, ours)):
        if values is None:
            pen.text((EDGE, top + 30 + row * 60), "no drums", INK)
            continue
        steps = values.size // len(VOICES)
        for voice, name in enumerate(VOICES):
            y = top + 20 + row * 62 + voice * 19
            pen.text((EDGE, y), name, INK)
            for step, value in enumerate(values[voice * steps : (voice + 1) * steps]):
                x = 70 + step * (WIDTH - 90) / steps
                ink = THEIRS if row == 0 else OURS
                shade = tuple(round(255 - min(float(value), 1.0) * (255 - c)) for c in ink)
                pen.rectangle([x, y, x + (WIDTH - 90) / steps - 3, y + 15], fill=shade, outline=PALE)


def _curves(pen: ImageDraw.ImageDraw, left: int, top: int, width: int, theirs: Array, ours: Array, name: str) -> None:
    for values, ink in ((theirs, THEIRS), (ours, OURS)):
        points = [(left + 6 + i * (width - 12) / (values.size - 1), top + ROW / 2 + 8 - v * 4) for i, v in enumerate(values)]
        pen.line(points, ink, 2)
    size = float(np.linalg.norm(theirs) * np.linalg.norm(ours))
    pen.text((left + 6, top + 2), f"{name}: r {float(theirs @ ours) / max(size, 1e-9):.2f}", INK)
