"""Measures of sound: loudness, true peak, spectrum, levels. Audio is float, [channels, samples], full scale 1.0."""
