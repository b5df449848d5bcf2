"""Soundfonts played by tinysoundfont, where no FluidSynth can be installed: plain, always dry, no modulators.

It has sixteen channels, no per-note filter, and cannot play MuseScore_General, whose loudness is written as modulators.
"""

import importlib.metadata
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import Unavailable
from services.generator.production.curves import SAMPLE_RATE_HZ, Floats
from services.generator.production.events import BEND_RANGE, Event
from services.generator.production.sounds import Preset

CHANNELS = 16
GAIN_DB = -6.0


def available() -> bool:
    """Whether the package is installed. It is built without its live player (pyaudio), which nothing here uses."""
    try:
        import tinysoundfont._tinysoundfont  # noqa: F401
    except ImportError:
        return False
    return True


def version() -> str:
    """Version of the package."""
    return importlib.metadata.version("tinysoundfont")


def play(path: Path, preset: Preset, events: list[Event], channels: int, frames: int) -> Floats:
    """Play events on a preset. Returns [2, frames]. Raises Unavailable where the file is no soundfont or lacks the preset."""
    import tinysoundfont

    drums = preset.bank == 128
    synth = tinysoundfont.Synth(gain=GAIN_DB, samplerate=SAMPLE_RATE_HZ)
    try:
        font = synth.sfload(str(path))
        for channel in range(min(channels, CHANNELS)):
            synth.program_select(channel, font, 0 if drums else preset.bank, preset.program, drums)
            synth.pitchbend_range(channel, BEND_RANGE)
    except (RuntimeError, tinysoundfont.SoundFontException, OSError) as error:
        raise Unavailable(f"soundfont {path}", f"it cannot be played ({error}); install it again") from error
    audio = np.zeros((frames, 2), dtype=np.float32)
    now = 0
    for event in events:
        at = min(event.sample, frames)
        if at > now:
            synth.generate_simple(at - now, audio[now:at].data.cast("B"))
            now = at
        _send(synth, event)
    if frames > now:
        synth.generate_simple(frames - now, audio[now:frames].data.cast("B"))
    return np.ascontiguousarray(audio.T)


def _send(synth: Any, event: Event) -> None:
    channel = event.channel % CHANNELS
    match event.kind:
        case "on":
            synth.noteon(channel, event.key, int(event.value))
        case "off":
            synth.noteoff(channel, event.key)
        case "cc":
            synth.control_change(channel, event.key, int(event.value))
        case "bend":
            synth.pitchbend(channel, round(8192 + 8191 * max(min(event.value / BEND_RANGE, 1.0), -1.0)))
        case "tune":
            synth.set_tuning(channel, event.value / 100.0)
