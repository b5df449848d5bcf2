"""What was heard as a Standard MIDI File whose seconds are those of the recording and whose bars are those that were heard.

Where the heard bars begin after the recording does, whole bars are put before the first one, at the tempo that makes them last
just as long; where the tempo wavers, each bar has its own.
"""

import io
from collections.abc import Mapping, Sequence

import mido
import numpy as np
import numpy.typing as npt

from contracts.features import HeardNote
from contracts.music import PPQ, Key, Meter

Times = npt.NDArray[np.float64]

PROGRAMS = {"bass": 33, "vocals": 53, "other": 0, "piano": 0, "guitar": 27, "strings": 48, "melody": 80, "lead": 80}
"""General MIDI program of a stem, counted from 0: fingered bass, voice, piano, clean guitar, strings, square lead."""
DRUMS = "drums"
_DRUM_CHANNEL = 9
_VELOCITY = 88
_STEADY_S = 0.012
_DRUM_S = 0.06
_FEWEST_BARS = 2


def transcript_midi(stems: Mapping[str, Sequence[HeardNote]], beats_s: Times, downbeats_s: Times, meter: Meter, key: Key | None) -> bytes:
    """Bytes of the file: a conductor track, then a named track for each stem.

    Args:
        stems: notes in seconds by stem; a stem named drums goes to channel 10.
        beats_s: heard beats; without them the file stands at 120 bpm.
        downbeats_s: heard bar lines.
        meter: the meter that was heard.
        key: the key that was heard.
    """
    clock = _Clock(beats_s, downbeats_s, meter)
    file = mido.MidiFile(type=1, ticks_per_beat=PPQ, charset="utf-8")
    head: list[tuple[int, mido.MetaMessage]] = [
        (0, mido.MetaMessage("track_name", name="heard")),
        (0, mido.MetaMessage("time_signature", numerator=meter.numerator, denominator=meter.denominator)),
    ]
    if key is not None:
        head.append((0, mido.MetaMessage("key_signature", key=_signature(key))))
    head += [(tick, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in clock.tempos]
    file.tracks.append(_track(head))
    channels = [channel for channel in range(16) if channel != _DRUM_CHANNEL]
    for index, (name, notes) in enumerate(stems.items()):
        channel = _DRUM_CHANNEL if name == DRUMS else channels[index % len(channels)]
        events: list[tuple[int, mido.MetaMessage]] = [(0, mido.MetaMessage("track_name", name=name))]
        if name != DRUMS:
            events.append((0, mido.Message("program_change", program=PROGRAMS.get(name, 0), channel=channel)))
        for start, length, pitch in notes:
            first, last = clock.tick(start), clock.tick(start + (_DRUM_S if name == DRUMS else length))
            events.append((first, mido.Message("note_on", note=pitch, velocity=_VELOCITY, channel=channel)))
            events.append((max(last, first + 1), mido.Message("note_off", note=pitch, velocity=0, channel=channel)))
        file.tracks.append(_track(events))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


class _Clock:
    """Seconds of the recording to ticks, by the bars that were heard."""

    def __init__(self, beats_s: Times, downbeats_s: Times, meter: Meter) -> None:
        bar = meter.ticks_per_bar
        bars = downbeats_s if len(downbeats_s) >= _FEWEST_BARS else beats_s[:: max(1, round(meter.beats_per_bar))]
        if len(bars) < _FEWEST_BARS:
            bars = np.arange(2) * 0.5 * bar / PPQ
        count = np.arange(len(bars))
        slope, first = np.polyfit(count, bars, 1)
        if np.abs(bars - (first + slope * count)).max() <= _STEADY_S:
            bars = (first + slope * np.array([0, 1])).clip(0.0)
        lead = max(0, int(np.ceil(float(bars[0]) / slope - 0.02)))
        marks = np.concatenate([[0.0], bars]) if lead else bars - bars[0]
        ticks = np.concatenate([[0], (lead + np.arange(len(bars))) * bar]) if lead else np.arange(len(bars)) * bar
        # MIDI counts in whole microseconds per quarter; what is rounded off is carried on, so that nothing drifts.
        self.tempos: list[tuple[int, int]] = []
        times = [0.0]
        for start, end, until in zip(ticks[:-1], ticks[1:], marks[1:], strict=True):
            quarters = float(end - start) / PPQ
            tempo = int(np.clip(round((float(until) - times[-1]) / quarters * 1e6), 1, (1 << 24) - 1))
            self.tempos.append((int(start), tempo))
            times.append(times[-1] + quarters * tempo / 1e6)
        self._times, self._ticks = np.array(times), np.asarray(ticks, np.float64)

    def tick(self, seconds: float) -> int:
        """The tick at a time; the last tempo goes on."""
        if seconds <= self._times[-1]:
            return max(0, round(float(np.interp(seconds, self._times, self._ticks))))
        return round(float(self._ticks[-1] + (seconds - self._times[-1]) * 1e6 / self.tempos[-1][1] * PPQ))


def _signature(key: Key) -> str:
    """The signature as mido names it: the minor key as such, else the major key of the same notes."""
    if key.mode == "minor":
        name = {"Db": "C#", "Gb": "F#", "Cb": "B"}.get(key.tonic, key.tonic)
        return f"{name}m"
    fifths = {"major": 0, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5, "locrian": 1}[key.mode]
    return ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")[(key.tonic_class + fifths) % 12]


def _track(events: list[tuple[int, mido.MetaMessage]]) -> mido.MidiTrack:
    """Events by tick, note-offs before note-ons."""
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: (event[0], {"note_off": 1, "note_on": 2}.get(event[1].type, 0))):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track
