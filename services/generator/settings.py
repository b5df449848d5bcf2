"""What an operator may set for the generator."""

import os

from pydantic import Field

from services.runtime.settings import RuntimeSettings

MOST_SLOTS = 8


def _cores() -> int:
    """Cores that this process may use, at most eight: stems of one song render side by side."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, MOST_SLOTS)


class GeneratorSettings(RuntimeSettings):
    """One program, three kinds of workers: all of it, rendering alone, or the neural worker on a GPU."""

    worker_slots: int = Field(default_factory=_cores, ge=1, le=256, description="stems at once, each in a process of its own")
    writes: bool = Field(default=True, description="compose, arrange and plan; off: render stems only")
    drafts: bool = Field(default=True, description="draft the beginning of a song for whoever wants to hear it early")
    engines: tuple[str, ...] = Field(default=("sampled",), description="render engines served here: sampled, neural")
