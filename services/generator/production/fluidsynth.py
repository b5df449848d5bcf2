"""Soundfonts played by libfluidsynth (2.3 and later), in 32-bit float.

Own binding through ctypes, since pyfluidsynth offers 16-bit output only. Note onsets fall on multiples of 64 samples.
"""

import ctypes
import ctypes.util
import math
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import Unavailable
from services.generator.production.curves import SAMPLE_RATE_HZ, Floats
from services.generator.production.events import Event
from services.generator.production.sounds import Preset

GRID = 64
GEN_START, GEN_FILTER_FC, GEN_ENVELOPE_TO_FILTER, GEN_ATTACK, GEN_RELEASE, GEN_FINE_TUNE = 0, 8, 11, 34, 38, 52
"""Generator numbers of SoundFont 2.04, section 8.1.2; offsets in samples, cents and timecents."""
FULL_SWEEP_CENTS = 12_000.0
SAMPLES_PER_MS = 44.1
"""Of most samples; those at half the rate pass over twice the time."""
WHEEL_RANGE = 13
"""Semitones that a full wheel is told to mean: one more than events ask for, since it reaches a little less."""
WHEEL_SEMITONES = WHEEL_RANGE * 127.0 / 128.0
"""What it does mean: the library divides the range by 128 where SoundFont 2.04 (section 8.4.10) means 127; an octave was 1190.6 cents."""
CHUNK = 48_000


@cache
def library() -> Any:
    """The shared library with typed functions, or None where it is not installed.

    FluidSynth decodes compressed soundfonts by libsndfile, of which the package soundfile brings its own. Two have one name, and the
    one that a process loads first serves both; their samples differ in the last bit. So soundfile's always comes first.
    """
    import soundfile  # noqa: F401

    name = ctypes.util.find_library("fluidsynth")
    if not name:
        return None
    try:
        lib = ctypes.CDLL(name)
    except OSError:
        return None
    pointer, integer, real, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_double, ctypes.c_char_p
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "new_fluid_settings": (pointer, []),
        "delete_fluid_settings": (None, [pointer]),
        "fluid_settings_setint": (integer, [pointer, text, integer]),
        "fluid_settings_setnum": (integer, [pointer, text, real]),
        "new_fluid_synth": (pointer, [pointer]),
        "delete_fluid_synth": (None, [pointer]),
        "fluid_synth_sfload": (integer, [pointer, text, integer]),
        "fluid_synth_program_select": (integer, [pointer, integer, integer, integer, integer]),
        "fluid_synth_noteon": (integer, [pointer, integer, integer, integer]),
        "fluid_synth_noteoff": (integer, [pointer, integer, integer]),
        "fluid_synth_cc": (integer, [pointer, integer, integer, integer]),
        "fluid_synth_pitch_bend": (integer, [pointer, integer, integer]),
        "fluid_synth_pitch_wheel_sens": (integer, [pointer, integer, integer]),
        "fluid_synth_set_gen": (integer, [pointer, integer, integer, ctypes.c_float]),
        "fluid_synth_write_float": (integer, [pointer, integer, pointer, integer, integer, pointer, integer, integer]),
        "fluid_set_log_function": (pointer, [integer, pointer, pointer]),
        "fluid_version_str": (text, []),
    }
    for function, (result, arguments) in signatures.items():
        entry = getattr(lib, function)
        entry.restype, entry.argtypes = result, arguments
    for level in range(5):  # panic … debug: what matters is told by return values
        lib.fluid_set_log_function(level, None, None)
    return lib


def available() -> bool:
    """Whether the library can be loaded."""
    return library() is not None


def version() -> str:
    """Version of the library and of its decoder, such as `2.3.1 libsndfile 1.2.2`."""
    import soundfile

    return f"{library().fluid_version_str().decode()} libsndfile {soundfile.__libsndfile_version__}"


@contextmanager
def _synth(channels: int) -> Iterator[tuple[Any, Any]]:
    lib = library()
    if lib is None:
        raise Unavailable("FluidSynth", "install libfluidsynth3")
    settings = lib.new_fluid_settings()
    numbers = {
        "synth.reverb.active": 0,
        "synth.chorus.active": 0,
        "synth.polyphony": 512,
        "synth.cpu-cores": 1,
        "synth.dynamic-sample-loading": 1,
        "synth.midi-channels": max(-(-channels // 16), 1) * 16,
    }
    for name, value in numbers.items():
        lib.fluid_settings_setint(settings, name.encode(), value)
    lib.fluid_settings_setnum(settings, b"synth.sample-rate", float(SAMPLE_RATE_HZ))
    lib.fluid_settings_setnum(settings, b"synth.gain", 0.5)
    synth = lib.new_fluid_synth(settings)
    try:
        yield lib, synth
    finally:
        lib.delete_fluid_synth(synth)
        lib.delete_fluid_settings(settings)


@contextmanager
def held(presets: Iterable[tuple[Path, Preset]]) -> Iterator[None]:
    """Keep the samples of presets in memory for as long as the block lasts: parts that share one decode it once.

    The library counts who uses a sample (its sample cache), so that a synthesiser that lives on keeps it for the next one.
    """
    with ExitStack() as stack:
        for path, preset in dict.fromkeys(presets):
            lib, synth = stack.enter_context(_synth(1))
            font = lib.fluid_synth_sfload(synth, str(path).encode(), 0)
            if font >= 0:
                lib.fluid_synth_program_select(synth, 0, font, preset.bank, preset.program)
        yield


def play(path: Path, preset: Preset, events: list[Event], channels: int, frames: int) -> Floats:
    """Play events on a preset. Returns [2, frames]. Raises Unavailable where the file is no soundfont or lacks the preset."""
    with _synth(channels) as (lib, synth):
        font = lib.fluid_synth_sfload(synth, str(path).encode(), 0)  # 1 would load the piano for all channels
        if font < 0:
            raise Unavailable(f"soundfont {path}", "the file is damaged or no soundfont; install it again")
        for channel in range(channels):
            if lib.fluid_synth_program_select(synth, channel, font, preset.bank, preset.program) != 0:
                raise Unavailable(f"preset {preset.label} of {path}", "the soundfont is another edition")
            lib.fluid_synth_pitch_wheel_sens(synth, channel, WHEEL_RANGE)
            if preset.unswept:
                lib.fluid_synth_set_gen(synth, channel, GEN_ENVELOPE_TO_FILTER, -FULL_SWEEP_CENTS)
        audio = np.zeros((2, frames + GRID), dtype=np.float32)
        now = 0
        for event in events:
            at = min(round(event.sample / GRID) * GRID, frames)
            now = _write(lib, synth, audio, now, at)
            _send(lib, synth, font, event)
        _write(lib, synth, audio, now, frames)
    return np.ascontiguousarray(audio[:, :frames])


def _send(lib: Any, synth: Any, font: int, event: Event) -> None:
    match event.kind:
        case "on":
            lib.fluid_synth_noteon(synth, event.channel, event.key, int(event.value))
        case "off":
            lib.fluid_synth_noteoff(synth, event.channel, event.key)
        case "cc":
            lib.fluid_synth_cc(synth, event.channel, event.key, int(event.value))
        case "bend":
            wheel = round(8192 + 8192 * event.value / WHEEL_SEMITONES)
            lib.fluid_synth_pitch_bend(synth, event.channel, max(min(wheel, 16_383), 0))
        case "filter":
            lib.fluid_synth_set_gen(synth, event.channel, GEN_FILTER_FC, event.value)
        case "tune":
            lib.fluid_synth_set_gen(synth, event.channel, GEN_FINE_TUNE, event.value)
        case "skip":
            lib.fluid_synth_set_gen(synth, event.channel, GEN_START, event.value * SAMPLES_PER_MS)
        case "attack" | "release":
            generator = GEN_ATTACK if event.kind == "attack" else GEN_RELEASE
            lib.fluid_synth_set_gen(synth, event.channel, generator, 1200.0 * math.log2(event.value))
        case "program":
            if lib.fluid_synth_program_select(synth, event.channel, font, event.key, int(event.value)) != 0:
                raise Unavailable(f"preset {event.key}:{int(event.value)} for an articulation", "the soundfont is another edition")


def _write(lib: Any, synth: Any, audio: Floats, start: int, stop: int) -> int:
    left, right = audio[0].ctypes.data, audio[1].ctypes.data
    while start < stop:
        count = min(CHUNK // GRID * GRID, stop - start)
        lib.fluid_synth_write_float(synth, count, left, start, 1, right, start, 1)
        start += count
    return start
