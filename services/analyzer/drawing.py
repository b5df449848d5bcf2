"""A picture of what was heard: spectrogram with beats, bars, sections and chords, the energy curve and the drum pattern below."""

import io
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from contracts.features import Features
from services.music.audio.onsets import mel_frames

Array = npt.NDArray[np.float32]
WIDTH, HEIGHT = 1600, 900
_LEFT, _RIGHT, _TOP = 70, 1580, 90
_SPECTRUM, _CHORDS, _CURVE = 520, 40, 110
_INK, _PAPER, _FAINT, _BEAT, _BAR = (28, 28, 34), (250, 249, 246), (150, 148, 142), (255, 255, 255, 60), (255, 255, 255, 150)
_HUES = ((66, 110, 180), (205, 100, 60), (85, 150, 90), (150, 90, 160), (190, 155, 50), (80, 155, 165), (170, 80, 100), (120, 120, 130))
_STOPS = ((12, 10, 34), (86, 20, 106), (186, 54, 85), (249, 142, 9), (252, 255, 200))
_LONGEST_BEATS = 700


def draw(features: Features, mono: Array) -> bytes:
    """A PNG of what was heard in a mono signal [samples] at EAR_RATE_HZ. The same input gives the same bytes."""
    page = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    if len(mono):
        page.paste(_spectrogram(mono).resize((_RIGHT - _LEFT, _SPECTRUM), Image.Resampling.BILINEAR), (_LEFT, _TOP))
    canvas = ImageDraw.Draw(page, "RGBA")
    heard_s = max(features.analyzed_s, 0.1)
    canvas.text((_LEFT, 14), _headline(features), fill=_INK, font=_font(24))
    _frequencies(canvas)
    _beats(canvas, features, heard_s)
    _sections(canvas, features, heard_s)
    _chords(canvas, features, heard_s)
    _curve(canvas, features, heard_s)
    _drums(canvas, features)
    out = io.BytesIO()
    page.save(out, "PNG", optimize=False)
    return out.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _x(seconds: float, heard_s: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * min(max(seconds / heard_s, 0.0), 1.0)


def _headline(features: Features) -> str:
    facts = [f"{features.tempo_bpm.value:.1f} bpm" if features.tempo_bpm else "no pulse", features.meter or "", features.key or ""]
    facts.append(f"{features.loudness_lufs.value:.1f} LUFS" if features.loudness_lufs else "")
    facts.append(features.genres[0].value.replace("_", " ") + "?" if features.genres else "")
    return "   ·   ".join(fact for fact in facts if fact)


def _spectrogram(mono: Array) -> Image.Image:
    """Mel bands from 30 Hz to 11 kHz, 60 dB, as many columns as the page is wide."""
    mel = mel_frames(mono)
    edges = np.linspace(0, mel.shape[1], _RIGHT - _LEFT + 1).astype(np.int64)
    columns = np.stack([mel[:, a : max(b, a + 1)].mean(axis=1) for a, b in pairwise(edges)], axis=1)
    level = 20 * np.log10(np.maximum(np.expm1(columns), 1e-4))
    share = np.clip((level - level.max() + 60) / 60, 0, 1)[::-1]
    stops = np.linspace(0, 1, len(_STOPS))
    colours = np.stack([np.interp(share, stops, [stop[c] for stop in _STOPS]) for c in range(3)], axis=-1)
    return Image.fromarray(colours.astype(np.uint8))


def _frequencies(canvas: ImageDraw.ImageDraw) -> None:
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (30.0, 11_025.0))
    for hz, name in ((100, "100"), (300, "300"), (1000, "1 k"), (3000, "3 k"), (8000, "8 k")):
        share = (2595 * np.log10(1 + hz / 700) - low) / (high - low)
        canvas.text((_LEFT - 8, _TOP + _SPECTRUM * (1 - share)), f"{name}", fill=_FAINT, font=_font(14), anchor="rm")


def _beats(canvas: ImageDraw.ImageDraw, features: Features, heard_s: float) -> None:
    if len(features.beats_s) <= _LONGEST_BEATS:
        for time in features.beats_s:
            canvas.line([(_x(time, heard_s), _TOP + _SPECTRUM - 26), (_x(time, heard_s), _TOP + _SPECTRUM)], fill=_BEAT)
    for time in features.downbeats_s:
        canvas.line([(_x(time, heard_s), _TOP + _SPECTRUM - 60), (_x(time, heard_s), _TOP + _SPECTRUM)], fill=_BAR)


def _sections(canvas: ImageDraw.ImageDraw, features: Features, heard_s: float) -> None:
    letters = sorted({section.letter for section in features.sections})
    for section in features.sections:
        hue = _HUES[letters.index(section.letter) % len(_HUES)]
        left, right = _x(section.start_s, heard_s), _x(section.end_s, heard_s)
        canvas.rectangle([(left, _TOP - 34), (right - 1, _TOP - 4)], fill=hue)
        canvas.line([(left, _TOP), (left, _TOP + _SPECTRUM)], fill=(255, 255, 255, 220), width=2)
        for text in (f"{section.letter} {section.label}", section.letter):
            if canvas.textlength(text, font=_font(17)) < right - left - 6:
                canvas.text(((left + right) / 2, _TOP - 19), text, fill=_PAPER, font=_font(17), anchor="mm")
                break


def _chords(canvas: ImageDraw.ImageDraw, features: Features, heard_s: float) -> None:
    top, taken = _TOP + _SPECTRUM + 6, 0.0
    for chord in features.chords:
        left, right = _x(chord.start_s, heard_s), _x(chord.end_s, heard_s)
        canvas.line([(left, top), (left, top + 6)], fill=_FAINT)
        if chord.symbol != "N" and left >= taken and right - left > 3:
            canvas.text((left + 2, top + 8), chord.symbol, fill=_INK, font=_font(13))
            taken = left + 4 + canvas.textlength(chord.symbol, font=_font(13))


def _curve(canvas: ImageDraw.ImageDraw, features: Features, heard_s: float) -> None:
    """Short-term loudness, 30 LU high, and the energy of each section as a bar."""
    bottom = _TOP + _SPECTRUM + _CHORDS + _CURVE
    for section in features.sections:
        left, right = _x(section.start_s, heard_s), _x(section.end_s, heard_s)
        canvas.rectangle([(left, bottom - _CURVE * section.energy), (right - 1, bottom)], fill=(66, 110, 180, 50))
    if len(features.energy_curve) > 1:
        loudest = max(features.energy_curve)
        points = [
            (_x(second + 1.5, heard_s), bottom - _CURVE * min(max(1 + (lufs - loudest) / 30, 0), 1))
            for second, lufs in enumerate(features.energy_curve)
        ]
        canvas.line(points, fill=_INK, width=2)
    canvas.line([(_LEFT, bottom), (_RIGHT, bottom)], fill=_FAINT)
    step = next((s for s in (1, 2, 5, 10, 15, 30, 60, 120) if heard_s / s <= 16), 300)
    for second in range(0, int(heard_s) + 1, step):
        label = f"{second // 60}:{second % 60:02d}"
        canvas.text((_x(second, heard_s), bottom + 6), label, fill=_FAINT, font=_font(14), anchor="ma")


def _drums(canvas: ImageDraw.ImageDraw, features: Features) -> None:
    """The mean bar: a square per step, as dark as it is sure that a stroke falls there."""
    if features.drums is None:
        return
    top = HEIGHT - 84
    for row, (name, voice) in enumerate(features.drums.voices.items()):
        canvas.text((_LEFT - 8, top + 24 * row + 9), name, fill=_INK, font=_font(14), anchor="rm")
        for step, share in enumerate(voice.pattern):
            shade = (*_INK, round(235 * min(max(share, 0.04), 1.0)))
            canvas.rectangle([(_LEFT + 24 * step, top + 24 * row), (_LEFT + 24 * step + 20, top + 24 * row + 18)], fill=shade)
