"""A text to sing as a user writes it: lines, stanzas divided by blank lines, headings such as [Verse 1] where there are any."""

import re
import unicodedata
from dataclasses import dataclass, replace

from contracts.errors import BadInput

MOST_CHARACTERS, MOST_LINES, LONGEST_LINE = 20_000, 400, 160
_ALLOWED = (
    f"text in UTF-8 of up to {MOST_LINES} lines of {LONGEST_LINE} characters: one line per phrase, blank lines between stanzas, "
    "headings such as [Verse 1] and [Chorus] on lines of their own"
)
_HEADING = re.compile(r"^\[\s*([^\[\]]+?)\s*\]$")
_NUMBER = re.compile(r"[\s_-]*\d+$")
_REPEAT = re.compile(r"\s*[x×]\s*\d+$|\s*\(.*\)$", re.IGNORECASE)


@dataclass(frozen=True)
class Stanza:
    """Lines of one section. `label` is its name in lower case without a number, "" where there was no heading."""

    label: str
    lines: tuple[str, ...]


def read_lyrics(text: str) -> tuple[Stanza, ...]:
    """The stanzas in order; a heading without lines repeats the lines of the section of that name.

    Raises:
        BadInput: field "lyrics", naming the line and the value that cannot be, and what is allowed.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadInput("lyrics", f"{len(text)} characters", _ALLOWED)
    lines = [unicodedata.normalize("NFC", line).strip() for line in text.lstrip("\ufeff").splitlines()]
    if sum(map(bool, lines)) > MOST_LINES:
        raise BadInput("lyrics", f"{sum(map(bool, lines))} lines", _ALLOWED)
    stanzas = _stanzas(lines)
    if not any(stanza.lines for stanza in stanzas):
        raise BadInput("lyrics", text[:60], _ALLOWED, hint="There is nothing to sing in it")
    return _with_returns(stanzas)


def _stanzas(lines: list[str]) -> list[Stanza]:
    out: list[Stanza] = []
    headed = False
    gap = True
    for number, line in enumerate(lines, 1):
        heading = _HEADING.match(line)
        if heading:
            out.append(Stanza(_label(heading.group(1), number), ()))
            headed, gap = True, False
        elif not line:
            gap = gap or not headed
        else:
            _check(line, number)
            if gap and not headed:
                out.append(Stanza("", ()))
            out[-1] = replace(out[-1], lines=(*out[-1].lines, line))
            gap = False
    return out


def _label(name: str, number: int) -> str:
    label = _NUMBER.sub("", _REPEAT.sub("", name).strip()).strip().lower()
    if not any(c.isalpha() for c in label) or len(label) > 40:
        raise BadInput("lyrics", f"[{name[:60]}]", _ALLOWED, hint=f"Line {number}: a heading is the name of a section")
    return label


def _check(line: str, number: int) -> None:
    control = next((c for c in line if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn")), None)
    if control is not None:
        raise BadInput("lyrics", f"U+{ord(control):04X}", _ALLOWED, hint=f"Line {number} holds a character that is no text")
    if line.startswith("[") or (line.endswith("]") and "[" not in line):
        raise BadInput("lyrics", line[:60], _ALLOWED, hint=f"Line {number}: a bracket is not closed, or words share the heading's line")
    if len(line) > LONGEST_LINE:
        raise BadInput("lyrics", f"{line[:40]}…", _ALLOWED, hint=f"Line {number} has {len(line)} characters")
    if not any(c.isalnum() for c in line):
        raise BadInput("lyrics", line[:60], _ALLOWED, hint=f"Line {number} holds no word")


def _with_returns(stanzas: list[Stanza]) -> tuple[Stanza, ...]:
    known: dict[str, tuple[str, ...]] = {}
    out: list[Stanza] = []
    for stanza in stanzas:
        lines = stanza.lines or (known.get(stanza.label, ()) if stanza.label else ())
        if stanza.label and stanza.lines:
            known.setdefault(stanza.label, stanza.lines)
        out.append(replace(stanza, lines=lines))
    return tuple(out)
