"""Level checks: each passes a correct song and fails one that is spoiled in just that way."""

from dataclasses import replace

import numpy as np
import pytest

from services.qa.checks import examine
from services.qa.checks.levels import integrated_lufs, true_peak_linear


@pytest.fixture
def judge(make_song):
    """Checks by name of a song whose master and stems are spoiled by a function of the stems."""

    def run(spoil=None, *, master=None, asked=None):
        song = make_song()
        if spoil:
            song.stems = spoil(song.stems)
        found = examine(song.write(master(song.master) if master else None), asked(song.asked) if asked else song.asked)
        return {check.name: check for check in found.checks}

    return run


def test_a_correct_song_passes_everything(judge) -> None:
    """Nothing is found where nothing is wrong, and what does not apply is absent."""
    checks = judge()
    assert all(check.passed for check in checks.values()), [c for c in checks.values() if not c.passed]
    assert {"tempo", "key", "loudness", "true_peak", "clipping", "duration", "silence", "stems_null", "dc_offset"} <= set(checks)
    assert not {"flac", "mp3_peak", "similarity"} & set(checks)


def test_one_decibel_too_loud_fails_loudness_alone(judge) -> None:
    """+1 dB on master and stems alike: loudness fails, and by 1 LU."""
    checks = judge(lambda stems: {n: s * np.float32(10 ** (1 / 20)) for n, s in stems.items()})
    assert [name for name, check in checks.items() if not check.passed] == ["loudness"]
    assert checks["loudness"].measured == pytest.approx(-19.0, abs=0.05)


def test_limited_by_ceiling_is_believed_only_at_the_ceiling(judge) -> None:
    """A record below its target passes as limited_by_ceiling where its true peak stands there, not elsewhere."""
    far = judge(asked=lambda a: replace(a, target_lufs=-14.0, limited_by_ceiling=True))
    assert not far["loudness"].passed
    peak = far["true_peak"].measured
    near = judge(asked=lambda a: replace(a, target_lufs=-14.0, limited_by_ceiling=True, ceiling_dbtp=peak + 0.1))
    assert near["loudness"].passed
    assert "limited_by_ceiling" in near["loudness"].note


def test_true_peak_between_samples_is_found() -> None:
    """A sine at a quarter of the rate, sampled 45° off its crests, peaks 3.01 dB above its samples."""
    n = np.arange(48_000)
    sine = np.sin(np.pi / 2 * n + np.pi / 4).astype(np.float32) * np.sin(np.pi * n / 48_000).astype(np.float32)
    audio = np.stack([sine, sine])
    assert 20 * np.log10(true_peak_linear(audio, 48_000) / np.abs(audio).max()) == pytest.approx(3.01, abs=0.03)


def test_peaks_above_the_ceiling_and_clipping_fail(judge) -> None:
    """One sample at full scale in the drums: true peak and clipping fail."""

    def clip(stems):
        spoiled = dict(stems)
        spoiled["drums"] = spoiled["drums"].copy()
        spoiled["drums"][:, 30_000:30_040] = 1.0
        return spoiled

    checks = judge(clip)
    assert not checks["clipping"].passed
    assert checks["clipping"].measured >= 40
    assert not checks["true_peak"].passed


def test_dc_fails(judge) -> None:
    """A mean of −54 dBFS on the bass is a fault."""
    checks = judge(lambda stems: {n: s + np.float32(0.002 if n == "bass" else 0) for n, s in stems.items()})
    assert [name for name, check in checks.items() if not check.passed] == ["dc_offset"]
    assert checks["dc_offset"].measured == pytest.approx(-54, abs=1.5)


def test_channels_in_opposite_phase_fail(judge) -> None:
    """A record that cancels in mono fails."""
    checks = judge(lambda stems: {n: s * np.array([[1], [-0.8]], np.float32) for n, s in stems.items()})
    assert not checks["stereo_correlation"].passed
    assert checks["stereo_correlation"].measured < -0.9


def test_loudness_of_silence_is_minus_infinity() -> None:
    """No number is invented for silence or for a blink."""
    assert integrated_lufs(np.zeros((2, 48_000), np.float32), 48_000) == -np.inf
    assert integrated_lufs(np.ones((2, 100), np.float32), 48_000) == -np.inf
