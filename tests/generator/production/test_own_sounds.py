"""Instruments of the user's own: in tune, on the beat, level, known by their content, and unable to harm whoever plays them."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from contracts.context import Options
from contracts.errors import BadInput
from contracts.music import Part, Role, Score
from services.generator.production import own_engines, own_files, plan_stems, render_stem, soundfont_files, tiny
from services.generator.production.curves import Floats
from services.generator.production.events import event
from services.generator.production.own import Own
from services.generator.production.planning import find_own
from services.generator.production.shelf import Shelf, find_soundfonts
from services.generator.production.soundfont_files import Damaged, Tables
from services.generator.production.telling import tell_production
from services.music.audio.loudness import integrated_lufs
from services.runtime.sound_folders import NOWHERE, Places
from tests.generator.production.listening import line, onset_sample, score
from tests.generator.production.own_sounds import RATE_HZ, pitch_hz, write_sfz, write_soundfont

QUARTER = 24_000
EFFECT = Path("/usr/lib/vst3/ZamCompX2.vst3")
TUNE = line("", (0, 1, 69, 100), (1, 1, 81, 90), (2, 1, 57, 127), (3, 1, 69, 100)).model_copy(update={"patch": None})
needs_sfz = pytest.mark.skipif(not own_files.available("sfz"), reason="pysfizz is not installed")
needs_compiler = pytest.mark.skipif(not shutil.which("g++"), reason="the test's own VST3 instrument needs a C++ compiler")
FILES = [
    pytest.param("Tone.sf2", id="sf2"),
    pytest.param("sfz/Tone.sfz", id="sfz", marks=needs_sfz),
    pytest.param("Sine.vst3", id="vst3", marks=needs_compiler),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An allowed folder with a soundfont, an SFZ instrument and, where there is a compiler, a VST3 instrument."""
    made = tmp_path_factory.mktemp("own sounds")
    write_soundfont(made / "Tone.sf2")
    write_sfz(made / "sfz")
    if shutil.which("g++"):
        binary = made / "Sine.vst3/Contents/x86_64-linux/Sine.so"
        binary.parent.mkdir(parents=True)
        source = Path(__file__).with_name("plugin") / "sine.cpp"
        subprocess.run(["g++", "-std=c++17", "-shared", "-fPIC", "-fvisibility=hidden", str(source), "-o", str(binary)], check=True)
    return made.resolve()


@pytest.fixture(scope="module")
def shelf(folder: Path) -> Shelf:
    return find_soundfonts(places=Places((folder,)))


def _song(part: Part = TUNE, **parts: Part) -> Score:
    song = score(part, bars=1)
    return song.model_copy(update={"parts": parts}) if parts else song


def _play(file: str, shelf: Shelf, part: Part = TUNE) -> Floats:
    song = _song(part)
    return render_stem(song, "part", plan_stems(song, Options(sounds={"part": file}), shelf)["part"], shelf)


def _digest(file: str, shelf: Shelf) -> str:
    return plan_stems(_song(), Options(sounds={"part": file}), shelf)["part"].digest


def _refused(file: str, shelf: Shelf, part: Part = TUNE) -> BadInput:
    others = set(psutil.Process().children())
    with pytest.raises(BadInput) as caught:
        _play(file, shelf, part)
    assert caught.value.field == "sounds.part"
    assert set(psutil.Process().children()) <= others
    return caught.value


@pytest.mark.parametrize("file", FILES)
def test_notes_are_in_tune_and_on_the_beat(file: str, shelf: Shelf) -> None:
    """Pitch within a cent, onsets within 64 samples, notes end when their key is released, as long as the song, the same twice."""
    audio = _play(file, shelf)
    assert audio.shape[1] == 5 * QUARTER
    for beat, pitch in enumerate((69, 81, 57, 69)):
        note = audio[:, beat * QUARTER + 2400 : (beat + 1) * QUARTER - 2400]
        assert abs(1200 * np.log2(pitch_hz(note) / (440 * 2 ** ((pitch - 69) / 12)))) < 1
    assert 0 <= onset_sample(audio) <= 64
    gap = line("", (1, 1, 69, 100), (3, 0.5, 69, 100)).model_copy(update={"patch": None})
    with_gap = np.abs(_play(file, shelf, gap)).max(axis=0)
    sounding = with_gap > 0.05 * with_gap.max()
    assert not sounding[: QUARTER - 1].any()
    assert not sounding[2 * QUARTER + 7200 : 3 * QUARTER - 1].any()
    assert 0 <= np.flatnonzero(sounding[QUARTER:])[0] <= 64
    assert 0 <= np.flatnonzero(sounding[3 * QUARTER :])[0] <= 64
    assert np.array_equal(with_gap, np.abs(_play(file, shelf, gap)).max(axis=0))


@pytest.mark.parametrize("file", FILES)
def test_the_level_is_that_of_our_instruments(file: str, shelf: Shelf) -> None:
    """Whatever level a file has of its own, notes at velocity 100 come out near the reference of -23 LUFS."""
    steady = line("", *((beat, 1, 69, 100) for beat in range(4))).model_copy(update={"patch": None})
    audio = _play(file, shelf, steady)[:, : 4 * QUARTER]
    assert abs(integrated_lufs(audio, RATE_HZ) - own_engines.REFERENCE_LUFS) < 1.5


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    """Another sample, another included text or another preset is another stem; another time of change is not."""
    here = find_soundfonts(places=Places((tmp_path.resolve(),)))
    write_soundfont(tmp_path / "Tone.sf2")
    first = _digest("Tone.sf2", here)
    (tmp_path / "Tone.sf2").touch()
    assert _digest("Tone.sf2", here) == first
    write_soundfont(tmp_path / "Tone.sf2", hz=441.0)
    assert _digest("Tone.sf2", here) != first
    if own_files.available("sfz"):
        write_sfz(tmp_path)
        digests = [_digest("Tone.sfz", here)]
        write_sfz(tmp_path, hz=441.0)
        digests.append(_digest("Tone.sfz", here))
        (tmp_path / "more.txt").write_text((tmp_path / "more.txt").read_text() + " volume=-3\n")
        digests.append(_digest("Tone.sfz", here))
        assert len(set(digests)) == 3


def test_a_song_without_bindings_is_as_it_was(shelf: Shelf) -> None:
    """Folders of sounds that bind nothing change no plan of a song."""
    assert plan_stems(_song(), None, shelf) == plan_stems(_song(), None, find_soundfonts(places=NOWHERE))


def test_the_closest_name_wins(tmp_path: Path, folder: Path) -> None:
    """Part before instrument before role; what is asked for before packs; a pack binds by instrument or role."""
    for name in ("part", "instrument", "role", "pack", "other"):
        shutil.copy(folder / "Tone.sf2", tmp_path / f"{name}.sf2")
    (tmp_path / "mine.toml").write_text('name = "Mine"\nlicence = "CC0-1.0"\n[sounds]\nsynthesizer = "pack.sf2"\npad = "other.sf2"\n')
    shelf = find_soundfonts(places=Places((tmp_path.resolve(),)))
    parts = {"a": TUNE, "b": TUNE, "c": TUNE.model_copy(update={"role": Role.PAD, "instrument": "violin"})}

    def bound(**sounds: str) -> list[str]:
        found = find_own(_song(**parts), Options(sounds=sounds), shelf)
        return [found[name].own.path.stem for name in parts]

    assert bound() == ["pack", "pack", "other"]
    assert bound(a="part.sf2", synthesizer="instrument.sf2", melody="role.sf2") == ["part", "instrument", "other"]
    assert bound(melody="role.sf2", pad="role.sf2") == ["role", "role", "role"]


def test_a_name_that_is_nowhere_is_told(shelf: Shelf) -> None:
    """A binding for nobody is an error that names parts, instruments and roles of the song."""
    with pytest.raises(BadInput, match=r"sounds\.tuba.*allowed: a part, instrument or role of this song: part, synthesizer, melody"):
        plan_stems(_song(), Options(sounds={"tuba": "Tone.sf2"}), shelf)


def test_what_a_file_does_not_have_is_told(shelf: Shelf) -> None:
    """Notes outside of the keys are counted in the decisions; a file with none of them, or without the preset, is refused."""
    song = _song(line("", (0, 1, 69, 100), (1, 1, 30, 100), (2, 1, 30, 90)).model_copy(update={"patch": None}))
    own = find_own(song, Options(sounds={"part": "Tone.sf2"}), shelf)
    told = {one.topic: one for one in tell_production(song, plan_stems(song, None, shelf, own), shelf, own)}
    assert told["range"].choice == "2 of 3 notes of part are silent: F#1"
    assert told["own instrument"].parameters["licence"] == "the user's own: Tone.sf2"
    low = line("", (0, 1, 20, 100)).model_copy(update={"patch": None})
    assert "Its keys lie between C3 and C6" in str(_refused("Tone.sf2", shelf, low))
    assert "0:33 Tone, 128:0 Kit" in _refused("Tone.sf2:3:4", shelf).allowed


def test_a_pack_does_not_silence_a_song(tmp_path: Path) -> None:
    """What a pack binds to every song leaves parts outside of its keys to our instruments, and says so."""
    write_soundfont(tmp_path / "Tone.sf2")
    (tmp_path / "mine.toml").write_text('[sounds]\nbass_guitar = "Tone.sf2"\n')
    shelf = find_soundfonts(places=Places((tmp_path.resolve(),)))
    song = _song(line("", (0, 1, 30, 100)).model_copy(update={"patch": None, "instrument": "bass_guitar", "role": Role.BASS}))
    own = find_own(song, Options(), shelf)
    plans = plan_stems(song, None, shelf, own)
    assert not plans["part"].source.startswith("own_")
    assert "Tone.sf2:0:33 does not play part" in [one.choice for one in tell_production(song, plans, shelf, own)]


def test_drums_take_the_kit(shelf: Shelf) -> None:
    """A drum part takes the soundfont's kit where no preset is named, and sounds."""
    drums = line("", (0, 1, 36, 110), (1, 1, 38, 100), drums=True).model_copy(update={"patch": None})
    found = find_own(_song(drums), Options(sounds={"drums": "Tone.sf2"}), shelf)["part"]
    assert (found.own.detail, found.keys) == ("128:0", {36, 37, 38})
    assert np.abs(_play("Tone.sf2", shelf, drums)).max() > 0.01


ESCAPES = {
    "outside": "/etc/hostname.sf2",
    "upwards": "../secret.sf2",
    "upwards, absolute": "{folder}/../secret.sf2",
    "a link": "link.sf2",
    "a folder that is a link": "away/secret.sf2",
    "an SFZ's sample": "sample.sfz",
    "an SFZ's linked sample": "linked.sfz",
    "an SFZ's include": "include.sfz",
    "the folder itself": "{folder}",
}


@pytest.mark.parametrize("file", ESCAPES.values(), ids=ESCAPES)
def test_nothing_outside_is_read(file: str, tmp_path: Path) -> None:
    """A job reaches no file outside of the allowed folders: by a path, by `..`, by a link, through an SFZ."""
    inside = tmp_path / "sounds.sf2"
    inside.mkdir()
    write_soundfont(tmp_path / "secret.sf2")
    write_sfz(tmp_path)
    (inside / "link.sf2").symlink_to(tmp_path / "secret.sf2")
    (inside / "away").symlink_to(tmp_path)
    (inside / "link.wav").symlink_to(tmp_path / "Samples/A 4.wav")
    (inside / "sample.sfz").write_text("<region> sample=../Samples/A 4.wav\n")
    (inside / "linked.sfz").write_text("<region> sample=link.wav\n")
    (inside / "include.sfz").write_text('#include "../Tone.sfz"\n')
    error = _refused(file.format(folder=inside), find_soundfonts(places=Places((inside.resolve(),))))
    assert error.allowed == f"a file inside {inside.resolve()}"


def test_without_a_folder_nothing_is_allowed(folder: Path) -> None:
    """Where the operator names no folder, the error says which variable to set."""
    assert "HOUSEBAND_SOUNDS" in str(_refused(str(folder / "Tone.sf2"), find_soundfonts()))


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _wild_generators(data: bytes) -> bytes:
    at = data.index(b"igen") + 8
    return data[:at] + os.urandom(16) + data[at + 16 :]


def _wild_bags(data: bytes) -> bytes:
    at = data.index(b"pbag") + 8
    return data[:at] + b"\xff" * 8 + data[at + 8 :]


@pytest.mark.parametrize("damage", [_cut, _wild_bags, _wild_generators, lambda _: b"", lambda _: b"RIFF....sfbk"])
def test_a_damaged_soundfont_is_read_safely(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Whatever its tables hold, the reader finds presets and keys or says that the file is damaged."""
    path = write_soundfont(tmp_path / "Tone.sf2")
    path.write_bytes(damage(path.read_bytes()))
    with contextlib.suppress(Damaged):
        tables = Tables(path)
        assert all(tables.keys(preset) <= set(range(128)) for preset in tables.presets)


@pytest.mark.skipif(not tiny.available(), reason="tinysoundfont is not installed")
def test_a_soundfont_that_crashes_its_player_is_refused(tmp_path: Path) -> None:
    """The player tinysoundfont 0.3.7 reads beyond a table and dies: an error about the file, after which others play."""
    path = write_soundfont(tmp_path / "Tone.sf2")
    good = path.read_bytes()
    at = good.index(b"pbag") + 8
    path.write_bytes(good[:at] + b"\xff\xff" + good[at + 2 :])
    own = Own("soundfont", path, "0:33", "sounds.bass", "Tone.sf2")
    notes = [event(0, "on", 0, 69, 100)]
    call = (own, soundfont_files.play, path, own_engines.preset_of(own), notes, 1, 64, notes, 1, 64, "tinysoundfont")
    with pytest.raises(BadInput, match="signal 11") as caught:
        own_files.safely(*call, timeout_s=30)
    assert caught.value.field == "sounds.bass"
    path.write_bytes(good)
    assert own_files.safely(*call, timeout_s=30)[1].shape == (2, 64)


@needs_sfz
def test_damaged_sfz_instruments_are_refused(tmp_path: Path) -> None:
    """No text, no region, includes that go round, samples that are missing or unreadable: told, never silent by surprise."""
    shelf = find_soundfonts(places=Places((tmp_path.resolve(),)))
    texts = {
        "noise": os.urandom(500) + b"\0",
        "no region": b"<group> volume=3\n",
        "round": b'#include "Bad.sfz"\n<region> sample=a.wav\n',
        "missing": b"<region> sample=a.wav\n",
    }
    for text in texts.values():
        (tmp_path / "Bad.sfz").write_bytes(text)
        _refused("Bad.sfz", shelf)
    (tmp_path / "a.wav").write_bytes(b"RIFF but no more")
    _refused("Bad.sfz", shelf)


@needs_compiler
@pytest.mark.parametrize(
    ("key", "how"),
    [(1, "crashed with signal 6"), (2, "no answer within 4 s"), (3, "crashed with signal 11"), (4, "no numbers")],
    ids=["aborts", "hangs", "reads address zero", "gives no numbers"],
)
def test_a_plugin_that_fails_is_told(key: int, how: str, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that aborts, hangs, crashes or gives nonsense in the middle of a part fails that part in words, and nothing else."""
    if how.startswith("no answer"):
        monkeypatch.setattr(own_engines, "START_S", 4.0)
        monkeypatch.setattr(own_engines, "PER_SECOND", 0.0)
    part = line("", (0, 1, 69, 100), (1, 1, key, 100)).model_copy(update={"patch": None})
    assert how in str(_refused("Sine.vst3", shelf, part))


def test_what_is_no_instrument_is_refused(tmp_path: Path) -> None:
    """Garbage named .vst3, and an effect, are refused by name."""
    (tmp_path / "Garbage.vst3").write_bytes(os.urandom(3000))
    shelf = find_soundfonts(places=Places((tmp_path.resolve(), EFFECT.parent)))
    assert "a VST3 instrument for this machine" in _refused("Garbage.vst3", shelf).allowed
    if EFFECT.exists():
        assert "is an effect" in str(_refused(str(EFFECT), shelf))


def test_licences_are_stated_or_refused(tmp_path: Path) -> None:
    """A song for sale takes only files whose pack states a licence that allows it."""
    write_soundfont(tmp_path / "Tone.sf2")
    shelf, pack = find_soundfonts(places=Places((), (tmp_path.resolve(),))), tmp_path / "pack.toml"
    options = Options(sounds={"part": "Tone.sf2"}, licence="commercial")
    for text in ("", "[sounds]\n", 'licence = "CC-BY-NC-4.0"\n[sounds]\n'):
        pack.write_text(text)
        with pytest.raises(BadInput, match="commercial"):
            plan_stems(_song(), options, shelf)
    pack.write_text('author = "Ada"\nlicense = "CC-BY-4.0"\n[sounds]\n')
    assert plan_stems(_song(), options, shelf)["part"].licence == "the user's own: Tone.sf2 (CC-BY-4.0, by Ada)"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('[sounds]\nkazoo = "Tone.sf2"', "pack.toml: sounds.kazoo"),
        ('[sounds]\nbass = "None.sf2"', "pack.toml: sounds.bass"),
        ('[sounds]\nbass = "../Tone.sf2"', "pack.toml: sounds.bass"),
        ('[sounds]\nbass = "Tone.wav"', "pack.toml: sounds.bass"),
        ('colour = "red"\n[sounds]', "pack.toml: colour"),
        ("[sounds", "pack.toml"),
    ],
)
def test_a_pack_that_cannot_be_used_is_told(text: str, field: str, tmp_path: Path) -> None:
    """A pack's faults name the file and the key; TOML that is no pack is left alone."""
    write_soundfont(tmp_path / "Tone.sf2")
    (tmp_path / "other.toml").write_text("[tool]\nx = 1\n")
    (tmp_path / "pack.toml").write_text(text)
    with pytest.raises(BadInput) as caught:
        plan_stems(_song(), None, find_soundfonts(places=Places((tmp_path.resolve(),))))
    assert caught.value.field == field
