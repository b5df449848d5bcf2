"""Finalization as a whole, and the folder check: the bundle, what it proves, and what breaks it."""

import hashlib
import json
import shutil
import time
from pathlib import Path

import pytest

from contracts.brief import Brief, Stated
from contracts.context import Context, IdeationSection, Musical, Options, ProductionSection, Request, ScoreSection, StemPlan, Technical
from contracts.errors import BadInput
from contracts.pipeline import Stage
from contracts.report import Manifest, Report
from services.qa.folder import check_folder
from services.qa.work import finalize
from services.runtime.workbench import Workbench

PROMPT = 'A "bright" <script>alert(1)</script> & happy song ♫'


def field(value, stated=False):
    """A field of the brief."""
    return Stated(value=value, source="stated" if stated else "inferred", evidence="120 bpm" if stated else None)


def brief_of(score) -> Brief:
    """The brief that asked for just this score."""
    return Brief(
        tempo_bpm=field(score.tempo_bpm, True), key=field(score.key), meter=field(score.meter), duration_s=field(score.duration_s),
        genres=field(("pop",)), moods=field(("happy",)), energy=field(0.6), valence=field(0.8), instruments_with=field(()),
        instruments_without=field(()), structure=field(()), chords=field({}), production=field(()), use=field(""), text="A happy song.",
    )  # fmt: skip


@pytest.fixture
def mastered(make_song, store, tmp_path):
    """Makes a mastered context from a song and optional samples of another master."""

    def make(song=None, master=None) -> tuple[Context, Workbench]:
        song = song or make_song()
        delivered = song.write(master, compressed=True)
        names = {"master.wav": delivered.master, "master.flac": delivered.flac, "master.mp3": delivered.mp3}
        names |= {f"stems/{name}.wav": path for name, path in delivered.stems.items()}
        score = store.put_bytes("score.json", song.score.to_json(), "application/json")
        artifacts = {name: store.put_audio(f"audio/{name}", path) for name, path in names.items()} | {"score.json": score}
        plan = {n: StemPlan(part=n, engine="sampled", instrument="x", digest="d" * 64, key="k", licence="MIT") for n in song.stems}
        context = Context(
            composition_id="c1", job_id="j1", seq=6, stage=Stage.MASTERING, created_at=time.time() - 20,
            request=Request(prompt=PROMPT, seed=7, options=Options(target_lufs=-20, bpm=song.score.tempo_bpm)),
            musical=Musical(key=song.score.key, tempo_bpm=song.score.tempo_bpm, meter="4/4", genre="pop"),
            technical=Technical(target_lufs=-20, duration_s=song.score.duration_s), ideation=IdeationSection(brief=brief_of(song.score)),
            arrangement=ScoreSection(score=score, part_digests={"bass": "b" * 64}),
            production=ProductionSection(state="rendered", plan=plan), timings={"mixing": 2.0}, artifacts=artifacts,
        ).decide(Stage.COMPOSITION, "form", "one verse", "so <b>short</b>")  # fmt: skip
        return context, Workbench(store, tmp_path, lambda *_: None)

    return make


@pytest.fixture
def folder(mastered, tmp_path) -> Path:
    """A delivered folder of a correct song."""
    context, bench = mastered()
    done, out = finalize(context, bench), tmp_path / "delivered"
    for name, artifact in done.artifacts.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bench.objects.local_path(artifact), out / name)
    return out


def test_a_correct_song_is_released_with_its_proof(folder) -> None:
    """Report, page, context and manifest are there, valid, and tell the same story."""
    report = Report.model_validate_json((folder / "report.json").read_bytes())
    assert report.passed
    assert report.attempts == 1
    assert report.timings.total_s >= 20
    assert set(report.timings.stages) == {"mixing", "finalization"}
    assert report.licences == dict.fromkeys(("bass", "drums", "melody", "piano"), "MIT")
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    files = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert set(manifest.files) == files - {"manifest.json"}
    for name, entry in manifest.files.items():
        data = (folder / name).read_bytes()
        assert (entry.sha256, entry.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert manifest.score_parts == {"bass": "b" * 64}
    assert json.loads((folder / "context.json").read_text())["finalization"]["verdict"]["passed"]


def test_the_page_is_one_file_and_escapes_what_it_shows(folder) -> None:
    """No script, no outside address; the prompt and the decisions appear as text."""
    page = (folder / "report.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;short&lt;/b&gt;" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<svg") == 5 + 4
    assert 'src="stems/bass.wav"' in page
    assert "houseband make" in page


def test_the_folder_check_agrees(folder) -> None:
    """From the files alone: the same checks pass, and the hashes with them."""
    verdict = check_folder(folder)
    assert verdict.passed, [c for c in verdict.checks if not c.passed]
    assert {"hashes", "tempo", "key", "loudness", "stems_null"} <= {check.name for check in verdict.checks}


def test_a_flipped_byte_is_found_and_named(folder) -> None:
    """One changed byte in a stem fails the check "hashes", which names the file."""
    path = folder / "stems" / "bass.wav"
    data = bytearray(path.read_bytes())
    data[200_000] ^= 0x01
    path.write_bytes(data)
    hashes = next(check for check in check_folder(folder).checks if check.name == "hashes")
    assert not hashes.passed
    assert hashes.note == "altered: stems/bass.wav"


def test_a_stem_that_is_no_sound_any_more_is_told(folder) -> None:
    """A file cut to its first bytes fails the hashes by name; nothing breaks."""
    (folder / "stems" / "melody.wav").write_bytes(b"RIFF")
    verdict = check_folder(folder)
    assert not verdict.passed
    assert "altered: stems/melody.wav" in str(verdict.checks[0].note)


def test_missing_files_are_told(folder, tmp_path) -> None:
    """A missing stem fails by name; a missing folder or manifest is bad input; a lost master still names itself."""
    (folder / "stems" / "melody.wav").unlink()
    assert "missing: stems/melody.wav" in str(check_folder(folder).checks[0].note)
    (folder / "master.wav").unlink()
    assert not check_folder(folder).passed
    with pytest.raises(BadInput, match="folder"):
        check_folder(tmp_path / "nowhere")
    (folder / "manifest.json").unlink()
    with pytest.raises(BadInput, match=r"manifest\.json"):
        check_folder(folder)


def test_a_failing_song_is_sent_back_and_at_last_kept_with_its_history(mastered, make_song) -> None:
    """1 dB too loud: back to mastering without a bundle; in the third round it fails for good, with report and reasons."""
    song = make_song()
    song.stems = {name: stem * 1.122 for name, stem in song.stems.items()}
    context, bench = mastered(song)
    first = finalize(context, bench)
    verdict = first.finalization.verdict
    assert not verdict.passed
    assert verdict.retry.to_stage == "mastering"
    assert verdict.retry.changes["target_offset_lu"] == pytest.approx(-1.0, abs=0.02)
    assert first.retries == (verdict.retry,)
    assert "report.json" not in first.artifacts
    last = finalize(first.model_copy(update={"attempt": 3, "seq": 20}), bench)
    assert last.finalization.verdict.retry is None
    report = Report.model_validate_json(bench.objects.read(last.artifacts["report.json"].key))
    assert not report.passed
    assert report.attempts == 3
    assert report.history[0].retry == verdict.retry
    assert "sent back to mastering" in bench.objects.read(last.artifacts["report.html"].key).decode()
