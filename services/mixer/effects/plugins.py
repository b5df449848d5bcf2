"""Plugins of the user's own, from the parent's side: each run is a child process that may crash, hang or lie."""

import re
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import BadInput, HousebandError
from contracts.sound import Operation
from services.mixer.effects import foreign
from services.mixer.effects.effect import Audio
from services.mixer.effects.folders import allowed_path, plugin_folders
from services.runtime.isolation import PluginFailed, isolated

PREFIX = "plugin:"
BUNDLE = ".vst3"
PATIENCE_S = 20.0
PATIENCE_PER_S = 0.5  # more, for each second of audio
DESCRIBING_S = 20.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def is_plugin(effect: str) -> bool:
    """Whether an operation's effect is foreign: `plugin:NAME`, or the path of a VST3 plugin."""
    return effect.startswith(PREFIX) or effect.endswith(BUNDLE) or "/" in effect or "\\" in effect


def prepared(operation: Operation, rate: int, *, field: str, scratch: Path, any_path: bool) -> Callable[[Audio], Audio]:
    """A plugin, ready to run; its name or path is judged now, its parameters when it runs. Raises BadInput."""
    effect = operation.effect
    if effect.startswith(PREFIX):
        name = effect.removeprefix(PREFIX)
        if not _NAME.fullmatch(name) or name not in installed():
            raise BadInput(
                f"{field}.effect", effect, f"installed effects: {', '.join(installed()) or 'none'} (entry points {foreign.GROUP})"
            )
        return lambda audio: _run(foreign.python_effect, name, effect, operation, audio, rate, field, scratch)
    if not effect.endswith(BUNDLE):
        raise BadInput(f"{field}.effect", effect, f"a VST3 plugin, a path that ends in {BUNDLE}")
    path = str(allowed_path(effect, f"{field}.effect", any_path=any_path).resolve())
    preset = operation.parameters.get(foreign.PRESET)
    if preset is not None:
        allowed_path(str(preset), f"{field}.parameters.{foreign.PRESET}", any_path=any_path)
    return lambda audio: _run(foreign.vst3_effect, path, effect, operation, audio, rate, field, scratch)


def _run(
    function: Callable[..., None], name: str, effect: str, operation: Operation, audio: Audio, rate: int, field: str, scratch: Path
) -> Audio:
    """Hand the audio to a child and read what it gives. Raises BadInput where it failed in any way."""
    with tempfile.TemporaryDirectory(dir=scratch, prefix="plugin-") as folder:
        source, target = Path(folder) / "in.npy", Path(folder) / "out.npy"
        np.save(source, np.ascontiguousarray(audio, dtype=np.float32))
        patience_s = PATIENCE_S + PATIENCE_PER_S * audio.shape[1] / rate
        try:
            isolated(
                function,
                name,
                field,
                str(source),
                str(target),
                rate,
                dict(operation.parameters),
                timeout_s=patience_s,
                what=f"the plugin {effect.removeprefix(PREFIX)}",
            )
        except PluginFailed as error:
            raise failed(error, effect, field) from error
        return np.asarray(np.load(target, allow_pickle=False))


def failed(error: PluginFailed, effect: str, field: str) -> BadInput:
    """A plugin's failure in the request's words."""
    return BadInput(
        f"{field}.effect",
        effect,
        "a plugin that gives finite audio of the same shape, in time",
        hint=f"{str(error)[:1].upper()}{str(error)[1:]}",
    )


def installed() -> tuple[str, ...]:
    """Names of the effects that installed distributions offer. Nothing of them is loaded."""
    return tuple(sorted({one.name for one in entry_points(group=foreign.GROUP)}))


def found_vst3() -> tuple[str, ...]:
    """Paths of the VST3 plugins in the operator's folders, two levels deep. Nothing of them is loaded."""
    patterns = (f"*{BUNDLE}", f"*/*{BUNDLE}")
    return tuple(sorted({str(path) for folder in plugin_folders() for pattern in patterns for path in folder.glob(pattern)}))


def entries() -> list[dict[str, Any]]:
    """The catalogue's entries of all plugins; one that cannot be loaded says why instead of its parameters."""
    wanted = [(foreign.describe_python, name) for name in installed()] + [(foreign.describe_vst3, path) for path in found_vst3()]
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda one: _described(*one), wanted))


@cache
def _described(function: Callable[[str], dict[str, Any]], name: str) -> dict[str, Any]:
    effect = name if name.endswith(BUNDLE) else f"{PREFIX}{name}"
    try:
        return isolated(function, name, timeout_s=DESCRIBING_S, what=f"the plugin {name}")
    except HousebandError as error:
        group = "vst3" if name.endswith(BUNDLE) else "plugin"
        return {"id": effect, "group": group, "what": "", "parameters": [], "broken": str(error)}
