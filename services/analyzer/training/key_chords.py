"""Learns which chords a key has, and which chord follows which, for `services.analyzer.key_chords`.

    python -m services.analyzer.training.key_chords --data DIR [--songs DIR]

DIR holds `mcgill_billboard.tar.xz` (McGill Billboard 2.0, CC0) and `pop909.tar.xz` (POP909, MIT); `--songs` names a folder of
rendered songs of ours with their score.json. The three weigh alike, and so does each song within one. Shares of time and counts
of changes alone are kept, no song. The same data give the same bytes.
"""

import argparse
import json
import re
import tarfile
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from contracts.music import Key
from contracts.music.pitch import pitch_class
from contracts.music.score import Score
from services.analyzer.chord_model import QUALITIES
from services.analyzer.training.chord_ears import state_of, written_chords

Array = npt.NDArray[np.float64]

OUT = Path(__file__).parents[1] / "learned" / "key_chords.json"
_HARTE = {
    "maj": "", "min": "m", "7": "7", "9": "7", "11": "7", "13": "7", "maj7": "maj7", "maj9": "maj7", "min7": "m7", "min9": "m7",
    "min11": "m7",
    "dim": "m7b5", "hdim7": "m7b5", "dim7": "m7b5", "sus4": "sus4", "sus2": "sus4", "5": "5", "1": "5", "aug": "", "maj6": "", "min6": "m",
    "minmaj7": "m", "hdim": "m7b5", "sus4(b7)": "sus4",
}  # fmt: skip


class Sequence(NamedTuple):
    """A song in one key: tonic, whether it is minor, and (state, length) in order."""

    tonic: int
    minor: bool
    chords: list[tuple[int, float]]


def harte_state(symbol: str) -> int | None:
    """The state of a symbol such as "Bb:min7/b3" or "C:(1,5)"; None for no chord."""
    found = re.match(r"^([A-G][#b]*):?([^/]*)", symbol)
    if not found:
        return None
    quality = re.sub(r"\(.*\)", "", found[2]) or ("5" if found[2] in ("(1)", "(1,5)") else "maj")
    return pitch_class(found[1]) * len(QUALITIES) + QUALITIES.index(_HARTE.get(quality, ""))


def billboard(archive: Path) -> Iterator[Sequence]:
    """Billboard songs with one tonic; the mode is that of the tonic chords."""
    with tarfile.open(archive) as held:
        for member in sorted(held, key=lambda m: m.name):
            stream = held.extractfile(member) if re.search(r"SalamiFiles/\d+\.txt$", member.name) else None
            if stream is None:
                continue
            text = stream.read().decode("utf-8")
            tonics = set(re.findall(r"^# tonic: (\S+)", text, re.MULTILINE))
            bars = [bar.split() for line in text.splitlines() if "|" in line for bar in line.split("|")[1:-1]]
            chords = [(state, 1 / len(bar)) for bar in bars for state in map(harte_state, bar) if state is not None]
            if len(tonics) == 1 and len(chords) > 16:
                tonic = pitch_class(tonics.pop())
                yield Sequence(tonic, _is_minor(chords, tonic), chords)


def _is_minor(chords: list[tuple[int, float]], tonic: int) -> bool:
    time = {q: sum(d for state, d in chords if state == tonic * len(QUALITIES) + i) for i, q in enumerate(QUALITIES)}
    return time["m"] + time["m7"] > time[""] + time["7"] + time["maj7"]


def pop909(archive: Path) -> Iterator[Sequence]:
    """POP909 songs in one key."""
    texts: dict[str, dict[str, str]] = {}
    with tarfile.open(archive) as held:
        for member in held:
            found = re.search(r"POP909/(\d+)/(key_audio|chord_audio)\.txt$", member.name)
            stream = held.extractfile(member) if found else None
            if found and stream:
                texts.setdefault(found[1], {})[found[2]] = stream.read().decode("utf-8")
    for _, song in sorted(texts.items()):
        keys = {line.split()[2] for line in song.get("key_audio", "").splitlines() if len(line.split()) == 3}
        rows = [line.split() for line in song.get("chord_audio", "").splitlines()]
        chords = [(state, float(end) - float(start)) for start, end, name in rows if (state := harte_state(name)) is not None]
        if len(keys) == 1 and chords:
            tonic, _, mode = keys.pop().partition(":")
            yield Sequence(pitch_class(tonic), mode == "min", chords)


def rendered(folder: Path) -> Iterator[Sequence]:
    """Our own songs, by their scores."""
    for path in sorted(folder.glob("*.json")):
        score = Score.model_validate_json(path.read_text("utf-8"))
        starts = written_chords(score)
        ends = [start for start, _ in starts[1:]] + [score.music_s]
        key = Key.parse(score.key)
        chords = [(state, end - start) for (start, name), end in zip(starts, ends, strict=True) if (state := state_of(name)) is not None]
        if len({section.key for section in score.sections.values()}) == 1:
            yield Sequence(key.tonic_class, key.is_minor, chords)


def shares(songs: list[Sequence], *, minor: bool) -> Array:
    """Share of time of each state above the tonic [states], each song alike."""
    total = np.zeros(12 * len(QUALITIES))
    for song in songs:
        if song.minor == minor:
            own = np.zeros_like(total)
            for state, length in song.chords:
                own[(state - song.tonic * len(QUALITIES)) % len(total)] += length
            total += own / own.sum()
    return np.asarray(total / max(total.sum(), 1e-9))


def changes(songs: list[Sequence]) -> Array:
    """Share of each chord [states, root counted from the one before] after each quality [qualities]."""
    total = np.zeros((len(QUALITIES), 12 * len(QUALITIES)))
    for song in songs:
        path = [state for state, _ in groupby(state for state, _ in song.chords)]
        pairs = set(pairwise(path))
        for before, after in sorted(pairs):
            root, quality = divmod(before, len(QUALITIES))
            total[quality, (after - root * len(QUALITIES)) % total.shape[1]] += 1 / len(pairs)
    return np.asarray(total / max(total.sum(), 1e-9))


def main() -> None:
    """Reads the data and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--songs", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    sets = [list(billboard(options.data / "mcgill_billboard.tar.xz")), list(pop909(options.data / "pop909.tar.xz"))]
    sets += [list(rendered(options.songs))] if options.songs else []
    table: dict[str, object] = {
        "what": "shares of time of chords above the tonic, and of changes; states by services.analyzer.chord_model",
        "from": ["McGill Billboard 2.0, CC0", "POP909, MIT", "our own songs"][: len(sets)],
        "songs": [len(songs) for songs in sets],
    }
    for mode in ("major", "minor"):
        table[mode] = np.round(np.mean([shares(songs, minor=mode == "minor") for songs in sets], axis=0), 6).tolist()
    table["changes"] = np.round(np.mean([changes(songs) for songs in sets], axis=0), 6).tolist()
    options.out.write_text(json.dumps(table, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
