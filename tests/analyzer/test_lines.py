"""A bass line and a melody out of a band, and stems as MIDI that keeps the recording's seconds."""

import io
from collections.abc import Sequence

import mido
import numpy as np
import pytest

from contracts.features import DrumVoice, HeardDrums
from contracts.music import PPQ, Key, Meter
from services.analyzer.lines import hear_bass, hear_melody
from services.analyzer.note_tracking import Activity
from services.analyzer.rhythm import Rhythm, hear_rhythm
from services.analyzer.transcribing import polyphonic, transcribe
from services.analyzer.transcript_midi import transcript_midi
from services.music.audio.onsets import EAR_RATE_HZ

BEAT_S, LEAD_S = 0.5, 0.3
BASS = [36, 36, 43, 36, 41, 41, 48, 41, 43, 43, 38, 43, 36, 43, 36, 36]
TUNE = [72, 74, 76, 79, 77, 76, 74, 72, 71, 74, 79, 77, 76, 74, 72, 72]


def tones(pitches: Sequence[int], level: float, decay: float) -> np.ndarray:
    """Plucked tones, one per beat [samples] at EAR_RATE_HZ, after a lead-in."""
    out = np.zeros(round((LEAD_S + BEAT_S * len(pitches) + 0.5) * EAR_RATE_HZ))
    t = np.arange(round(0.95 * BEAT_S * EAR_RATE_HZ)) / EAR_RATE_HZ
    for index, pitch in enumerate(pitches):
        hz = 440 * 2 ** ((pitch - 69) / 12)
        wave = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 7) if hz * k < EAR_RATE_HZ / 2)
        start = round((LEAD_S + index * BEAT_S) * EAR_RATE_HZ)
        out[start : start + len(t)] += level * wave * np.exp(-decay * t) * np.minimum(1, t * 200)
    return out


@pytest.fixture(scope="module")
def mix() -> np.ndarray:
    """Bass, tune and soft chords."""
    chords = sum(tones([pitch] * 16, 0.05, 1.0) for pitch in (60, 64, 67))
    return (tones(BASS, 0.25, 2.0) + tones(TUNE, 0.2, 2.0) + chords).astype(np.float32)


@pytest.fixture(scope="module")
def rhythm(mix: np.ndarray) -> Rhythm:
    """Its rhythm."""
    return hear_rhythm(mix)


def share_right(notes: Sequence[tuple[float, float, int]], truth: Sequence[int]) -> float:
    """Share of the beats in whose middle the right note is heard."""
    right = 0
    for index, pitch in enumerate(truth):
        middle = LEAD_S + (index + 0.4) * BEAT_S
        right += any(start <= middle < start + length and heard == pitch for start, length, heard in notes)
    return right / len(truth)


def test_the_bass_line_is_heard_under_a_band(mix, rhythm) -> None:
    """Nine notes in ten, in their octave, and begun within 60 ms."""
    line = hear_bass(mix, EAR_RATE_HZ, rhythm, Key("C"))
    assert line is not None
    assert share_right(line.notes, BASS) >= 0.9
    near = [min(abs(start - (LEAD_S + i * BEAT_S)) for i in range(16)) for start, _, _ in line.notes]
    assert np.median(near) < 0.06
    assert 0 < line.confidence <= 1


def test_the_melody_is_heard_over_a_band(mix, rhythm) -> None:
    """Nine notes in ten, in their octave."""
    line = hear_melody(mix, EAR_RATE_HZ, rhythm, Key("C"))
    assert line is not None
    assert share_right(line.notes, TUNE) >= 0.9
    assert line.low >= 60


def test_nothing_is_heard_in_silence(rhythm) -> None:
    """No line, and no warning."""
    silence = np.zeros(3 * EAR_RATE_HZ, np.float32)
    assert hear_bass(silence, EAR_RATE_HZ, rhythm, None) is None
    assert hear_melody(silence[:100], EAR_RATE_HZ, rhythm, None) is None


def seconds_of(data: bytes) -> dict[str, list[tuple[float, int]]]:
    """Start in seconds and key of each note, by track."""
    file = mido.MidiFile(file=io.BytesIO(data))
    tempos: list[tuple[int, int]] = []
    tick = 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "set_tempo":
            tempos.append((tick, message.tempo))

    def seconds(at: int) -> float:
        total = 0.0
        for (start, tempo), (end, _) in zip(tempos, [*tempos[1:], (10**9, 0)], strict=True):
            total += max(0, min(at, end) - start) / file.ticks_per_beat * tempo / 1e6
        return total

    out: dict[str, list[tuple[float, int]]] = {}
    for track in file.tracks[1:]:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on":
                out.setdefault(track.name, []).append((seconds(tick), message.note))
    return out


@pytest.mark.parametrize("wobble", [0.0, 0.04])
def test_a_transcript_keeps_the_seconds_of_the_recording(wobble) -> None:
    """Whether the tempo is steady or wavers, after a lead-in of 1.3 s: each note within 5 ms, each bar line on a bar."""
    bars = 1.3 + 2.0 * np.arange(12) + wobble * np.sin(np.arange(12))
    notes = [(float(bar) + 0.25, 0.4, 40 + i) for i, bar in enumerate(bars)]
    data = transcript_midi(
        {"bass": notes, "drums": [(float(bar), 0.1, 36) for bar in bars]}, np.zeros(0), bars, Meter(4, 4), Key("D", "minor")
    )
    heard = seconds_of(data)
    assert [key for _, key in heard["bass"]] == [key for *_, key in notes]
    assert max(abs(time - start) for (time, _), (start, *_) in zip(heard["bass"], notes, strict=True)) < 0.005
    file = mido.MidiFile(file=io.BytesIO(data))
    assert {m.channel for m in file.tracks[2] if m.type == "note_on"} == {9}
    assert [m.key for m in file.tracks[0] if m.type == "key_signature"] == ["Dm"]
    tick, struck = 0, []
    for message in file.tracks[2]:
        tick += message.time
        if message.type == "note_on":
            struck.append(tick % (4 * PPQ))
    assert all(min(rest, 4 * PPQ - rest) <= 25 for rest in struck)
    assert data == transcript_midi(
        {"bass": notes, "drums": [(float(b), 0.1, 36) for b in bars]}, np.zeros(0), bars, Meter(4, 4), Key("D", "minor")
    )


def test_stems_become_named_tracks(mix, rhythm) -> None:
    """Each stem by the ear that suits it: one voice for the bass, strokes for the drums, nothing where it is silent."""
    stems = {"bass": tones(BASS, 0.3, 2.0).astype(np.float32), "drums": mix, "vocals": np.zeros(len(mix), np.float32)}
    drums = HeardDrums(steps_per_bar=16, bars=4, voices={"kick": DrumVoice(per_bar=1.0, strokes_s=(0.3, 2.3))})
    told: list[float] = []
    found = transcribe(stems, EAR_RATE_HZ, rhythm, Key("C"), "4/4", drums, told.append)
    assert share_right(found.notes["bass"], BASS) >= 0.9
    assert [pitch for *_, pitch in found.notes["drums"]] == [36, 36]
    assert found.notes["vocals"] == ()
    assert set(seconds_of(found.midi)) == {"bass", "drums"}
    assert told[-1] == 1.0


def test_chords_of_a_transcriber_are_all_its_notes() -> None:
    """Three keys that begin together are three notes; what never begins is none."""
    note, onset = np.zeros((200, 88), np.float32), np.zeros((200, 88), np.float32)
    for key in (39, 43, 46):
        note[50:120, key], onset[50, key] = 0.8, 0.9
    note[20:60, 70] = 0.8
    found = polyphonic(Activity(note, onset, "test"))
    assert [pitch for *_, pitch in found] == [60, 64, 67]
    assert all(length == pytest.approx(70 * 256 / EAR_RATE_HZ, abs=0.02) for _, length, _ in found)
