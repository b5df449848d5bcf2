"""One genre of each kind of band end to end at 12 seconds each, through the real services over a real broker.

All genres are made by `make eval` and `make eval-sound`.
"""

from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from houseband.client import Client, Job
from houseband.launcher import House
from services.music.packs.genres import genres
from services.qa.folder import check_folder
from tests.songs import Song, finish_song

GENRES = (
    "afrobeat", "ambient", "bossa_nova", "chiptune", "cinematic", "classical", "country", "drum_and_bass", "gospel", "house", "jazz",
    "lofi_hip_hop", "metal", "reggae", "salsa", "trap",
)  # fmt: skip
EXPECTED = {
    "master.wav",
    "master.flac",
    "master.mp3",
    "song.mid",
    "score.json",
    "context.json",
    "report.json",
    "report.html",
    "manifest.json",
    "project.dawproject",
    "provenance.json",
}
SEED = 11

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def jobs(house: House) -> dict[str, Job]:
    """All asked for at once: the stages of different songs run side by side."""
    with Client(house.url) as client:
        return {genre: client.create_job(f"a {genres()[genre].name} track", options={"duration_s": 12, "seed": SEED}) for genre in GENRES}


@pytest.fixture(scope="module")
def songs(house: House, jobs: dict[str, Job], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Song]:
    folder = tmp_path_factory.mktemp("songs")
    with Client(house.url) as client:
        return {genre: finish_song(house, client, job, folder / genre) for genre, job in jobs.items()}


@pytest.mark.parametrize("genre", GENRES)
def test_a_song_of_each_genre_passes_its_checks(songs: dict[str, Song], genre: str) -> None:
    """The job completes and every check of the report holds."""
    song = songs[genre]
    assert song.job.status == "completed", song.failed_checks()
    assert song.report["passed"]
    assert {"tempo", "loudness", "true_peak", "clipping", "duration", "silence", "stems_null", "dc_offset", "stereo_correlation"} - {
        check["name"] for check in song.report["checks"]
    } <= {"tempo"}


@pytest.mark.parametrize("genre", GENRES)
def test_the_folder_is_what_api_md_promises(songs: dict[str, Song], genre: str) -> None:
    """Every file is there, stems are 24-bit 48 kHz stereo of one length, and they bear the part ids."""
    folder = songs[genre].folder
    assert {path.name for path in folder.iterdir()} >= EXPECTED
    master = soundfile.info(folder / "master.wav")
    assert (master.samplerate, master.channels, master.subtype) == (48_000, 2, "PCM_24")
    stems = {path.stem: soundfile.info(path) for path in (folder / "stems").iterdir()}
    assert {(stem.frames, stem.samplerate, stem.channels, stem.subtype) for stem in stems.values()} == {
        (master.frames, 48_000, 2, "PCM_24")
    }
    assert set(songs[genre].score["parts"]) <= set(stems)


@pytest.mark.parametrize("genre", GENRES)
def test_stems_sum_to_the_master(songs: dict[str, Song], genre: str) -> None:
    """Max |master − Σ stems| of the 24-bit files is at most −80 dBFS."""
    folder = songs[genre].folder
    master, _ = soundfile.read(folder / "master.wav", dtype="float64")
    total = sum(soundfile.read(path, dtype="float64")[0] for path in sorted((folder / "stems").iterdir()))
    assert np.max(np.abs(master - total)) <= 10 ** (-80 / 20)


@pytest.mark.parametrize("genre", GENRES)
def test_the_midi_is_the_music(songs: dict[str, Song], genre: str) -> None:
    """song.mid holds one named track per part with as many notes as the score, at the asked tempo."""
    midi = mido.MidiFile(songs[genre].folder / "song.mid")
    counts = {track.name: sum(1 for m in track if m.type == "note_on" and m.velocity > 0) for track in midi.tracks}
    parts = songs[genre].score["parts"]
    assert midi.type == 1
    assert {name: counts.get(name) for name in parts} == {name: len(part["notes"]) for name, part in parts.items()}


def test_a_delivered_folder_can_be_checked_again(songs: dict[str, Song]) -> None:
    """`houseband check` on a fresh folder agrees with the report."""
    verdict = check_folder(songs["house"].folder)
    assert verdict.passed, [check for check in verdict.checks if not check.passed]


def test_a_changed_file_is_found(songs: dict[str, Song], tmp_path: Path) -> None:
    """One flipped byte fails the check of hashes."""
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(songs["house"].folder, copy)
    data = bytearray((copy / "master.wav").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "master.wav").write_bytes(data)
    verdict = check_folder(copy)
    assert not verdict.passed
    assert "hashes" in {check.name for check in verdict.checks if not check.passed}


def test_progress_never_falls_and_ends_with_the_last_fact(songs: dict[str, Song]) -> None:
    """The events of a job are in order."""
    for song in songs.values():
        percents = [event.progress for event in song.events]
        assert percents == sorted(percents)
        assert song.events[-1].type in ("finished", "failed")
