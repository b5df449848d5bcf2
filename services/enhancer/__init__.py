"""Prompt and references to a brief."""
