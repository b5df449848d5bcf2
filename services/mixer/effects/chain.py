"""A chain of effects on one stem."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import BadInput
from contracts.sound import Operation
from services.mixer.delivery.resampling import resampled
from services.mixer.effects.catalogue import effects
from services.mixer.effects.effect import Audio, Effect, Song
from services.mixer.effects.folders import allowed_path
from services.mixer.effects.parameters import Parameter, Value, read_all
from services.mixer.effects.plugins import is_plugin
from services.mixer.effects.plugins import prepared as plugin_prepared
from services.mixer.effects.sounds import read_sound, stereo

MOST = 1000.0
"""Highest magnitude that an effect may give, linear (+60 dBFS): beyond it something is broken."""


def run(
    audio: Audio,
    rate: int,
    operations: tuple[Operation, ...],
    *,
    field: str,
    scratch: Path,
    song: Song | None = None,
    any_path: bool = False,
) -> Audio:
    """Run [2, samples] through effects; as long as the input and with the same start, tails are cut.

    Args:
        audio: float32 [2, samples].
        rate: in Hz.
        operations: effects of the catalogue, `plugin:NAME`, or paths of VST3 plugins, in order.
        field: what the request calls these operations; errors name it with the index.
        scratch: a folder for the plugins' audio.
        song: tempo and kicks for the effects that follow the song; 120 bpm and no kicks where not given.
        any_path: files may lie anywhere (the user's own command line), not only in the operator's folders.

    Raises:
        BadInput: an effect, parameter or value that does not exist or is not possible, and a plugin that crashes, hangs or gives
            something else than finite audio of the same shape.
    """
    places = [f"{field}[{index}]" for index in range(len(operations))]
    # All are read before the first runs: what is wrong is told at once.
    steps = [
        prepared(operation, rate, field=at, scratch=scratch, song=song or Song(), any_path=any_path)
        for at, operation in zip(places, operations, strict=True)
    ]
    for at, operation, step in zip(places, operations, steps, strict=True):
        audio = checked(step(audio), audio, at, operation.effect)
    return audio


def judge(operations: tuple[Operation, ...], *, field: str, any_path: bool = False) -> None:
    """Read a chain without running it: names, parameters, values and paths; a plugin's own parameters are judged when it runs.

    Raises BadInput as `run`.
    """
    for index, operation in enumerate(operations):
        prepared(operation, 48_000, field=f"{field}[{index}]", scratch=Path(), song=Song(), any_path=any_path)


def prepared(operation: Operation, rate: int, *, field: str, scratch: Path, song: Song, any_path: bool) -> Callable[[Audio], Audio]:
    """One operation, read and ready to run on [2, samples]. Raises BadInput as `run`."""
    if is_plugin(operation.effect):
        return plugin_prepared(operation, rate, field=field, scratch=scratch, any_path=any_path)
    effect = effects().get(operation.effect)
    if effect is None:
        raise unknown(operation.effect, field)
    values: dict[str, Any] = dict(read_parameters(operation, effect.parameters, field, any_path=any_path))
    for one in effect.parameters:
        if one.kind == "file" and values[one.name] is not None:
            values[one.name] = _sound(values[one.name], rate, f"{field}.parameters.{one.name}")
    return lambda audio: _applied(effect, audio, rate, values, song)


def read_parameters(operation: Operation, table: tuple[Parameter, ...], field: str, *, any_path: bool) -> dict[str, Value]:
    """Every parameter of an operation with its value or default; files are there and may be read. Raises BadInput."""
    values = read_all(table, operation.parameters, f"{field}.parameters", operation.effect)
    for one in table:
        if one.kind == "file" and values[one.name] is not None:
            values[one.name] = str(allowed_path(str(values[one.name]), f"{field}.parameters.{one.name}", any_path=any_path))
    return values


def _applied(effect: Effect, audio: Audio, rate: int, values: dict[str, Any], song: Song) -> Audio:
    if not audio.shape[1]:
        return audio
    return effect.apply(audio, rate, **values, **({"song": song} if effect.wants_song else {}))


def unknown(effect: str, field: str) -> BadInput:
    """An effect that nobody has."""
    allowed = f"{', '.join(effects())}, plugin:NAME, or the path of a VST3 plugin"
    return BadInput(f"{field}.effect", effect, allowed)


def _sound(path: str, rate: int, field: str) -> Audio:
    """A named sound file as [2, samples] at this rate."""
    sound = read_sound(Path(path), field)
    return resampled(stereo(sound.audio), sound.rate, rate) if sound.audio.size else np.zeros((2, 0), dtype=np.float32)


def checked(out: Audio, audio: Audio, field: str, effect: str) -> Audio:
    """What an effect gave, where it is finite audio of the same shape. Raises BadInput otherwise."""
    if out.shape != audio.shape:
        raise BadInput(field, effect, f"an effect that keeps the shape {list(audio.shape)}", hint=f"It gave {list(out.shape)}.")
    if not out.size:
        return out
    top = float(np.abs(out).max())
    if not math.isfinite(top):
        raise BadInput(field, effect, "an effect that gives finite samples", hint="It gave NaN or infinity.")
    if top > MOST:
        raise BadInput(field, effect, "an effect that stays under +60 dBFS", hint=f"It gave {20 * math.log10(top):.0f} dBFS.")
    return out
