"""Chord annotations as passages of Roman numerals: McGill Billboard (CC0) and POP909 with its structure labels (MIT).

A numeral here is a triad against the major scale of the tonic ("bVI", "ii", "vii°"); sevenths and colours are counted apart.
Lengths are quarters of a bar, whatever the metre.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.music.pitch import pitch_class

QUARTERS = 4
_UPPER = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
_LOWER = tuple(n.replace("I", "i").replace("V", "v") for n in _UPPER)
_MINOR_THIRDS = {False: {2, 4, 9, 11}, True: {0, 2, 5, 7}}
_FUNCTIONS = {
    "intro": "intro", "pre-intro": "intro", "verse": "verse", "pre-verse": "verse", "chorus": "chorus", "refrain": "chorus",
    "pre-chorus": "prechorus", "prechorus": "prechorus", "pre chorus": "prechorus", "bridge": "bridge", "solo": "solo",
    "instrumental": "solo", "interlude": "solo", "outro": "outro", "coda": "outro", "fadeout": "outro", "main theme": "chorus",
    "theme": "chorus", "trans": "solo", "transition": "solo",
}  # fmt: skip
_LETTERS = {"A": "verse", "B": "chorus", "i": "intro", "o": "outro"}
FIRST_HELD_OUT = 1001
"""Billboard entries from here on came with the second release and were the test set of MIREX 2012."""


@dataclass(frozen=True)
class Passage:
    """A labelled stretch of whole bars; each bar holds (numeral, quarters of the bar), in order."""

    function: str
    bars: tuple[tuple[tuple[str, int], ...], ...]

    @property
    def runs(self) -> list[tuple[str, int, int]]:
        """(numeral, onset, length) in quarters of a bar from the passage's start, equal neighbours joined."""
        found: list[tuple[str, int, int]] = []
        place = 0
        for bar in self.bars:
            for numeral, quarters in bar:
                if found and found[-1][0] == numeral:
                    found[-1] = (numeral, found[-1][1], found[-1][2] + quarters)
                else:
                    found.append((numeral, place, quarters))
                place += quarters
        return found


@dataclass(frozen=True)
class ChordSong:
    """One song: its passages in order."""

    name: str
    minor: bool
    held_out: bool
    passages: tuple[Passage, ...]


def numeral_of(semitones: int, quality: str, *, minor: bool) -> str:
    """The triad of a chord: its third where it has one, else the third of the mode (sus, power and single notes)."""
    head = re.match(r"[a-z]*", quality)
    name = head[0] if head else ""
    if name in ("dim", "hdim"):
        return _LOWER[semitones] + "°"
    if name == "min":
        return _LOWER[semitones]
    if name in ("maj", "aug") or (not name and not re.fullmatch(r"1(\(.*\))?|5(\(.*\))?", quality)):
        return _UPPER[semitones]
    return (_LOWER if semitones in _MINOR_THIRDS[minor] and not (minor and name == "sus" and semitones == 7) else _UPPER)[semitones]


# --- Billboard -------------------------------------------------------------------------------------------------------


def billboard(folder: Path) -> list[ChordSong]:
    """All songs once, by title and artist; a song of both releases counts as learned from."""
    songs: dict[str, ChordSong] = {}
    for path in sorted(next(folder.rglob("SalamiFiles")).glob("*.txt")):
        song = _billboard_song(path)
        if song is not None:
            songs.setdefault(song.name, song)
    return list(songs.values())


def _billboard_song(path: Path) -> ChordSong | None:
    head: dict[str, str] = {}
    tonic, function = 0, ""
    raw: list[tuple[str, int, list[list[tuple[str, int]]]]] = []  # function, tonic, bars of (symbol, quarters)
    for line in path.read_text("utf-8").splitlines():
        found = re.match(r"# (\w+): (.*)", line)
        if found:
            head[found[1]] = found[2].strip()
            if found[1] == "tonic":
                tonic = pitch_class(found[2].strip())
            continue
        _, _, text = line.partition("\t")
        if "|" not in text:
            continue
        labels = [part.strip() for part in text[: text.index("|")].split(",")]
        named = next((_FUNCTIONS[label] for label in labels if label in _FUNCTIONS), "")
        fresh = bool(named) or bool(re.fullmatch(r"[A-Z]'*", labels[0]))
        function = named or (function if not fresh else "other")
        bars = _billboard_bars(text)
        if not fresh and raw and raw[-1][1] == tonic:
            raw[-1][2].extend(bars)
        else:
            raw.append((function or "other", tonic, bars))
    name = f"{head.get('title', '')}|{head.get('artist', '')}".lower()
    return _song(name, int(path.stem) >= FIRST_HELD_OUT, _relative(raw))


def _billboard_bars(text: str) -> list[list[tuple[str, int]]]:
    body, _, tail = text[text.index("|") + 1 :].rpartition("|")
    times = re.search(r"\bx(\d+)", tail)
    bars = []
    for cell in body.split("|"):
        tokens = re.sub(r"\(\d+/\d+\)", "", re.sub(r"\s*\(([b\d#,]+)\)", r"(\1)", cell)).split()
        tokens = [t for t in tokens if t != "->"]
        if tokens:
            bars.append(_spread(tokens))
    return bars * (int(times[1]) if times else 1)


def _spread(tokens: list[str]) -> list[tuple[str, int]]:
    """Chords of a bar with quarters of it: a dot holds the chord before for another beat."""
    edges = [round(QUARTERS * i / len(tokens)) for i in range(len(tokens) + 1)]
    found: list[tuple[str, int]] = []
    for index, symbol in enumerate(tokens):
        quarters = edges[index + 1] - edges[index]
        if found and (symbol == "." or quarters == 0):
            found[-1] = (found[-1][0], found[-1][1] + quarters)
        elif quarters:
            found.append((symbol, quarters))
    return found


def _relative(raw: list[tuple[str, int, list[list[tuple[str, int]]]]]) -> Iterator[tuple[str, list[list[tuple[int, str, int]]]]]:
    """Bars of (semitones above the tonic, quality, quarters); silence keeps the chord before."""
    before: tuple[int, str] | None = None
    for function, tonic, bars in raw:
        kept: list[list[tuple[int, str, int]]] = []
        for bar in bars:
            cells: list[tuple[int, str, int]] = []
            for symbol, quarters in bar:
                found = re.match(r"([A-G][#b]*):([^/\s]+)(?:/\S+)?$", symbol)
                if found:
                    before = ((pitch_class(found[1]) - tonic) % 12, found[2])
                if before is not None:
                    cells.append((*before, quarters))
            if cells:
                kept.append(cells)
        yield function, kept


# --- POP909 ----------------------------------------------------------------------------------------------------------


def pop909(folder: Path) -> list[ChordSong]:
    """Songs in one key whose labels and chords agree within a bar; every fifth number is held out."""
    songs = [_pop_song(path) for path in sorted((folder / "POP909").iterdir()) if path.is_dir()]
    return [song for song in songs if song is not None]


def _pop_song(path: Path) -> ChordSong | None:
    key = re.fullmatch(r"([A-G][#b]?):(maj|min)", path.joinpath("analyzed_key.txt").read_text("utf-8").strip())
    labels = re.findall(r"([A-Za-z])(\d+)", path.joinpath("human_label1.txt").read_text("utf-8"))
    beats: list[str] = []
    for line in path.joinpath("finalized_chord.txt").read_text("utf-8").splitlines():
        found = re.match(r"(\S+)\s+\[.*\]\s+-?\d+\s+(\d+)", line)
        if found:
            beats += [found[1]] * int(found[2])
    bars = sum(int(count) for _, count in labels)
    if key is None or not labels or abs(bars - len(beats) / 4) > 1:
        return None
    raw: list[tuple[str, int, list[list[tuple[str, int]]]]] = []
    start = 0
    for letter, count in labels:
        function = _LETTERS.get(letter, "bridge" if letter.isupper() else "solo")
        cells = [[(symbol, 1) for symbol in beats[4 * b : 4 * b + 4]] for b in range(start, start + int(count))]
        raw.append((function, pitch_class(key[1]), [_joined(cell) for cell in cells if len(cell) == QUARTERS]))
        start += int(count)
    return _song(path.name, int(path.name) % 5 == 0, _relative(raw), minor=key[2] == "min")


def _joined(cells: list[tuple[str, int]]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for symbol, quarters in cells:
        if found and found[-1][0] == symbol:
            found[-1] = (symbol, found[-1][1] + quarters)
        else:
            found.append((symbol, quarters))
    return found


# --- both ------------------------------------------------------------------------------------------------------------


def _song(
    name: str, held_out: bool, raw: Iterator[tuple[str, list[list[tuple[int, str, int]]]]], *, minor: bool | None = None
) -> ChordSong | None:
    sections = [(function, bars) for function, bars in raw if bars]
    cells = [cell for _, bars in sections for bar in bars for cell in bar]
    if sum(cell[2] for cell in cells) < 8 * QUARTERS:
        return None
    if minor is None:
        thirds = Counter(cell[1][:3] == "min" for cell in cells if cell[0] == 0 and cell[1][:3] in ("maj", "min", "7", "9"))
        minor = thirds[True] > thirds[False]
    passages = []
    for function, bars in sections:
        named = []
        for bar in bars:
            row: list[tuple[str, int]] = []
            for semitones, quality, quarters in bar:
                numeral = numeral_of(semitones, quality, minor=minor)
                if row and row[-1][0] == numeral:
                    row[-1] = (numeral, row[-1][1] + quarters)
                else:
                    row.append((numeral, quarters))
            named.append(tuple(row))
        passages.append(Passage(function, tuple(named)))
    return ChordSong(name, minor, held_out, tuple(passages))
