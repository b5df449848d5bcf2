"""Toy work for the runtime's own tests: real revisions, real objects, and mishaps on demand.

`request.preferences` says what happens: `{"log": path, "mixing": {"sleep_s": 2, "raise": "BadInput"}}`; a stem is named
`stem-<part>`. Every run appends its name to the log, so that a test can count what was done how often.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from contracts.artifacts import Artifact, AudioArtifact
from contracts.context import Context, FinalizationSection, MasteringSection, MixingSection, ProductionSection, ScoreSection, StemPlan
from contracts.early import DraftChunk, chunk_key
from contracts.errors import BadInput, Unavailable
from contracts.pipeline import Stage
from contracts.report import Check, Retry, Verdict
from services.runtime.workbench import Workbench, given_up

PARTS = {"bass": 1.0, "drums": 3.0, "melody": 2.0}
MOST_S = 60.0
"""So long work waits for what a test does."""


def runs(log: Path) -> list[str]:
    """What was run, in order."""
    return log.read_text().split() if log.exists() else []


def _mishap(context: Context, name: str) -> None:
    plans: dict[str, Any] = context.request.preferences
    if "log" in plans:
        with Path(plans["log"]).open("a") as log:
            log.write(f"{name}\n")
    plan = plans.get(name, {})
    count = runs(Path(plans["log"])).count(name) if "log" in plans else 1
    time.sleep(plan.get("sleep_s", 0.0) if count <= plan.get("sleeps", 1000) else 0.0)
    until = time.monotonic() + MOST_S
    while "held_by" in plan and Path(plan["held_by"]).exists() and time.monotonic() < until:
        time.sleep(0.02)
    if count > plan.get("times", 1000):
        return
    match plan.get("raise"):
        case "BadInput":
            raise BadInput("prompt", context.request.prompt, "anything else")
        case "Unavailable":
            raise Unavailable("the soundfont", "install it", delay_s=0.01)
        case "bug":
            raise ZeroDivisionError("a bug")
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)


def _stage(context: Context, stage: Stage, bench: Workbench, **sections: Any) -> Context:
    _mishap(context, stage.value)
    bench.progress(0.5, f"{stage} half way")
    made = context.model_copy(update=sections).decide(stage, "toy", f"{stage} done", "a test")
    if stage is Stage.MASTERING:
        master = context.mixing.stems["bass"] if context.mixing else None
        made = made.model_copy(update={"artifacts": {**made.artifacts, "master.wav": master}})
    return made


def analyze(context: Context, bench: Workbench) -> Context:
    return _stage(context, Stage.ANALYSIS, bench)


def ideate(context: Context, bench: Workbench) -> Context:
    return _stage(context, Stage.IDEATION, bench)


def _score(context: Context, name: str, bench: Workbench) -> ScoreSection:
    again = int(context.change("reseed", 0))
    score = bench.objects.put_bytes(f"scores/{context.job_id}/{name}-{again}.json", f"{name}{again}".encode(), "application/json")
    return ScoreSection(score=score)


def compose(context: Context, bench: Workbench) -> Context:
    return _stage(context, Stage.COMPOSITION, bench, composition=_score(context, "composed", bench))


def arrange(context: Context, bench: Workbench) -> Context:
    score = _score(context, "arranged", bench)
    artifacts: dict[str, Artifact] = {"score.json": score.score}
    return _stage(context, Stage.ARRANGEMENT, bench, arrangement=score, artifacts=artifacts)


def plan(context: Context, bench: Workbench) -> Context:
    again = int(context.change("reseed", 0))
    plans = {
        part: StemPlan(
            part=part, engine="sampled", instrument=part, digest=part, key=f"stems/{context.job_id}/{part}-{again}.wav", cost_s=cost
        )
        for part, cost in PARTS.items()
    }
    return _stage(context, Stage.PRODUCTION, bench, production=ProductionSection(state="planned", plan=plans))


def render(context: Context, part: str, bench: Workbench) -> AudioArtifact:
    _mishap(context, f"stem-{part}")
    sound = np.sin(np.arange(480) * (0.1 + len(part) / 10)).astype(np.float32)
    path = bench.scratch / f"{part}.wav"
    soundfile.write(path, np.stack([sound, sound], axis=1), 48_000, subtype="FLOAT")
    assert context.production is not None
    return bench.objects.put_audio(context.production.plan[part].key, path)


def draft(context: Context, chunk: int, bench: Workbench) -> DraftChunk:
    """One of three chunks of a tenth of a second; one that is stored is not made again."""
    key = chunk_key(context.composition_id, context.job_id, context.attempt, chunk)
    audio = bench.objects.find(key)
    if not isinstance(audio, AudioArtifact):
        _mishap(context, f"draft-{chunk}")
        path = bench.scratch / "chunk.wav"
        soundfile.write(path, np.full((4800, 2), chunk + 1, dtype=np.int16), 48_000)
        audio = bench.objects.put_audio(key, path)
    return DraftChunk(chunk=chunk, start_s=0.1 * chunk, seconds=0.1, audio=audio, last=chunk == 2)


def mix(context: Context, bench: Workbench) -> Context:
    assert context.production is not None
    return _stage(context, Stage.MIXING, bench, mixing=MixingSection(stems=context.production.stems))


def master(context: Context, bench: Workbench) -> Context:
    assert context.mixing is not None
    stems = context.mixing.stems
    section = MasteringSection(master=stems["bass"], stems=stems, loudness_lufs=-14.0, true_peak_dbtp=-1.0)
    return _stage(context, Stage.MASTERING, bench, mastering=section)


def finalize(context: Context, bench: Workbench) -> Context:
    """Rejects the song as often as preferences["rejections"] says, to the stages that it names."""
    rejections = context.request.preferences.get("rejections", [])
    earlier = context.finalization
    history = (*earlier.history, earlier.verdict) if earlier else ()
    passed = context.attempt > len(rejections)
    check = Check(name="tempo", asked=120.0, measured=120.0 if passed else 90.0, unit="bpm", passed=passed, how="toy")
    retry = None
    if not passed and context.attempt < 3:
        stage = rejections[context.attempt - 1]
        retry = Retry(attempt=context.attempt + 1, to_stage=stage, reasons=("tempo",), changes={"reseed": float(context.attempt)})
    verdict = Verdict(passed=passed, attempt=context.attempt, checks=(check,), retry=retry)
    return _stage(context, Stage.FINALIZATION, bench, finalization=FinalizationSection(verdict=verdict, history=history))


def answer(arguments: dict[str, Any], _bench: Workbench) -> Any:
    """A toy question: echoes, or refuses."""
    if arguments.get("refuse"):
        raise BadInput("refuse", arguments["refuse"], "nothing")
    if arguments.get("crash"):
        raise ZeroDivisionError
    return {"heard": arguments}


def steps(name: str, bench: Workbench) -> str:
    """Tells progress."""
    for step in range(4):
        bench.progress(step / 3, f"{name} {step}")
        time.sleep(0.25)
    return name


def nap(seconds: float, _bench: Workbench) -> int:
    """Sleeps, and tells its process."""
    time.sleep(seconds)
    return os.getpid()


def thrash(kind: str, _bench: Workbench) -> None:
    """Fails in the way that is asked for."""
    match kind:
        case "bad":
            raise BadInput("tempo_bpm", 900, "30 to 300")
        case "bug":
            raise ZeroDivisionError("a bug")
        case "full":
            raise OSError(28, "No space left on device")
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)


def scribble(_bench: Workbench) -> str:
    """Leaves a file in the scratch folder and names the folder."""
    (_bench.scratch / "rubbish").write_text("x")
    return str(_bench.scratch)


def meet(folder: str, name: str, count: int, _bench: Workbench) -> int:
    """Comes to a folder and waits until so many have come; tells its process."""
    (Path(folder) / f"{name}.came").touch()
    until = time.monotonic() + MOST_S
    while len(list(Path(folder).glob("*.came"))) < count and time.monotonic() < until:
        time.sleep(0.02)
    return os.getpid()


def wait_until_given_up(folder: str, _bench: Workbench) -> None:
    """Wait for another, as for a model's answer, until nobody wants it."""
    (Path(folder) / "came").touch()
    while not given_up():
        time.sleep(0.02)
    (Path(folder) / "left").touch()


def niceness(_bench: Workbench) -> int:
    """How low this process stands with the kernel."""
    return os.getpriority(os.PRIO_PROCESS, 0)
