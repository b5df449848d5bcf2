"""What the theory of a MIDI file recovers of the score it was made from: docs/theory.md.

`python -m tests.evaluation.theory FOLDER` takes every score.json of a folder (NAME.json) as truth, writes its notes to a MIDI file
without key, chords and markers (`--marked`: as delivered, with them), analyses that, and prints means over the songs.
"""

import argparse
import io
import time
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import mido
import numpy as np

from contracts.music import Chord, Key, Score
from contracts.theory import Theory
from services.analyzer.midi_material import read_midi
from services.analyzer.theory import of_given, of_score
from services.generator.midi import score_to_midi
from services.music.theory.reading import read_theory

_MARKS = ("marker", "cue_marker", "key_signature", "lyrics")
_STEP_BEATS = 0.5


@dataclass(frozen=True)
class Recovered:
    """Shares and F measures of one song, 0–1; times in seconds."""

    keys: float
    """Bars whose tonic and third are the section's."""
    chords: float
    """Half beats whose root and third are the score's."""
    numerals: float
    """Half beats whose degree and third are the score's, in the key found."""
    borders: float
    """F of section borders on the very bar."""
    borders_1: float
    """F within one bar."""
    letters: float
    """F over pairs of bars: same section name in the score, same letter here."""
    cadences: float
    """F of (bar, kind) against the cadences of the score's own analysis, where it has any."""
    seconds: float
    """To analyse, reading not counted."""


def bare(data: bytes) -> bytes:
    """A MIDI file without key, lyrics and markers."""
    file = mido.MidiFile(file=io.BytesIO(data))
    for track in file.tracks:
        kept, late = [], 0
        for message in track:
            late += message.time
            if message.type not in _MARKS:
                kept.append(message.copy(time=late))
                late = 0
        track[:] = kept
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def recovered(score: Score, *, marked: bool) -> Recovered:
    """One song."""
    told = read_theory(of_score(score, "score.json"))
    data = score_to_midi(score)
    piece = of_given(read_midi(data if marked else bare(data), "song.mid"))
    began = time.perf_counter()
    read = read_theory(piece)
    seconds = time.perf_counter() - began
    chords, numerals = _harmony(score, told, read)
    truth = {s.start_bar for s in score.sections.values()} - {1}
    found = {s.bar for s in read.form.sections} - {1}
    ends, heard = ({(c.bar, c.kind) for c in t.cadences} for t in (told, read))
    cadences = 2 * len(ends & heard) / (len(ends) + len(heard)) if ends else float("nan")
    keys = np.mean([_sound(_key_in(read, bar)) == _sound(_key_of(score, bar)) for bar in range(1, score.bars + 1)])
    return Recovered(
        float(keys), chords, numerals, _border_f(truth, found, 0), _border_f(truth, found, 1), _letters(score, read), cadences, seconds
    )


def _sound(key: str | None) -> tuple[int, bool] | None:
    return (Key.parse(key).tonic_class, Key.parse(key).is_minor) if key else None


def _key_of(score: Score, bar: int) -> str:
    return next((s.key for s in score.sections.values() if s.start_bar <= bar < s.end_bar), score.key)


def _key_in(read: Theory, bar: int) -> str | None:
    return next((area.key for area in reversed(read.keys) if area.bar <= bar), None)


def _harmony(score: Score, told: Theory, read: Theory) -> tuple[float, float]:
    truth, found = _by_half_beat(score, told), _by_half_beat(score, read)
    chords = numerals = 0
    for place, (bar, symbol) in truth.items():
        other = found.get(place)
        key = _key_in(read, bar)
        if other is None or key is None:
            continue
        one, two = Chord.parse(symbol), Chord.parse(other[1])
        chords += (one.root_class, one.is_minor) == (two.root_class, two.is_minor)
        numerals += _degree(one, _key_of(score, bar)) == _degree(two, key)
    return chords / max(len(truth), 1), numerals / max(len(truth), 1)


def _degree(chord: Chord, key: str) -> tuple[int, bool]:
    return (chord.root_class - Key.parse(key).tonic_class) % 12, chord.is_minor


def _by_half_beat(score: Score, read: Theory) -> dict[int, tuple[int, str]]:
    per_bar = score.meter_value.beats_per_bar
    found = {}
    for chord in read.chords:
        first = round(((chord.bar - 1) * per_bar + chord.beat - 1) / _STEP_BEATS)
        for place in range(first, first + round(chord.beats / _STEP_BEATS)):
            found[place] = (int(place * _STEP_BEATS / per_bar) + 1, chord.symbol)
    return found


def _border_f(truth: set[int], found: set[int], near: int) -> float:
    if not truth or not found:
        return float(truth == found)
    precision = sum(any(abs(a - b) <= near for b in truth) for a in found) / len(found)
    recall = sum(any(abs(a - b) <= near for b in found) for a in truth) / len(truth)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _letters(score: Score, read: Theory) -> float:
    truth = [next((s.label for s in score.sections.values() if s.start_bar <= bar < s.end_bar), "") for bar in range(1, score.bars + 1)]
    found = [next((s.letter[0] for s in reversed(read.form.sections) if s.bar <= bar), "") for bar in range(1, score.bars + 1)]
    pairs = np.triu_indices(len(truth), 1)
    one, two = (np.equal.outer(np.array(labels), np.array(labels))[pairs] for labels in (truth, found))
    return float(2 * (one & two).sum() / max(one.sum() + two.sum(), 1))


def means(songs: Iterable[Recovered]) -> list[tuple[str, float]]:
    """Mean of each figure, songs without the thing left out."""
    every = list(songs)
    return [(field.name, float(np.nanmean([getattr(song, field.name) for song in every]))) for field in fields(Recovered)]


def main() -> None:
    """Measure a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--marked", action="store_true")
    arguments = parser.parse_args()
    files = sorted(arguments.folder.glob("*.json"))
    songs = [recovered(Score.model_validate_json(path.read_bytes()), marked=arguments.marked) for path in files]
    print(f"{len(songs)} songs, {'as delivered' if arguments.marked else 'notes only'}")
    for name, value in means(songs):
        print(f"{name:12} {value:.3f}")


if __name__ == "__main__":
    main()
