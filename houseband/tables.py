"""Plain tables on stdout."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from houseband.showing import plain


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table as wide as the terminal, or 120 columns where there is none."""
    console = Console(highlight=False, width=None if Console().is_terminal else 120)
    table = Table(*[Column(Text(plain(name))) for name in columns], box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*[Text(plain(cell)) for cell in row])
    console.print(table)
