"""`make bench`, or `make bench ARGS=rest`: the parts that are named, each in a process of its own; each writes its tables to its document.

Without a name all but `sockets`, which needs ten thousand open files (`ulimit -n`) and two cores for itself. What follows a single name
goes to that part: `make bench ARGS="rest --seconds 5"`.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


@dataclass(frozen=True)
class Part:
    """A benchmark: its module, and where its tables are."""

    module: str
    document: str
    whole: bool = False
    """Whether the document is all its own; else its tables stand between two marks."""
    asked_for: bool = False
    """Whether it runs only where it is named."""


PARTS = {
    "song": Part("making", "benchmarks.md", whole=True),
    "editing": Part("editing", "benchmarks-door.md"),
    "early": Part("early", "benchmarks-door.md"),
    "remaining": Part("remaining", "early.md"),
    "rest": Part("rest", "benchmarks-door.md"),
    "sockets": Part("sockets", "benchmarks-sockets.md", whole=True, asked_for=True),
}


def main() -> int:
    """Run what is named. Returns 0 where the limits of all hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; none: all but those that have to be asked for")
    said = sys.argv[1:]
    first = next((place for place, word in enumerate(said) if word.startswith("-") and word not in ("-h", "--help")), len(said))
    arguments, further = parser.parse_args(said[:first]), said[first:]
    names = arguments.parts or [name for name, part in PARTS.items() if not part.asked_for]
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if further and len(names) != 1:
        parser.error(f"{' '.join(further)} is said to no part: name one")
    failed = [name for name in names if not measured(name, further)]
    if failed:
        print(f"beyond its limits: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def measured(name: str, further: list[str]) -> bool:
    """Run a part and write its tables; whether its limits hold. What broke off has written nothing."""
    part = PARTS[name]
    document = DOCS / part.document
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "tables.md"
        command = [sys.executable, "-m", f"tests.benchmarks.{part.module}", *further]
        done = subprocess.run([*command, "--out", str(out)], cwd=DOCS.parent, check=False)
        if not out.exists():
            return False
        text = out.read_text("utf-8")
    document.write_text(text if part.whole else replaced(document.read_text("utf-8"), name, text), "utf-8")
    return done.returncode == 0


def replaced(document: str, name: str, tables: str) -> str:
    """A document with other tables between the marks of a part. Raises ValueError where it has no such marks."""
    begin, end = marks(name)
    before, found, rest = document.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the document has no {begin} … {end}")
    return f"{before}{begin}\n\n{tables.strip()}\n\n{end}{after}"


def marks(name: str) -> tuple[str, str]:
    """What stands before and behind the tables of a part; no reader of the page sees it."""
    return f"<!-- make bench ARGS={name} -->", f"<!-- end of {name} -->"


if __name__ == "__main__":
    sys.exit(main())
