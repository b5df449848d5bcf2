"""The child's side of plugins: what runs here is not ours, so only `services.runtime.isolation` may call it.

A Python plugin is an entry point of the group `houseband.effects`: a function or a class whose instance is called with
(audio float32 [2, samples], rate in Hz, parameters) and gives audio of the same shape; see docs/effects.md.
"""

import inspect
import math
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from contracts.errors import BadInput
from services.mixer.effects.effect import LEAST_SAMPLES, Audio
from services.mixer.effects.parameters import Kind, Parameter, Value, read_all

GROUP = "houseband.effects"
KINDS = ("float", "int", "bool", "choice", "text")
PRESET, PLUGIN_NAME = "preset", "plugin_name"
"""Parameters of every VST3 plugin that are ours: a .vstpreset file, and which plugin of a bundle with several."""


@runtime_checkable
class UserEffect(Protocol):
    """What an entry point gives. It may also have `what`, a line for the catalogue."""

    parameters: Mapping[str, Mapping[str, Any]]
    """By name: `default`, and optionally `kind` (float, int, bool, choice, text), `unit`, `low`, `high`, `choices`, `what`."""

    def __call__(self, audio: Audio, rate: int, parameters: dict[str, Any]) -> Audio:
        """[2, samples] at `rate` to [2, samples]: same length and start, finite."""


def python_effect(name: str, field: str, source: str, target: str, rate: int, given: dict[str, Value]) -> None:
    """Run an installed effect on the array stored at `source` and store what it gives at `target`."""
    effect = _loaded(name, field)
    values = read_all(_table(effect), given, f"{field}.parameters", f"plugin:{name}")
    # A copy of its own: a plugin may write into what it is given.
    out = effect(np.load(source).copy(), rate, values)
    np.save(target, _stored(out, f"plugin:{name}", field))


def describe_python(name: str) -> dict[str, Any]:
    """The catalogue's entry of an installed effect."""
    effect = _loaded(name, "effect")
    what = getattr(effect, "what", "") or (inspect.getdoc(effect) or "").split("\n")[0]
    return {"id": f"plugin:{name}", "group": "plugin", "what": str(what), "parameters": [one.entry() for one in _table(effect)]}


def _loaded(name: str, field: str) -> Any:
    found = {one.name: one for one in entry_points(group=GROUP)}
    if name not in found:
        raise BadInput(f"{field}.effect", f"plugin:{name}", f"installed effects: {', '.join(sorted(found)) or 'none'} (group {GROUP})")
    loaded = found[name].load()
    effect = loaded() if inspect.isclass(loaded) else loaded
    if not callable(effect):
        raise BadInput(f"{field}.effect", f"plugin:{name}", "a function, or a class whose instances can be called")
    return effect


def _table(effect: Any) -> tuple[Parameter, ...]:
    """The plugin's own table of parameters, read strictly: a fault of its author is told as one."""
    table = getattr(effect, "parameters", {})
    if not isinstance(table, Mapping):
        raise TypeError("its `parameters` is not a mapping of names to their tables")
    return tuple(_parameter(str(name), dict(row)) for name, row in table.items())


def _parameter(name: str, row: dict[str, Any]) -> Parameter:
    default, choices = row.get("default", 0.0), tuple(map(str, row.get("choices", ())))
    kind: Any = row.get("kind") or _kind(default, choices)
    if kind not in KINDS:
        raise ValueError(f"its parameter {name} is of no kind that there is: {kind} (allowed: {', '.join(KINDS)})")
    low, high = float(row.get("low", -math.inf)), float(row.get("high", math.inf))
    one = Parameter(name, kind, default, str(row.get("what", "")), str(row.get("unit", "")), low, high, choices)
    try:
        one.read(default, name)
    except BadInput as error:
        raise ValueError(f"the default of its parameter {name} is {default!r}; allowed: {one.allowed}") from error
    return one


def _kind(default: object, choices: tuple[str, ...]) -> Kind:
    """What a parameter is whose author has only given its default."""
    if choices:
        return "choice"
    return "bool" if isinstance(default, bool) else "text" if isinstance(default, str) else "float"


def _stored(out: Any, effect: str, field: str) -> Audio:
    try:
        return np.asarray(out, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise BadInput(field, effect, "an effect that gives an array of samples", hint=f"It gave {type(out).__name__}.") from error


def vst3_effect(path: str, field: str, source: str, target: str, rate: int, given: dict[str, Value]) -> None:
    """Run a VST3 effect on the array stored at `source` and store what it gives at `target`."""
    plugin = _vst3(path, field, given)
    audio = np.load(source)
    count = audio.shape[1]
    audio = np.pad(audio, ((0, 0), (0, max(0, LEAST_SAMPLES - count))))
    try:
        out = plugin(audio, rate)
    except ValueError as error:
        if "channel" not in str(error):
            raise
        # An effect for one channel takes both in turn.
        out = np.concatenate([plugin(channel[None], rate) for channel in audio])
    np.save(target, np.asarray(out, dtype=np.float32)[:, :count])


def describe_vst3(path: str) -> dict[str, Any]:
    """The catalogue's entry of a VST3 effect: its parameters by name, with their ranges and units."""
    plugin = _vst3(path, "effect", {})
    rows = []
    for name, one in plugin.parameters.items():
        row = _row(name, one)
        rows.append({**row.entry(), "default": _plain(getattr(plugin, name), row.kind)})
    return {"id": path, "group": "vst3", "what": f"{plugin.name}, {plugin.manufacturer_name}", "parameters": rows}


def _vst3(path: str, field: str, given: dict[str, Value]) -> Any:
    """The plugin, set. Raises BadInput for what is no VST3 effect and for parameters that it does not have."""
    import pedalboard

    library: Any = pedalboard
    at = f"{field}.parameters"
    wanted = dict(given)
    which, preset = wanted.pop(PLUGIN_NAME, None), wanted.pop(PRESET, None)
    try:
        plugin = library.load_plugin(path, plugin_name=which, initialization_timeout=10.0)
    except (ImportError, ValueError) as error:
        if which is not None or "plugin_name" in str(error):
            raise BadInput(f"{at}.{PLUGIN_NAME}", which, f"one of the plugins in {Path(path).name}", hint=_line(error)) from error
        raise BadInput(f"{field}.effect", path, "a VST3 effect for this machine", hint=_line(error)) from error
    if not plugin.is_effect:
        raise BadInput(f"{field}.effect", path, "an effect", hint=f"{plugin.name} is an instrument.")
    if preset is not None:
        plugin.load_preset(str(preset))
    for name, value in wanted.items():
        _set(plugin, name, value, f"{at}.{name}")
    return plugin


def _set(plugin: Any, name: str, value: Value, field: str) -> None:
    known = plugin.parameters
    if name not in known:
        raise BadInput(field, value, f"the parameters of {plugin.name}: {', '.join(known)}")
    read = _row(name, known[name]).read(value, field)
    try:
        setattr(plugin, name, read)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadInput(field, value, _line(error)) from error


def _row(name: str, one: Any) -> Parameter:
    """A plugin's parameter as ours: what it says of itself."""
    unit = str(one.label or "").strip()
    if one.type is bool:
        return Parameter(name, "bool", default=False, what=one.name, unit=unit)
    if one.type is str:
        return Parameter(name, "choice", "", one.name, unit, choices=tuple(map(str, one.valid_values)))
    low, high, _ = one.range
    return Parameter(name, "float", 0.0, one.name, unit, _finite(low, -math.inf), _finite(high, math.inf))


def _finite(value: Any, other: float) -> float:
    return float(value) if isinstance(value, int | float) else other


def _plain(value: Any, kind: str) -> Value:
    """A wrapped value of the library as a number, a word or a truth."""
    if kind == "bool":
        return bool(value)
    return str(value) if kind == "choice" else float(value)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
