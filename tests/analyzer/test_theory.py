"""Theory from files: a score and the MIDI file made of it say the same; what is neither is refused in words."""

import io
import json
import time
from pathlib import Path

import mido
import pytest

from contracts.errors import BadInput
from contracts.music import ChordEvent, Note, Part, Role, Score, Section
from contracts.theory import Theory
from services.analyzer.answers import theory
from services.analyzer.midi_material import read_midi
from services.analyzer.theory import of_given, read_file
from services.music.theory.reading import read_theory
from services.runtime.stores import open_store
from services.runtime.workbench import Workbench
from tests.midi_files import blocks, midi_bytes, roots

VERSE, CHORUS = ("Am", "F", "C", "G") * 2, ("F", "G", "Em", "Am", "F", "G", "C", "C")
FORM = (("verse", VERSE), ("chorus", CHORUS), ("verse", VERSE), ("chorus", CHORUS))
SYMBOLS = tuple(symbol for _, symbols in FORM for symbol in symbols)
TUNES = {"verse": (57, 60, 64, 62), "chorus": (72, 76, 74, 79)}


def song_score() -> Score:
    """Thirty-two bars in C: verses and choruses with their chords, a tune, chords and a bass."""
    sections, at = {}, 1
    for number, (label, symbols) in enumerate(FORM):
        events = tuple(ChordEvent(bar=at + i, beat=1.0, symbol=s) for i, s in enumerate(symbols))
        sections[f"{label}_{number}"] = Section(label=label, start_bar=at, bars=8, energy=0.5, key="C major", chords=events)
        at += 8
    tune = [
        Note(bar * 3840 + i * 960, 900, TUNES[label][(i + bar) % 4], 96)
        for bar, label in enumerate(label for label, symbols in FORM for _ in symbols)
        for i in range(4)
    ]
    keys = [Note(round(a * 960), round(b * 960), p, v) for a, b, p, v in blocks(SYMBOLS)]
    low = [Note(round(a * 960), round(b * 960), p, v) for a, b, p, v in roots(SYMBOLS)]
    parts = {
        "melody": Part(role=Role.MELODY, instrument="flute", notes=tuple(tune)),
        "keys": Part(role=Role.HARMONY, instrument="acoustic_piano", notes=tuple(keys)),
        "bass": Part(role=Role.BASS, instrument="electric_bass", notes=tuple(low)),
    }
    return Score(tempo_bpm=100, key="C major", sections=sections, parts=parts)


def song_midi(score: Score) -> bytes:
    """The same notes as a MIDI file that names no key, no chord and no section."""
    programs = {"melody": 73, "keys": 0, "bass": 33}
    tracks = [
        (name, channel, programs[name], [(n.start / 960, n.duration / 960, n.pitch, n.velocity) for n in part.notes])
        for channel, (name, part) in enumerate(score.parts.items())
    ]
    return midi_bytes(tracks)


def test_a_score_is_recovered_from_its_midi() -> None:
    """Key, chords, numerals, cadences, section bars and letters of a score come out of its bare notes, without marks."""
    score = song_score()
    told = read_file(score.to_json(), "score.json")
    heard = read_theory(of_given(read_midi(song_midi(score), "song.mid")))
    assert (told.source, heard.source, told.form.source, heard.form.source) == ("score", "midi", "score", "repetition")
    assert [(c.bar, c.symbol, c.roman, c.function) for c in heard.chords] == [(c.bar, c.symbol, c.roman, c.function) for c in told.chords]
    assert [s.bar for s in heard.form.sections] == [s.bar for s in told.form.sections] == [1, 9, 17, 25]
    assert heard.form.letters == "A B A B"
    assert [(c.bar, c.kind) for c in heard.cadences] == [(c.bar, c.kind) for c in told.cadences]
    assert heard.key == told.key == "C major"


def test_bars_are_counted_as_the_file_counts_them() -> None:
    """Two empty bars before the first note stay two bars: a musician who opens the file finds bar 3 where it is said to be."""
    plain = midi_bytes([("Keys", 0, 0, blocks(["C", "F", "G", "C"] * 2)), ("Bass", 1, 33, roots(["C", "F", "G", "C"] * 2))])
    later = [(a + 8, b, p, v) for a, b, p, v in blocks(["C", "F", "G", "C"] * 2)]
    low = [(a + 8, b, p, v) for a, b, p, v in roots(["C", "F", "G", "C"] * 2)]
    shifted = midi_bytes([("Keys", 0, 0, later), ("Bass", 1, 33, low)])
    first, second = (read_theory(of_given(read_midi(data, "x.mid"))) for data in (plain, shifted))
    assert [c.bar + 2 for c in first.chords] == [c.bar for c in second.chords]
    assert second.bars == first.bars + 2


def test_a_single_line_makes_no_chords() -> None:
    """A tune alone has a key, a scale and motifs; chords are not invented for it."""
    tune = [(i * 0.5, 0.5, (60, 64, 67, 65, 64, 62, 60, 59)[i % 8], 90) for i in range(64)]
    read = read_theory(of_given(read_midi(midi_bytes([("Flute", 0, 73, tune)]), "tune.mid")))
    assert read.key == "C major"
    assert read.chords == ()
    assert read.motifs


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"MThd", "midi"),
        (b"MThd\0\0\0\6\0\2\0\1\1\xe0", "midi"),
        (b"{", "file"),
        (b"{}", "file"),
        (b'{"tempo_bpm": 0}', "file"),
        (b'{"tempo_bpm": 100}', "file"),
        (b"RIFF", "file"),
        (b"", "file"),
    ],
)
def test_what_holds_no_notes_is_refused(data: bytes, field: str) -> None:
    """A broken or empty file is refused by the name it came with, never with a traceback."""
    with pytest.raises(BadInput) as refused:
        read_file(data, "evil.mid")
    assert (refused.value.field, refused.value.value) == (field, "'evil.mid'")


def test_a_score_that_lies_is_refused() -> None:
    """Notes before the first bar, pitches that do not exist, more bars than any song has, a key that is none."""
    plain = json.loads(song_score().to_json())
    for path, value in (
        (("parts", "bass", "notes", 0), [-960, 10, 40, 90]),
        (("parts", "bass", "notes", 0), [0, 10, 400, 90]),
        (("sections", "verse_0", "bars"), 10**9),
        (("sections", "verse_0", "chords", 0, "beat"), 1e999),
        (("sections", "verse_0", "chords", 0, "symbol"), "H7"),
        (("key",), "H major"),
        (("meter",), "1000/3"),
    ):
        changed = json.loads(json.dumps(plain))
        target = changed
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value
        with pytest.raises(BadInput):
            read_file(json.dumps(changed).encode(), "score.json")
    late = json.loads(json.dumps(plain))
    late["parts"]["bass"]["notes"].append([10**15, 960, 40, 90])
    assert read_file(json.dumps(late).encode(), "score.json") == read_file(song_score().to_json(), "score.json")


def test_many_notes_end_in_time() -> None:
    """A file made to be slow (60 tracks, 9,000 notes, 300 bars) is read within seconds."""
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for number in range(60):
        track = mido.MidiTrack()
        for i in range(150):
            pitch = 40 + (i * number) % 12
            track.append(mido.Message("note_on", channel=number % 9, note=pitch, velocity=90, time=0))
            track.append(mido.Message("note_off", channel=number % 9, note=pitch, time=1920 * 2))
        file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    piece = of_given(read_midi(buffer.getvalue(), "slow.mid"))
    began = time.process_time()
    read = read_theory(piece)
    assert time.process_time() - began < 8
    assert read.bars == 300


def test_three_minutes_are_analysed_within_two_seconds() -> None:
    """Ninety-six bars in three parts, from bytes to the document, reading in its own process counted."""
    score = song_score()
    wide = [
        (
            name,
            channel,
            program,
            [(n.start / 960 + 128 * turn, n.duration / 960, n.pitch, n.velocity) for turn in range(3) for n in part.notes],
        )
        for channel, (program, (name, part)) in enumerate(zip((73, 0, 33), score.parts.items(), strict=True))
    ]
    data = midi_bytes(wide)
    began = time.perf_counter()
    read = read_file(data, "long.mid")
    assert time.perf_counter() - began < 6  # 2 s alone; a busy machine is no failure
    assert read.bars == 96


def test_the_analyzer_answers_without_a_job(tmp_path: Path) -> None:
    """The answer "theory" is the document of the stored file, a Theory that validates."""
    store = open_store(f"file://{tmp_path}/objects")
    artifact = store.put_bytes("uploads/x/song.mid", song_midi(song_score()), "audio/midi")
    bench = Workbench(store, tmp_path, lambda *_: None, lambda: False)
    found = Theory.model_validate(theory({"notes": artifact.model_dump(mode="json"), "name": "song.mid"}, bench))
    assert (found.name, found.key, found.bars) == ("song.mid", "C major", 32)
