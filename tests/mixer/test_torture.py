"""Mastering of what no song is, and of one song in many guises: the ceiling holds, the target is met or the reason given, stems null."""

import math

import numpy as np
import pytest
import soxr
from scipy.signal import resample_poly

from contracts.errors import BadInput
from services.mixer.mastering.chain import Aim
from services.mixer.mastering.session import Session
from services.mixer.profiles import profile
from services.music.audio.levels import low_correlation
from services.music.audio.loudness import integrated_lufs
from services.music.audio.true_peak import true_peak
from tests.mixer.band import make_stems

RATE = 48_000
CEILING_DBTP = -1.0
WITHIN_DB = 0.1


def mastered(stems, folder, target=-14.0, *, rate=RATE, names=None, threads=2, genre="pop"):
    """(session, its result) of stems by name."""
    names = list(stems) if names is None else names
    frames = next(iter(stems.values())).shape[1]
    session = Session(names, lambda name: stems[name].copy(), rate, frames, profile(genre), folder, threads)
    return session, session.run(Aim(target, CEILING_DBTP))


def _wave(name, n):
    """Mono signals that are hard to hold."""
    noise = np.random.default_rng(9).standard_normal(n.size)
    kick = np.sin(2 * np.pi * 50 * (n % 24_000) / RATE) * np.exp(-(n % 24_000) / 3000)
    return {
        "clicks": np.where(n % (RATE // 2) == 100, 0.9, 0.0),
        "kicks": 0.8 * kick,
        "white_noise": 0.1 * noise,
        "square_at_a_quarter_of_nyquist": np.where(n // 4 % 2, 0.7, -0.7),
        "silence": 0.0 * n,
        "dc": 0.5 + 0.0 * n,
        "steps_of_20_db": np.sin(2 * np.pi * 440 * n / RATE) * np.where(n // RATE % 2, 1.0, 0.1),
        "near_nyquist": 0.4 * np.sin(2 * np.pi * 23_500 * n / RATE) * (1 + np.sin(2 * np.pi * 3 * n / RATE)) / 2,
        "alternating_at_full_scale": np.where(n % 2, 1.0, -1.0),
        "alternating_pairs": np.where(n // 2 % 2, 1.0, -1.0),
        "burst": noise * np.where((n > RATE) & (n < 1.2 * RATE), 0.9, 0.01),
        "faint": 2e-5 * noise,
    }[name]


NAMES = (
    "clicks", "kicks", "white_noise", "square_at_a_quarter_of_nyquist", "silence", "dc", "steps_of_20_db", "near_nyquist",
    "alternating_at_full_scale", "alternating_pairs", "burst", "faint",
)  # fmt: skip


def peak_at_eight_times(audio):
    """Highest magnitude at 8 times the rate by another interpolator than ours, dB: silence -inf."""
    highest = float(np.abs(resample_poly(audio.astype(np.float64), 8, 1, axis=1)).max())
    return 20 * math.log10(highest) if highest > 0 else -math.inf


def in_24_bits(audio):
    """What a 24-bit file holds of it."""
    return np.round(audio.astype(np.float64) * (1 << 23)) / (1 << 23)


def null_db(session):
    """Master less the sum of the stems, each in 24 bits, dBFS."""
    rest = in_24_bits(session.total) - sum(in_24_bits(audio) for _, audio in session.stems())
    return 20 * math.log10(np.abs(rest).max() + 1e-12)


@pytest.mark.parametrize("target", [-14.0, -8.0])
@pytest.mark.parametrize("name", NAMES)
def test_the_ceiling_holds_and_the_target_is_met_or_the_reason_given(name, target, tmp_path):
    """At most 0.1 dB over the ceiling at eight times the rate, numbers only, loudness within 0.1 LU or `limited_by_ceiling`, null."""
    wave = _wave(name, np.arange(3 * RATE))
    stems = {"all": np.stack([wave, wave]).astype(np.float32), "half": np.stack([0.5 * wave, 0 * wave]).astype(np.float32)}
    session, result = mastered(stems, tmp_path, target)
    assert np.isfinite(session.total).all()
    assert peak_at_eight_times(session.total) <= CEILING_DBTP + WITHIN_DB
    assert true_peak(session.total, 8) <= 10 ** (CEILING_DBTP / 20)
    loudness = integrated_lufs(session.total, RATE)
    assert loudness == pytest.approx(target, abs=0.1) or (result.limited_by_ceiling and loudness < target)
    assert null_db(session) <= -110


@pytest.mark.parametrize("samples", [1, 2, 7, 480, 5000])
def test_very_short_files(samples, tmp_path):
    """One sample and a few: finite, under the ceiling."""
    session, _ = mastered({"all": np.full((2, samples), 0.5, dtype=np.float32)}, tmp_path)
    assert np.isfinite(session.total).all()
    assert np.abs(session.total).max() <= 10 ** (CEILING_DBTP / 20)


def test_ten_minutes_of_silence_with_one_click(tmp_path):
    """Nothing but a click in 600 s (at 8 kHz): it is out of reach, and says so."""
    audio = np.zeros((2, 600 * 8000), dtype=np.float32)
    audio[:, 300 * 8000] = 0.5
    session, result = mastered({"all": audio}, tmp_path, rate=8000)
    assert np.isfinite(session.total).all()
    assert true_peak(session.total, 8) <= 10 ** (CEILING_DBTP / 20)
    assert result.limited_by_ceiling


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_told_with_its_place(bad, tmp_path):
    """The error names the stem and the second, and nothing is mastered."""
    audio = np.full((2, RATE), 0.1, dtype=np.float32)
    audio[1, 12_000] = bad
    with pytest.raises(BadInput, match=r"stems\.lead.*0\.250 s"):
        mastered({"band": np.zeros_like(audio), "lead": audio}, tmp_path)


def test_a_mono_song_stays_mono(tmp_path):
    """No side appears where there was none."""
    stems = {name: np.stack([audio[0]] * 2) for name, audio in make_stems(4.0).items()}
    session, _ = mastered(stems, tmp_path)
    assert np.abs(session.total[0] - session.total[1]).max() < 1e-6


@pytest.fixture(scope="module")
def stems():
    return make_stems(8.0)


@pytest.fixture(scope="module")
def usual(stems, tmp_path_factory):
    """The song mastered as it is, to -9 LUFS."""
    return mastered(stems, tmp_path_factory.mktemp("usual"), -9.0)


def away_db(one, other):
    """Root mean square of a difference below the signal, dB."""
    rest = np.mean((one.astype(np.float64) - other) ** 2) / np.mean(one.astype(np.float64) ** 2)
    return 10 * math.log10(rest + 1e-20)


def test_the_order_of_stems_does_not_matter(stems, usual, tmp_path):
    """Summed the other way round: the same master but for the last bits of float32."""
    session, _ = mastered(stems, tmp_path, -9.0, names=list(stems)[::-1])
    assert away_db(usual[0].total, session.total) < -80


def test_the_number_of_workers_does_not_matter(stems, usual, tmp_path):
    """One thread gives the samples that two and three give, bit for bit."""
    for threads in (1, 3):
        session, _ = mastered(stems, tmp_path, -9.0, threads=threads)
        assert np.array_equal(session.total, usual[0].total)


@pytest.mark.parametrize("gain_db", [-20.0, 20.0])
def test_the_level_of_the_mix_does_not_matter(stems, usual, gain_db, tmp_path):
    """20 dB lower or higher (over full scale): the same master."""
    gain = np.float32(10 ** (gain_db / 20))
    session, result = mastered({name: audio * gain for name, audio in stems.items()}, tmp_path, -9.0)
    assert away_db(usual[0].total, session.total) < -60
    assert result.drive_db == pytest.approx(usual[1].drive_db - gain_db, abs=0.01)


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_the_sample_rate_does_not_matter(stems, usual, rate, tmp_path):
    """Mastered at another rate: on target, under the ceiling, null, and the sound of the usual one within -35 dB of it."""
    other = {name: np.ascontiguousarray(soxr.resample(audio.T, RATE, rate).T) for name, audio in stems.items()}
    session, _ = mastered(other, tmp_path, -9.0, rate=rate)
    assert integrated_lufs(session.total, rate) == pytest.approx(-9.0, abs=0.05)
    assert true_peak(session.total, 8) <= 10 ** (CEILING_DBTP / 20)
    assert null_db(session) <= -110
    back = soxr.resample(session.total.T, rate, RATE).T[:, : usual[0].frames]
    assert away_db(usual[0].total[:, : back.shape[1]], back) < -35


def test_wide_bass_is_brought_to_the_middle(stems, tmp_path):
    """A bass that is on one side and its opposite on the other: correlation below 150 Hz at least 0.8, and stems still null."""
    wide = {**stems, "bass": stems["bass"] * np.array([[1.0], [-0.4]], dtype=np.float32)}
    assert low_correlation(sum(wide.values()), RATE) < 0.6
    session, _ = mastered(wide, tmp_path)
    assert session.width_db
    assert low_correlation(session.total, RATE) >= 0.8
    assert null_db(session) <= -110
