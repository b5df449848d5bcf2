"""A draft: made by the song's own players, its chunks join without a seam, and what is rendered already is read."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from contracts.artifacts import AudioArtifact
from contracts.context import Context
from contracts.music import Part, Role, Score, Section
from services.generator import work
from services.generator.early.chunks import FIRST_S, MOST_S, chunk_ends
from services.generator.early.desk import CEILING, TARGET_LUFS, levelled, mixed
from services.generator.early.work import draft
from services.generator.production.planning import chosen
from services.generator.production.rendering import render_beginning, render_stem
from services.music.audio.loudness import integrated_lufs
from services.music.audio.wave import write_float_wav
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.generator.test_work import BRIEF, _context

RATE = 48_000


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("draft")
    (folder / "scratch").mkdir()
    return Workbench(FileStore(folder / "store", sync=False), folder / "scratch", lambda _, __: None)


@pytest.fixture(scope="module")
def arranged(bench: Workbench) -> Context:
    """A house song of 30 seconds: a drum machine, synthesisers, sampled percussion."""
    brief = BRIEF.model_copy(update={"duration_s": BRIEF.duration_s.model_copy(update={"value": 30.0})})
    context = _context()
    assert context.ideation is not None
    return work.arrange(
        work.compose(context.model_copy(update={"ideation": context.ideation.model_copy(update={"brief": brief})}), bench), bench
    )


@pytest.fixture(scope="module")
def chunks(arranged: Context, bench: Workbench) -> list[np.ndarray]:
    """Every chunk of the draft, [frames, 2]."""
    found = []
    for number in range(10):
        made = draft(arranged, number, bench)
        found.append(sf.read(bench.objects.local_path(made.audio), dtype="float32")[0])
        if made.last:
            return found
    raise AssertionError("no last chunk")


def test_a_beginning_is_the_stem_s_own(arranged: Context, bench: Workbench) -> None:
    """The first seconds of every part are the samples of its dry stem, whatever plays it."""
    score, shelf = work.score_of(arranged, bench), work.shelf_of(bench)
    planned = work.plan(arranged, bench)
    assert planned.production is not None
    engines = set()
    for name, plan in planned.production.plan.items():
        choice = chosen(plan, shelf)
        if choice.engine in engines:
            continue
        engines.add(choice.engine)
        until_s = score.parts[name].notes[0].start / score.end_tick * score.music_s + 3.0
        beginning = render_beginning(score, name, choice, shelf, until_s)
        stem = render_stem(score, name, plan, shelf)[:, : beginning.shape[1]]
        assert np.abs(stem).max() > 0.001, name
        assert np.abs(beginning - stem).max() < 1e-6, f"{name} on {choice.engine}"
    assert len(engines) >= 2


def test_chunks_join_and_are_made_once(arranged: Context, bench: Workbench, chunks: list[np.ndarray]) -> None:
    """They follow each other as the song goes; a second asking finds them in the store, and together they are one draft."""
    score = work.score_of(arranged, bench)
    ends = chunk_ends(score)
    assert [sum(map(len, chunks[: number + 1])) for number in range(len(chunks))] == [round(end * RATE) for end in ends]
    assert draft(arranged, 0, bench).audio == draft(arranged, 0, bench).audio
    sound = np.concatenate(chunks)
    for end in ends[:-1]:
        at = round(end * RATE)
        around = np.abs(np.diff(sound[at - 2400 : at + 2400], axis=0)).max(axis=1)
        assert around[2390:2410].max() <= max(around[:2300].max(), around[2500:].max()) * 1.5 + 1e-3  # no click at the join
    assert list(bench.scratch.iterdir()) == []


def test_it_is_loud_enough_and_never_clips(chunks: list[np.ndarray]) -> None:
    """About -16 LUFS as a whole, samples under -1 dBFS."""
    sound = np.ascontiguousarray(np.concatenate(chunks).T)
    assert integrated_lufs(sound, RATE) == pytest.approx(TARGET_LUFS, abs=2.5)
    assert np.abs(sound).max() <= CEILING + 1e-4


def test_what_is_rendered_is_read(arranged: Context, bench: Workbench, tmp_path: Path) -> None:
    """Where the song's dry stems are there already, nothing is played again: the draft is made of them."""
    own = Workbench(FileStore(tmp_path / "store", sync=False), tmp_path, lambda _, __: None)
    score = work.score_of(arranged, bench)
    assert arranged.arrangement is not None
    own.objects.put_bytes(arranged.arrangement.score.key, score.to_json(), "application/json")
    planned = work.plan(arranged, own)
    assert planned.production is not None
    time = np.arange(round(30.0 * RATE)) / RATE
    for plan in planned.production.plan.values():
        path = tmp_path / f"{plan.part}.wav"
        write_float_wav(path, np.stack([np.sin(2 * np.pi * 997.0 * time)] * 2).astype(np.float32) * 0.1, RATE)
        own.objects.put_audio(plan.key, path)
    made = draft(planned, 0, own)
    assert isinstance(made.audio, AudioArtifact)
    sound = sf.read(own.objects.local_path(made.audio))[0][RATE : 2 * RATE, 0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(RATE)))
    assert int(np.argmax(spectrum)) == 997
    assert spectrum[990:1004].sum() > 0.95 * spectrum.sum()


@pytest.mark.parametrize(("bars", "tempo"), [(4, 120.0), (16, 120.0), (64, 60.0), (2, 240.0)])
def test_the_plan_of_chunks(bars: int, tempo: float) -> None:
    """The first is short, each further one doubles what was heard, none is a crumb, and the end is bounded."""
    section = Section(label="verse", start_bar=1, bars=bars, energy=0.5, key="C major")
    ends = chunk_ends(Score(tempo_bpm=tempo, sections={"verse_1": section}))
    lengths = np.diff([0.0, *ends])
    assert ends[0] == min(FIRST_S, ends[-1])
    assert ends[-1] <= MOST_S
    assert (lengths[:-1] >= 3.0).all()
    assert (np.diff(lengths[:-1]) >= 0).all()


def test_the_hand_on_the_fader_looks_back_only() -> None:
    """Whatever comes later, what was heard stays as it was; a loud entry is brought down, a part that starts late counts too."""
    draws = np.random.default_rng(1)
    quiet, loud = (draws.standard_normal((2, 8 * RATE)).astype(np.float32) * level for level in (0.01, 0.2))
    together = levelled(np.concatenate([quiet, loud], axis=1))
    assert np.array_equal(together[:, : 8 * RATE], levelled(quiet))
    assert integrated_lufs(np.ascontiguousarray(together[:, 12 * RATE :]), RATE) == pytest.approx(TARGET_LUFS, abs=1.0)
    assert not levelled(np.zeros((2, 100), dtype=np.float32)).any()


def test_players_stand_apart() -> None:
    """Two accompanists stand on two sides; drums, bass and melody in the middle."""
    band = {name: Part(role=role, instrument="x") for name, role in (("a", Role.HARMONY), ("b", Role.COUNTER), ("c", Role.BASS))}
    noise = np.random.default_rng(2).standard_normal((1, 4 * RATE)).astype(np.float32).repeat(2, axis=0) * 0.05
    sides = {name: np.sqrt((mixed({name: noise}, band) ** 2).mean(axis=1)) for name in band}
    assert sides["a"][1] > 1.2 * sides["a"][0]
    assert sides["b"][0] > 1.2 * sides["b"][1]
    assert sides["c"][0] == pytest.approx(sides["c"][1], rel=1e-3)
