"""The two stages over a real store: files, null of the stems, loudness, determinism, honesty about what cannot be."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.id3 import ID3

from contracts.context import Context
from contracts.errors import Cancelled
from contracts.report import Retry
from contracts.sound import MixEdits
from contracts.upgrades import read_context
from services.mixer import files
from services.mixer.work import master, mix
from services.music.audio.levels import dc_dbfs
from services.music.audio.loudness import integrated_lufs
from services.music.audio.spectrum import third_octave_spectrum
from services.music.audio.true_peak import true_peak, true_peak_dbtp
from services.runtime.workbench import Workbench
from tests.mixer.band import RATE, asking, make_context, make_score, make_stems


def read(bench, artifact):
    """A delivered file as float64 [2, samples]."""
    return soundfile.read(bench.objects.local_path(artifact), dtype="float64")[0].T


def summed(bench, context):
    """Sum of the delivered stems."""
    return sum(read(bench, artifact) for name, artifact in context.artifacts.items() if name.startswith("stems/"))


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """(bench, context) of a mastered pop song."""
    from services.runtime.stores.files import FileStore

    folder = tmp_path_factory.mktemp("song")
    bench = Workbench(FileStore(folder / "store", sync=False), folder, lambda _, __: None)
    return bench, master(mix(asking(make_context(bench, make_score(5), make_stems(12.0))), bench), bench)


def test_the_delivered_stems_null_against_the_delivered_master(song):
    """Max |master - sum of stems| at most -80 dBFS, from the 24-bit files (-120 in practice)."""
    bench, context = song
    difference = read(bench, context.artifacts["master.wav"]) - summed(bench, context)
    assert 20 * np.log10(np.abs(difference).max() + 1e-12) < -110


def test_loudness_peak_and_dc_of_the_file_are_as_asked(song):
    """-14.0 LUFS within 0.05, true peak at most -1.0 dBTP, DC under -60 dBFS, and what the section says is what the file has."""
    bench, context = song
    audio = read(bench, context.artifacts["master.wav"]).astype(np.float32)
    assert integrated_lufs(audio, RATE) == pytest.approx(-14.0, abs=0.05)
    assert true_peak_dbtp(audio, RATE, 8) <= -1.0
    assert dc_dbfs(audio) < -60
    assert context.mastering.loudness_lufs == pytest.approx(integrated_lufs(audio, RATE), abs=0.01)
    assert not context.mastering.limited_by_ceiling


def test_all_files_are_of_one_length_and_24_bits(song):
    """Master and every stem; the FLAC holds the WAV's samples."""
    bench, context = song
    shapes = {(i.frames, i.samplerate, i.subtype) for i in (soundfile.info(bench.objects.local_path(wav)) for wav in _wavs(context))}
    assert shapes == {(12 * RATE, RATE, "PCM_24")}
    assert np.array_equal(read(bench, context.artifacts["master.flac"]), read(bench, context.artifacts["master.wav"]))


def _wavs(context):
    return [artifact for name, artifact in context.artifacts.items() if name == "master.wav" or name.startswith("stems/")]


def test_the_mp3_says_what_it_is_and_stays_under_full_scale(song):
    """Title, artist, tempo and key; decoded true peak under 0 dBTP."""
    bench, context = song
    path = bench.objects.local_path(context.artifacts["master.mp3"])
    tags = ID3(path)
    assert [str(tags[name]) for name in ("TPE1", "TBPM", "TKEY")] == ["Houseband", "120", "C"]
    assert true_peak(files.read_mp3(path)) < 1.0


def test_the_document_survives_its_own_json(song):
    """Settings, numbers and decisions come back as they were written."""
    context = song[1]
    again = read_context(context.to_json())
    assert json.loads(again.to_json()) == json.loads(context.to_json())
    assert {"balance", "ducking", "loudness"} <= {decision.topic for decision in context.ai_decisions}
    assert again.mixing.settings["channels"]["bass"]["duck_db"] > 0


MAKE = """
import sys, tempfile, hashlib
from pathlib import Path
from services.mixer.work import master, mix
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.mixer.band import asking, make_context, make_score, make_stems
folder = Path(tempfile.mkdtemp())
bench = Workbench(FileStore(folder, sync=False), folder, lambda _, __: None)
context = master(mix(asking(make_context(bench, make_score(5), make_stems(12.0))), bench), bench)
print("\\n".join(f"{name} {artifact.sha256}" for name, artifact in context.artifacts.items()))
"""


def test_another_process_writes_the_same_bytes(song):
    """Every delivered file, MP3 with its tags, Ogg, loop, archive and cover included."""
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", MAKE], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:-1] == [f"{name} {artifact.sha256}" for name, artifact in song[1].artifacts.items()]


@pytest.mark.parametrize(("genre", "target"), [("jazz", -23.0), ("dubstep", -9.0), ("lofi_hip_hop", -11.0)])
def test_targets_are_reached_and_stems_null_in_other_profiles(bench, genre, target):
    """Quiet and loud, gentle and hard: on target within 0.05 LU, under the ceiling, null under -110 dBFS."""
    stems = make_stems(6.0)
    context = master(mix(make_context(bench, make_score(2), stems, genre=genre, target=target), bench), bench)
    audio = read(bench, context.artifacts["master.wav"])
    assert integrated_lufs(audio.astype(np.float32), RATE) == pytest.approx(target, abs=0.05)
    assert true_peak_dbtp(audio.astype(np.float32), RATE, 8) <= -1.0
    assert np.abs(audio - summed(bench, context)).max() < 10 ** (-110 / 20)


def _only(name, wave):
    """A context's stems where only one part sounds, with `wave` [samples] on both sides."""
    stems = {part: np.zeros((2, wave.size), dtype=np.float32) for part in make_score().parts}
    return {**stems, name: np.stack([wave, wave]).astype(np.float32)}


@pytest.mark.parametrize("kind", ["silence", "dc", "clicks", "noise", "short"])
def test_any_material_comes_out_finite_and_under_the_ceiling(bench, kind):
    """Silence, DC, single clicks, noise and a tenth of a second: no NaN, no peak over the ceiling, stems that null."""
    n = np.arange(4800 if kind == "short" else 4 * RATE)
    wave = {
        "silence": 0.0 * n,
        "dc": 0.5 + 0.0 * n,
        "clicks": np.where(n % RATE == 10, 0.8, 0.0),
        "noise": 0.2 * np.random.default_rng(4).standard_normal(n.size),
        "short": 0.5 * np.sin(n / 10),
    }[kind]
    context = master(mix(make_context(bench, make_score(), _only("melody", wave)), bench), bench)
    audio = read(bench, context.artifacts["master.wav"])
    assert np.isfinite(audio).all()
    assert true_peak_dbtp(audio.astype(np.float32), RATE, 8) <= -1.0
    assert np.abs(audio - summed(bench, context)).max() < 10 ** (-110 / 20)
    assert read_context(context.to_json()).mastering.loudness_lufs >= -120.0
    assert context.mastering.limited_by_ceiling == (kind in ("silence", "dc", "clicks"))


def test_a_retry_is_obeyed(bench):
    """QA's offset moves the target; its ceiling offset lowers the ceiling."""
    context = make_context(bench, make_score(2), make_stems(6.0))
    retry = Retry(attempt=2, to_stage="mastering", reasons=("",), changes={"target_offset_lu": 0.5, "ceiling_offset_db": -1.0})
    context = master(mix(context.model_copy(update={"retries": (retry,)}), bench), bench)
    assert context.mastering.loudness_lufs == pytest.approx(-13.5, abs=0.05)
    assert context.mastering.true_peak_dbtp <= -2.0


def test_a_cancelled_job_stops(bench, stems):
    """The work ends at its next step with Cancelled."""
    context = make_context(bench, make_score(), stems)
    stopped = Workbench(bench.objects, bench.scratch, bench.progress, cancelled=lambda: True)
    with pytest.raises(Cancelled):
        mix(context, stopped)


def test_nothing_is_left_in_the_scratch_folder(bench):
    """Mixed and equalised stems are removed."""
    context: Context = make_context(bench, make_score(2), make_stems(6.0))
    for path in bench.scratch.iterdir():
        path.unlink()
    master(mix(context, bench), bench)
    assert list(bench.scratch.iterdir()) == []


def test_float_files_carry_no_time(tmp_path):
    """Two files of the same samples are the same bytes, and libsndfile reads them exactly."""
    audio = np.random.default_rng(1).standard_normal((2, 1000)).astype(np.float32)
    digests = set()
    for name in ("a.wav", "b.wav"):
        files.write_float_wav(tmp_path / name, audio, RATE)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
    assert np.array_equal(files.read_audio(tmp_path / "a.wav")[0], audio)


def test_a_dark_or_bright_record_stays_so(bench):
    """Decibels asked for the ends of the spectrum are heard in the master: its equaliser does not lead them back to the genre's own."""
    plain = make_context(bench, make_score(3), make_stems(8.0))

    def heard(**changes):
        options = plain.request.options.model_copy(update={"mix": MixEdits(changes=changes)})
        asked = plain.model_copy(update={"request": plain.request.model_copy(update={"options": options})})
        return third_octave_spectrum(read(bench, master(mix(asked, bench), bench).artifacts["master.wav"]).astype(np.float32), RATE)

    centres, normal = heard()
    middle, high, low = (centres > 300) & (centres < 2000), (centres > 9000) & (centres < 15_000), (centres > 60) & (centres < 85)
    for changes, band, least, most in (({"high_end_db": -4.0}, high, -5.5, -2.5), ({"low_end_db": 3.0}, low, 1.7, 4.5)):
        moved = heard(**changes)[1] - normal
        assert least < moved[band].mean() - np.median(moved[middle]) < most, changes
