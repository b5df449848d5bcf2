"""The measures of the solo-stem audit know signals of known truth, and a slice of the audit itself: struck, bowed, plucked, beaten."""

import numpy as np
import pytest

from services.music.packs.instruments import instruments
from tests.evaluation.instruments import audit, jobs, patches_of
from tests.evaluation.tone_measures import FLOOR_DB, RATE_HZ, cents_off, step_db, strokes_apart
from tests.generator.production.listening import needs_debian

TIME = np.arange(round(0.63 * RATE_HZ)) / RATE_HZ


@pytest.mark.parametrize("hertz", [41.2, 220.0, 1318.5, 4186.0])
@pytest.mark.parametrize("cents", [-23.0, 0.0, 9.0])
def test_the_pitch_of_a_tone_is_read_to_a_cent(hertz: float, cents: float) -> None:
    """Ten harmonics, a vibrato of 15 cents around the pitch, a little noise."""
    phase = 2 * np.pi * np.cumsum(hertz * 2 ** ((cents + 15 * np.sin(2 * np.pi * 6 * TIME)) / 1200)) / RATE_HZ
    tone = sum(np.sin(k * phase) / k for k in range(1, 11) if k * hertz < 20_000)
    tone = tone + 0.01 * np.random.default_rng(1).standard_normal(TIME.size)
    assert cents_off(tone, hertz) == pytest.approx(cents, abs=2.5)


def test_a_cut_is_a_step_and_a_release_is_none() -> None:
    """A tone cut off at its crest is found at its height; one that is released over 20 ms is not."""
    tone = np.sin(2 * np.pi * 220.0 * TIME[:24_000])
    cut, released = tone.copy(), tone.copy()
    at = 12_000 + 55
    cut[at:] = 0.0
    released[12_000:] *= np.exp(-np.arange(12_000) / (0.02 * RATE_HZ))
    assert step_db(tone[6_000:11_800], cut[11_800:18_000], 1.0) == pytest.approx(20 * np.log10(abs(tone[at])), abs=2.0)
    assert step_db(tone[6_000:11_800], released[11_800:18_000], 1.0) < -60.0
    assert step_db(tone[6_000:11_800], tone[11_800:18_000], 1.0) == FLOOR_DB


def test_copies_are_not_apart() -> None:
    """The same stroke twice differs by nothing; a duller one differs in tone, not in level alone."""
    stroke = np.random.default_rng(2).standard_normal(19_000)
    assert strokes_apart([stroke, stroke]) == (0.0, 0.0)
    level, tone = strokes_apart([stroke, 0.5 * stroke])
    assert level == pytest.approx(6.02, abs=0.01)
    assert tone == pytest.approx(0.0, abs=1e-6)


def test_every_instrument_is_audited() -> None:
    """Each instrument file names at least one patch, and each of its patches is in the audit."""
    assert all(patches_of(entry) for entry in instruments().values())
    assert {patch for _, patch in jobs()} >= {entry.sound.default for entry in instruments().values()}


@needs_debian
@pytest.mark.parametrize(
    ("instrument", "patch"),
    [("kalimba", "kalimba_tines"), ("oboe", "oboe_solo"), ("vibraphone", "vibraphone_soft"), ("drum_kit", "kit_jazz")],
)
def test_an_instrument_alone_is_in_tune_alive_and_level(instrument: str, patch: str) -> None:
    """Within 10 cents, no step above -60 dB, brighter when played harder, within 3 dB of the level that all are brought to."""
    found = audit(instrument, patch)
    assert found.failures == [], found
