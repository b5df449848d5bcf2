"""Drum machines: every General MIDI drum sounds, hats choke, no two strokes are quite the same, the grid is exact."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from services.generator.production import plan_stems, render_stem
from services.generator.production.kits import kit
from services.generator.production.sounds import Kit, sounds
from tests.generator.production.listening import centroid_hz, level_db, line, onset_sample, play, score

KITS = [name for name, sound in sounds().items() if isinstance(sound, Kit)]


@pytest.mark.parametrize("name", [*KITS, "kit_acoustic", "kit_jazz"])
def test_every_drum_of_a_kit_sounds(name: str) -> None:
    """All of General MIDI's percussion key map, 35 to 81, one after the other."""
    pitches = range(35, 82)
    audio = play(line(name, *((i, 0.5, p, 100) for i, p in enumerate(pitches)), drums=True), bars=12, tail_s=0.5)
    levels = [level_db(audio[:, i * 24_000 : i * 24_000 + 12_000]) for i in range(len(pitches))]
    assert min(levels) > -62
    assert np.abs(audio).max() < 2.0


def test_an_unwritten_pitch_plays_its_neighbour() -> None:
    """Pitches outside the map are no silence: the nearest drum answers."""
    assert kit("kit_909").stroke(20).voice == kit("kit_909").stroke(27).voice


@pytest.mark.parametrize("name", ["kit_909", "kit_acoustic"])
def test_a_closed_hat_chokes_the_open_one(name: str) -> None:
    """After the closed hat nothing of the open hat is left."""
    ringing = play(line(name, (0, 0.25, 46, 110), drums=True), bars=1)
    choked = play(line(name, (0, 0.25, 46, 110), (0.25, 0.25, 42, 30), drums=True), bars=1)
    late = slice(12_000, 16_000)
    assert level_db(choked[:, late]) < level_db(ringing[:, late]) - 6


@pytest.mark.parametrize("name", KITS)
def test_strokes_differ_a_little(name: str) -> None:
    """Sixteen equal hats are not one sample sixteen times, and none stands out by more than 3 dB."""
    audio = play(line(name, *((i / 2, 0.25, 42, 90) for i in range(16)), drums=True), bars=2)
    strokes = [audio[:, i * 12_000 : i * 12_000 + 4_800] for i in range(16)]
    assert len({stroke.tobytes() for stroke in strokes}) > 1
    assert np.ptp([level_db(stroke) for stroke in strokes]) < 3


@pytest.mark.parametrize("name", KITS)
def test_velocity_is_tone_as_well_as_level(name: str) -> None:
    """A ghost note on the snare is softer and duller than a backbeat; a console's noise channel has a volume and no tone."""
    audio = play(line(name, (0, 0.5, 38, 35), (4, 0.5, 38, 120), drums=True), bars=2)
    soft, hard = audio[:, :24_000], audio[:, 96_000:120_000]
    assert level_db(hard) > level_db(soft) + 6
    assert centroid_hz(hard) > centroid_hz(soft) or name == "kit_chip"


def test_hits_stand_on_the_exact_sample() -> None:
    """A kick on beat two begins at its sample, not at a block's border."""
    audio = play(line("kit_electro", (1, 0.5, 36, 120), drums=True), bars=1)
    assert abs(onset_sample(audio, 0.02) - 24_000) <= 24


def test_the_kick_is_mono() -> None:
    """Left and right of the kick are the same: the low end stays in the middle."""
    audio = play(line("kit_808", (0, 1, 36, 120), drums=True), bars=1)
    np.testing.assert_allclose(audio[0], audio[1], atol=1e-5)


@pytest.mark.parametrize("name", KITS)
def test_the_kit_is_balanced(name: str) -> None:
    """At equal velocities hats peak 9 to 18 dB under the kick, the snare within 7 dB, the crash within 14: all of them are heard."""
    audio = play(line(name, (0, 1, 36, 110), (1, 1, 38, 110), (2, 0.5, 42, 110), (3, 1, 49, 110), drums=True), bars=1, tail_s=1.0)
    kick, snare, hat, crash = (20 * np.log10(np.abs(audio[:, i * 24_000 : (i + 1) * 24_000]).max()) for i in range(4))
    assert kick - 7 < snare < kick + 3
    assert kick - 18 < hat < kick - 8
    assert kick - 14 < crash < kick - 3


def test_a_roll_is_strokes() -> None:
    """Thirty-seconds on a trap hat at one velocity: no two neighbours are alike, and their levels stay within 3 dB."""
    audio = play(line("kit_trap", *((i / 8, 0.1, 42, 90) for i in range(24)), drums=True), bars=1)
    strokes = [audio[:, i * 3_000 : i * 3_000 + 2_400].mean(axis=0) for i in range(24)]
    assert max(float(np.corrcoef(a, b)[0, 1]) for a, b in pairwise(strokes)) < 0.6
    assert np.ptp([level_db(stroke[None]) for stroke in strokes]) < 3


@pytest.mark.parametrize("key", ["C minor", "F# minor", "A minor"])
def test_a_tuned_kick_goes_to_the_key(key: str) -> None:
    """Where a style tunes its kick, its tail is a tonic or a fifth, within 60 cents; a dry machine elsewhere keeps its own pitch."""
    part = line("kit_techno", (0, 0.5, 36, 120), drums=True)
    song = score(part, bars=1).model_copy(update={"key": key})
    audio = render_stem(song, "part", plan_stems(song)["part"])
    tail = audio.mean(axis=0)[6_000:24_000]
    spectrum = np.abs(np.fft.rfft(tail * np.hanning(tail.size), 1 << 18))
    hertz = np.fft.rfftfreq(1 << 18, 1 / 48_000)[int(spectrum.argmax())]
    pitch = 69 + 12 * np.log2(hertz / 440)
    tonic = song.key_value.tonic_class
    assert min(abs((pitch - goal + 6) % 12 - 6) for goal in (tonic, tonic + 7)) < 0.6


def test_kits_are_different_machines() -> None:
    """Any two kits differ by a fifth in at least two of: kick pitch, kick length, brightness of snare, hat and clap, length of snare."""
    rows = {name: _numbers(name) for name in KITS}
    for one, other in combinations(sorted(rows), 2):
        apart = [max(a, b) / min(a, b) > 1.2 for a, b in zip(rows[one], rows[other], strict=True)]
        assert sum(apart) >= 2, (one, other)


def _numbers(name: str) -> tuple[float, ...]:
    """Kick pitch in Hz, its length to -20 dB, centroids of snare, hat and clap in Hz, length of the snare."""
    audio = play(line(name, (0, 0.5, 36, 120), (4, 0.5, 38, 120), (8, 0.5, 42, 100), (10, 0.5, 39, 110), drums=True), bars=3)
    kick, snare, hat, clap = audio[:, :96_000], audio[:, 96_000:192_000], audio[:, 192_000:240_000], audio[:, 240_000:264_000]
    body = kick.mean(axis=0)[3_000:12_000]
    spectrum = np.abs(np.fft.rfft(body * np.hanning(body.size), 1 << 17))
    hertz = float(np.fft.rfftfreq(1 << 17, 1 / 48_000)[int(spectrum.argmax())])
    bright = [centroid_hz(drum[:, :12_000]) for drum in (snare, hat, clap)]
    return hertz, _length_s(kick), *bright, _length_s(snare)


def _length_s(audio: np.ndarray) -> float:
    """Seconds until the level of a stroke stays 20 dB under its peak."""
    level = np.sqrt(np.convolve(np.square(audio).mean(axis=0), np.ones(480) / 480, "same"))
    return float(np.flatnonzero(level > 0.1 * level.max())[-1]) / 48_000
