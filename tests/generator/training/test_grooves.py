"""Learning from drummers: what is put into made-up takes comes out; the committed table is what the drummer expects."""

import numpy as np
import pytest

from services.generator.arrangement.grooves import groove_row, learned, tempo_scale
from services.generator.training.drum_takes import VOICES, Take
from services.generator.training.fills import learn_fills
from services.generator.training.grooves import _dynamics, _habits, _timing, place_class, residuals

BEATS = 400
DRIFT_MS, PHI, OWN_MS = 12.0, 0.65, {"hat": 6.0, "kick": 10.0, "snare": 9.0}


def made_take(seed: int, *, swing_ms: float = 0.0, bpm: float = 125.0) -> Take:
    """A rock beat with known drift, spreads, and swing of the sixteenths; backbeats of 110, hats of 80 on and 60 off the beat."""
    generator = np.random.default_rng(seed)
    steps = BEATS * 4
    phi = PHI**0.25
    drift = np.zeros(steps)
    for step in range(1, steps):
        drift[step] = phi * drift[step - 1] + generator.normal(0, DRIFT_MS * np.sqrt(1 - phi * phi))
    rows = []
    for step in range(steps):
        struck = ["hat"] + (["kick"] if step % 16 in (0, 7, 8) else []) + (["snare"] if step % 8 == 4 else [])
        for voice in struck:
            late = drift[step] + generator.normal(0, OWN_MS[voice]) + (4.0 if voice == "hat" else 0.0) + (swing_ms if step % 2 else 0.0)
            loud = {"hat": 80.0 if step % 4 == 0 else 60.0, "kick": 90.0, "snare": 110.0}[voice] + generator.normal(0, 5)
            rows.append((step / 4 + late * bpm / 60_000, VOICES.index(voice), loud))
    beats, voices, velocities = (np.array(column) for column in zip(*sorted(rows), strict=True))
    return Take("rock", bpm, "beat", 4, beats, voices, velocities)


def test_drift_and_spreads_are_recovered() -> None:
    """The fit finds the shared drift's SD and carry-over and each limb's own spread within a sixth."""
    row = _timing([made_take(seed) for seed in range(4)], 4)
    assert row["drift_ms"] == pytest.approx(DRIFT_MS, rel=0.17)
    assert row["phi"] == pytest.approx(PHI, abs=0.1)
    for voice, spread in OWN_MS.items():
        assert row["own_ms"][voice] == pytest.approx(spread, rel=0.2)


def test_swing_is_told_apart_from_lateness() -> None:
    """A swing of 30 ms at 125 BPM reads as its ratio and leaves no trace in the offsets of the slots."""
    take = made_take(1, swing_ms=30.0)
    _, swing = residuals(take)
    assert swing == pytest.approx((120 + 30) / (120 - 30), rel=0.08)
    row = _timing([made_take(seed, swing_ms=30.0) for seed in range(3)], 4)
    assert all(abs(x) < 4.0 for x in row["slot_ms"]["hat"])
    assert row["mean_ms"]["hat"] == pytest.approx(4.0, abs=2.0)


def test_dynamics_and_habits_are_read() -> None:
    """Accents on the beat stand above the sixteenths by what was put in; the chance of a stroke is that of the pattern."""
    takes = [made_take(seed) for seed in range(3)]
    loud = _dynamics(takes, 4)
    profile = loud["slot_level"]["hat"]
    assert profile[0] - profile[1] == pytest.approx(20.0, abs=3.0)
    habits = _habits(takes, 4)
    assert habits["chance"]["snare"][4] > 0.95
    assert habits["ghost_share"] == 0.0


def test_fills_are_counted_by_their_parts() -> None:
    """A fill of two beats that leaves the snare for the low tom and grows is read so."""
    beats = np.arange(8) / 4
    voices = np.array([VOICES.index(v) for v in ["snare"] * 4 + ["tom_low"] * 4])
    fill = Take("rock", 120.0, "fill", 4, beats, voices, np.linspace(60, 120, 8))
    read = learn_fills([fill])
    assert read["cells"][2] == {"xxxx": 1.0}
    assert read["drums"]["snare"][0] == 1.0
    assert read["drums"]["tom_low"][3] == 1.0
    assert read["ramp"][-1] > read["ramp"][0] + 40


@pytest.mark.parametrize("style", sorted(learned()))
def test_the_table_is_of_people(style: str) -> None:
    """Rows hold what measured drummers showed: drift 8–20 ms, carry-over .3–.8, hats tighter than kicks, ghosts soft."""
    row = learned()[style]
    assert 8.0 < row.drift_ms < 20.0
    assert 0.3 < row.phi < 0.85
    assert row.own_ms["hat"] < row.own_ms["kick"] + 1.0
    assert row.level["ghost"][0] < 45 < row.level["snare"][0]
    assert all(len(profile) == 4 * row.grid for profile in (*row.slot_ms.values(), *row.slot_level.values()))
    assert all(-30 < offset < 30 for offset in row.mean_ms.values())


def test_machines_have_no_habits() -> None:
    """A machine's row has neither lateness nor a drummer's levels; an unknown feel plays like everybody."""
    assert groove_row("dance", True).mean_ms == {}
    assert groove_row("dance", True).level["kick"][0] == 112.0
    assert groove_row("never_heard_of", False).drift_ms == learned()["all"].drift_ms
    assert tempo_scale(60) == 1.5
    assert tempo_scale(180) == 1.0


def test_places_of_the_bar_are_classed() -> None:
    """Beats 1 and 3, beats 2 and 4, e, and, a; on triplets the second and third."""
    assert [place_class(s, 4) for s in range(6)] == [0, 2, 3, 4, 1, 2]
    assert [place_class(s, 3) for s in range(4)] == [0, 2, 4, 1]
