"""Form by ear: where a piece changes. Checkerboard novelty on a self-similarity matrix of its beats (Foote, ICME 2000)."""

import itertools

import numpy as np
import numpy.typing as npt

from services.music.audio.onsets import EAR_RATE_HZ, HOP, mel_frames

Array = npt.NDArray[np.float32]
KERNEL_BEATS = 16
LEAST_SECTION_S = 6.0


def _beat_features(mono: Array, beats_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Cepstrum (13) and loudness of each beat, [beats, 14]."""
    mel = mel_frames(mono).astype(np.float64)
    bounds = np.clip((beats_s / (HOP / EAR_RATE_HZ)).astype(np.int64), 0, mel.shape[1] - 1)
    means = np.stack([mel[:, a : max(b, a + 1)].mean(axis=1) for a, b in itertools.pairwise(bounds)])
    bands = np.arange(mel.shape[0])
    cosines = np.cos(np.pi * np.outer(np.arange(1, 14), bands + 0.5) / mel.shape[0])
    features = np.concatenate([means @ cosines.T, means.sum(axis=1, keepdims=True)], axis=1)
    return np.asarray(features)


def novelty(features: npt.NDArray[np.float64], reach: int = KERNEL_BEATS) -> npt.NDArray[np.float64]:
    """How much the `reach` rows before each row differ from those after it, 0–1, [rows]."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    likeness = unit @ unit.T
    taper = np.exp(-0.5 * ((np.arange(-reach, reach) + 0.5) / (reach / 2)) ** 2)
    sign = np.where(np.arange(-reach, reach) < 0, -1.0, 1.0)
    kernel = np.outer(taper * sign, taper * sign)
    padded = np.pad(likeness, reach, mode="edge")
    curve = np.asarray([(padded[i : i + 2 * reach, i : i + 2 * reach] * kernel).sum() for i in range(len(features))])
    curve = np.maximum(curve, 0.0)
    return np.asarray(curve / curve.max() if curve.max() > 0 else curve)


def borders(by_beat: npt.NDArray[np.float64], beats_s: npt.NDArray[np.float64], threshold: float = 0.25) -> tuple[float, ...]:
    """Times in seconds at which features [beats, any] change, of any scale each; empty under 32 beats."""
    if len(by_beat) < 2 * KERNEL_BEATS:
        return ()
    deviation = by_beat.std(axis=0)
    curve = novelty((by_beat - by_beat.mean(axis=0)) / np.where(deviation > 1e-9, deviation, 1.0))
    peaks = [i for i in range(4, len(curve) - 4) if curve[i] >= threshold and curve[i] == curve[max(0, i - 6) : i + 7].max()]
    times: list[float] = []
    for index in peaks:
        time = float(beats_s[index])
        if not times or time - times[-1] >= LEAST_SECTION_S:
            times.append(round(time, 3))
    return tuple(times)


def find_boundaries(mono: Array, beats_s: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Times in seconds at which the music changes, of a mono signal at EAR_RATE_HZ with its beats."""
    return borders(_beat_features(mono, beats_s), beats_s) if len(beats_s) > 1 else ()
