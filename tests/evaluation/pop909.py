"""POP909 (MIT) with its structure labels, as pieces: melody, piano, chords and phrases aligned to the bar lines.

The archives `pop909` and `pop909_structure`, or folders of those names, lie in the folder that `--data` names.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import mido

from tests.evaluation.piece import BAR, Phrase, Piece, Span, Tone

_TONICS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_DEGREES = {"2": 2, "b3": 3, "3": 4, "4": 5, "b5": 6, "5": 7, "#5": 8, "6": 9, "b7": 10, "7": 11}
_HELD_OUT = 5


def is_held_out(number: int) -> bool:
    """Whether a song is kept from every training: its number is divisible by five."""
    return number % _HELD_OUT == 0


def read_pop909(songs: Path, structure: Path, *, held_out: bool | None = None) -> Iterator[Piece]:
    """The songs with one key whose labels and chords agree within a bar, by number; `held_out` None: all."""
    for folder in sorted((structure / "POP909").iterdir()):
        if not folder.name.isdigit() or held_out not in (None, is_held_out(int(folder.name))):
            continue
        piece = _piece(folder, songs / "POP909" / folder.name / f"{folder.name}.mid")
        if piece:
            yield piece


def _piece(folder: Path, midi: Path) -> Piece | None:
    keys = (folder / "analyzed_key.txt").read_text("utf-8").split()
    phrases = _phrases((folder / "human_label1.txt").read_text("utf-8"))
    chords = _chords((folder / "finalized_chord.txt").read_text("utf-8"))
    melody = _melody((folder / "melody.txt").read_text("utf-8"))
    if len(keys) != 1 or not phrases or not chords or len(melody) < 40:
        return None
    bars = sum(phrase.bars for phrase in phrases)
    if abs(chords[-1].end - bars * BAR) > BAR:
        return None
    tonic, mode = keys[0].split(":")
    loud, piano, bridge = _midi(midi)
    shift = _shift(melody, loud)
    if shift is None:
        return None
    velocities = {(tone.step + shift, tone.pitch): tone.velocity for tone in loud}
    melody = [Tone(t.step, t.length, t.pitch, velocities.get((t.step, t.pitch), 0)) for t in melody if t.bar < bars]
    comping, counter = (
        tuple(Tone(t.step + shift, t.length, t.pitch, t.velocity) for t in track if 0 <= t.step + shift < bars * BAR)
        for track in (piano, bridge)
    )
    key = (0, (_TONICS[tonic[0]] + tonic.count("#") - tonic[1:].count("b")) % 12, mode == "min")
    return Piece(folder.name, bars, tuple(melody), comping, counter, (), tuple(chords), (key,), tuple(phrases))


def _phrases(text: str) -> list[Phrase]:
    pairs = re.findall(r"([A-Za-z])(\d+)", text)
    starts = accumulate((int(bars) for _, bars in pairs), initial=0)
    return [Phrase(letter, start, int(bars), letter.isupper()) for (letter, bars), start in zip(pairs, starts, strict=False)]


def _chords(text: str) -> list[Span]:
    spans: list[Span] = []
    start = 0
    for line in text.splitlines():
        match = re.match(r"(\S+) \[(.*)\] (-?\d+) (\d+)", line)
        if not match:
            continue
        end = start + 4 * int(match.group(4))
        classes = frozenset(int(one) for one in match.group(2).split(",") if one.strip())
        name = match.group(1)
        if classes and ":" in name:
            letter = name.split(":")[0]
            root = (_TONICS[letter[0]] + letter.count("#") - letter[1:].count("b")) % 12
            bass = (root + _DEGREES.get(name.split("/")[1], 0)) % 12 if "/" in name else root
            spans.append(Span(start, end, root, bass, classes))
        start = end
    return spans


def _melody(text: str) -> list[Tone]:
    tones = []
    step = 0
    for line in text.splitlines():
        pitch, length = (int(one) for one in line.split())
        if pitch:
            tones.append(Tone(step, length, pitch))
        step += length
    return tones


def _midi(path: Path) -> tuple[list[Tone], list[Tone], list[Tone]]:
    file = mido.MidiFile(path)
    tracks = {track.name: _track(track, file.ticks_per_beat / 4) for track in file.tracks}
    return tracks.get("MELODY", []), tracks.get("PIANO", []), tracks.get("BRIDGE", [])


def _track(track: mido.MidiTrack, step_ticks: float) -> list[Tone]:
    open_notes: dict[int, tuple[int, int]] = {}
    tones = []
    now = 0
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        if message.note in open_notes:
            start, velocity = open_notes.pop(message.note)
            tones.append(Tone(round(start / step_ticks), (now - start) / step_ticks, message.note, velocity))
        if message.type == "note_on" and message.velocity:
            open_notes[message.note] = (now, message.velocity)
    return sorted(tones)


def _shift(melody: list[Tone], loud: list[Tone]) -> int | None:
    """Steps from the MIDI file's grid to the labels': most melody notes must meet at one shift."""
    places: dict[int, list[int]] = {}
    for tone in loud:
        places.setdefault(tone.pitch, []).append(tone.step)
    votes = Counter(tone.step - step for tone in melody for step in places.get(tone.pitch, ()) if abs(tone.step - step) <= 20 * BAR)
    shift, count = votes.most_common(1)[0] if votes else (0, 0)
    return shift if count >= 0.6 * len(melody) else None
