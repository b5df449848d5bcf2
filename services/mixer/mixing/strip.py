"""The strip of one stem: high pass, equaliser, compressor, saturation, at a nominal level of -18 LUFS."""

import numpy as np
from numpy.typing import NDArray

from services.mixer.mixing.channel import Tone
from services.mixer.mixing.compressor import compress
from services.mixer.mixing.filters import bell_section, cascade, highpass_section, lowpass_section
from services.mixer.profiles import Tape

Audio = NDArray[np.float32]

NOMINAL_LUFS = -18.0
NO_TAPE = Tape()


def shaped(audio: Audio, rate: int, tone: Tone, *, gain_db: float = 0.0, tape: Tape = NO_TAPE, dc_block_hz: float = 0.0) -> Audio:
    """Run [2, samples] through a strip, without latency: gain, high pass, bands, compressor, drive, low passes. As long as the input."""
    bands = [bell_section(bell, rate) for bell in tone.eq if bell.db]
    audio = cascade(audio, [highpass_section(max(tone.highpass_hz, dc_block_hz), rate), *bands], gain_db)
    audio = compress(audio, rate, tone.compression)
    drive_db = tone.saturation_db + tape.saturation_db
    lows = [lowpass_section(hz, rate) for hz in (tone.lowpass_hz, tape.lowpass_hz) if hz]
    return cascade(audio, lows, drive_db=drive_db) if lows or drive_db > 0 else audio
