"""A channel's own sound and the gain that brings it to its level."""

import numpy as np
from numpy.typing import NDArray

from services.mixer.mixing.channel import Channel
from services.mixer.mixing.strip import shaped
from services.mixer.profiles import Tape
from services.music.audio.loudness import integrated_lufs

Audio = NDArray[np.float32]
LEAST_DB, MOST_DB = -60.0, 24.0


def shaped_by(dry: Audio, rate: int, channel: Channel, tape: Tape, dc_block_hz: float) -> Audio:
    """A dry stem [2, samples] behind its strip."""
    return shaped(dry, rate, channel, gain_db=channel.pre_gain_db, tape=tape, dc_block_hz=dc_block_hz)


def gain_to_target(wet: Audio, rate: int, channel: Channel) -> float:
    """The gain in dB that brings it to the channel's target; where the fader is held, that and what the user added; 0 for silence."""
    if channel.fader_db is not None:
        return min(max(channel.fader_db + channel.level_edit_db, LEAST_DB), MOST_DB)
    level = integrated_lufs(wet, rate)
    return min(max(channel.target_lufs - level, LEAST_DB), MOST_DB) if np.isfinite(level) else 0.0
