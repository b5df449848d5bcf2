"""Formats and versions of a real song, through the store: what was asked and nothing else, made once, sounding as the record does."""

import io

import numpy as np
import pytest
import soundfile
from mutagen.mp3 import MP3
from mutagen.wave import WAVE
from PIL import Image

from contracts.context import Options
from contracts.errors import BadInput
from services.mixer.delivery import editions
from services.mixer.delivery.record import Record
from services.mixer.delivery.work import LeadShare, Louder
from services.mixer.mastering.chain import Aim
from services.mixer.mastering.session import Session
from services.mixer.profiles import profile
from services.mixer.stored import Stems
from services.mixer.work import master, mix
from services.music.audio.loudness import integrated_lufs
from services.music.audio.true_peak import true_peak_dbtp
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.mixer.band import RATE, make_context, make_score, make_stems

ALL = ("instrumental", "lead", "edit_30", "edit_60", "loop", "stems_zip")
SCORE = make_score(17)


def asking(context, **stated):
    """The context of a request with other options."""
    request = context.request.model_copy(update={"options": Options(**stated)})
    return context.model_copy(update={"request": request})


def read(bench, artifact):
    """A stored file as float64 [2, samples]."""
    return soundfile.read(bench.objects.local_path(artifact), dtype="float64")[0].T


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """(bench, context) of a mixed song of 36 s."""
    folder = tmp_path_factory.mktemp("song")
    bench = Workbench(FileStore(folder / "store", sync=False), folder, lambda _, __: None)
    return bench, mix(make_context(bench, SCORE, make_stems(36.0)), bench)


@pytest.fixture(scope="module")
def song(mixed):
    """(bench, context) with two formats and every edition."""
    bench, context = mixed
    return bench, master(asking(context, formats=("wav16@44100", "ogg"), editions=ALL), bench)


def test_what_is_asked_is_there_and_nothing_else(mixed, song):
    """Without a wish there are no further files; with wishes these and the cover."""
    bench, context = mixed
    plain = master(context, bench)
    assert {name.split("/")[0] for name in plain.artifacts} == {"master.wav", "master.flac", "master.mp3", "stems", "project.dawproject"}
    further = set(song[1].artifacts) - set(plain.artifacts)
    versions = {"editions/stems.zip", *(f"editions/{name}.wav" for name in ALL[:-1])}
    assert further == {"cover.png", "formats/master_44100_16bit.wav", "formats/master_48000_q8.ogg", *versions}
    assert plain.artifacts == {name: one for name, one in song[1].artifacts.items() if name in plain.artifacts}


def test_one_more_format_does_not_master_again(mixed, song, monkeypatch):
    """Record, formats and editions come from the store; only what is new is made."""
    bench, context = mixed
    monkeypatch.setattr(Session, "run", lambda *_: pytest.fail("mastered again"))
    monkeypatch.setattr(editions, "make", lambda *_: pytest.fail("made again"))
    again = master(asking(context, formats=("flac16", "wav16@44100"), editions=ALL), bench)
    same = [name for name in again.artifacts if name in song[1].artifacts]
    assert [again.artifacts[name] for name in same] == [song[1].artifacts[name] for name in same]
    assert set(again.artifacts) - set(same) == {"formats/master_48000_16bit.flac"}
    assert again.mastering.settings["editions"] == song[1].mastering.settings["editions"]


def test_instrumental_and_lead_are_the_record(song):
    """They null against the master, and the instrumental holds nothing of the lead's stem."""
    bench, context = song
    files = {name: read(bench, context.artifacts[f"editions/{name}.wav"]) for name in ("instrumental", "lead")}
    told = context.mastering.settings["editions"]
    total = sum(audio * 10 ** (-told[name]["gain_db"] / 20) for name, audio in files.items())
    assert np.abs(total - read(bench, context.artifacts["master.wav"])).max() < 10 ** (-120 / 20)
    assert told["lead"]["parts"] == ["melody"]
    tune = read(bench, context.artifacts["stems/melody.wav"])[0]
    assert abs(np.corrcoef(files["instrumental"][0], tune)[0, 1]) < 0.1
    assert np.corrcoef(files["lead"][0], tune)[0, 1] > 0.9


def test_the_shares_of_all_parts_are_the_returns(song):
    """What is taken out of the shared effects is the lead's own: shares sum to the returns within -90 dBFS."""
    bench, context = song
    stems = Stems(context.mixing.stems, bench)
    style = profile(context.mixing.settings["profile"])
    session = Session(list(stems.stems), stems.load, stems.rate, stems.frames, style, bench.scratch)
    session.mastered = type("AsItIs", (), {"gain": np.ones(stems.frames, dtype=np.float32)})()
    share = LeadShare(context, SCORE, session, lambda: None)([name for name in stems.stems if name in SCORE.parts and name != "drums"])
    share = share + LeadShare(context, SCORE, session, lambda: None)(["drums"])
    returns = sum(stems.load(name) for name in stems.stems if name.startswith("return_"))
    assert np.abs(returns).max() > 0.01
    assert np.abs(share - returns).max() < 10 ** (-90 / 20)


def test_what_goes_through_a_session_is_delivered_as_a_stem_is(song):
    """Equaliser, width and gain: a mixed stem put through is the delivered stem, within its rounding."""
    bench, context = song
    stems = Stems(context.mixing.stems, bench)
    session = Session(list(stems.stems), stems.load, stems.rate, stems.frames, profile(context.mixing.settings["profile"]), bench.scratch)
    session.run(Aim(-12.0, -1.0))
    try:
        assert np.abs(session.through(stems.load("pad_synth")) - session.stem("pad_synth")).max() < 2e-6
    finally:
        session.close()


def test_edits_stand_at_the_target_under_the_ceiling(song):
    """30 seconds within a bar, -14 LUFS; a song of 36 seconds is given whole where 60 are asked, and says so."""
    bench, context = song
    edit = read(bench, context.artifacts["editions/edit_30.wav"]).astype(np.float32)
    assert abs(edit.shape[1] / RATE - 30) <= 2.0
    assert integrated_lufs(edit, RATE) == pytest.approx(-14, abs=0.05)
    assert true_peak_dbtp(edit, RATE, 8) <= -1.0
    told = context.mastering.settings["editions"]["edit_60"]
    assert told["whole"]
    assert "36.0 s" in told["note"]
    assert np.array_equal(read(bench, context.artifacts["editions/edit_60.wav"]), read(bench, context.artifacts["master.wav"]))


def test_a_loop_says_where_it_turns_and_how_fast_it_is(song):
    """Whole bars to the sample; `smpl` with one loop over all of it; `acid` with its tempo; its title."""
    bench, context = song
    path = bench.objects.local_path(context.artifacts["editions/loop.wav"])
    told, data = context.mastering.settings["editions"]["loop"], path.read_bytes()
    frames = soundfile.info(path).frames
    assert frames == round(told["quarters"] * 0.5 * RATE)
    assert frames - 1 == int.from_bytes(data[data.index(b"smpl") + 8 + 36 + 12 :][:4], "little")
    acid = data[data.index(b"acid") + 8 :]
    assert (int.from_bytes(acid[12:16], "little"), np.frombuffer(acid[20:24], "<f4")[0]) == (told["quarters"], 120.0)
    assert str(WAVE(path).tags["TIT2"]) == "Untitled (loop)"


def test_a_song_without_a_lead_has_no_instrumental_and_says_why(song):
    """The reason is told; nothing fails."""
    bench, context = song
    silent = {"melody": SCORE.parts["melody"].model_copy(update={"notes": ()})}
    score = SCORE.model_copy(update={"parts": {**SCORE.parts, **silent}})
    record = Record(context.mastering.master, context.mastering.stems, score, bench, lambda _: np.zeros((2, 1)))
    asked = editions.Asked(-14.0, -1.0, Louder(profile("pop"), RATE))
    for name in ("instrumental", "lead"):
        made = editions.make(name, record, asked)
        assert isinstance(made, editions.NotMade)
        assert "nobody" in made.reason


def test_what_gain_alone_cannot_raise_is_limited(song):
    """Kicks alone, asked for at -9 LUFS: on target within 0.1 LU, under the ceiling, and it is said."""
    bench, context = song
    drums = read(bench, context.artifacts["stems/drums.wav"]).astype(np.float32)[:, : 8 * RATE]
    loud, _, limited = editions._to_target(drums, RATE, editions.Asked(-9.0, -1.0, Louder(profile("pop"), RATE)))
    assert limited
    assert integrated_lufs(loud, RATE) == pytest.approx(-9, abs=0.1)
    assert true_peak_dbtp(loud, RATE, 8) <= -1.0


def test_a_cover_that_was_brought_is_in_the_files_and_in_the_folder(mixed):
    """The user's JPEG as it was; without one the song's own picture, 1000 pixels wide."""
    bench, context = mixed
    out = io.BytesIO()
    Image.new("RGB", (300, 300), (9, 90, 200)).save(out, "JPEG")
    cover = bench.objects.put_bytes("uploads/c/mine.jpg", out.getvalue(), "image/jpeg")
    made = master(context.model_copy(update={"request": context.request.model_copy(update={"cover": cover})}), bench)
    assert bench.objects.read(made.artifacts["cover.jpg"].key) == out.getvalue()
    assert MP3(bench.objects.local_path(made.artifacts["master.mp3"])).tags["APIC:"].data == out.getvalue()
    own = MP3(bench.objects.local_path(master(context, bench).artifacts["master.mp3"])).tags["APIC:"]
    assert Image.open(io.BytesIO(own.data)).size == (1000, 1000)


def test_a_cover_that_is_no_picture_fails_before_the_work(mixed):
    """BadInput names the field."""
    bench, context = mixed
    cover = bench.objects.put_bytes("uploads/c/none.png", b"no picture", "image/png")
    with pytest.raises(BadInput, match="cover"):
        master(context.model_copy(update={"request": context.request.model_copy(update={"cover": cover})}), bench)
