"""Arrangement: the band's parts, humanised, from the composer's score."""

from services.generator.arrangement.arranger import Arranged, arrange

__all__ = ["Arranged", "arrange"]
