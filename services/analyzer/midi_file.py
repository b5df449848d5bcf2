"""Reading a MIDI file of unknown origin: any of format 0 or 1, any resolution, with limits; what cannot be is named.

Ticks become 960 per quarter, so that the beats stay what they were whatever the tempo did; with a SMPTE division, which knows
no beats, seconds become beats of the tempo that the file names, 120 where it names none.
"""

import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import mido
from mido.midifiles.meta import KeySignatureError

from contracts.errors import BadInput
from contracts.music import PPQ, Note

LARGEST_BYTES = 4 * 2**20
MOST_NOTES = 100_000
MOST_TRACKS = 256
LONGEST_QUARTERS = 6000
ALLOWED = "a Standard MIDI File of format 0 or 1 that holds notes"
_DRUM_CHANNEL = 9
_SMPTE_TEMPO = 500_000
_SHORTEST = PPQ // 32
_LEFT_OPEN = PPQ
"""Length of a note that nothing ends, where its track goes on for long."""


@dataclass
class Voice:
    """The notes of one track and channel, with its name and General MIDI program (from 0)."""

    name: str
    channel: int
    program: int | None
    notes: list[Note] = field(default_factory=list)

    @property
    def is_drums(self) -> bool:
        """Whether it plays on channel 10."""
        return self.channel == _DRUM_CHANNEL


@dataclass(frozen=True)
class MidiSong:
    """What is in a file, in ticks at 960 per quarter from its beginning."""

    voices: tuple[Voice, ...]
    tempos: tuple[tuple[int, float], ...]
    """(tick, quarters per minute); empty where the file names none."""
    meters: tuple[tuple[int, str], ...]
    keys: tuple[tuple[int, str], ...]
    markers: tuple[tuple[int, str], ...]
    notes: tuple[str, ...]

    @property
    def end(self) -> int:
        """Tick at which the last note ends."""
        return max((note.end for voice in self.voices for note in voice.notes), default=0)


def refused(name: str, why: str) -> BadInput:
    """What is said of a file that cannot be read."""
    return BadInput("midi", name, ALLOWED, hint=why[0].upper() + why[1:])


def read_midi_file(data: bytes, name: str) -> MidiSong:
    """The notes and signs of a file. Raises BadInput on field "midi" for whatever cannot be read."""
    _check_head(data, name)
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except (EOFError, OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, KeySignatureError) as error:
        # mido raises whatever its parser trips over: the file is broken, and its words say where.
        raise refused(name, f"it is broken: {str(error) or 'it ends before its data do'}") from error
    if len(file.tracks) > MOST_TRACKS:
        raise refused(name, f"it has {len(file.tracks)} tracks; at most {MOST_TRACKS} are read")
    return _Reader(file, name, int.from_bytes(data[12:14], "big")).read()


def _check_head(data: bytes, name: str) -> None:
    if not data:
        raise refused(name, "it is empty")
    if len(data) > LARGEST_BYTES:
        raise refused(name, f"it has {len(data)} bytes; at most {LARGEST_BYTES} are read")
    if data[:4] != b"MThd":
        raise refused(name, "it does not begin with MThd, as every MIDI file does")
    if len(data) < 14:
        raise refused(name, f"it ends inside its header, after {len(data)} bytes")
    kind = int.from_bytes(data[8:10], "big")
    if kind == 2:
        raise refused(name, "it is of format 2: its tracks are pieces of their own and not one song; save it as format 1")
    if kind > 2:
        raise refused(name, f"it says it is of format {kind}, which does not exist")
    if int.from_bytes(data[10:12], "big") == 0:
        raise refused(name, "it says it has no tracks")
    if data[12:14] == b"\0\0":
        raise refused(name, "its division is 0: it does not say how long a tick is")


class _Reader:
    """Goes through the tracks once, all in one time."""

    def __init__(self, file: mido.MidiFile, name: str, division: int) -> None:
        self.file, self.name = file, name
        self.remarks: list[str] = []
        self.scale = self._scale(division)
        self.voices: dict[tuple[int, int], Voice] = {}
        self.signs: dict[str, dict[int, object]] = {"tempo": {}, "meter": {}, "key": {}}
        self.markers: list[tuple[int, str]] = []
        self.count = 0

    def _scale(self, division: int) -> float:
        """Our ticks per tick of the file."""
        if not division & 0x8000:
            return PPQ / division
        frames, per_frame = 256 - (division >> 8), division & 0xFF
        if frames not in (24, 25, 29, 30) or not per_frame:
            raise refused(self.name, f"its SMPTE division of {frames} frames with {per_frame} ticks does not exist")
        rate = (29.97 if frames == 29 else float(frames)) * per_frame
        tempo = next((m.tempo for track in self.file.tracks for m in track if m.type == "set_tempo"), _SMPTE_TEMPO)
        self.remarks.append(
            f"the file counts seconds (SMPTE, {rate:g} ticks each), not beats: beats of {60e6 / tempo:g} bpm were laid over it"
        )
        return 1e6 / tempo / rate * PPQ

    def read(self) -> MidiSong:
        for index, track in enumerate(self.file.tracks):
            self._track(index, track)
        voices = tuple(v for v in self.voices.values() if v.notes)
        if not voices:
            raise refused(self.name, "it holds no notes")
        if max(n.end for v in voices for n in v.notes) > LONGEST_QUARTERS * PPQ:
            raise refused(self.name, f"it is longer than {LONGEST_QUARTERS} quarter notes")
        tempos = tuple((tick, float(str(bpm))) for tick, bpm in sorted(self.signs["tempo"].items()))
        return MidiSong(
            voices,
            tempos,
            tuple((tick, str(m)) for tick, m in sorted(self.signs["meter"].items())),
            tuple((tick, str(k)) for tick, k in sorted(self.signs["key"].items())),
            tuple(sorted(self.markers)),
            tuple(self.remarks),
        )

    def _track(self, index: int, track: mido.MidiTrack) -> None:
        now, title = 0, ""
        programs: dict[int, int] = {}
        open_notes: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for message in track:
            now += max(0, int(message.time))
            tick = round(now * self.scale)
            if tick > LONGEST_QUARTERS * PPQ:
                raise refused(self.name, f"track {index + 1} goes on after {LONGEST_QUARTERS} quarter notes")
            if message.type == "track_name":
                title = title or _clean(message.name)
            elif message.type == "program_change":
                programs.setdefault(message.channel, message.program)
            elif message.is_meta:
                self._sign(tick, message)
            elif message.type == "note_on" and message.velocity:
                open_notes[message.channel, message.note].append((tick, message.velocity))
            elif message.type in ("note_on", "note_off"):
                self._close(index, message.channel, message.note, tick, open_notes)
        self._close_all(index, round(now * self.scale), open_notes)
        for (where, channel), voice in self.voices.items():
            if where == index:
                voice.name, voice.program = title, programs.get(channel)

    def _close(self, index: int, channel: int, pitch: int, tick: int, open_notes: dict[tuple[int, int], list[tuple[int, int]]]) -> None:
        """End the oldest note of a pitch; one that starts again while it sounds is ended where the next begins, below."""
        waiting = open_notes[channel, pitch]
        if waiting:
            start, velocity = waiting.pop(0)
            end = min(tick, waiting[0][0]) if waiting and waiting[0][0] > start else tick
            self._note(index, channel, Note(start, max(end - start, _SHORTEST), pitch, velocity))

    def _close_all(self, index: int, end: int, open_notes: dict[tuple[int, int], list[tuple[int, int]]]) -> None:
        """Notes that nothing ended last until the next of their pitch, a quarter, or the end of the track."""
        left = 0
        for (channel, pitch), waiting in open_notes.items():
            starts = [start for start, _ in waiting]
            for i, (start, velocity) in enumerate(waiting):
                until = starts[i + 1] if i + 1 < len(starts) else max(end, start + _SHORTEST)
                left += 1
                self._note(index, channel, Note(start, max(min(until - start, _LEFT_OPEN), _SHORTEST), pitch, velocity))
        if left:
            self.remarks.append(f"{left} note{'s' if left > 1 else ''} of track {index + 1} had no end and were given one")

    def _note(self, index: int, channel: int, note: Note) -> None:
        self.count += 1
        if self.count > MOST_NOTES:
            raise refused(self.name, f"it holds more than {MOST_NOTES} notes")
        self.voices.setdefault((index, channel), Voice("", channel, None)).notes.append(note)

    def _sign(self, tick: int, message: mido.MetaMessage) -> None:
        if message.type == "set_tempo" and message.tempo > 0:
            self.signs["tempo"][tick] = 60e6 / message.tempo
        elif message.type == "time_signature":
            self.signs["meter"][tick] = f"{message.numerator}/{message.denominator}"
        elif message.type == "key_signature":
            self.signs["key"][tick] = message.key
        elif message.type in ("marker", "cue_marker") and _clean(message.text):
            self.markers.append((tick, _clean(message.text)))


def _clean(text: str) -> str:
    """A name as plain text: printable, at most 60 characters."""
    return "".join(c for c in text if c.isprintable()).strip()[:60]


def all_notes(song: MidiSong, *, drums: bool = False) -> Iterator[Note]:
    """Every note that has a pitch; the drums' too where they are wanted."""
    for voice in song.voices:
        if drums or not voice.is_drums:
            yield from voice.notes
