"""Operations as people write them: `eq:hz=300,db=-3,q=1`, with units where they like: `hz=3.5kHz`, `start=1:30`."""

import json
import math
import re
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from contracts.errors import BadInput
from contracts.sound import Operation
from services.mixer.effects.catalogue import effects
from services.mixer.effects.operations import OPERATIONS
from services.mixer.effects.parameters import Parameter, Value
from services.mixer.effects.plugins import BUNDLE, PREFIX

SPELLINGS = {"normalize": "normalise", "time_stretch": "stretch"}
SHAPE = "NAME or NAME:parameter=value,parameter=value"
_MORE = re.compile(r",(?=[A-Za-z_]\w*=)")
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z%/: ]*)")
_CLOCK = re.compile(r"(\d+):([0-5]?\d(?:\.\d+)?)")
_FACTORS = {
    "s": {"s": 1.0, "ms": 1e-3, "min": 60.0},
    "ms": {"ms": 1.0, "s": 1e3},
    "Hz": {"hz": 1.0, "khz": 1e3, "k": 1e3},
}
_DECIBELS = ("dB", "dBFS", "dBTP")


def known() -> dict[str, tuple[Parameter, ...]]:
    """The parameters of everything that can be done to a file, by its name."""
    return {name: one.parameters for name, one in OPERATIONS.items()} | {name: one.parameters for name, one in effects().items()}


def read_statement(text: str, field: str) -> Operation:
    """One operation as it is written on the command line. Raises BadInput."""
    name, _, rest = text.strip().partition(":")
    stated: dict[str, str] = {}
    for piece in _MORE.split(rest) if rest else ():
        key, equals, value = piece.partition("=")
        if not equals or not key.strip():
            raise BadInput(field, text, SHAPE)
        stated[key.strip()] = value.strip()
    name = SPELLINGS.get(name.strip(), name.strip())
    if name == "plugin":
        return _plugin(stated, text, field)
    table = known().get(name)
    if table is None:
        raise BadInput(field, name, f"{', '.join(known())}, or plugin")
    rows = {one.name: one for one in table}
    return Operation(
        effect=name, parameters={key: _value(value, rows.get(key), f"{field}.parameters.{key}") for key, value in stated.items()}
    )


def _plugin(stated: dict[str, str], text: str, field: str) -> Operation:
    """`plugin:path=FILE.vst3,…` or `plugin:name=NAME,…`; the rest are its own parameters."""
    path, name = stated.pop("path", None), stated.pop("name", None)
    if (path is None) == (name is None):
        raise BadInput(field, text, f"plugin:path=FILE{BUNDLE},parameter=value or plugin:name=NAME,parameter=value")
    effect = f"{PREFIX}{name}" if name is not None else str(Path(str(path)).expanduser())
    if not 0 < len(effect) <= 1000:
        raise BadInput(f"{field}.parameters.path", path, "a path of up to 1000 letters")
    return Operation(effect=effect, parameters={key: _guess(value) for key, value in stated.items()})


def _guess(text: str) -> float | bool | str:
    """A value whose kind only the plugin knows."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    match = _NUMBER.fullmatch(text)
    return float(match[1]) if match and not match[2] and math.isfinite(float(match[1])) else text


def _value(text: str, one: Parameter | None, field: str) -> float | bool | str:
    """A value in its parameter's unit; an unknown parameter's stays as it is written, and is refused by its name later."""
    if one is None or one.kind in ("choice", "file", "text"):
        return text
    if one.kind == "bool":
        if text.lower() in ("true", "yes", "on", "1", "false", "no", "off", "0"):
            return text.lower() in ("true", "yes", "on", "1")
        raise BadInput(field, text, one.allowed)
    clock = _CLOCK.fullmatch(text) if one.unit == "s" else None
    if clock:
        return 60 * float(clock[1]) + float(clock[2])
    match = _NUMBER.fullmatch(text)
    factor = _factor(match[2].strip(), one.unit) if match else None
    if match is None or factor is None or not math.isfinite(float(match[1])):
        raise BadInput(field, text, one.allowed)
    return float(match[1]) * factor


def _factor(written: str, unit: str) -> float | None:
    """What a number with a written unit is multiplied by; None for a unit that is not the parameter's."""
    if not written or written.lower() == unit.lower():
        return 1.0
    if unit in _DECIBELS and written.lower() == "db":
        return 1.0
    if unit.endswith("s") and written.lower() == unit[:-1].lower():
        return 1.0
    return _FACTORS.get(unit, {}).get(written.lower())


def read_operations_file(path: Path, field: str) -> tuple[Operation, ...]:
    """A JSON file: a list of {"effect": NAME, "parameters": {...}}. Raises BadInput."""
    try:
        given: list[Value] = json.loads(path.read_text("utf-8"))
        return TypeAdapter(tuple[Operation, ...]).validate_python(given)
    except FileNotFoundError as error:
        raise BadInput(field, str(path), "a file that exists") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        raise BadInput(f"{field}{place}", first["input"], first["msg"]) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(field, str(path), 'JSON: a list of {"effect": NAME, "parameters": {...}}', hint=f"{error}.") from error
