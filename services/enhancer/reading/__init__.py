"""The deterministic reader: from a prompt, options and a reference's features to the brief."""

from services.enhancer.reading.brief import read_prompt

__all__ = ["read_prompt"]
