"""What a mix must not depend on: how many threads work, in which order stems are measured, whether it is seen as stems or as a sum."""

import numpy as np
import pytest

from contracts.sound import ChannelEdit
from services.mixer.mixing import console as module
from services.mixer.mixing.changes import Changes
from services.mixer.mixing.console import Console
from services.mixer.mixing.edits import Edits
from services.mixer.mixing.measuring import Measured, measure
from services.mixer.mixing.plan import plan_mix
from services.mixer.profiles import profile
from services.music.audio.loudness import integrated_lufs
from tests.mixer.band import RATE, make_score, make_stems


@pytest.fixture(scope="module")
def dry():
    """Six seconds of the band."""
    return make_stems(6.0)


def mixed(dry, order=None, edits=None):
    """(console, mixed stems by name) in a genre with every effect: tape, ducking, spaces, a gate, parallel drums."""
    score, style = make_score(2), profile("synthwave")
    measured = {
        name: measure(dry[name], RATE, style.strip(score.parts[name].role, score.parts[name].instrument, None), style.tape)
        for name in order or dry
    }
    plan = plan_mix(score, {name: measured[name] for name in score.parts}, style, Changes(), edits or Edits())
    console = Console(score, plan, style, RATE, dry["bass"].shape[1], dry.__getitem__)
    return console, dict(console.stems())


@pytest.fixture(scope="module")
def plain(dry):
    return mixed(dry)


def test_one_thread_and_two_give_the_same_samples(dry, plain, monkeypatch):
    """Bit for bit, and so does another order of measuring."""
    monkeypatch.setattr(module, "THREADS", 1)
    _, again = mixed(dry, order=sorted(dry))
    assert list(again) == list(plain[1])
    assert all(np.array_equal(again[name], audio) for name, audio in plain[1].items())


def test_the_stems_are_the_sum(plain):
    """The mix is the sum of its stems in their order, bit for bit; returns are among them, and each sounds."""
    console, stems = plain
    total = np.zeros_like(console.total)
    for audio in stems.values():
        total += audio
        assert audio.any()
    assert np.array_equal(total, console.total)
    assert {"return_room", "return_hall", "return_delay", "return_drums"} <= set(stems)


def test_an_edit_moves_no_other_channel(dry, plain):
    """A bass 6 dB louder, panned and with another equaliser: every other channel is the same bit for bit."""
    edit = ChannelEdit(level_db=6.0, pan=0.3, eq=({"hz": 100, "db": 6.0},))
    _, stems = mixed(dry, edits=Edits({"bass": edit}))
    others = [name for name in dry if name != "bass"]
    assert all(np.array_equal(stems[name], plain[1][name]) for name in others)
    assert integrated_lufs(stems["bass"], RATE) - integrated_lufs(plain[1]["bass"], RATE) == pytest.approx(6.0, abs=0.7)


def test_parallel_drums_stand_beside_the_drums(plain):
    """At the level asked under the drums', flatter than they are, and in phase: both together are 1 to 3.5 LU louder."""
    console, stems = plain
    style = console.profile
    beside = integrated_lufs(stems["return_drums"], RATE) - integrated_lufs(stems["drums"], RATE)
    assert beside == pytest.approx(style.drum_bus.level_db, abs=0.5)
    kit = integrated_lufs(stems["drums"] + stems["return_drums"], RATE)
    alone = integrated_lufs(stems["drums"], RATE)
    assert 1.0 < kit - alone < 3.5
    peaks = [np.abs(stems[name]).max() / np.sqrt((stems[name] ** 2).mean()) for name in ("drums", "return_drums")]
    assert peaks[1] < 0.9 * peaks[0]


def test_measures_come_back_as_they_were_kept(dry):
    """Number by number."""
    measured = measure(dry["bass"], RATE)
    again = Measured.from_bytes(measured.to_bytes())
    assert again.lufs == measured.lufs
    assert np.array_equal(again.energies, measured.energies)
    assert np.array_equal(again.powers, measured.powers)
