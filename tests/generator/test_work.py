"""The generator's four stages over a real store: score, band, plan and stems, each stored under what determines it."""

from pathlib import Path

import pytest

from contracts.brief import Brief, Stated
from contracts.context import Context, IdeationSection, Options, Request
from contracts.errors import Unavailable
from contracts.music import Score
from contracts.report import Retry
from services.generator import work
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench

BRIEF = Brief(
    tempo_bpm=Stated(value=120.0),
    key=Stated(value="A minor"),
    meter=Stated(value="4/4"),
    duration_s=Stated(value=20.0),
    genres=Stated(value=("house",)),
    moods=Stated(value=("energetic",)),
    energy=Stated(value=0.8),
    valence=Stated(value=0.5),
    instruments_with=Stated(value=("synthesizer", "synth_bass", "drum_kit")),
    instruments_without=Stated(value=()),
    structure=Stated(value=()),
    chords=Stated(value={}),
    production=Stated(value=()),
    use=Stated(value=""),
)


def _context(**changes: object) -> Context:
    request = Request(prompt="house", seed=7, options=Options())
    context = Context(composition_id="c", job_id="j", seq=1, created_at=0.0, request=request, ideation=IdeationSection(brief=BRIEF))
    return context.model_copy(update=changes)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Workbench(FileStore(tmp_path / "store", sync=False), scratch, lambda _, __: None)


def test_a_brief_becomes_stems(bench: Workbench) -> None:
    """Score and MIDI are delivered, every planned part renders to a float WAV of the song's length, again from the store."""
    planned = work.plan(work.arrange(work.compose(_context(), bench), bench), bench)
    assert planned.arrangement is not None
    assert planned.production is not None
    assert planned.musical is not None
    score = Score.model_validate_json(bench.objects.read(planned.artifacts["score.json"].key))
    assert bench.objects.read(planned.artifacts["song.mid"].key)[:4] == b"MThd"
    assert planned.technical.duration_s == pytest.approx(score.duration_s)
    assert set(planned.arrangement.part_digests) == set(score.parts)
    assert {d.topic for d in planned.ai_decisions} >= {"sounds"}
    part = "drums"
    stem = work.render(planned, part, bench)
    assert stem.key == planned.production.plan[part].key
    assert (stem.channels, stem.sample_rate_hz) == (2, 48_000)
    assert stem.duration_s == pytest.approx(score.duration_s, abs=1 / 48_000)
    assert work.render(planned, part, bench) == stem
    assert list(bench.scratch.iterdir()) == []


def test_a_song_sent_back_is_another_song(bench: Workbench) -> None:
    """QA's `reseed` changes the notes; without it the same seed gives the same score."""
    retry = Retry(attempt=1, to_stage="composition", reasons=("dull",), changes={"reseed": 1})
    first, again = work.compose(_context(), bench).composition, work.compose(_context(), bench).composition
    other = work.compose(_context(retries=(retry,)), bench).composition
    assert first == again
    assert first != other


def test_stages_need_what_comes_before(bench: Workbench) -> None:
    """Each stage says which one is missing."""
    with pytest.raises(Unavailable, match="ideation"):
        work.compose(_context(ideation=None), bench)
    with pytest.raises(Unavailable, match="composition"):
        work.arrange(_context(), bench)
    with pytest.raises(Unavailable, match="arrangement"):
        work.plan(_context(), bench)
    with pytest.raises(Unavailable, match="production"):
        work.render(_context(), "drums", bench)
