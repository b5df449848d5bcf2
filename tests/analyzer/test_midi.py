"""A MIDI file is read for what it holds, whatever its format; a broken one is refused in words, and never breaks a worker."""

import contextlib
import struct

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from contracts.errors import BadInput
from contracts.music import Note
from services.analyzer.midi_file import read_midi_file
from services.analyzer.midi_material import read_midi
from tests.midi_files import FOLK_TUNE, blocks, midi_bytes, roots, tune

PROGRESSION = ("Am", "F", "C", "G", "Dm7", "G7", "Cmaj7", "E7", "Fm6", "Bdim", "Csus4", "C/E", "F#m7b5", "Ebmaj7", "D9", "Gaug")
MELODY = [72 + (0, 2, 4, 5, 7)[i % 5] for i in range(64)]
DRUMS = [(i / 2, 0.1, 42, 80) for i in range(128)] + [(float(2 * i), 0.1, 36, 100) for i in range(32)]
BAND = (
    ("Lead", 0, 80, tune(MELODY)),
    ("Keys", 1, 4, blocks([s.split("/")[0] for s in PROGRESSION])),
    ("Bass", 2, 33, roots(PROGRESSION)),
    ("Kit", 9, 0, DRUMS),
)


def test_a_band_is_read_part_by_part() -> None:
    """Roles by name, channel, program and register; every note of every part is there."""
    given = read_midi(midi_bytes(BAND), "band.mid")
    assert [(part.role, len(part.notes)) for part in given.parts] == [("melody", 64), ("chords", 57), ("bass", 16), ("drums", 160)]
    assert (given.tempo_bpm, given.meter, given.key, given.bars) == (120.0, "4/4", "C major", 16)


def test_chords_are_found_to_the_letter() -> None:
    """Triads, sevenths, suspensions, an inversion and alterations, each in its bar."""
    given = read_midi(midi_bytes(BAND), "band.mid")
    assert [(event.bar, event.beat, event.symbol) for event in given.chords] == [(i + 1, 1.0, s) for i, s in enumerate(PROGRESSION)]


def test_two_chords_in_a_bar_are_told_apart() -> None:
    """A change inside the bar is found on its beat."""
    given = read_midi(midi_bytes([("Keys", 0, 0, blocks(["Am", "F", "C", "G"] * 2, 2.0))]), "k.mid")
    assert [(e.bar, e.beat, e.symbol) for e in given.chords[:4]] == [(1, 1.0, "Am"), (1, 3.0, "F"), (2, 1.0, "C"), (2, 3.0, "G")]


@pytest.mark.parametrize(("kind", "ppq"), [(0, 96), (0, 480), (1, 24), (1, 220), (1, 960), (1, 15_360)])
def test_any_format_and_resolution_gives_the_same_notes(kind: int, ppq: int) -> None:
    """Ticks become 960 per quarter."""
    given = read_midi(midi_bytes([("Tune", 0, 73, tune(FOLK_TUNE))], kind=kind, ppq=ppq), "t.mid")
    notes = given.parts[0].notes
    assert [n.pitch for n in notes] == list(FOLK_TUNE)
    assert [n.start for n in notes] == [960 * i for i in range(32)]
    assert {n.duration for n in notes} == {720}


def test_tempo_changes_keep_the_beats_and_are_told() -> None:
    """The middle tempo is taken, and the curve is in the notes."""
    given = read_midi(midi_bytes([("Tune", 0, 73, tune(FOLK_TUNE))], tempos=((0, 90), (8, 100), (28, 60))), "t.mid")
    assert given.tempo_bpm == 100.0
    assert [n.start for n in given.parts[0].notes] == [960 * i for i in range(32)]
    assert any("90" in note and "60" in note for note in given.notes)


def test_a_compound_meter_counts_dotted_quarters() -> None:
    """120 quarters are 80 felt beats in 6/8."""
    given = read_midi(midi_bytes([("Tune", 0, 73, tune(FOLK_TUNE, 0.5))], meters=((0, 6, 8),)), "t.mid")
    assert (given.meter, given.tempo_bpm) == ("6/8", 80.0)


def test_markers_are_the_form() -> None:
    """Section names and first bars, from the first bar on."""
    marks = ((0, "Intro"), (16, "Verse 1"), (48, "Chorus"), (80, "Verse 2"))
    given = read_midi(midi_bytes([("Tune", 0, 73, tune(MELODY * 2))], markers=marks), "t.mid")
    assert [(s.label, s.start_bar, s.bars) for s in given.sections.values()] == [
        ("intro", 1, 4), ("verse", 5, 8), ("chorus", 13, 8), ("verse", 21, 12),
    ]  # fmt: skip
    assert list(given.sections) == ["intro", "verse_1", "chorus", "verse_2"]


def test_what_has_no_end_gets_one() -> None:
    """A missing note-off, running status, and a pitch that starts again while it sounds."""
    events = b"\x00\x90\x3c\x60" + b"\x60\x3e\x60" + b"\x60\x3e\x60" + b"\x60\x3e\x00" + b"\x60\x3e\x00" + b"\x00\xff\x2f\x00"
    data = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(events)) + events
    song = read_midi_file(data, "t.mid")
    assert sorted(song.voices[0].notes) == [Note(0, 960, 60, 96), Note(960, 960, 62, 96), Note(1920, 1920, 62, 96)]
    assert "had no end" in song.notes[0]


def test_seconds_become_beats() -> None:
    """A SMPTE division is converted: 25 frames of 40 ticks are a thousand a second, two beats at 120."""
    events = b"\x00\x90\x3c\x60" + b"\x83\x74\x80\x3c\x00" + b"\x00\x90\x3e\x60" + b"\x83\x74\x80\x3e\x00" + b"\x00\xff\x2f\x00"
    data = b"MThd" + struct.pack(">IHHBB", 6, 0, 1, 256 - 25, 40) + b"MTrk" + struct.pack(">I", len(events)) + events
    song = read_midi_file(data, "t.mid")
    assert sorted(song.voices[0].notes) == [Note(0, 960, 60, 96), Note(960, 960, 62, 96)]
    assert "SMPTE" in song.notes[0]


def test_the_upper_line_of_a_piano_is_its_melody() -> None:
    """One track with tune and chords gives both."""
    given = read_midi(midi_bytes([("Piano", 0, 0, tune(MELODY) + blocks(["C", "F", "G", "C"] * 4))]), "p.mid")
    assert [n.pitch for n in given.parts[0].notes] == MELODY
    assert [part.role for part in given.parts] == ["melody", "chords"]


@pytest.mark.parametrize(("taken_for", "roles"), [("melody", {"melody"}), ("chords", {"chords", "bass"}), ("drums", {"drums"})])
def test_it_is_taken_for_what_was_asked(taken_for, roles) -> None:
    """midi_as leaves the other parts out."""
    given = read_midi(midi_bytes(BAND), "band.mid", taken_for)
    assert {part.role for part in given.parts} == roles
    assert bool(given.chords) == (taken_for == "chords")


GOOD = midi_bytes(BAND)
BROKEN = {
    "nothing": (b"", "empty"),
    "no MIDI": (b"RIFF" + bytes(100), "MThd"),
    "a cut header": (GOOD[:9], "header"),
    "a cut track": (GOOD[:200], "broken"),
    "format 2": (GOOD[:8] + b"\x00\x02" + GOOD[10:], "format 2"),
    "no such format": (GOOD[:8] + b"\x00\x07" + GOOD[10:], "format 7"),
    "no tracks": (GOOD[:10] + b"\x00\x00" + GOOD[12:], "no tracks"),
    "no division": (GOOD[:12] + b"\x00\x00" + GOOD[14:], "division"),
    "no notes": (midi_bytes([("Empty", 0, 0, [])]), "no notes"),
    "too long": (midi_bytes([("Long", 0, 0, [(7000.0, 1.0, 60, 90)])]), "quarter notes"),
    "too large": (GOOD + bytes(5 * 2**20), "bytes"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_the_reason(name: str) -> None:
    """Field, the file's name, what is allowed, and why."""
    data, why = BROKEN[name]
    with pytest.raises(BadInput) as refused:
        read_midi(data, "song.mid")
    assert (refused.value.field, refused.value.value) == ("midi", "'song.mid'")
    assert why in refused.value.hint
    assert "format 0 or 1" in refused.value.allowed


@settings(max_examples=150, deadline=None)
@drawn(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=12), st.integers(0, len(GOOD)))
def test_no_damage_raises_anything_but_bad_input(changes: list[tuple[int, int]], cut: int) -> None:
    """Bytes changed and the end cut off: it is read, or refused in words."""
    data = bytearray(GOOD)
    for place, value in changes:
        data[place] = value
    with contextlib.suppress(BadInput):
        assert read_midi(bytes(data[:cut] if cut > 40 else data), "song.mid").bars >= 1


@settings(max_examples=80, deadline=None)
@drawn(st.binary(max_size=300))
def test_no_noise_raises_anything_but_bad_input(noise: bytes) -> None:
    """Random bytes behind a valid header."""
    with pytest.raises(BadInput):
        read_midi(b"MThd" + struct.pack(">IHHH", 6, 1, 3, 96) + noise, "song.mid")
