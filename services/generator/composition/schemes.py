"""Phrase models: how the two-bar units of a phrase relate (Caplin 1998; weights of returns from POP909).

An operation is (name, source motif). `new` invents, `literal` repeats, `tail` changes the end, `rhythm` keeps the rhythm only,
`sequence` moves it by steps, `invert` mirrors it, `fragment` presses its head, `answer` replies after a silence, `cadence` closes.
"""

import numpy as np

Operation = tuple[str, str]

_MODELS: dict[str, tuple[Operation, ...]] = {
    "period": (("new", "A"), ("new", "B"), ("literal", "A"), ("cadence", "A")),
    "sentence": (("new", "A"), ("restate", "A"), ("fragment", "A"), ("cadence", "A")),
    "srdc": (("new", "A"), ("tail", "A"), ("new", "B"), ("cadence", "A")),
    "riff": (("new", "A"), ("tail", "A"), ("literal", "A"), ("cadence", "A")),
    "call": (("new", "A"), ("answer", "B"), ("literal", "A"), ("tail", "B")),
    "aab": (("new", "A"), ("answer", "B"), ("literal", "A"), ("literal", "B"), ("new", "C"), ("tail", "B")),
    "through": (("new", "A"), ("new", "B"), ("rhythm", "A"), ("cadence", "B")),
    "drift": (("new", "A"), ("rhythm", "A"), ("rest", ""), ("tail", "A")),
}
_PAIRS: dict[str, tuple[Operation, ...]] = {
    "riff": (("new", "A"), ("tail", "A")),
    "call": (("new", "A"), ("answer", "A")),
    "drift": (("new", "A"), ("rhythm", "A")),
}
_RESTATEMENTS = (("literal", 0.45), ("tail", 0.27), ("rhythm", 0.15), ("sequence", 0.08), ("invert", 0.05))


def operations(model: str, units: int, draw: np.random.Generator) -> list[Operation]:
    """The operations of a phrase of so many units of two bars."""
    if units == 1:
        return [("new" if model in ("riff", "drift", "call") else "cadence", "A")]
    if units == 2:
        pattern = list(_PAIRS.get(model, (("new", "A"), ("cadence", "A"))))
    else:
        base = _MODELS[model]
        body, close = base[:-1], base[-1]
        pattern = [*(body[i % len(body)] for i in range(units - 1)), close]
        seen: set[str] = set()
        for index, (name, source) in enumerate(pattern):
            if name == "new" and source in seen:
                pattern[index] = ("restate", source)
            seen.add(source)
    return [(_restated(draw) if name == "restate" else name, source) for name, source in pattern]


def _restated(draw: np.random.Generator) -> str:
    names = [name for name, _ in _RESTATEMENTS]
    return names[int(draw.choice(len(names), p=[share for _, share in _RESTATEMENTS]))]
