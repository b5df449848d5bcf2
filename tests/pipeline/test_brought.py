"""What users bring, end to end through the real house: a tune and words come back in song.mid, taps and a voice set the pace."""

import json
from itertools import pairwise
from pathlib import Path

import mido
import pytest
import soundfile as sf

from houseband.client import Client
from houseband.launcher import House
from services.generator.composition.syllables import syllables_of
from services.music.lyrics import read_lyrics
from tests.analyzer.voices import RATE, performed, voice
from tests.midi_files import FOLK_TUNE, midi_bytes, tune
from tests.songs import Song, finish_song

WORDS = """[Verse]
Out on the water a light goes by
Slow as a thought in an open sky

[Chorus]
Carry me over, home again
Home with the summer rain
"""
SUNG = ([60, 64, 67, 64, 65, 69, 67, 64, 62, 67, 64, 60], [1.0, 1, 1, 1, 0.5, 0.5, 1, 2, 1, 1, 1, 1], 100)

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def songs(house: House, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Song]:
    """A MIDI tune with words, a hummed tune with taps, and a longer version of the first."""
    folder = tmp_path_factory.mktemp("songs")
    (folder / "tune.mid").write_bytes(midi_bytes([("Melody", 0, 73, tune(FOLK_TUNE))], tempos=((0, 100.0),)))
    sf.write(folder / "hum.wav", voice(performed(*SUNG)), RATE)
    with Client(house.url) as client:
        options = {"duration_s": 45, "seed": 3}
        first = client.create_job("a folk song", options=options, midi=folder / "tune.mid", lyrics=WORDS)
        taps = [0.3 + 0.6 * beat for beat in range(8)]
        second = client.create_job("indie pop", options={**options, "duration_s": 30}, hum=folder / "hum.wav", taps=taps)
        made = {"tune": finish_song(house, client, first, folder / "tune"), "hum": finish_song(house, client, second, folder / "hum")}
        wanted = {"duration_s": 60, "seed": 3, "resize": "extend", "until": "arrangement"}
        third = client.create_job("a folk song", options=wanted, base=folder / "tune" / "score.json")
        return {**made, "longer": finish_song(house, client, third, folder / "longer")}


def melody_of(folder: Path) -> tuple[list[tuple[int, int]], list[str]]:
    """(tick, pitch) of the melody's notes in song.mid, and its lyric events."""
    track = next(t for t in mido.MidiFile(folder / "song.mid", charset="utf-8").tracks if t.name == "melody")
    notes, words, now = [], [], 0
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity:
            notes.append((now, message.note))
        elif message.type == "lyrics":
            words.append(message.text)
    return notes, words


def test_the_given_melody_is_delivered_note_for_note(songs: dict[str, Song]) -> None:
    """song.mid holds every note of the tune, at its place from a bar line on, in one octave."""
    notes, _ = melody_of(songs["tune"].folder)
    have = {(tick, pitch) for tick, pitch in notes}
    starts = [
        (bar, octave)
        for bar in range(40)
        for octave in (-12, 0, 12)
        if all((bar * 3840 + 960 * i, pitch + octave) in have for i, pitch in enumerate(FOLK_TUNE))
    ]
    assert starts


def test_every_syllable_is_delivered(songs: dict[str, Song]) -> None:
    """All words in their order, as lyric events and in the score; the part is vocal."""
    _, words = melody_of(songs["tune"].folder)
    text = [s.written for stanza in read_lyrics(WORDS) for line in stanza.lines for s in syllables_of(line, "en")]
    heard = [word.rstrip(" ") for word in words]
    assert heard[: len(text)] == text
    melody = songs["tune"].score["parts"]["melody"]
    assert melody["role"] == "vocal"
    assert [syllable for _, syllable in melody["lyrics"]] == heard


def test_songs_on_what_was_brought_pass_their_checks(songs: dict[str, Song]) -> None:
    """Tempo and key of the file are asked, measured in the audio, and right."""
    for name in ("tune", "hum"):
        assert songs[name].report["passed"], (name, songs[name].failed_checks())
    asked = {check["name"]: check["asked"] for check in songs["tune"].report["checks"]}
    assert asked["tempo"] == 100.0
    assert "D major" in str(asked["key"])


def test_a_hummed_tune_is_in_the_song_at_the_tapped_tempo(songs: dict[str, Song]) -> None:
    """The sung pitches in a row, at 100 beats a minute."""
    notes, _ = melody_of(songs["hum"].folder)
    steps = [b - a for (_, a), (_, b) in pairwise(notes)]
    wanted = [b - a for a, b in pairwise(SUNG[0])]
    assert any(steps[i : i + len(wanted)] == wanted for i in range(len(steps)))
    assert songs["hum"].score["tempo_bpm"] == pytest.approx(100, rel=0.01)


def test_the_report_says_what_was_built_on(songs: dict[str, Song]) -> None:
    """In the page and in the context's decisions, with the file's name."""
    page = (songs["tune"].folder / "report.html").read_text("utf-8")
    assert "tune.mid" in page
    context = json.loads((songs["tune"].folder / "context.json").read_text("utf-8"))
    assert {"brought", "built on", "lyrics"} <= {decision["topic"] for decision in context["ai_decisions"]}


def test_an_earlier_score_is_gone_on_from(songs: dict[str, Song]) -> None:
    """The base's melody is in the longer song."""
    before, after = songs["tune"].score, songs["longer"].score
    assert sum(s["bars"] for s in after["sections"].values()) > sum(s["bars"] for s in before["sections"].values())
    assert len(after["parts"]["melody"]["notes"]) > 0


def test_a_broken_file_fails_the_job_in_words(house: House, tmp_path: Path) -> None:
    """The problem names midi, the file and the reason; nothing is retried."""
    (tmp_path / "cut.mid").write_bytes(midi_bytes([("Melody", 0, 73, tune(FOLK_TUNE))])[:120])
    with Client(house.url) as client:
        job = client.create_job("a folk song", midi=tmp_path / "cut.mid")
        for _ in client.watch(job.job_id):
            house.watch()
        error = client.job(job.job_id).error or {}
    assert (error["code"], error["field"]) == ("bad_input", "midi")
    assert "cut.mid" in error["detail"]
