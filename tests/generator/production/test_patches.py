"""Every synthesised patch as an instrument: in tune, no click, brighter the harder, whole in mono; automation to the sample."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from services.generator.production.curves import Floats
from services.generator.production.intonation import deviation_cents
from services.generator.production.sounds import Synth, sounds
from tests.generator.production.listening import centroid_hz, level_db, line, needs_debian, needs_synths, play

SYNTHS = {name: sound for name, sound in sounds().items() if isinstance(sound, Synth)}
PITCHED = sorted(name for name, sound in SYNTHS.items() if sound.pitched)
STEPPED = frozenset({"chip_lead", "chip_pulse", "chip_thin", "chip_triangle"})
"""Four bits of volume: their wave is made of steps, and their channels have no tone to change."""
SECOND = 48_000


class Tones(NamedTuple):
    """A soft and a hard note of one second, two seconds apart."""

    pitch: int
    soft: Floats
    hard: Floats


@cache
def tones(name: str) -> Tones:
    pitch = SYNTHS[name].reference_pitch
    audio = play(line(name, (0, 2, pitch, 45), (8, 2, pitch, 115)), bars=3, tail_s=1.0)
    return Tones(pitch, audio[:, : 4 * SECOND], audio[:, 4 * SECOND : 6 * SECOND])


@needs_synths
@pytest.mark.parametrize("name", PITCHED)
def test_in_tune(name: str) -> None:
    """The sustained note lies within 10 cents of its key, soft and hard."""
    tone = tones(name)
    hertz = 440.0 * 2 ** ((tone.pitch - 69) / 12)
    for audio in (tone.soft, tone.hard):
        body = audio[:, 4_000:46_000].mean(axis=0)
        assert abs(deviation_cents(body, hertz)) <= 10


@needs_synths
@pytest.mark.parametrize("name", [n for n in PITCHED if n not in STEPPED])
def test_no_click_where_the_key_comes_up(name: str) -> None:
    """Above 9 kHz the release is no louder than the note was, or 50 dB under its peak."""
    audio = tones(name).hard
    high = np.abs(sosfilt(butter(4, 9_000, "highpass", fs=SECOND, output="sos"), audio.mean(axis=0)))
    release, held = high[SECOND - 96 : SECOND + 9_600].max(), high[SECOND // 2 : SECOND - 480].max()
    assert release <= max(1.6 * held, np.abs(audio[:, SECOND // 2 : SECOND]).max() * 10 ** (-50 / 20))


@needs_synths
@pytest.mark.parametrize("name", [n for n in PITCHED if n not in STEPPED])
def test_velocity_brightens(name: str) -> None:
    """The first third of a second of a hard note is louder and brighter than that of a soft one."""
    tone = tones(name)
    soft, hard = tone.soft[:, :16_000], tone.hard[:, :16_000]
    assert level_db(hard) > level_db(soft) + 3
    assert centroid_hz(hard) > 1.03 * centroid_hz(soft)


@needs_synths
@pytest.mark.parametrize("name", PITCHED)
def test_mono_keeps_the_sound(name: str) -> None:
    """Folded to mono a patch loses less than 3 dB."""
    audio = tones(name).hard[:, :SECOND]
    assert level_db(audio.mean(axis=0, keepdims=True)) > level_db(audio) - 3.0


@needs_synths
def test_the_organ_turns_faster_when_told() -> None:
    """cc1 above 64 speeds the rotating speaker up: its level moves more than four times a second, not once."""
    rates = []
    for value in (0.0, 127.0):
        audio = play(line("tonewheel_organ", (0, 12, 60, 80), cc1=((0, value),)), bars=3)
        level = np.abs(audio[0])[96_000:288_000].reshape(-1, 480).mean(axis=1)
        spectrum, hertz = np.abs(np.fft.rfft(level - level.mean())), np.fft.rfftfreq(level.size, 0.01)
        slow = (hertz > 0.3) & (hertz < 12)
        rates.append(float(hertz[slow][spectrum[slow].argmax()]))
    assert rates[0] < 1.5
    assert rates[1] > 4.0


@needs_synths
def test_gains_move_at_every_sample() -> None:
    """A fade written in the part is the ratio of the two stems at each sample."""
    plain = play(line("sub_bass", (0, 4, 36, 100)), bars=1)
    faded = play(line("sub_bass", (0, 4, 36, 100), gain_db=((960, 0.0), (1920, -12.0))), bars=1)
    wanted = np.interp(np.arange(plain.shape[1]), (24_000, 48_000), (0.0, -12.0))
    loud = np.abs(plain[0]) > 1e-3
    assert np.abs(faded[0, loud] / plain[0, loud] - 10 ** (wanted[loud] / 20)).max() < 1e-4


@needs_synths
def test_a_bend_arrives_within_64_samples() -> None:
    """A step of the bend is heard at its sample or at most 64 later, and nothing moves before it."""
    tick, sample = 1_000, 25_000
    still = play(line("square_lead", (0, 4, 69, 100), pitch_bend=((0, 0.0),)), bars=1)
    bent = play(line("square_lead", (0, 4, 69, 100), pitch_bend=((0, 0.0), (tick - 1, 0.0), (tick, 2.0))), bars=1)
    first = int(np.flatnonzero(np.abs(bent - still).max(axis=0) > 1e-6)[0])
    assert sample - 25 - 64 <= first <= sample + 64


@needs_debian
def test_sampled_notes_start_within_64_samples() -> None:
    """A note written 1,001 samples later sounds so much later, to the player's grid of 64 samples."""
    onsets = []
    for start in (480, 520):
        audio = play(line("piano_grand", (start / 960, 1, 60, 100)), bars=1)
        onsets.append(int(np.flatnonzero(np.abs(audio).max(axis=0) > 1e-4)[0]))
    assert abs(onsets[1] - onsets[0] - 40 * 25) <= 64
