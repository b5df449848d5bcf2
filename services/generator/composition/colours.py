"""Chord colours of a song: the style's own by their shares, and those that the moods like, where they suit the chord."""

from services.generator.feeling import Feeling
from services.music.packs.harmony_table import HarmonyTable
from services.music.rng import rng

_MAJOR = ("I", "IV", "bIII", "bVI", "bVII")
_MINOR = ("i", "ii", "iii", "iv", "v", "vi")
# Quality of a mood -> (plain numerals that take it, suffix of the numeral). What is missing is a plain chord: no suffix.
_PLACES: dict[str, tuple[tuple[str, ...], str]] = {
    "maj7": (("I", "IV", "bIII", "bVI"), "maj7"), "maj9": (("I", "IV", "bIII", "bVI"), "maj9"), "maj7#11": (("IV", "bVI"), "maj7#11"),
    "add9": (("I", "IV", "bIII", "bVI", "i", "iv"), "add9"), "6": (("I", "IV"), "6"), "sus2": (("I", "IV", "bVII"), "sus2"),
    "sus4": (("V",), "sus4"), "7": (("V",), "7"), "9": (("V",), "9"), "13": (("V",), "13"),
    "m7": (_MINOR, "7"), "m9": (("i", "ii", "iv", "vi"), "9"), "m11": (("i", "ii", "iv"), "11"), "mmaj7": (("i",), "maj7"),
    "m7b5": (("ii",), "ø7"), "dim": (("V",), "7b9"), "dim7": (("V",), "7b9"), "aug": (("V",), "+"),
    "major": (_MAJOR, ""), "m": (("i", "iv", "v", "ii", "vi"), ""),
}  # fmt: skip
_ONLY_IN_MINOR = frozenset({"m7b5", "dim", "dim7", "aug", "mmaj7"})


def song_colours(table: HarmonyTable, feeling: Feeling, seed: int, *, minor: bool) -> dict[str, str]:
    """One quality per plain numeral for the whole song: the style's by its shares, a mood's as often as the style lets moods colour."""
    chosen: dict[str, str] = {}
    for numeral, shares in table.colours.items():
        roll = rng(seed, "composition", "harmony", "colour", numeral).random()
        for suffix, share in shares.items():
            roll -= share
            if roll < 0:
                chosen[numeral] = _of_minor(numeral, suffix) if minor else suffix
                break
    for numeral in (*_MAJOR, "V", *_MINOR):
        fitting = [c for c in feeling.colours if c in _PLACES and numeral in _PLACES[c][0] and (minor or c not in _ONLY_IN_MINOR)]
        draw = rng(seed, "composition", "harmony", "mood", numeral)
        if not fitting or draw.random() >= table.mood_colours:
            continue
        suffix = _PLACES[fitting[int(draw.integers(len(fitting)))]][1]
        if suffix:
            chosen[numeral] = _of_minor(numeral, suffix) if minor else suffix
        else:
            chosen.pop(numeral, None)
    return chosen


def _of_minor(numeral: str, suffix: str) -> str:
    """A major IV in a minor key is Dorian: its seventh is the key's own third, never the major one beside it."""
    return suffix.replace("maj7#11", "7").replace("maj", "") if numeral == "IV" else suffix


def darkness(numerals: list[str]) -> float:
    """Share of a progression's chords that are minor, diminished or borrowed from minor."""
    return sum(n.lstrip("b#")[:1].islower() or n.startswith("b") for n in numerals) / max(len(numerals), 1)
