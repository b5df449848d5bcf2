"""Faust patches: long releases are heard out, mono patches glide, wobbles keep to the beat, cutoff moves the brightness."""

import numpy as np
import pytest

from contracts.music import Role
from services.generator.production.curves import Floats
from services.generator.production.intonation import deviation_cents
from services.generator.production.sounds import Synth, sounds
from tests.evaluation.sound_faults import clicks
from tests.generator.production.listening import centroid_hz, level_db, line, needs_synths, onset_sample, play

pytestmark = needs_synths


@pytest.mark.parametrize(("patch", "quiet_after_s"), [("glass_pad", 1.2), ("warm_pad", 1.0), ("supersaw_pad", 0.35)])
def test_releases_are_not_cut(patch: str, quiet_after_s: float) -> None:
    """A pad fades after the key is up: no step larger than its own wave, and still there after a second."""
    audio = play(line(patch, (0, 4, 69, 100)), bars=1, tail_s=3.0)
    held = level_db(audio[:, 86_400:96_000])
    late = 96_000 + round(quiet_after_s * 48_000)
    assert held - 60 < level_db(audio[:, late : late + 4_800]) < held
    assert np.abs(np.diff(audio[0, 96_000:])).max() <= 1.5 * np.abs(np.diff(audio[0, :96_000])).max()


def test_overlapping_notes_on_a_mono_bass_glide() -> None:
    """Slurred notes share one sound: between the two pitches lies a slide, without a new attack."""
    slurred = play(line("bass_808", (0, 2.1, 36, 100), (2, 2, 43, 100)), bars=1)
    assert abs(deviation_cents(slurred[0, 60_000:84_000], 98.0)) <= 10
    tongued = play(line("bass_808", (0, 1.9, 36, 100), (2, 2, 43, 100)), bars=1)
    attack = slice(48_000, 48_600)
    assert np.abs(np.diff(tongued[0, attack])).max() > 1.5 * np.abs(np.diff(slurred[0, attack])).max()


WALK = (0, 0, 4, 7, 9, 7, 5, 4, 2, 2, -3, -5, 0, 7, 12, 10)
TOUCHING, VELOCITIES = (0.5, 0.49, 0.5, 0.485, 0.45, 0.5, 0.5, 0.497), (100, 80, 96, 110, 70, 90, 104, 84)


def _walking(patch: str) -> Floats:
    """Two bars of touching eighths on a patch of one voice, steps of 12,000 samples."""
    root = sounds()[patch].reference_pitch
    notes = ((i * 0.5, TOUCHING[i % 8], root + step, VELOCITIES[i % 8]) for i, step in enumerate(WALK))
    return play(line(patch, *notes), bars=2)


@pytest.mark.parametrize("patch", ["electric_bass_finger", "electric_bass_pick", "electric_bass_slap", "upright_bass"])
def test_a_stroke_finds_the_string_damped(patch: str) -> None:
    """Touching notes on a string: what rang is gone within milliseconds, the new tone rises from nothing, at once; no click."""
    audio = _walking(patch)
    peak = np.abs(audio).max()
    for start in range(12_000, 12_000 * len(WALK), 12_000):
        assert np.abs(audio[:, start - 2 : start + 2]).max() < 0.01 * peak
        assert np.abs(np.diff(audio[:, start - 2 : start + 2])).max() < 0.01 * peak
        assert np.abs(audio[:, start - 480 : start - 240]).max() > 0.01 * peak
        assert np.abs(audio[:, start : start + 480]).max() > 0.1 * peak
    assert clicks(audio, 48_000) == []


@pytest.mark.parametrize("patch", ["sub_bass", "reese_bass", "rumble_bass", "wobble_bass", "wobble_growl", "wobble_metal"])
def test_touching_notes_do_not_click(patch: str) -> None:
    """Another velocity or pitch on a voice that still sounds is no step in the wave."""
    starts = [at for at, _ in clicks(_walking(patch), 48_000) if min(at % 0.25, 0.25 - at % 0.25) < 0.005]
    assert starts == []


@pytest.mark.parametrize("patch", ["vinyl_noise", "tape_hiss"])
def test_a_bed_dies_with_the_file(patch: str) -> None:
    """Noise under a song goes on over the sections' borders and through the tail, and fades over its last second and a half."""
    bed = line(patch, (0, 3.98, 60, 60), (4, 3.98, 60, 60)).model_copy(update={"role": Role.FX})
    audio = play(bed, bars=2, tail_s=3.0)
    held = level_db(audio[:, 40_000:90_000])
    assert abs(level_db(audio[:, 92_000:102_000]) - held) < 3
    assert abs(level_db(audio[:, 200_000:250_000]) - held) < 3
    falling = [level_db(audio[:, at : at + 9_600]) for at in range(264_000, 336_000, 9_600)]
    assert falling == sorted(falling, reverse=True)
    assert falling[0] > held - 4
    assert level_db(audio[:, -480:]) < held - 40


@pytest.mark.parametrize("patch", ["warm_pad", "glass_pad", "analog_pad", "choir_pad"])
def test_pads_have_air(patch: str) -> None:
    """Between 4 and 12 kHz a chord lies 24 to 42 dB under the whole, and more of it the harder it is played."""
    shares = []
    for velocity in (60, 105):
        tone = play(line(patch, *((0, 7, pitch, velocity) for pitch in (55, 62, 67))), bars=2)[:, 24_000:160_000].mean(axis=0)
        power, hertz = np.abs(np.fft.rfft(tone * np.hanning(tone.size))) ** 2, np.fft.rfftfreq(tone.size, 1 / 48_000)
        shares.append(10 * np.log10(power[(hertz > 4_000) & (hertz < 12_000)].sum() / power.sum()))
    assert -42 < shares[0] < shares[1] < -24


def test_the_wobble_counts_beats() -> None:
    """At `wobble_rate` 2 the brightness swings twice per beat: four times a second at 120 BPM."""
    audio = play(line("wobble_bass", (0, 8, 36, 100), wobble_rate=((0, 2.0),)), bars=2)
    bright = np.abs(np.diff(audio[0], 2))[:192_000].reshape(-1, 480).mean(axis=1)
    spectrum = np.abs(np.fft.rfft(bright - bright.mean()))
    assert np.fft.rfftfreq(bright.size, 0.01)[int(spectrum.argmax())] == pytest.approx(4.0, abs=0.25)


@pytest.mark.parametrize("patch", ["supersaw_lead", "saw_pluck", "warm_pad", "reese_bass", "acid_bass", "wobble_bass"])
def test_cutoff_brightens(patch: str) -> None:
    """The `cutoff` automation opens the sound, whether the patch filters by itself or is filtered after."""
    pitch = getattr(sounds()[patch], "reference_pitch", 60)
    closed = play(line(patch, (0, 4, pitch, 100), cutoff=((0, 0.25),)), bars=1)
    opened = play(line(patch, (0, 4, pitch, 100), cutoff=((0, 1.0),)), bars=1)
    assert centroid_hz(opened[:, :24_000]) > 1.3 * centroid_hz(closed[:, :24_000])


def test_cutoff_moves_without_steps() -> None:
    """A sweep over two seconds of a held note adds no click: no jump beyond the open wave's own."""
    opened = play(line("warm_pad", (0, 4, 60, 100)), bars=1)
    swept = play(line("warm_pad", (0, 4, 60, 100), cutoff=((0, 0.2), (3840, 1.0))), bars=1)
    assert np.abs(np.diff(swept, 2)).max() <= 1.3 * np.abs(np.diff(opened, 2)).max()


def test_high_notes_do_not_alias_audibly() -> None:
    """At C7 (2,093 Hz) what lies between the partials is at least 40 dB below them."""
    tone = play(line("square_lead", (0, 4, 96, 120)), bars=1)[0, 9_600:57_600]
    spectrum = np.abs(np.fft.rfft(tone * np.blackman(tone.size))) ** 2
    frequencies = np.fft.rfftfreq(tone.size, 1 / 48_000)
    partial = frequencies / (2093.0 / 2)
    near = np.abs(partial - np.rint(partial)) < 0.09
    audible = (frequencies > 150) & (frequencies < 12_000)
    assert 10 * np.log10(spectrum[~near & audible].sum() / spectrum[near & audible].sum()) < -40


def test_a_riser_rises() -> None:
    """A riser is louder and brighter at its end and stops there."""
    audio = play(line("noise_riser", (0, 8, 60, 100)).model_copy(update={"role": Role.FX}), bars=2, tail_s=1.0)
    first, last, after = audio[:, :48_000], audio[:, 144_000:190_000], audio[:, 200_000:]
    assert level_db(last) > level_db(first) + 10
    assert centroid_hz(last) > 2 * centroid_hz(first)
    assert level_db(after) < -80


def test_pitch_bend_is_obeyed() -> None:
    """Two semitones of bend on a lead sound two semitones higher."""
    audio = play(line("square_lead", (0, 4, 69, 100), pitch_bend=((0, 2.0),)), bars=1)
    assert abs(deviation_cents(audio.mean(axis=0)[9_600:38_400], 440.0 * 2 ** (2 / 12))) <= 10


def test_all_voices_of_dense_chords_sound() -> None:
    """Sixteen pad notes struck together are all there: each octave of the chord adds level."""
    few = play(line("supersaw_pad", *((0, 4, 48 + i, 90) for i in range(0, 8, 4))), bars=1)
    many = play(line("supersaw_pad", *((0, 4, 48 + i, 90) for i in range(0, 48, 3))), bars=1)
    assert level_db(many) > level_db(few) + 5
    assert onset_sample(many, 0.01) < 480


def test_every_synth_patch_has_its_file() -> None:
    """Each row of patches.toml is a patch that some test above could play."""
    assert all(sound.cost > 0 for sound in sounds().values() if isinstance(sound, Synth))
