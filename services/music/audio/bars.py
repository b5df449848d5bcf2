"""A piece bar by bar: tone, level, strokes and harmony of each, as rows that can be compared."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

from services.music.audio.onsets import EAR_RATE_HZ, HOP, mel_frames

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
SLOTS = 16
"""Parts into which each bar is divided."""
CEPSTRUM = 14
_REGISTERS = ((0, 6), (6, 18), (18, 40))
"""Mel bands of low, middle and high strokes: up to 300 Hz, to 2.1 kHz, above."""


@dataclass(frozen=True)
class Bars:
    """What each bar sounds like.

    `edges_s` [bars + 1] seconds; `tone` [bars, SLOTS, 40] log mel; `strokes` [bars, SLOTS, 3] flux low, middle, high;
    `harmony` [bars, beats, 12], zero where it is not known.
    """

    edges_s: Floats
    tone: Floats
    strokes: Floats
    harmony: Floats

    def __len__(self) -> int:
        """Number of bars."""
        return len(self.tone)

    @property
    def level(self) -> Floats:
        """Mean log level of each bar, [bars]."""
        return np.asarray(self.tone.mean(axis=(1, 2)))

    @property
    def timbre(self) -> Floats:
        """Cepstrum of each bar's mean tone, its level first, [bars, CEPSTRUM]."""
        bands = np.arange(self.tone.shape[2])
        cosines = np.cos(np.pi * np.outer(np.arange(CEPSTRUM), bands + 0.5) / len(bands))
        return np.asarray(self.tone.mean(axis=1) @ cosines.T)


def bar_edges(downbeats_s: Floats, end_s: float) -> Floats:
    """Bar lines in seconds, [bars + 1]: the downbeats, carried on before the first and after the last as far as half a bar sounds."""
    length = float(np.median(np.diff(downbeats_s)))
    before = max(0, int(np.floor(downbeats_s[0] / length + 0.5)))
    after = max(0, int(np.floor((end_s - downbeats_s[-1]) / length + 0.5)))
    head = downbeats_s[0] - length * np.arange(before, 0, -1)
    tail = downbeats_s[-1] + length * np.arange(1, after + 1)
    return np.asarray(np.clip(np.concatenate([head, downbeats_s, tail]), 0.0, end_s))


def _means(frames: Array, edges: npt.NDArray[np.int64]) -> Floats:
    """Mean of frames [rows, frames] between neighbouring edges, [edges - 1, rows]; of one frame where an interval is empty."""
    edges = np.clip(edges, 0, frames.shape[1] - 1)
    sums = np.concatenate([np.zeros((frames.shape[0], 1)), np.cumsum(frames, axis=1, dtype=np.float64)], axis=1)
    ends = np.maximum(edges[1:], edges[:-1] + 1)
    return np.asarray(((sums[:, ends] - sums[:, edges[:-1]]) / (ends - edges[:-1])).T)


def hear_bars(mono: Array, downbeats_s: Floats, chroma: Floats | None = None, beats_s: Floats | None = None, beats: int = 4) -> Bars:
    """The bars of a mono signal [samples] at EAR_RATE_HZ, with chroma [12, beats] of the beats at `beats_s`, `beats` to the bar."""
    mel = mel_frames(mono)
    edges_s = bar_edges(downbeats_s, len(mono) / EAR_RATE_HZ)
    rise = np.zeros_like(mel)
    rise[:, 2:] = np.maximum(mel[:, 2:] - maximum_filter1d(mel, 3, axis=0)[:, :-2], 0)
    flux = np.stack([rise[low:high].mean(axis=0) for low, high in _REGISTERS])
    slots = _divided(edges_s, SLOTS)
    frames = np.round(slots / (HOP / EAR_RATE_HZ)).astype(np.int64)
    bars = len(edges_s) - 1
    # A stroke falls on its line or a little before: slots of flux begin 20 ms early.
    early = np.round((slots - 0.02) / (HOP / EAR_RATE_HZ)).astype(np.int64)
    return Bars(
        edges_s,
        _means(mel, frames).reshape(bars, SLOTS, -1),
        _means(flux, early).reshape(bars, SLOTS, -1),
        _harmony(edges_s, chroma, beats_s, beats),
    )


def _divided(edges_s: Floats, parts: int) -> Floats:
    """Times of the lines that divide each bar into equal parts, the last bar line included, [bars * parts + 1]."""
    inner = edges_s[:-1, None] + np.diff(edges_s)[:, None] * np.arange(parts) / parts
    return np.concatenate([inner.ravel(), edges_s[-1:]])


def _harmony(edges_s: Floats, chroma: Floats | None, beats_s: Floats | None, beats: int) -> Floats:
    """Chroma of each beat of each bar, [bars, beats, 12], unit length per beat; that of the nearest tracked beat."""
    bars = len(edges_s) - 1
    if chroma is None or beats_s is None or not chroma.shape[1]:
        return np.zeros((bars, beats, 12))
    middles = _divided(edges_s, beats)[:-1] + np.repeat(np.diff(edges_s), beats) / (2 * beats)
    known = np.asarray(beats_s)[: chroma.shape[1]]
    index = np.clip(np.searchsorted(known, middles, side="right") - 1, 0, chroma.shape[1] - 1)
    rows = chroma[:, index].T
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).reshape(bars, beats, 12)
