"""Versions of a song: revised, branched, restored, compared."""
