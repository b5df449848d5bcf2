"""Stems without a network: soft masks on the spectrum, which always sum to the mix.

Drums are what is percussive (median filters along time and frequency: Fitzgerald, "Harmonic/Percussive Separation Using
Median Filtering", DAFx 2010), bass the harmonic part under 250 Hz, vocals what is harmonic, in the middle and between 250 Hz
and 5 kHz, other the rest. Rough beside a trained network, but good enough to tell who plays what when.
"""

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft
from scipy.ndimage import median_filter

Array = npt.NDArray[np.float32]
Masks = npt.NDArray[np.float32]

STEMS = ("drums", "bass", "vocals", "other")
BASS_HZ, LEAD_HZ = 250.0, 5000.0
_FRAME_S = 0.0853
"""4096 samples at 48 kHz."""
_REACH_S = 0.4
"""How far the median along time looks to either side."""
_REACH = 6
"""How many columns the median along frequency looks to either side: 70 Hz in the bass, 280 Hz above 1 kHz."""
_FINE_HZ, _COARSE = 1000.0, 4
"""Above this frequency four bins are one column: what strikes there is broad."""
_BLOCK = 512


def split_by_bands(audio: Array, rate_hz: int) -> dict[str, Array]:
    """Drums, bass, vocals and other of audio [2, samples]: four signals of the same shape whose sum is the audio."""
    size = 2 * round(_FRAME_S * rate_hz / 2)
    hop, samples = size // 2, audio.shape[1]
    window = np.sqrt(np.hanning(size + 1)[:-1]).astype(np.float32)
    count = -(-samples // hop) + 1
    padded = np.pad(audio, ((0, 0), (size - hop, count * hop + size - samples)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, ::hop][:, :count]
    out = np.zeros((len(STEMS), *padded.shape), np.float32)
    margin = max(1, round(_REACH_S * rate_hz / hop))
    for start in range(0, count, _BLOCK):
        low, high = max(0, start - margin), min(count, start + _BLOCK + margin)
        spectra = rfft(frames[:, low:high] * window, axis=-1)
        masks = _masks(spectra, rate_hz, size, margin)
        kept = slice(start - low, start - low + min(_BLOCK, count - start))
        for stem, mask in enumerate(masks):
            pieces = irfft(spectra[:, kept] * mask[kept], size, axis=-1) * window
            for index in range(pieces.shape[1]):
                at = (start + index) * hop
                out[stem, :, at : at + size] += pieces[:, index]
    first = size - hop
    return {name: np.ascontiguousarray(out[index, :, first : first + samples]) for index, name in enumerate(STEMS)}


def _masks(spectra: npt.NDArray[np.complex64], rate_hz: int, size: int, margin: int) -> Masks:
    """Share of each stem in each bin of spectra [2, frames, bins]: [4, frames, bins], their sum is 1."""
    middle = np.abs(spectra[0] + spectra[1]).astype(np.float32)
    side = np.abs(spectra[0] - spectra[1]).astype(np.float32)
    level = np.sqrt(middle**2 + side**2)
    hz = np.arange(size // 2 + 1, dtype=np.float32) * rate_hz / size
    drums = _struck_share(level, int(np.searchsorted(hz, _FINE_HZ)), margin)
    low = 1 / (1 + (hz / BASS_HZ) ** 8)
    lead = (1 - low) / (1 + (hz / LEAD_HZ) ** 8)
    central = np.maximum(0.0, 1 - 2 * side / np.maximum(middle, 1e-12))
    held = 1 - drums
    masks = np.stack([drums, held * low, held * lead * central, np.zeros_like(drums)])
    masks[3] = 1 - masks[:3].sum(axis=0)
    return np.asarray(masks, np.float32)


def _struck_share(level: Array, fine: int, margin: int) -> Array:
    """How percussive each bin of level [frames, bins] is, 0–1; above `fine` bins told of four at a time."""
    edges = np.concatenate([np.arange(fine), np.arange(fine, level.shape[1], _COARSE)])
    widths = np.diff(np.append(edges, level.shape[1]))
    columns = np.sqrt(np.add.reduceat(level**2, edges, axis=1) / widths)
    steady = median_filter(columns, (2 * margin + 1, 1), mode="nearest") ** 2
    struck = median_filter(columns, (1, 2 * _REACH + 1), mode="nearest") ** 2
    return np.asarray(np.repeat(struck / np.maximum(struck + steady, 1e-20), widths, axis=1))
