"""Soundfonts played by tinysoundfont, where no FluidSynth can be installed: plain, always dry, no modulators.

It has no filter for a note (so notes are played in groups of like tone) and leaves no sample's beginning out; it cannot play
MuseScore_General, whose loudness is written as modulators.
"""

import importlib.metadata
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import butter, sosfilt

from contracts.errors import Unavailable
from services.generator.production.curves import SAMPLE_RATE_HZ, Floats
from services.generator.production.events import BEND_RANGE, Event
from services.generator.production.sounds import Preset

GAIN_DB = -6.0
OPEN_HZ = 19_912.0
"""The low-pass of most presets, 13,500 cents (SoundFont 2.04, section 8.1.3): what a filter event counts from."""
GROUPS_CENTS = (0.0, -900.0, -1800.0, -2900.0, -4200.0)


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
    audio = np.zeros((2, frames), dtype=np.float32)
    for cutoff_hz, chosen in _by_tone(events):
        part = _played(path, preset, chosen, channels, frames)
        if cutoff_hz < OPEN_HZ:
            part = sosfilt(butter(2, cutoff_hz, fs=SAMPLE_RATE_HZ, output="sos"), part, axis=1).astype(np.float32)
        audio += part
    return audio


def _by_tone(events: list[Event]) -> list[tuple[float, list[Event]]]:
    """The notes in groups of like tone, each with all that is not a note: the synthesizer has no filter, so each group is filtered.

    What chokes each other (several keys on a channel) stays in one group, the open one.
    """
    keys: dict[int, set[int]] = {}
    for one in events:
        if one.kind == "on":
            keys.setdefault(one.channel, set()).add(one.key)
    tone, sounding = dict[int, float](), dict[tuple[int, int], int]()
    groups: list[list[Event]] = [[] for _ in GROUPS_CENTS]
    used = set()
    for one in events:
        if one.kind == "filter":
            tone[one.channel] = one.value
        elif one.kind in ("on", "off"):
            place = (one.channel, one.key)
            if one.kind == "on":
                cents = tone.get(one.channel, 0.0) if len(keys[one.channel]) == 1 else 0.0
                sounding[place] = int(np.argmin([abs(cents - group) for group in GROUPS_CENTS]))
                used.add(sounding[place])
            groups[sounding.get(place, 0)].append(one)
        else:
            for group in groups:
                group.append(one)
    return [(OPEN_HZ * 2.0 ** (GROUPS_CENTS[index] / 1200), groups[index]) for index in sorted(used)]


def _played(path: Path, preset: Preset, events: list[Event], channels: int, frames: int) -> Floats:
    import tinysoundfont

    drums = preset.bank == 128
    synth = tinysoundfont.Synth(gain=GAIN_DB, samplerate=SAMPLE_RATE_HZ)
    try:
        font = synth.sfload(str(path))
        for channel in range(channels):  # more than sixteen: the library makes them as they are named
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
        _send(synth, font, event)
    if frames > now:
        synth.generate_simple(frames - now, audio[now:frames].data.cast("B"))
    return np.ascontiguousarray(audio.T)


def _send(synth: Any, font: int, event: Event) -> None:
    channel = event.channel
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
        case "program":
            synth.program_select(channel, font, event.key, int(event.value), False)
