"""Heard early: a draft of a song's beginning, by the same players, balanced by a plain table."""
