"""What an effect of the catalogue is: a pure function of [2, samples] with a table of parameters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.mixer.effects.parameters import Parameter

Audio = NDArray[np.float32]
Curve = NDArray[np.float64]
Apply = Callable[..., Audio]

LEAST_SAMPLES = 128


@dataclass(frozen=True)
class Song:
    """What effects may know of the song around them: its tempo, and its kicks as (seconds, strength 0-1)."""

    bpm: float = 120.0
    kicks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Effect:
    """An effect: `apply(audio, rate, **parameters)` gives [2, samples] of the same length and start.

    `ahead_ms` is how far it looks ahead: what it gives for a beginning is the beginning of what it gives for the whole, but for
    that much; None where it must hear all of it. `wants_song` effects are also given `song`.
    """

    id: str
    group: str
    what: str
    parameters: tuple[Parameter, ...]
    apply: Apply = field(repr=False)
    ahead_ms: float | None = 0.0
    wants_song: bool = False

    def entry(self) -> dict[str, Any]:
        """As the catalogue shows it."""
        return {"id": self.id, "group": self.group, "what": self.what, "parameters": [one.entry() for one in self.parameters]}


def mixed(dry: Audio, wet: NDArray[Any], share: float) -> Audio:
    """Dry and wet in proportion: 0 is dry, 1 is wet."""
    return np.asarray(dry * np.float32(1 - share) + wet * np.float32(share), dtype=np.float32)


def board(audio: Audio, rate: int, *plugins: Any) -> Audio:
    """Run [2, samples] through pedalboard's plug-ins."""
    import pedalboard

    library: Any = pedalboard  # its stubs differ between versions in what they export
    count = audio.shape[1]
    # It tells channels from samples by which there are more of.
    fed = np.pad(audio, ((0, 0), (0, LEAST_SAMPLES - count))) if count < LEAST_SAMPLES else np.ascontiguousarray(audio)
    return np.asarray(library.Pedalboard(list(plugins))(fed, rate), dtype=np.float32)[:, :count]


def pedal(name: str, *arguments: Any, **options: Any) -> Any:
    """One of pedalboard's plug-ins by its name there."""
    import pedalboard

    return getattr(pedalboard, name)(*arguments, **options)
