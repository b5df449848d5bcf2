"""What a section is for, whatever it is called."""

import re

FUNCTIONS = (
    "intro", "verse", "prechorus", "chorus", "postchorus", "bridge", "solo", "breakdown", "build", "drop",
    "head", "theme", "contrast", "groove", "outro",
)  # fmt: skip

_WORDS = {
    "opening": "intro", "start": "intro", "prelude": "intro", "fade_in": "intro",
    "strophe": "verse", "stanza": "verse", "couplet": "verse", "rap": "verse", "a": "verse", "part_a": "verse", "section_a": "verse",
    "pre": "prechorus", "pre_chorus": "prechorus", "lift": "prechorus", "ramp": "prechorus",
    "hook": "chorus", "refrain": "chorus", "b": "chorus", "part_b": "chorus", "section_b": "chorus", "climax": "chorus",
    "post": "postchorus", "post_chorus": "postchorus", "tag": "postchorus",
    "middle_eight": "bridge", "middle_8": "bridge", "middle": "bridge", "c": "bridge", "part_c": "bridge",
    "guitar_solo": "solo", "piano_solo": "solo", "sax_solo": "solo", "instrumental": "solo", "lead": "solo", "improvisation": "solo",
    "break": "breakdown", "interlude": "breakdown", "breather": "breakdown", "ambient": "breakdown",
    "buildup": "build", "build_up": "build", "riser": "build", "rise": "build", "crescendo": "build",
    "main": "drop", "peak": "drop", "main_drop": "drop",
    "tune": "head", "melody": "theme", "exposition": "theme", "recapitulation": "theme", "reprise": "theme", "subject": "theme",
    "development": "contrast", "trio": "contrast", "episode": "contrast", "variation": "contrast",
    "vamp": "groove", "loop": "groove", "jam": "groove", "plateau": "groove", "beat": "groove",
    "ending": "outro", "end": "outro", "coda": "outro", "fade": "outro", "fade_out": "outro", "finale": "outro", "close": "outro",
}  # fmt: skip

HOOKS = frozenset({"chorus", "drop", "head", "theme", "postchorus"})
_NUMBERED = re.compile(r"^(.*?)[ _-]*\d+$")


def slug(label: str) -> str:
    """The label as a snake_case id that begins with a letter: "Middle Eight" -> "middle_eight"."""
    text = re.sub(r"[^a-z0-9]+", "_", label.strip().lower()).strip("_")
    return text if text and text[0].isalpha() else f"part_{text}".rstrip("_")


def function_of(label: str) -> str:
    """One of FUNCTIONS; a label that nobody knows counts as a verse."""
    name = slug(label)
    numbered = _NUMBERED.match(name)
    for candidate in (name, numbered.group(1).strip("_") if numbered else name, name.split("_")[0], name.split("_")[-1]):
        if candidate in FUNCTIONS:
            return candidate
        if candidate in _WORDS:
            return _WORDS[candidate]
    return next((f for f in sorted(FUNCTIONS, key=len, reverse=True) if f in name.replace("_", "")), "verse")


def section_ids(labels: list[str]) -> list[str]:
    """Unique snake_case ids in order: a label that repeats is numbered from 1."""
    names = [slug(label) for label in labels]
    taken: set[str] = {name for name in names if names.count(name) == 1}
    counts: dict[str, int] = {}
    ids: list[str] = []
    for name in names:
        if names.count(name) == 1:
            ids.append(name)
            continue
        counts[name] = counts.get(name, 0) + 1
        while f"{name}_{counts[name]}" in taken:
            counts[name] += 1
        taken.add(f"{name}_{counts[name]}")
        ids.append(f"{name}_{counts[name]}")
    return ids
