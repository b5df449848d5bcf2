"""Writes a named table into a page of docs/: each command keeps its own, side by side with the others'."""

import re
from pathlib import Path

HEAD = """# Music, measured

What the band plays, beside the bands that real songs fall in. `!` or `*` marks a value outside its band;
not every style is meant to lie inside (ambient, dubstep and house are sparser than the songs the bands come from).
"""


def keep(path: Path, title: str, command: str, note: str, table: str) -> None:
    """Put a table under its title, in place of the one that was there."""
    text = path.read_text("utf-8") if path.exists() else HEAD
    block = f"## {title}\n\n`{command}`\n\n{note}\n\n```text\n{table.rstrip()}\n```\n"
    found = re.search(rf"## {re.escape(title)}\n.*?```text\n.*?```\n", text, re.DOTALL)
    text = text.replace(found.group(0), block) if found else f"{text.rstrip()}\n\n{block}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
