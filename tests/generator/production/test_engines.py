"""Who plays: the best that is here, a documented stand-in for what is missing, a clear word where nothing can play."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from contracts.context import Options
from contracts.errors import BadInput, Unavailable
from services.generator.production import faust, fluidsynth, plan_stems, tiny
from services.generator.production.calibrate import measure_lufs, phrase, play_raw
from services.generator.production.engines import ENGINES, Choice, candidates, choose, providers
from services.generator.production.events import event
from services.generator.production.intonation import period_cents
from services.generator.production.shelf import Shelf, find_soundfonts
from services.generator.production.sounds import Preset, Sampled, Synth, sounds, trim_db
from services.generator.production.telling import tell_production
from tests.generator.production.listening import SHELF, empty_file, level_db, line, needs_debian, only, play, score

PIANO = line("piano_grand", (0, 2, 60, 90), (2, 2, 64, 90))


@needs_debian
def test_the_best_soundfont_plays() -> None:
    """With everything installed the piano is MuseScore's, the guitar FluidR3's, the violin breathes."""
    assert choose("piano_grand", SHELF).source == "MuseScore_General 0:0"
    assert choose("guitar_steel", SHELF).source == "FluidR3_GM 0:25"
    assert choose("violin_solo", SHELF).preset.breath  # type: ignore[union-attr]


@needs_debian
def test_a_missing_soundfont_is_replaced_and_told() -> None:
    """Without MuseScore_General, FluidR3 plays the piano, and a decision says so."""
    shelf = only(SHELF, "FluidR3_GM")
    song = score(PIANO)
    plans = plan_stems(song, None, shelf)
    assert "FluidR3_GM 0:0" in plans["part"].source
    assert any("MuseScore_General" in decision.choice for decision in tell_production(song, plans, shelf))


@pytest.mark.parametrize(
    "patch", ["piano_grand", "violin_solo", "flute_solo", "bass_finger", "kit_acoustic", "percussion_gm", "voice_oohs"]
)
def test_the_fallback_plays_everything_with_its_small_soundfont(patch: str) -> None:
    """Tinysoundfont with TimGM6mb alone: at a usable level, of the right length, the same twice."""
    shelf = only(find_soundfonts(), "TimGM6mb")
    drums = patch.startswith(("kit", "percussion"))
    part = line(patch, (0, 1, 38 if drums else 62, 100), (1, 1, 70 if drums else 65, 60), drums=drums)
    options = Options(engine="tinysoundfont")
    first, second = (play(part, shelf, bars=1, options=options) for _ in range(2))
    assert first.shape == (2, 120_000)
    assert level_db(first) > -50
    assert first.tobytes() == second.tobytes()


def test_the_fallback_never_takes_the_font_it_cannot_play() -> None:
    """MuseScore_General through tinysoundfont is almost silent (its modulators are ignored): another font is chosen."""
    choice = choose("piano_grand", SHELF, engine="tinysoundfont")
    assert (choice.engine, choice.preset.soundfont) != ("tinysoundfont", "MuseScore_General")  # type: ignore[union-attr]


def test_commercial_songs_use_no_gpl_samples() -> None:
    """TimGM6mb is GPL-2 without an exception: with license=commercial it is refused, with the remedy."""
    with pytest.raises(Unavailable, match="fluid-soundfont-gm"):
        plan_stems(score(PIANO), Options(licence="commercial"), only(find_soundfonts(), "TimGM6mb"))


def test_the_licence_of_a_gpl_font_is_told() -> None:
    """Where TimGM6mb plays, a decision names its licence."""
    shelf, song = only(find_soundfonts(), "TimGM6mb"), score(PIANO)
    decisions = tell_production(song, plan_stems(song, None, shelf), shelf)
    assert any(decision.topic == "licence" and "GPL-2" in decision.why for decision in decisions)


def test_no_soundfont_at_all_is_told_with_the_remedy() -> None:
    """An empty machine hears what to install."""
    with pytest.raises(Unavailable, match="HOUSEBAND_SOUNDFONTS"):
        plan_stems(score(PIANO), None, Shelf({}))


@pytest.mark.parametrize(
    "player", [player for player, module in (("fluidsynth", fluidsynth), ("tinysoundfont", tiny)) if module.available()]
)
def test_a_broken_soundfont_is_named(tmp_path: Path, player: str) -> None:
    """A damaged file stops the stem with its path, not with a traceback of the player."""
    shelf = empty_file(tmp_path, "FluidR3_GM")
    with pytest.raises(Unavailable, match=r"FluidR3_GM\.sf2"):
        play(PIANO, shelf, bars=1, options=Options(engine=player))


def test_the_neural_engine_is_not_here_yet() -> None:
    """engine=neural says what to do instead; an engine that never was is bad input."""
    with pytest.raises(Unavailable, match="engine=auto"):
        plan_stems(score(PIANO), Options(engine="neural"))
    with pytest.raises(BadInput, match="engine"):
        plan_stems(score(PIANO), Options(engine="gramophone"))


def test_the_catalogue_lists_every_engine() -> None:
    """Each engine and whether it can play here."""
    assert set(ENGINES) | {"neural"} == set(providers())


def test_folders_of_the_operator_come_first(tmp_path: Path) -> None:
    """A soundfont in a named folder wins over the installed one."""
    mine = tmp_path / "FluidR3_GM.sf2"
    mine.write_bytes(b"mine")
    shelf = find_soundfonts([tmp_path], memory=tmp_path / "memory")
    assert shelf.path("FluidR3_GM") == mine
    first = shelf.digest("FluidR3_GM")
    assert find_soundfonts([tmp_path], memory=tmp_path / "memory").digest("FluidR3_GM") == first
    assert len(list((tmp_path / "memory").iterdir())) == 1


def test_synths_and_drum_machines_need_no_soundfont() -> None:
    """An electronic band plays on a bare machine."""
    assert np.abs(play(line("kit_909", (0, 1, 36, 100), drums=True), Shelf({}), bars=1)).max() > 0.05


SYNTHS = sorted(name for name, sound in sounds().items() if isinstance(sound, Synth))


@pytest.mark.parametrize("patch", SYNTHS)
def test_samples_stand_in_for_synthesizers_that_cannot_load(patch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without DawDreamer every patch still sounds, even with the small soundfont alone, and a decision says so."""
    monkeypatch.setattr(faust, "available", lambda: False)
    monkeypatch.setattr(ENGINES["faust"], "available", lambda: False)
    shelf = only(find_soundfonts(), "TimGM6mb")
    part = line(patch, (0, 2, sounds()[patch].reference_pitch, 100)).model_copy(update={"controls": {"cutoff": ((0, 0.5),)}})  # type: ignore[union-attr]
    song = score(part)
    plans = plan_stems(song, Options(engine="auto"), shelf)
    assert "TimGM6mb" in plans["part"].source
    assert level_db(play(part, shelf, bars=1)) > -60
    assert any(decision.topic == "synthesizers" for decision in tell_production(song, plans, shelf))


@pytest.mark.parametrize("pitch", [31, 38, 45])
@pytest.mark.parametrize("patch", [name for name in SYNTHS if name.endswith("_bass") or "_bass_" in name])
def test_a_bass_of_the_small_soundfont_begins_on_its_note(patch: str, pitch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The strongest tone of a stroke's first 0.2 s is a partial of its note, not a knock of another pitch."""
    for engine in ("faust", "fluidsynth"):
        monkeypatch.setattr(ENGINES[engine], "available", lambda: False)
    audio = play(line(patch, (0, 1, pitch, 90)), only(find_soundfonts(), "TimGM6mb"), bars=1).mean(axis=0)[:9_600]
    power = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 1 << 17))
    steps = 12 * np.log2(np.argmax(power) * 48_000 / (1 << 17) / (440 * 2 ** ((pitch - 69) / 12)))
    assert min(abs(steps - partial) for partial in (0.0, 12.0, 19.02, 24.0, 27.86)) < 0.6, steps


@pytest.mark.parametrize("name", ["upright_bass_stand_in", "electric_bass_finger_stand_in", "clav_pluck_stand_in"])
def test_stand_ins_are_as_loud_as_what_they_stand_for(name: str) -> None:
    """Their calibration phrase has −23 LUFS ± 0.5 on the small soundfont: a bass ten decibels too soft is no bass."""
    sound = sounds()[name]
    assert isinstance(sound, Sampled)
    preset = next(one for one in candidates(sound) if one.soundfont == "TimGM6mb")
    choice = Choice("tinysoundfont", name, preset.label, preset)
    audio = play_raw(choice, phrase(name, sound), SHELF) * 10 ** (trim_db(choice.engine, name, choice.source) / 20)
    assert measure_lufs(audio) == pytest.approx(-23.0, abs=0.5)


_ALONE = """
import sys
if sys.argv[1] == "soundfile": import soundfile
import hashlib
from services.generator.production import fluidsynth
from services.generator.production.events import event
from services.generator.production.shelf import find_soundfonts
from services.generator.production.sounds import Preset
events = [event(0, "cc", 0, 2, 100), *(event(0, "on", 0, key, 100) for key in (64, 69, 76))]
violin = Preset(soundfont="MuseScore_General", bank=17, program=40)
audio = fluidsynth.play(find_soundfonts().path("MuseScore_General"), violin, events, 1, 24_000)
print(hashlib.sha256(audio.tobytes()).hexdigest())
"""


@needs_debian
def test_compressed_samples_are_decoded_alike_whatever_the_process_loaded_before() -> None:
    """A compressed soundfont sounds the same to the last bit in a process that wrote a file before and in one that did not."""
    heard = {
        subprocess.run([sys.executable, "-c", _ALONE, first], capture_output=True, text=True, check=True).stdout
        for first in ("soundfile", "nothing")
    }
    assert len(heard) == 1
    assert len(heard.pop()) == 65


@needs_debian
@pytest.mark.parametrize("semitones", [-12.0, 7.0, 12.0])
def test_a_bend_reaches_the_pitch_it_names(semitones: float) -> None:
    """An octave of pitch wheel is an octave, within two cents, on FluidSynth."""
    preset, at = Preset(soundfont="FluidR3_GM", program=80), 440.0 * 2.0 ** ((60 - 69) / 12)

    def cents(bend: float) -> float:
        events = [event(0, "bend", 0, 0, bend), event(0, "on", 0, 60, 100)]
        audio = fluidsynth.play(SHELF.path("FluidR3_GM"), preset, events, 1, 48_000).mean(axis=0)
        return period_cents(audio[12_000:], at * 2.0 ** (bend / 12))

    assert cents(semitones) == pytest.approx(cents(0.0), abs=2.0)
