"""Plain instructions over a finished song: words to edits. Nothing is invented; what was not understood is told."""

from services.enhancer.instructing.reading import read_instruction

__all__ = ["read_instruction"]
