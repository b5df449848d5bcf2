"""The strip of one stem: high pass, equaliser, compressor, saturation, at a nominal level of -18 LUFS."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.sound import Bell
from services.mixer.profiles import Strip, Tape

Audio = NDArray[np.float32]

NOMINAL_LUFS = -18.0


def bells(strip: Strip, cuts: tuple[Bell, ...]) -> list[Any]:
    """The equaliser's bands as pedalboard plug-ins."""
    board = _pedalboard()
    kinds = {"peak": board.PeakFilter, "low_shelf": board.LowShelfFilter, "high_shelf": board.HighShelfFilter}
    return [
        # A shelf with a higher Q rings at its corner.
        kinds[bell.shape](cutoff_frequency_hz=bell.hz, gain_db=bell.db, q=bell.q if bell.shape == "peak" else min(bell.q, 0.9))
        for bell in (*strip.eq, *cuts)
        if bell.db
    ]


def chain(strip: Strip, tape: Tape, cuts: tuple[Bell, ...], pre_gain_db: float, dc_block_hz: float = 0.0) -> list[Any]:
    """The plug-ins of a strip in order. pedalboard's passes fall 6 dB per octave; two of them make 12."""
    board = _pedalboard()
    plugins: list[Any] = [board.Gain(pre_gain_db)]
    plugins += [board.HighpassFilter(max(strip.highpass_hz, dc_block_hz)) for _ in range(2)]
    plugins += bells(strip, cuts)
    squeeze = strip.compression
    if squeeze.ratio > 1:
        plugins.append(board.Compressor(squeeze.threshold_db, squeeze.ratio, squeeze.attack_ms, squeeze.release_ms))
    drive = strip.saturation_db + tape.saturation_db
    if drive > 0:
        plugins += [board.Distortion(drive), board.Gain(-drive)]
    for cutoff in (strip.lowpass_hz, tape.lowpass_hz):
        if cutoff:
            plugins += [board.LowpassFilter(cutoff) for _ in range(2)]
    return plugins


def process(audio: Audio, rate: int, plugins: list[Any]) -> Audio:
    """Run [2, samples] through plug-ins without latency; as long as the input."""
    return np.asarray(_pedalboard().Pedalboard(plugins)(audio, rate), dtype=np.float32)


def _pedalboard() -> Any:
    """The library; its stubs differ between versions in what they export."""
    import pedalboard

    return pedalboard
