"""The strip of one stem: high pass, equaliser, compressor, saturation, at a nominal level of -18 LUFS."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.sound import Bell
from services.mixer.mixing.channel import Tone
from services.mixer.mixing.compressor import compress
from services.mixer.profiles import Tape

Audio = NDArray[np.float32]

NOMINAL_LUFS = -18.0
NO_TAPE = Tape()


def shaped(audio: Audio, rate: int, tone: Tone, *, gain_db: float = 0.0, tape: Tape = NO_TAPE, dc_block_hz: float = 0.0) -> Audio:
    """Run [2, samples] through a strip, without latency: gain, high pass, bands, compressor, drive, low passes. As long as the input."""
    board = _pedalboard()
    highpass_hz = max(tone.highpass_hz, dc_block_hz)
    # Pedalboard's passes fall 6 dB per octave; two of them make 12.
    plugins = [board.Gain(gain_db), *(board.HighpassFilter(highpass_hz) for _ in range(2)), *_bells(tone.eq)]
    audio = compress(_run(audio, rate, plugins), rate, tone.compression)
    plugins = []
    drive = tone.saturation_db + tape.saturation_db
    if drive > 0:
        plugins += [board.Distortion(drive), board.Gain(-drive)]
    for cutoff in (tone.lowpass_hz, tape.lowpass_hz):
        if cutoff:
            plugins += [board.LowpassFilter(min(cutoff, 0.49 * rate)) for _ in range(2)]
    return _run(audio, rate, plugins) if plugins else audio


def _bells(eq: tuple[Bell, ...]) -> list[Any]:
    """The equaliser's bands as pedalboard plug-ins."""
    board = _pedalboard()
    kinds = {"peak": board.PeakFilter, "low_shelf": board.LowShelfFilter, "high_shelf": board.HighShelfFilter}
    return [
        # A shelf with a higher Q rings at its corner.
        kinds[bell.shape](cutoff_frequency_hz=bell.hz, gain_db=bell.db, q=bell.q if bell.shape == "peak" else min(bell.q, 0.9))
        for bell in eq
        if bell.db
    ]


def _run(audio: Audio, rate: int, plugins: list[Any]) -> Audio:
    return np.asarray(_pedalboard().Pedalboard(plugins)(audio, rate), dtype=np.float32)


def _pedalboard() -> Any:
    """The library; its stubs differ between versions in what they export."""
    import pedalboard

    return pedalboard
