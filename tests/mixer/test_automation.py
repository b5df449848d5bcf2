"""What the score automates is what comes out of the mix: levels written into the stems, sends in time, ends as planned."""

import numpy as np
import pytest

from contracts.music.score import Part, Role
from services.mixer.mixing.automation import end_fade, end_fade_s
from services.mixer.mixing.changes import Changes
from services.mixer.mixing.console import Console
from services.mixer.mixing.measuring import measure
from services.mixer.mixing.plan import plan_mix
from services.mixer.profiles import profile
from services.music.audio.loudness import block_energies, loudness_of
from tests.mixer.band import RATE, make_score


def mixed(score, stems):
    """Mixed stems by name."""
    style = profile("pop")
    plan = plan_mix(score, {name: measure(audio, RATE) for name, audio in stems.items()}, style, Changes())
    frames = next(iter(stems.values())).shape[1]
    return dict(Console(score, plan, style, RATE, frames, stems.__getitem__).stems())


def level(audio, start_s, end_s):
    """Loudness of a stretch, LUFS."""
    energies = block_energies(audio, RATE)
    return float(loudness_of(energies[round(start_s * 100) : round(end_s * 100)].mean()))


@pytest.mark.parametrize("name", ["bass", "drums", "melody", "acoustic_piano", "pad_synth"])
def test_a_level_written_in_a_stem_is_heard_in_the_mix(stems, name):
    """A stem that falls by 12 dB for two bars falls by at least 9 in the mix: strips compress, but do not undo a fader ride."""
    ride = np.ones(stems[name].shape[1], dtype=np.float32)
    ride[10 * RATE : 14 * RATE] = 10 ** (-12 / 20)
    plain = mixed(make_score(), stems)[name]
    ridden = mixed(make_score(), {**stems, name: stems[name] * ride})[name]
    inside = level(ridden, 10.5, 13.9) - level(plain, 10.5, 13.9)
    beside = level(ridden, 2.0, 8.0) - level(plain, 2.0, 8.0)
    assert inside - beside <= -9.0


def test_sends_move_in_time(stems):
    """A throw of 12 dB on the lead in one bar is heard in the hall in that bar and not before it."""
    score = make_score()
    lead: Part = score.parts["melody"].model_copy(
        update={"controls": {"reverb_send_db": ((0, 0.0), (11519, 0.0), (11520, 12.0), (15359, 12.0), (15360, 0.0))}}
    )
    thrown = mixed(score.model_copy(update={"parts": {**score.parts, "melody": lead}}), stems)["return_hall"]
    plain = mixed(score, stems)["return_hall"]
    assert lead.role is Role.MELODY
    assert level(thrown, 6.2, 8.0) - level(plain, 6.2, 8.0) > 3.0
    assert np.abs(thrown[:, : round(5.99 * RATE)] - plain[:, : round(5.99 * RATE)]).max() < 1e-6


def test_a_cut_is_whole_to_its_last_beat():
    """A song that is cut off fades in its tail alone; any other lets its last ring die away over a second."""
    score = make_score().model_copy(update={"ending": "cut", "tail_s": 0.3})
    frames = round(score.duration_s * RATE)
    curve = end_fade(frames, RATE, end_fade_s(score))
    assert curve[: round(score.music_s * RATE)].min() == 1.0
    assert curve[-1] < 1e-6
    natural = end_fade(frames, RATE, end_fade_s(make_score()))
    assert natural[frames - round(1.0 * RATE)] < 1.0
