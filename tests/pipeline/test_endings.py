"""A loop and a longer version of it, through the real services."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from contracts.music import Score
from houseband.client import Client
from houseband.launcher import House
from tests.songs import Song, finish_song, make_song

OPTIONS = {"bpm": 120, "meter": "4/4", "duration_s": 16, "seed": 3, "ending": "loop"}

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def loop(house: House, tmp_path_factory: pytest.TempPathFactory) -> Song:
    return make_song(house, tmp_path_factory.mktemp("loop"), "funky loop with organ and bass", options=OPTIONS)


def test_a_loop_is_whole_bars_and_wraps(loop: Song) -> None:
    """Eight bars of two seconds to the sample; the step from the last sample to the first is no larger than steps inside."""
    assert loop.job.status == "completed", loop.failed_checks()
    audio, rate = soundfile.read(loop.folder / "master.wav", dtype="float64", always_2d=True)
    assert len(audio) == 16 * rate
    steps = np.abs(np.diff(audio, axis=0)).max(axis=1)
    assert np.abs(audio[0] - audio[-1]).max() <= np.quantile(steps, 0.999)
    last, whole = audio[-rate // 10 :], audio
    assert np.sqrt(np.mean(last**2)) > 0.1 * np.sqrt(np.mean(whole**2))


def test_a_score_is_extended_through_the_door(house: House, loop: Song, tmp_path: Path) -> None:
    """The delivered score.json, sent back with a longer duration, comes back longer with its sections' notes kept."""
    with Client(house.url) as client:
        options = {**OPTIONS, "duration_s": 32, "resize": "extend"}
        job = client.create_job("funky loop with organ and bass", options=options, base=loop.folder / "score.json")
        longer = finish_song(house, client, job, tmp_path / "longer")
    assert longer.job.status == "completed", longer.failed_checks()
    old, new = (Score.model_validate(song.score) for song in (loop, longer))
    assert (old.bars, new.bars) == (8, 16)
    name, section = next((n, s) for n, s in new.sections.items() if s.kept)
    shift = new.bar_tick(section.start_bar) - old.bar_tick(old.sections[section.source].start_bar)
    inside = [n for n in old.parts["bass"].notes if old.section_at(n.start) == section.source]
    assert [(n.start + shift, *n[1:]) for n in inside] == [tuple(n) for n in new.parts["bass"].notes if new.section_at(n.start) == name]
