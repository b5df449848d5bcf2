"""The text of an SFZ instrument as one: includes put in, names replaced, samples named anew (sfzformat.com).

sfizz reads the samples in the background while it plays, so that what sounds would depend on how busy the machine is; the
text that it is given here tells it to load them whole (`hint_ram_based`), and lets the pitch wheel reach an octave.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

MOST_INCLUDES = 200
MOST_BYTES = 8 << 20
_INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.MULTILINE)
_DEFINE = re.compile(r"#define\s+(\$\w+)\s+(\S*)")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_DEFAULT_PATH = re.compile(r"default_path\s*=([^\n<]*?)(?=\s+\w+=|\s*[\n<]|\s*$)")
_SAMPLE = re.compile(r"\bsample\s*=([^\n<]*?)(?=\s+\w+=|\s*[\n<]|\s*$)")
_BEND = re.compile(r"\b(?:bend_up|bendup|bend_down|benddown)\s*=\s*\S+")
_REGION = "<region>"


class Unreadable(Exception):
    """The text is no SFZ that can be used."""


def whole_text(path: Path, read: Callable[[Path], Path]) -> str:
    """The instrument's text with its includes. `read` gives the real path of a file that may be read, or raises.

    Raises Unreadable for what is no text, for includes that go round, and for more than 8 MB of it.
    """
    parts: list[str] = []
    _take_in(path, path.parent, read, parts, [])
    text = "\n".join(parts)
    if _REGION not in text:
        raise Unreadable("it has no <region>")
    return text


def _take_in(path: Path, root: Path, read: Callable[[Path], Path], parts: list[str], names: list[tuple[str, str]], depth: int = 0) -> None:
    if depth > 20 or len(parts) > MOST_INCLUDES * 2:
        raise Unreadable("its includes go round, or are too many")
    try:
        data = read(path).read_bytes()
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be read: {error.strerror}") from error
    if len(data) + sum(map(len, parts)) > MOST_BYTES:
        raise Unreadable(f"it has more than {MOST_BYTES >> 20} MB of text")
    if b"\0" in data:
        raise Unreadable(f"{path.name} is no text")
    text = _COMMENT.sub("", data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    at = 0
    for found in _INCLUDE.finditer(text):
        parts.append(_replaced(text[at : found.start()], names))
        _take_in(root / _replaced(found[1], names).replace("\\", "/"), root, read, parts, names, depth + 1)
        at = found.end()
    parts.append(_replaced(text[at:], names))


def _replaced(text: str, names: list[tuple[str, str]]) -> str:
    """`#define`d names replaced from where they are defined on, the longest first."""
    lines = []
    for line in text.split("\n"):
        for name, value in _DEFINE.findall(line):
            names.insert(0, (name, value))
            names.sort(key=lambda pair: -len(pair[0]))
        shown = _DEFINE.sub("", line)
        for name, value in names if "$" in shown else ():
            shown = shown.replace(name, value)
        lines.append(shown)
    return "\n".join(lines)


def sample_names(text: str) -> list[str]:
    """The samples as files relative to the instrument's folder, in order, each once; generated ones (`*sine`) are none."""
    found: dict[str, None] = {}
    _rewritten(text, lambda name: found.setdefault(name) or name)
    return list(found)


def for_player(text: str, links: Mapping[str, str]) -> str:
    """The text as sfizz is to play it from a folder that holds `links`: by the sample's name, the name of the file there."""
    text = _rewritten(text, lambda name: links.get(name, "missing.wav"))
    text = _BEND.sub("", text).replace(_REGION, f"{_REGION} bend_up=1200 bend_down=-1200 ")
    return f"<control> hint_ram_based=1\n{text}"


def _rewritten(text: str, rename: Callable[[str], str]) -> str:
    """The text with other names of samples, default paths taken in."""
    folder, parts, at = "", [], 0
    for mark in sorted([*_DEFAULT_PATH.finditer(text), *_SAMPLE.finditer(text)], key=re.Match.start):
        value = mark[1].strip().replace("\\", "/")
        parts.append(text[at : mark.start()])
        if mark.re is _DEFAULT_PATH:
            folder = value
        else:
            parts.append(f"sample={value if value.startswith('*') or not value else rename(folder + value)}")
        at = mark.end()
    return "".join([*parts, text[at:]])
