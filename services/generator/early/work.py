"""The draft's work: one chunk at a time, by the song's own players; what is rendered already is read, not played again."""

from pathlib import Path

import numpy as np
import soundfile as sf

from contracts.artifacts import AudioArtifact
from contracts.context import Context, StemPlan
from contracts.early import DraftChunk, chunk_key
from contracts.errors import Unavailable
from contracts.music import Score
from services.generator.early.chunks import chunk_ends
from services.generator.early.desk import mixed
from services.generator.production import fluidsynth
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.generator.production.engines import Choice, choose
from services.generator.production.planning import chosen, find_own, plan_stems
from services.generator.production.rendering import render_beginning
from services.generator.production.shelf import Shelf
from services.generator.production.sounds import patch_name
from services.generator.scores import options_of
from services.generator.work import score_of, shelf_of
from services.runtime.workbench import Workbench

TAIL_S = 0.03
"""How far each chunk is made beyond its end, for the next one to cross over from."""


def draft(context: Context, chunk: int, bench: Workbench) -> DraftChunk:
    """One chunk of the draft, stored under its own key; found there, it is not made again. Raises Unavailable without an arrangement."""
    score = score_of(context, bench)
    ends = chunk_ends(score)
    if chunk >= len(ends):
        raise Unavailable(f"chunk {chunk} of the draft", f"it has {len(ends)}")
    start_s, end_s = ends[chunk - 1] if chunk else 0.0, ends[chunk]
    key = chunk_key(context.composition_id, context.job_id, context.attempt, chunk)
    audio = bench.objects.find(key)
    if not isinstance(audio, AudioArtifact):
        shelf = shelf_of(bench)
        options = options_of(context, score)
        plans = plan_stems(score, options, shelf, find_own(score, options, shelf))
        sound = mixed(_stems(score, plans, shelf, end_s + TAIL_S, bench), score.parts)
        begin, end = round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ)
        _stored(_tail_key(key), sound[:, end:], bench)
        before = chunk_key(context.composition_id, context.job_id, context.attempt, chunk - 1)
        audio = _stored(key, _joined(sound[:, begin:end], _tail(before, bench) if chunk else None), bench)
    return DraftChunk(chunk=chunk, start_s=start_s, seconds=audio.duration_s, audio=audio, last=chunk + 1 == len(ends))


def _stems(score: Score, plans: dict[str, StemPlan], shelf: Shelf, until_s: float, bench: Workbench) -> dict[str, Floats]:
    """The first seconds of every dry stem that has begun by then: from the store where it was rendered, else played."""
    clock = Clock(score, until_s)
    begun = [name for name in plans if clock.sample(score.parts[name].notes[0].start) < clock.frames]
    found = {name: _rendered(plans[name], clock.frames, bench) for name in begun}
    choices = {name: _player(score, plans[name], shelf) for name in begun if found[name] is None}
    sampled = [(shelf.path(c.preset.soundfont), c.preset) for c in choices.values() if c.preset and c.engine == "fluidsynth"]
    shared = [one for one in sampled if sampled.count(one) > 1]
    stems: dict[str, Floats] = {}
    with fluidsynth.held(shared):
        for name in begun:
            stem = found[name]
            stems[name] = render_beginning(score, name, choices[name], shelf, until_s) if stem is None else stem
            bench.progress(len(stems) / len(begun), f"{name} is drafted")
    return stems or {next(iter(score.parts)): np.zeros((2, clock.frames), dtype=np.float32)}


def _rendered(plan: StemPlan, frames: int, bench: Workbench) -> Floats | None:
    """The first frames of a dry stem that lies in the store, [2, frames]; None where there is none."""
    stored = bench.objects.find(plan.key)
    if not isinstance(stored, AudioArtifact):
        return None
    path = bench.objects.local_path(stored)
    with sf.SoundFile(path) as file:
        audio = file.read(min(frames, len(file)), dtype="float32", always_2d=True).T
    return np.ascontiguousarray(np.pad(audio, ((0, 0), (0, frames - audio.shape[1]))))


def _player(score: Score, plan: StemPlan, shelf: Shelf) -> Choice:
    """Who drafts a part: its own player; where that is an instrument of the user's, which starts slowly, the house's for the part."""
    if (choice := chosen(plan, shelf)).own is None:
        return choice
    return choose(patch_name(score.parts[plan.part], score.genre), shelf)


def _tail_key(key: str) -> str:
    return f"{key.removesuffix('.wav')}.tail.wav"


def _tail(key: str, bench: Workbench) -> Floats | None:
    """How the chunk before goes on, [2, frames]; None where that is not known."""
    stored = bench.objects.find(_tail_key(key))
    if stored is None:
        return None
    return np.ascontiguousarray(sf.read(bench.objects.local_path(stored), dtype="float32", always_2d=True)[0].T)


def _joined(audio: Floats, tail: Floats | None) -> Floats:
    """A chunk into which the one before crosses over: what is read from a stem is not always what was played, to the sample."""
    if tail is None:
        return audio
    count = min(tail.shape[1], audio.shape[1])
    share = np.linspace(0.0, 1.0, count, dtype=np.float32)
    return np.concatenate([tail[:, :count] * (1 - share) + audio[:, :count] * share, audio[:, count:]], axis=1)


def _stored(key: str, audio: Floats, bench: Workbench) -> AudioArtifact:
    path: Path = bench.scratch / f"{key.rpartition('/')[2]}"
    sf.write(path, np.clip(np.rint(audio.T * 32767.0), -32768, 32767).astype(np.int16), SAMPLE_RATE_HZ, subtype="PCM_16")
    try:
        return bench.objects.put_audio(key, path)
    finally:
        path.unlink(missing_ok=True)
