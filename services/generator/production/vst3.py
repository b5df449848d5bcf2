"""VST3 instruments by pedalboard, in a child process only: what a plugin does there cannot take the worker down."""

import importlib.metadata
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import BadInput
from services.generator.production.curves import BLOCK, SAMPLE_RATE_HZ, Floats
from services.generator.production.events import Event

START_S = 10.0
BEND_SEMITONES = 2.0
"""What a full wheel means where nobody says otherwise (General MIDI)."""


def available() -> bool:
    """Whether pedalboard is installed."""
    return importlib.util.find_spec("pedalboard") is not None


def version() -> str:
    """Version of the package."""
    return importlib.metadata.version("pedalboard")


def inspect(path: str, detail: str) -> str:
    """Name and maker of an instrument. Raises BadInput for what is none."""
    plugin = _loaded(path, detail)
    return f"{plugin.name} {plugin.version} by {plugin.manufacturer_name}"


def play(path: str, detail: str, phrase: list[Event], phrase_frames: int, events: list[Event], frames: int) -> tuple[Floats, Floats]:
    """The calibration phrase and the part, each [2, frames] and by a fresh instance of the plugin."""
    return _render(_loaded(path, detail), phrase, phrase_frames), _render(_loaded(path, detail), events, frames)


def preset_file(path: str, detail: str) -> Path | None:
    """The file of a preset that is named, in the plugin's own folder."""
    name = detail if detail.endswith(".vstpreset") else f"{detail}.vstpreset"
    file = Path(path).parent / name
    return file if detail and "/" not in detail and file.is_file() else None


def _loaded(path: str, detail: str) -> Any:
    """The plugin with its preset: a .vstpreset file beside it or of its own path, or the name of one of several plugins in the file."""
    import pedalboard

    library: Any = pedalboard
    preset = preset_file(path, detail)
    try:
        plugin = library.load_plugin(path, plugin_name=detail if detail and not preset else None, initialization_timeout=START_S)
    except (ImportError, ValueError) as error:
        allowed = "a VST3 instrument for this machine" + (
            ", with the name of a .vstpreset beside it or of one of its plugins" if detail else ""
        )
        raise BadInput("sounds", f"{Path(path).name}:{detail}".rstrip(":"), allowed, hint=" ".join(str(error).split())) from error
    if not plugin.is_instrument:
        raise BadInput("sounds", Path(path).name, "an instrument", hint=f"{plugin.name} is an effect.")
    if preset:
        plugin.load_preset(str(preset))
    return plugin


def _render(plugin: Any, events: list[Event], frames: int) -> Floats:
    latency = max(int(getattr(plugin, "reported_latency_samples", 0) or 0), 0)
    messages = [(data, event.sample / SAMPLE_RATE_HZ) for event in events if (data := _message(event))]
    duration_s = (frames + latency) / SAMPLE_RATE_HZ
    heard = plugin(messages, duration=duration_s, sample_rate=SAMPLE_RATE_HZ, num_channels=2, buffer_size=BLOCK, reset=True)
    audio = np.zeros((2, frames), dtype=np.float32)
    heard = np.asarray(heard, dtype=np.float32)[:, latency : latency + frames]
    audio[:, : heard.shape[1]] = heard
    return audio


def _message(event: Event) -> bytes | None:
    match event.kind:
        case "on":
            return bytes((0x90, event.key, max(round(event.value), 1)))
        case "off":
            return bytes((0x80, event.key, 0))
        case "cc":
            return bytes((0xB0, event.key, round(event.value)))
        case "bend":
            wheel = min(max(round(8192 + 8192 * event.value / BEND_SEMITONES), 0), 16383)
            return bytes((0xE0, wheel & 0x7F, wheel >> 7))
    return None
