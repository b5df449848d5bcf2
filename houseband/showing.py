"""Foreign words on a terminal: names of files, tags and prompts are shown, never obeyed."""

_KEPT = frozenset("\n\t\u200d")
"""A zero-width joiner holds emoji together."""


def plain(text: object) -> str:
    r"""A text whose control, formatting and direction characters are written out, as \x1b or \u202e; spaces of any kind are spaces."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(c if c in _KEPT or c.isprintable() else " " if c.isspace() and ord(c) > 0x9F else _written_out(c) for c in shown)


def _written_out(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
