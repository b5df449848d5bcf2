"""The score as a Standard MIDI File: format 1, 960 ticks per quarter, one named track per part, byte-deterministic."""

import io
from collections.abc import Iterator

import mido

from contracts.music import PPQ, Key, Part, Score
from services.music.packs.instruments import instrument

_CONTROLLERS = {"cc1": 1, "cc2": 2, "cc11": 11, "cc64": 64}
_DRUM_CHANNEL = 9
_BEND_SEMITONES = 2.0
_RELATIVE = {"major": 0, "minor": 3, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5, "locrian": 1}
_MAJORS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
# Meta events before controls, note-offs before note-ons at one tick, so that repeated pitches speak.
_ORDER = {"track_name": 0, "program_change": 1, "control_change": 2, "pitchwheel": 2, "note_off": 3, "lyrics": 4, "note_on": 5}

Timed = tuple[int, mido.Message | mido.MetaMessage]


def score_to_midi(score: Score) -> bytes:
    """Bytes of the file: a conductor track, then the parts in their order. Notes are written exactly as in the score."""
    file = mido.MidiFile(type=1, ticks_per_beat=PPQ, charset="utf-8")
    file.tracks.append(_track(_conductor(score)))
    channel = 0
    for part_id, part in score.parts.items():
        drums = instrument(part.instrument).is_drums
        file.tracks.append(_track(_part_events(part_id, part, _DRUM_CHANNEL if drums else channel)))
        if not drums:
            channel = (channel + 1) % 16
            channel += channel == _DRUM_CHANNEL
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def key_signature(key: Key) -> str:
    """The signature as mido names it: minor keys as such, other modes by the relative major that shares their notes."""
    if key.mode == "minor":
        major = _MAJORS[(key.tonic_class + 3) % 12]
        return {"C": "Am", "Db": "Bbm", "D": "Bm", "Eb": "Cm", "E": "C#m", "F": "Dm", "Gb": "Ebm", "G": "Em", "Ab": "Fm", "A": "F#m",
                "Bb": "Gm", "B": "G#m"}[major]  # fmt: skip
    major = _MAJORS[(key.tonic_class + _RELATIVE[key.mode]) % 12]
    sharp = key.tonic.endswith("#") and major in ("Gb", "Db")
    return {"Gb": "F#", "Db": "C#"}[major] if sharp else major


def _conductor(score: Score) -> Iterator[Timed]:
    meter = score.meter_value
    yield 0, mido.MetaMessage("track_name", name=score.title or "Houseband")
    yield 0, mido.MetaMessage("time_signature", numerator=meter.numerator, denominator=meter.denominator)
    yield 0, mido.MetaMessage("key_signature", key=key_signature(score.key_value))
    for tick, bpm in score.tempo_map or ((0, score.tempo_bpm),):
        quarter_bpm = bpm * meter.ticks_per_beat / PPQ
        yield tick, mido.MetaMessage("set_tempo", tempo=round(60_000_000 / quarter_bpm))
    for name, section in score.sections.items():
        yield (section.start_bar - 1) * meter.ticks_per_bar, mido.MetaMessage("marker", text=name)
    yield score.end_tick, mido.MetaMessage("marker", text="end")


def _part_events(part_id: str, part: Part, channel: int) -> Iterator[Timed]:
    yield 0, mido.MetaMessage("track_name", name=part_id)
    yield 0, mido.Message("program_change", program=instrument(part.instrument).gm_program, channel=channel)
    yield 0, mido.Message("control_change", control=10, value=round(64 + 63 * part.pan), channel=channel)
    for name, curve in part.controls.items():
        for tick, value in curve:
            if name in _CONTROLLERS:
                level = min(max(round(value), 0), 127)
                yield tick, mido.Message("control_change", control=_CONTROLLERS[name], value=level, channel=channel)
            elif name == "pitch_bend":
                bend = min(max(round(value / _BEND_SEMITONES * 8192), -8192), 8191)
                yield tick, mido.Message("pitchwheel", pitch=bend, channel=channel)
            elif name == "cutoff":
                yield tick, mido.Message("control_change", control=74, value=min(max(round(value * 127), 0), 127), channel=channel)
    for tick, syllable in part.lyrics:
        # RP-017: one event per syllable; a hyphen where the word goes on, a space where it ends.
        yield tick, mido.MetaMessage("lyrics", text=syllable if syllable.endswith("-") else f"{syllable} ")
    for note in part.notes:
        yield note.start, mido.Message("note_on", note=note.pitch, velocity=note.velocity, channel=channel)
        yield note.end, mido.Message("note_off", note=note.pitch, velocity=0, channel=channel)


def _track(events: Iterator[Timed]) -> mido.MidiTrack:
    """Events in time order as a track with delta times."""
    track = mido.MidiTrack()
    now = 0
    for tick, message in sorted(events, key=lambda item: (item[0], _ORDER.get(item[1].type, 0))):
        track.append(message.copy(time=max(tick, 0) - now))
        now = max(tick, 0)
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track
