"""Sung melodies of open data with their chords, key and phrases, on a grid of 16ths: POP909 with its structure labels."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.music.pitch import pitch_class
from services.generator.training.archives import unpacked

STEPS = 16
HELD_OUT_EVERY = 5
_MODES = {"maj": False, "min": True}


@dataclass(frozen=True)
class SungNote:
    """One note: step from the song's first bar line, steps it sounds, MIDI pitch."""

    step: int
    length: int
    pitch: int


@dataclass(frozen=True)
class SungPhrase:
    """A labelled phrase; letters in capitals are sung. Bars count from 0."""

    letter: str
    start: int
    bars: int


@dataclass(frozen=True)
class SungSong:
    """One song. `chords` holds (root, pitch classes) per beat, None where no chord sounds."""

    number: int
    notes: tuple[SungNote, ...]
    chords: tuple[tuple[int, frozenset[int]] | None, ...]
    tonic: int
    minor: bool
    keys: int
    phrases: tuple[SungPhrase, ...]
    tempo_bpm: float

    @property
    def bars(self) -> int:
        """Bars of the labelled form."""
        return sum(phrase.bars for phrase in self.phrases)

    @property
    def is_held_out(self) -> bool:
        """Whether it is never learned from: every fifth number."""
        return self.number % HELD_OUT_EVERY == 0

    def chord(self, step: int) -> tuple[int, frozenset[int]] | None:
        """Root and pitch classes at a step."""
        beat = step // 4
        return self.chords[beat] if 0 <= beat < len(self.chords) else None


def pop909(data: Path) -> list[SungSong]:
    """All songs of POP909 whose labels and chords agree within a bar, in order of their numbers."""
    with unpacked(data, "pop909_structure") as (folder,):
        found = [_song(path) for path in sorted((folder / "POP909").iterdir()) if path.is_dir()]
    return [song for song in found if song is not None]


def _song(path: Path) -> SungSong | None:
    phrases = _phrases((path / "human_label1.txt").read_text("utf-8"))
    chords = _chords((path / "finalized_chord.txt").read_text("utf-8"))
    bars = sum(phrase.bars for phrase in phrases)
    if not phrases or abs(bars - len(chords) / 4) > 1:
        return None
    keys = (path / "analyzed_key.txt").read_text("utf-8").split()
    tonic, _, mode = keys[0].partition(":")
    if mode not in _MODES:
        return None
    notes = tuple(note for note in _notes((path / "melody.txt").read_text("utf-8")) if note.step < bars * STEPS)
    tempo = float((path / "tempo.txt").read_text("utf-8").split()[0])
    if len(notes) < 40:
        return None
    return SungSong(int(path.name), notes, tuple(chords), pitch_class(tonic), _MODES[mode], len(keys), phrases, tempo)


def _phrases(label: str) -> tuple[SungPhrase, ...]:
    phrases: list[SungPhrase] = []
    start = 0
    for letter, bars in re.findall(r"([A-Za-z])(\d+)", label):
        phrases.append(SungPhrase(letter, start, int(bars)))
        start += int(bars)
    return tuple(phrases)


def _chords(text: str) -> list[tuple[int, frozenset[int]] | None]:
    beats: list[tuple[int, frozenset[int]] | None] = []
    for line in text.splitlines():
        found = re.match(r"(N|[A-G][b#]*).*\[(.*?)\]\s+-?\d+\s+(\d+)", line)
        if found is None:
            continue
        tones = frozenset(int(t) for t in found[2].split(",") if t.strip())
        beats += [None if found[1] == "N" or not tones else (pitch_class(found[1]), tones)] * int(found[3])
    return beats


def _notes(text: str) -> Iterator[SungNote]:
    step = 0
    for line in text.splitlines():
        if not line.strip():
            continue
        pitch, length = (int(value) for value in line.split()[:2])
        if pitch > 0:
            yield SungNote(step, length, pitch)
        step += length
