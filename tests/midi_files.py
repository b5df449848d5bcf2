"""MIDI files for the tests, written by mido, so that what they hold is known."""

import io
from collections.abc import Sequence

import mido

from contracts.music import Chord

Notes = Sequence[tuple[float, float, int, int]]
"""(start, duration, pitch, velocity), in quarters."""


def midi_bytes(
    tracks: Sequence[tuple[str, int, int, Notes]],
    *,
    ppq: int = 480,
    kind: int = 1,
    tempos: Sequence[tuple[float, float]] = ((0, 120.0),),
    meters: Sequence[tuple[float, int, int]] = ((0, 4, 4),),
    markers: Sequence[tuple[float, str]] = (),
    key: str | None = None,
) -> bytes:
    """A file. `tracks`: (name, channel, program, notes); tempos, meters and markers at quarters."""
    signs: list[tuple[float, mido.MetaMessage]] = [(at, mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm))) for at, bpm in tempos]
    signs += [(at, mido.MetaMessage("time_signature", numerator=n, denominator=d)) for at, n, d in meters]
    signs += [(at, mido.MetaMessage("marker", text=text)) for at, text in markers]
    signs += [(0, mido.MetaMessage("key_signature", key=key))] if key else []
    written = [[(round(at * ppq), 0, sign) for at, sign in signs]]
    for name, channel, program, notes in tracks:
        events = [
            (0, -2, mido.MetaMessage("track_name", name=name)),
            (0, -1, mido.Message("program_change", channel=channel, program=program)),
        ]
        for start, length, pitch, velocity in notes:
            events.append((round(start * ppq), 1, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)))
            events.append((round((start + length) * ppq), 0, mido.Message("note_off", channel=channel, note=pitch)))
        written.append(events)
    if kind == 0:
        written = [[event for events in written for event in events]]
    file = mido.MidiFile(type=kind, ticks_per_beat=ppq)
    for events in written:
        track, now = mido.MidiTrack(), 0
        for tick, _, message in sorted(events, key=lambda event: event[:2]):
            track.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def tune(pitches: Sequence[int], length: float = 1.0, start: float = 0.0) -> list[tuple[float, float, int, int]]:
    """Notes one after another, detached by a sixteenth."""
    return [(start + i * length, length - 0.25, pitch, 96) for i, pitch in enumerate(pitches)]


def blocks(symbols: Sequence[str], length: float = 4.0, base: int = 48) -> list[tuple[float, float, int, int]]:
    """Chords in close position, one after another."""
    chords = [Chord.parse(symbol) for symbol in symbols]
    return [(i * length, length, base + c.root_class + step, 80) for i, c in enumerate(chords) for step in c.intervals]


def roots(symbols: Sequence[str], length: float = 4.0, base: int = 36) -> list[tuple[float, float, int, int]]:
    """The bass of chords."""
    return [(i * length, length, base + Chord.parse(symbol).bass_class, 90) for i, symbol in enumerate(symbols)]


FOLK_TUNE = (62, 66, 69, 71, 69, 66, 64, 66, 67, 71, 74, 71, 69, 67, 66, 64, 62, 66, 69, 71, 74, 73, 71, 69, 67, 66, 64, 69, 62, 62, 62, 62)
"""Eight bars of 4/4 in D."""
