"""Single drums of a kit or of the percussion by their keys, and the curves that move their level within one stem."""

from collections.abc import Iterable

from contracts.music.score import Note, Part

PIECES: dict[str, frozenset[int]] = {
    "kick": frozenset({35, 36}),
    "snare": frozenset({37, 38, 40}),
    "clap": frozenset({39}),
    "hihat": frozenset({42, 44, 46}),
    "ride": frozenset({51, 53, 59}),
    "crash": frozenset({49, 52, 55, 57}),
    "cymbals": frozenset({49, 51, 52, 53, 55, 57, 59}),
    "toms": frozenset({41, 43, 45, 47, 48, 50}),
    "rim": frozenset({37}),
    "tambourine": frozenset({54}),
    "cowbell": frozenset({56}),
    "shaker": frozenset({69, 70, 82}),
    "congas": frozenset({62, 63, 64}),
    "bongos": frozenset({60, 61}),
    "timbales": frozenset({65, 66}),
    "agogo": frozenset({67, 68}),
    "claves": frozenset({75}),
    "woodblock": frozenset({76, 77}),
    "triangle": frozenset({80, 81}),
    "guiro": frozenset({73, 74}),
}
"""General MIDI level 2, percussion key map."""
_SUFFIX = "_db"


def level_control(piece: str) -> str:
    """The control of a part that moves the level of one of its drums, dB: `kick_db`."""
    return f"{piece}{_SUFFIX}"


LEVELS: dict[str, frozenset[int]] = {level_control(piece): keys for piece, keys in PIECES.items()}
"""Every such control, and the keys whose strokes it moves."""


def struck(notes: Iterable[Note]) -> tuple[str, ...]:
    """The drums that some notes strike, in the order of PIECES."""
    pitches = {note.pitch for note in notes}
    return tuple(piece for piece, keys in PIECES.items() if keys & pitches)


def moved_levels(part: Part) -> dict[str, tuple[tuple[int, float], ...]]:
    """The curves of a part that move single drums of it."""
    return {name: curve for name, curve in part.controls.items() if name in LEVELS and curve}
