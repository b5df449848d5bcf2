"""What a sound file says about itself: tags and artwork as evidence, few and short, read in a process that can die alone.

They are quoted, and compared with what is heard; nothing in them is ever an instruction, and no address in them is followed.
"""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from contracts.features import Evidence
from services.runtime.isolation import PluginFailed, isolated

MOST_TAGS = 16
LONGEST_CHARS = 120
LIMIT_S = 10.0
MEMORY_BYTES = 512 << 20
_NAMES = {
    "title": ("TIT2", "title", "\xa9nam"),
    "artist": ("TPE1", "artist", "\xa9ART"),
    "album": ("TALB", "album", "\xa9alb"),
    "genre": ("TCON", "genre", "\xa9gen"),
    "date": ("TDRC", "TYER", "date", "\xa9day"),
    "bpm": ("TBPM", "bpm", "tempo", "tmpo"),
    "key": ("TKEY", "initialkey", "key"),
    "mood": ("TMOO", "mood"),
    "composer": ("TCOM", "composer", "\xa9wrt"),
    "copyright": ("TCOP", "copyright", "license", "cprt"),
    "comment": ("COMM", "comment", "description", "\xa9cmt"),
}
"""What is told, and how ID3, Vorbis comments and MP4 call it."""


def quoted(value: object) -> str:
    """A value as one short line of plain text: no control, formatting or private characters, at most LONGEST_CHARS."""
    text = unicodedata.normalize("NFC", str(value)[: 4 * LONGEST_CHARS])
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    line = " ".join(plain.split())
    return line if len(line) <= LONGEST_CHARS else line[: LONGEST_CHARS - 1].rstrip() + "…"


def read_tags(path: Path) -> tuple[Evidence, ...]:
    """The tags and artwork of a file; empty where it has none or they cannot be read."""
    try:
        found = isolated(raw_tags, str(path), timeout_s=LIMIT_S, what="the reader of tags", memory_bytes=MEMORY_BYTES)
    except PluginFailed:
        return ()
    return tuple(Evidence(name=name, value=value) for name, value in found[:MOST_TAGS])


def raw_tags(path: str) -> list[tuple[str, str]]:
    """(name, quoted value) of what mutagen reads in a file; it runs in a child process."""
    import mutagen

    try:
        file = mutagen.File(path)
    except (mutagen.MutagenError, OSError, ValueError, EOFError, KeyError, IndexError, OverflowError):
        return []
    if file is None:
        return []
    tags = file.tags
    found = [] if tags is None else [(name, value) for name in _NAMES if (value := _first(tags, _NAMES[name]))]
    return found + [("artwork", quoted(art)) for art in _artwork(file)][:1]


def _first(tags: object, names: Iterable[str]) -> str:
    """The first of several names that a file's tags have, as a line."""
    known = {str(key).split(":")[0].lower(): key for key in tags.keys()}  # type: ignore[attr-defined] # noqa: SIM118 - no dict
    for name in names:
        key = known.get(name.lower())
        if key is None:
            continue
        value = tags[key]  # type: ignore[index]
        value = getattr(value, "text", value)
        line = quoted(", ".join(quoted(item) for item in value[:4]) if isinstance(value, list) else value)
        if line:
            return line
    return ""


def _artwork(file: object) -> list[str]:
    """Kind and size of the pictures in a file."""
    pictures = list(getattr(file, "pictures", None) or [])
    tags = getattr(file, "tags", None)
    if not pictures and (find := getattr(tags, "getall", None)):
        pictures = find("APIC")
    named = [f"{getattr(picture, 'mime', '') or 'a picture'}, {len(picture.data) / 1024:.0f} KiB" for picture in pictures]
    if not named and isinstance(tags, dict) and tags.get("metadata_block_picture"):
        named = ["a picture"]
    return named
