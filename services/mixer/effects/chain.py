"""A chain of effects on one stem."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import BadInput
from contracts.sound import Operation
from services.mixer import files
from services.mixer.effects.catalogue import effects
from services.mixer.effects.effect import Audio, Effect, Song
from services.mixer.effects.folders import allowed_path
from services.mixer.effects.parameters import read_all
from services.mixer.effects.plugins import is_plugin
from services.mixer.effects.plugins import prepared as plugin_prepared

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


def prepared(operation: Operation, rate: int, *, field: str, scratch: Path, song: Song, any_path: bool) -> Callable[[Audio], Audio]:
    """One operation, read and ready to run on [2, samples]. Raises BadInput as `run`."""
    if is_plugin(operation.effect):
        return plugin_prepared(operation, rate, field=field, scratch=scratch, any_path=any_path)
    effect = effects().get(operation.effect)
    if effect is None:
        raise unknown(operation.effect, field)
    values: dict[str, Any] = dict(read_all(effect.parameters, operation.parameters, f"{field}.parameters", effect.id))
    for one in effect.parameters:
        if one.kind == "file":
            values[one.name] = _sound(str(values[one.name]), rate, f"{field}.parameters.{one.name}", any_path=any_path)
    return lambda audio: _applied(effect, audio, rate, values, song)


def _applied(effect: Effect, audio: Audio, rate: int, values: dict[str, Any], song: Song) -> Audio:
    if not audio.shape[1]:
        return audio
    return effect.apply(audio, rate, **values, **({"song": song} if effect.wants_song else {}))


def unknown(effect: str, field: str) -> BadInput:
    """An effect that nobody has."""
    allowed = f"{', '.join(effects())}, plugin:NAME, or the path of a VST3 plugin"
    return BadInput(f"{field}.effect", effect, allowed)


def _sound(text: str, rate: int, field: str, *, any_path: bool) -> Audio | None:
    """A named sound file as [2, samples] at this rate; None where none is named."""
    if not text:
        return None
    import soundfile

    path = allowed_path(text, field, any_path=any_path)
    try:
        audio, own_rate = files.read_audio(path)
    except soundfile.LibsndfileError as error:
        raise BadInput(field, text, "a sound file (WAV, FLAC, OGG, MP3)") from error
    if own_rate == rate or not audio.shape[1]:
        return audio
    from scipy.signal import resample_poly

    shared = math.gcd(own_rate, rate)
    return np.asarray(resample_poly(audio, rate // shared, own_rate // shared, axis=-1), dtype=np.float32)


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
