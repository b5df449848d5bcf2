"""The MIDI file says what the score says, read by two libraries that we did not write."""

import io

import mido
import pretty_midi
import pytest

from contracts.music import Key, Note, Part, Role, Score, Section
from services.generator.midi import key_signature, score_to_midi


def a_score(meter: str = "6/8", key: str = "D dorian") -> Score:
    lead = tuple(Note(i * 480, 400, 60 + i % 12, 60 + i) for i in range(24))
    kit = tuple(Note(i * 480, 100, 36 if i % 2 else 42, 90) for i in range(24))
    return Score(
        title="Trüb", tempo_bpm=80, meter=meter, key=key,
        sections={"intro": Section(label="intro", start_bar=1, bars=2, energy=0.3, key=key),
                  "verse": Section(label="verse", start_bar=3, bars=2, energy=0.5, key=key)},
        parts={"melody": Part(role=Role.MELODY, instrument="violin", notes=lead, controls={"cc11": ((0, 90.0), (960, 101.4))}),
               "drums": Part(role=Role.DRUMS, instrument="drum_kit", notes=kit)},
    )  # fmt: skip


def test_mido_reads_the_same_notes() -> None:
    """Every note with its start, duration, pitch and velocity returns, per named track."""
    score = a_score()
    file = mido.MidiFile(file=io.BytesIO(score_to_midi(score)))
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (1, 960, 3)
    for track, (name, part) in zip(file.tracks[1:], score.parts.items(), strict=True):
        now, open_notes, found = 0, {}, []
        for message in track:
            now += message.time
            if message.type == "note_on":
                open_notes[message.note] = (now, message.velocity)
            elif message.type == "note_off":
                start, velocity = open_notes.pop(message.note)
                found.append(Note(start, now - start, message.note, velocity))
        assert track.name == name
        assert tuple(sorted(found)) == part.notes


def test_pretty_midi_hears_the_same_seconds() -> None:
    """Tempo is of the felt beat: a dotted quarter at 80 in 6/8 puts the fourth eighth at 0.75 s."""
    score = a_score()
    read = pretty_midi.PrettyMIDI(io.BytesIO(score_to_midi(score)))
    lead = next(i for i in read.instruments if not i.is_drum)
    assert lead.program == 40
    assert sorted(n.pitch for n in lead.notes) == sorted(n.pitch for n in score.parts["melody"].notes)
    assert min(abs(n.start - 0.75) for n in lead.notes) < 1e-3
    assert [i.is_drum for i in read.instruments] == [False, True]
    assert read.time_signature_changes[0].numerator == 6


def test_bytes_are_the_same_twice() -> None:
    """One score, one file."""
    assert score_to_midi(a_score()) == score_to_midi(a_score())


SIGNATURES = {
    "D dorian": "C", "A minor": "Am", "Eb major": "Eb", "E phrygian": "C", "F# major": "F#", "C# minor": "C#m", "Ab major": "Ab",
    "F minor": "Fm", "G mixolydian": "C", "B locrian": "C",
}  # fmt: skip


@pytest.mark.parametrize(("key", "signature"), SIGNATURES.items())
def test_modes_take_the_signature_of_their_notes(key: str, signature: str) -> None:
    """D dorian is written without accidentals, minor keys as minor."""
    assert key_signature(Key.parse(key)) == signature


def test_sections_are_markers() -> None:
    """A marker stands at the first tick of each section."""
    file = mido.MidiFile(file=io.BytesIO(score_to_midi(a_score())))
    now, found = 0, {}
    for message in file.tracks[0]:
        now += message.time
        if message.type == "marker":
            found[message.text] = now
    assert found == {"intro": 0, "verse": 2 * 2880, "end": 4 * 2880}
