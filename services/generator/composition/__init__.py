"""Composition: from a brief to form, chords and melody."""

from services.generator.composition.composer import Composed, compose

__all__ = ["Composed", "compose"]
