"""What an effect may be told: parameters with a kind, a unit, a range and a default, read once at the boundary."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from contracts.errors import BadInput

Kind = Literal["float", "int", "bool", "choice", "file", "text"]
Value = float | bool | str | None


@dataclass(frozen=True)
class Parameter:
    """One parameter. `low` and `high` are inclusive and in `unit`; a default of None means "not stated"."""

    name: str
    kind: Kind
    default: Value
    what: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """What it may be, in words, with its unit."""
        if self.kind == "bool":
            return "true or false"
        if self.kind == "choice":
            return ", ".join(self.choices)
        if self.kind == "file":
            return "the path of a sound file"
        if self.kind == "text":
            return "text"
        number = "a whole number" if self.kind == "int" else "a number"
        unit = f" {self.unit}" if self.unit else ""
        if math.isinf(self.low) and math.isinf(self.high):
            return number + (f" in {self.unit}" if self.unit else "")
        return f"{number} from {self.low:g} to {self.high:g}{unit}"

    def read(self, given: object, field: str) -> Value:
        """The value as this parameter has it. Raises BadInput for another kind and outside the range."""
        bad = BadInput(field, given, self.allowed)
        if self.kind == "bool":
            if isinstance(given, bool) or (isinstance(given, int | float) and given in (0, 1)):
                return bool(given)
            raise bad
        if self.kind in ("choice", "file", "text"):
            # A choice such as 24 may be written as the number it looks like.
            text = f"{given:g}" if isinstance(given, int | float) and not isinstance(given, bool) else given
            if not isinstance(text, str) or (self.kind == "choice" and text not in self.choices):
                raise bad
            return text
        if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
            raise bad
        if not self.low <= given <= self.high or (self.kind == "int" and given != int(given)):
            raise bad
        return int(given) if self.kind == "int" else float(given)

    def entry(self) -> dict[str, Any]:
        """As the catalogue shows it."""
        shown: dict[str, Any] = {"name": self.name, "kind": self.kind, "unit": self.unit, "default": self.default}
        if self.kind in ("float", "int"):
            shown |= {"low": _bound(self.low), "high": _bound(self.high)}
        if self.choices:
            shown["choices"] = list(self.choices)
        return {**shown, "what": self.what}


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None


def number(name: str, default: float | None, low: float, high: float, unit: str, what: str) -> Parameter:
    """A real number from low to high."""
    return Parameter(name, "float", default, what, unit, low, high)


def whole(name: str, default: int | None, low: int, high: int, unit: str, what: str) -> Parameter:
    """A whole number from low to high."""
    return Parameter(name, "int", default, what, unit, low, high)


def switch(name: str, *, default: bool, what: str) -> Parameter:
    """On or off."""
    return Parameter(name, "bool", default, what)


def choice(name: str, default: str | None, choices: tuple[str, ...], what: str, unit: str = "") -> Parameter:
    """One of a few words."""
    return Parameter(name, "choice", default, what, unit, choices=choices)


def file(name: str, what: str) -> Parameter:
    """The path of a sound file; None where none is named."""
    return Parameter(name, "file", None, what)


def read_all(table: tuple[Parameter, ...], given: Mapping[str, object], field: str, effect: str) -> dict[str, Value]:
    """Every parameter with its value or default.

    Raises:
        BadInput: for a name that the effect does not have, or a value that it cannot take; names `field`.
    """
    known = {one.name: one for one in table}
    for name in given:
        if name not in known:
            raise BadInput(f"{field}.{name}", given[name], f"the parameters of {effect}: {', '.join(known) or 'none'}")
    return {name: one.read(given[name], f"{field}.{name}") if name in given else one.default for name, one in known.items()}
