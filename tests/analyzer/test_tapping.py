"""Taps give tempo, meter and groove; a list that cannot be is refused by line and value."""

import numpy as np
import pytest

from contracts.errors import BadInput
from services.analyzer.tapping import find_pulse, read_tapping
from services.music.taps import read_taps

RHYTHMS = {
    "tresillo": ((0, 3, 6, 8, 11, 14), 16, "4/4"),
    "son": ((0, 3, 6, 10, 12), 16, "4/4"),
    "rock": ((0, 4, 8, 10, 12), 16, "4/4"),
    "waltz": ((0, 4, 8, 10), 12, "3/4"),
}


@pytest.mark.parametrize("bpm", [52, 75, 96, 120, 137, 150])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_tempo_of_jittered_taps_is_within_one_percent(bpm: float, seed: int) -> None:
    """Sixteen taps, each off by 12 ms (one standard deviation)."""
    taps = 0.7 + np.arange(16) * 60 / bpm + np.random.default_rng(seed).normal(0, 0.012, 16)
    assert find_pulse(taps.tolist()).bpm == pytest.approx(bpm, rel=0.01)


def _tapped_badly(bpm: float, seed: int) -> list[float]:
    """24 beats, 12 ms of jitter, one in eight missed, one in ten tapped twice, and a pause of no whole number of beats."""
    draw = np.random.default_rng([seed, int(bpm)])
    taps = 0.5 + np.arange(24) * 60 / bpm + draw.normal(0, 0.012, 24)
    taps = taps[(draw.random(24) > 0.12) | (np.arange(24) == 0)]
    twice = taps[draw.random(len(taps)) < 0.1]
    taps = np.sort(np.concatenate([taps, twice + draw.uniform(0.04, 0.1, len(twice))]))
    taps[len(taps) // 2 :] += draw.uniform(2.5, 7)
    return [float(t) for i, t in enumerate(taps) if not i or t - taps[i - 1] > 0.03]


def test_missed_and_doubled_taps_and_pauses_are_forgiven() -> None:
    """72 clumsy tappings from 54 to 180 bpm: at least 97 % within 2 % of the tempo, and what was forgiven is told."""
    right, notes = 0, []
    for bpm in (54, 66, 75, 84, 96, 110, 120, 128, 140, 155, 170, 180):
        for seed in range(6):
            given = read_tapping(_tapped_badly(bpm, seed))
            right += abs((given.tempo_bpm or 0) / bpm - 1) < 0.02
            notes += given.notes
    assert right >= 70
    assert any("after another" in note for note in notes)
    assert any("taken as whole beats" in note for note in notes)


@pytest.mark.parametrize("name", RHYTHMS)
@pytest.mark.parametrize("bpm", [84, 100, 126])
def test_a_tapped_rhythm_gives_tempo_meter_and_pattern(name: str, bpm: float) -> None:
    """Four bars of a rhythm, 8 ms off: the pattern of one bar on its sixteenths, lateness below 15 ms."""
    pattern, per_bar, meter = RHYTHMS[name]
    steps = np.concatenate([np.array(pattern) + per_bar * bar for bar in range(4)])
    taps = 0.4 + steps * 15 / bpm + np.random.default_rng(3).normal(0, 0.008, len(steps))
    given = read_tapping(taps.tolist())
    assert given.tempo_bpm == pytest.approx(bpm, rel=0.01)
    assert given.meter == meter
    assert given.groove is not None
    assert [tick // 240 for tick, _ in given.groove.onsets] == list(pattern)
    assert max(abs(late) for _, late in given.groove.onsets) < 15


def test_lateness_is_in_the_groove() -> None:
    """Every second beat is dragged by 40 ms: the groove says so, half on each side of the line."""
    taps = [i * 0.5 + (0.04 if i % 2 else 0.0) for i in range(32)]
    groove = read_tapping(taps).groove
    assert groove is not None
    late = dict(groove.onsets)
    assert late[960] - late[0] == pytest.approx(40, abs=2)


@pytest.mark.parametrize(
    ("text", "value", "line"),
    [
        ("0.0, 0.5\n1.0, x, 2", "'x'", "Line 2"), ("0\n0.5\n0.4\n1", "'0.4'", "Line 3"), ("0 0.5 nan 2", "'nan'", "Line 1"),
        ("0,0.5,1", "'3 taps'", ""), ("-1 0 1 2", "'-1'", "Line 1"), ("", "'0 taps'", ""),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused_by_line_and_value(text: str, value: str, line: str) -> None:
    """BadInput on taps."""
    with pytest.raises(BadInput) as refused:
        read_taps(text)
    assert (refused.value.field, refused.value.value) == ("taps", value)
    assert line in str(refused.value)


def test_taps_are_read_from_lines_commas_and_remarks() -> None:
    """Any of the usual ways to write a list."""
    assert read_taps("# my taps\n0.0, 0.5\n1.0;1.5\n2 2.5\n") == (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)
