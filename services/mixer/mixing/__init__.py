"""Mixing: a strip per stem, levels, places, ducking, shared rooms and delays."""
