"""An effect of one's own: an octave above, laid under the sound."""

from typing import ClassVar

import numpy as np


class Shimmer:
    """The sound an octave higher, as a soft layer."""

    what = "a soft layer an octave above"
    parameters: ClassVar = {
        "level": {"default": -12.0, "low": -60, "high": 0, "unit": "dB", "what": "of the layer"},
        "side": {"default": "both", "choices": ["both", "left", "right"], "what": "where it stands"},
    }

    def __call__(self, audio, rate, parameters):
        """Audio float32 [2, samples] at `rate` Hz becomes [2, samples]: same length and start, finite."""
        # Full-wave rectifying doubles the frequency; the slow mean is taken out again.
        higher = np.abs(audio)
        width = max(1, rate // 50)
        sums = np.cumsum(np.pad(higher, ((0, 0), (width, 0))), axis=1)
        higher -= (sums[:, width:] - sums[:, :-width]) / width
        if parameters["side"] != "both":
            higher[1 if parameters["side"] == "left" else 0] = 0
        return audio + higher * 10 ** (parameters["level"] / 20)
