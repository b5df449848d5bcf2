"""Edits of a finished song: one thing changes, everything else stays as it is, note for note."""

from services.generator.revising.revise import Revised, revise

__all__ = ["Revised", "revise"]
