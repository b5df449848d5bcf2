"""The names of sections and what they are called in the brief."""

import re

_NAMES: dict[str, str] = {
    "intro": "intro", "introduction": "intro", "opening": "intro", "prelude": "intro", "verse": "verse", "verses": "verse", "strophe": "verse", "estrofa": "verse",  # noqa: E501  a table of words or one pattern
    "verso": "verse", "couplet": "verse", "pre-chorus": "prechorus", "prechorus": "prechorus", "pre chorus": "prechorus", "chorus": "chorus", "choruses": "chorus",  # noqa: E501  a table of words or one pattern
    "hook": "chorus", "refrain": "chorus", "estribillo": "chorus", "refrao": "chorus", "refrão": "chorus", "post-chorus": "postchorus", "postchorus": "postchorus",  # noqa: E501  a table of words or one pattern
    "post chorus": "postchorus", "bridge": "bridge", "middle eight": "bridge", "middle 8": "bridge", "puente": "bridge", "pont": "bridge", "brücke": "bridge",  # noqa: E501  a table of words or one pattern
    "breakdown": "breakdown", "break": "breakdown", "interlude": "interlude", "build-up": "build", "buildup": "build", "build up": "build", "build": "build",  # noqa: E501  a table of words or one pattern
    "drop": "drop", "drops": "drop", "solo": "solo", "guitar solo": "solo", "piano solo": "solo", "sax solo": "solo", "head": "head", "theme": "theme",  # noqa: E501  a table of words or one pattern
    "outro": "outro", "ending": "outro", "coda": "outro", "finale": "outro", "final": "outro", "tag": "outro", "vamp": "vamp", "loop": "loop", "groove": "groove",  # noqa: E501  a table of words or one pattern
    "instrumental break": "solo", "a section": "a", "b section": "b", "c section": "c", "part a": "a", "part b": "b", "part c": "c", "a part": "a", "b part": "b",  # noqa: E501  a table of words or one pattern
    "introdução": "intro", "introducao": "intro", "introducción": "intro", "entrada": "intro", "einleitung": "intro", "anfang": "intro", "ponte": "bridge", "pré-refrão": "prechorus", "pre-estribillo": "prechorus", "coro final": "chorus", "pré-refrain": "prechorus", "vers": "verse", "zwischenspiel": "interlude", "interlúdio": "interlude", "schluss": "outro", "encerramento": "outro", "クライマックス": "chorus", "間奏": "interlude", "ブリッジ": "bridge", "ドロップ": "drop", "cメロ": "bridge", "预副歌": "prechorus", "导歌": "prechorus", "間奏曲": "interlude", "高潮": "chorus", "结尾": "outro", "橋段": "bridge", "前奏": "intro", "主歌": "verse", "副歌": "chorus", "桥段": "bridge", "尾奏": "outro", "イントロ": "intro", "aメロ": "verse", "bメロ": "prechorus",  # noqa: E501  a table of words or one pattern
    "サビ": "chorus", "アウトロ": "outro", "间奏": "interlude",
}  # fmt: skip
NAME = "|".join(re.escape(name) for name in sorted(_NAMES, key=len, reverse=True))
LABEL = rf"(?:{NAME})(?:\s*[1-9])?"
_FREE = re.compile(r"^[a-z][a-z0-9 _-]{0,31}$")


def section_names() -> dict[str, str]:
    """Every name of a section with what it is called in the brief."""
    return dict(_NAMES)


def known_labels() -> frozenset[str]:
    """What sections are called in the brief, where the name is not the user's own; "all" stands for every section."""
    return frozenset(_NAMES.values()) | {"all"}


def canonical_label(text: str) -> str:
    """Canonical name: "Pre-Chorus 2" -> "prechorus"; a name of the user's own stays as it is; "" where it is no name."""
    name = re.sub(r"\s+", " ", text.strip().lower())
    numbered = re.fullmatch(r"(.*\D)[\s_]*[1-9]\d?", name)
    if name not in _NAMES and numbered:
        name = numbered.group(1).strip(" _-")
    if name in _NAMES:
        return _NAMES[name]
    return name if name == "all" or _FREE.match(name) else ""
