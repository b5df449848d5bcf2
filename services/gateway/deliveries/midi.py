"""The parts of a delivered MIDI file as files of their own: the very same bytes of each track, with the song's tempo and meter.

A Standard MIDI File of format 1 is a header and tracks, the first of which holds tempo, meter and markers (SMF 1.0, RP-001). So a
part's file is a header for two tracks, that first track, and the part's.
"""

import struct
from dataclasses import dataclass

from contracts.errors import BadInput

MEDIA_TYPE = "audio/midi"
_HEADER, _TRACK = b"MThd", b"MTrk"
_TRACK_NAME = b"\xff\x03"


@dataclass(frozen=True)
class Tracks:
    """A MIDI file taken apart: the song's own track, and those of the parts by name."""

    division: int
    song: bytes
    parts: dict[str, bytes]

    def part(self, name: str) -> bytes:
        """A MIDI file of one part."""
        return _HEADER + struct.pack(">IHHH", 6, 1, 2, self.division) + _chunk(self.song) + _chunk(self.parts[name])


def read_tracks(data: bytes) -> Tracks:
    """Take a MIDI file of format 1 apart. Raises BadInput for another one."""
    if data[:4] != _HEADER or len(data) < 14:
        raise BadInput("midi", data[:4], "a Standard MIDI File of format 1")
    length, form, count, division = struct.unpack(">IHHH", data[4:14])
    chunks: list[bytes] = []
    at = 8 + length
    while at + 8 <= len(data) and len(chunks) < count:
        kind, size = data[at : at + 4], struct.unpack(">I", data[at + 4 : at + 8])[0]
        if kind == _TRACK:
            chunks.append(data[at + 8 : at + 8 + size])
        at += 8 + size
    if form != 1 or not chunks:
        raise BadInput("midi", f"format {form}", "a Standard MIDI File of format 1")
    return Tracks(division, chunks[0], {name: chunk for chunk in chunks[1:] if (name := _name(chunk))})


def _name(chunk: bytes) -> str:
    """The name of a track, which is its first event (delta 0, FF 03, length, text)."""
    at = chunk.find(_TRACK_NAME)
    if at < 0 or at + 2 >= len(chunk):
        return ""
    size = chunk[at + 2]  # one byte: the ids of parts are short
    return chunk[at + 3 : at + 3 + size].decode("latin-1")


def _chunk(track: bytes) -> bytes:
    return _TRACK + struct.pack(">I", len(track)) + track
