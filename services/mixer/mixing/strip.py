"""The strip of one stem: high pass, equaliser, compressor, saturation, at a nominal level of -18 LUFS."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.mixer.profiles import Bell, Strip, Tape

Audio = NDArray[np.float32]

NOMINAL_LUFS = -18.0


def bells(strip: Strip, cuts: tuple[Bell, ...]) -> list[Any]:
    """The equaliser's bands as pedalboard plug-ins."""
    from pedalboard import HighShelfFilter, LowShelfFilter, PeakFilter

    kinds = {"peak": PeakFilter, "low_shelf": LowShelfFilter, "high_shelf": HighShelfFilter}
    return [
        kinds[bell.shape](cutoff_frequency_hz=bell.hz, gain_db=bell.db, q=min(bell.q, 0.9) if bell.shape != "peak" else bell.q)
        for bell in (*strip.eq, *cuts)
        if bell.db
    ]


def chain(strip: Strip, tape: Tape, cuts: tuple[Bell, ...], pre_gain_db: float) -> list[Any]:
    """The plug-ins of a strip in order. pedalboard's passes fall 6 dB per octave; two of them make 12."""
    from pedalboard import Compressor, Distortion, Gain, HighpassFilter, LowpassFilter

    plugins: list[Any] = [Gain(pre_gain_db)]
    plugins += [HighpassFilter(strip.highpass_hz) for _ in range(2)]
    plugins += bells(strip, cuts)
    squeeze = strip.compression
    if squeeze.ratio > 1:
        plugins.append(Compressor(squeeze.threshold_db, squeeze.ratio, squeeze.attack_ms, squeeze.release_ms))
    drive = strip.saturation_db + tape.saturation_db
    if drive > 0:
        plugins += [Distortion(drive), Gain(-drive)]
    for cutoff in (strip.lowpass_hz, tape.lowpass_hz):
        if cutoff:
            plugins += [LowpassFilter(cutoff) for _ in range(2)]
    return plugins


def process(audio: Audio, rate: int, plugins: list[Any]) -> Audio:
    """Run [2, samples] through plug-ins without latency; as long as the input."""
    from pedalboard import Pedalboard  # type: ignore[attr-defined]

    return np.asarray(Pedalboard(plugins)(audio, rate), dtype=np.float32)
