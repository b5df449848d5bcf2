"""The mixing stage: dry stems to mixed stems."""

import json
import math
from concurrent.futures import Future, ThreadPoolExecutor

from contracts.artifacts import AudioArtifact
from contracts.context import Context, MixingSection
from contracts.errors import Unavailable
from contracts.music.score import Score
from contracts.pipeline import Stage
from services.mixer import files
from services.mixer.mixing.carried import carried_mix
from services.mixer.mixing.changes import Changes, asked_changes, read_changes
from services.mixer.mixing.channel import MixPlan
from services.mixer.mixing.console import RETURNS, THREADS, Console
from services.mixer.mixing.edits import edited_profile, made_out
from services.mixer.mixing.kept import measured_key
from services.mixer.mixing.looping import folded
from services.mixer.mixing.measuring import Measured, measure
from services.mixer.mixing.plan import plan_mix
from services.mixer.profiles import Profile, profile
from services.mixer.stored import Audio, Stems, go_on
from services.music.audio.spectrum import Bands, stereo_spectrum
from services.runtime.workbench import Workbench

MOST_WAITING = 2
"""Mixed stems that wait for the store."""


def mix(context: Context, bench: Workbench) -> Context:
    """Mix the rendered stems: strips, levels, places, ducking, spaces; fills `mixing`.

    A channel or return that was mixed from the same inputs before is taken from the store. Raises BadInput where the user's mix
    edits name something that the song or the catalogue does not have.
    """
    if context.production is None or context.arrangement is None:
        raise Unavailable("the rendered stems", "run production first")
    score = Score.model_validate_json(bench.objects.read(context.arrangement.score.key))
    dry = Stems({name: context.production.stems[name] for name in score.parts if name in context.production.stems}, bench)
    stated, changes = context.request.options.mix, read_changes(context)
    style = profile(edited_profile(stated, _genre(context, score)))
    edits = made_out(stated, score, list(dry.stems), RETURNS, forgiving=context.request.revises is not None)
    go_on(bench, 0.0, "listening to the stems")
    measured = _measured(dry, score, style, changes)
    before = carried_mix(context, style.id, changes, bench)
    plan = plan_mix(score, measured, style, changes, edits, asked_changes(context), before)
    shelf = Shelf(bench)
    digests = {name: artifact.sha256 for name, artifact in dry.stems.items()}
    console = Console(score, plan, style, dry.rate, dry.frames, dry.load, dry=digests, kept=shelf, scratch=bench.scratch)
    mixed = _mixed(console, shelf, dry, math.ceil(score.duration_s * dry.rate))
    heard = dict(zip(("spectrum_hz", "spectrum_db", "side_db"), _rounded(stereo_spectrum(console.total, dry.rate)), strict=True))
    section = MixingSection(stems=mixed, settings={**plan.model_dump(mode="json"), "changes": vars(changes), **heard})
    return _explain_mix(context.model_copy(update={"mixing": section}), plan, measured, changes, kicks=console.kicks)


def _mixed(console: Console, shelf: "Shelf", dry: Stems, frames: int) -> dict[str, AudioArtifact]:
    """All mixed stems in the store, folded to `frames` where the song is a loop.

    What the store takes, it takes while the next ones are mixed; never many at once, for memory.
    """

    def stored(name: str, audio: Audio) -> AudioArtifact:
        key = console.keys[name]
        whole = shelf.stored(name, key) if name in console.found else shelf.put(name, key, audio, dry.rate)
        return shelf.put(name, f"{key}-loop-{frames}", folded(audio, frames), dry.rate) if frames < dry.frames else whole

    storing: dict[str, Future[AudioArtifact]] = {}
    with ThreadPoolExecutor(1) as pool:
        for name, audio in console.stems():
            storing[name] = pool.submit(stored, name, audio)
            if len(storing) > MOST_WAITING:
                list(storing.values())[-1 - MOST_WAITING].result()
            done = f"{name.replace('_', ' ')} as it was" if name in console.found else f"mixed {name.replace('_', ' ')}"
            go_on(dry.bench, 0.2 + 0.78 * len(storing) / (len(dry.stems) + 4), done)
    return {name: artifact.result() for name, artifact in storing.items()}


def _rounded(curves: tuple[Bands, ...]) -> list[list[float]]:
    return [curve.round(3).tolist() for curve in curves]


class Shelf:
    """Mixed stems in the store, each under the digest of what it was made of."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench

    def knows(self, name: str, key: str) -> bool:
        """Whether a stem was kept under a key."""
        return self.bench.objects.exists(_place(name, key))

    def load(self, name: str, key: str) -> Audio:
        """The stem kept under a key, [2, samples]."""
        return files.read_audio(self.bench.objects.local_path(self.stored(name, key)))[0]

    def stored(self, name: str, key: str) -> AudioArtifact:
        """The reference of a stem that was kept. Raises Unavailable where it went meanwhile."""
        artifact = self.bench.objects.find(_place(name, key))
        if not isinstance(artifact, AudioArtifact):
            raise Unavailable(f"the mixed stem {name}", "mix again")
        return artifact

    def put(self, name: str, key: str, audio: Audio, rate: int) -> AudioArtifact:
        """Store a stem [2, samples] as float WAV."""
        path = self.bench.scratch / f"mixed-{name}.wav"
        files.write_float_wav(path, audio, rate)
        try:
            return self.bench.objects.put_audio(_place(name, key), path)
        finally:
            path.unlink(missing_ok=True)


def _place(name: str, key: str) -> str:
    return f"audio/mixed/{key}/{name}.wav"


def _genre(context: Context, score: Score) -> str:
    return context.musical.genre if context.musical else score.genre


def _measured(dry: Stems, score: Score, style: Profile, changes: Changes) -> dict[str, Measured]:
    """Measures of the dry stems and of what comes out of their strips, kept like the stems."""
    objects = dry.bench.objects

    def one(name: str) -> Measured:
        part = score.parts[name]
        strip = style.strip(part.role, part.instrument, part.patch)
        key = measured_key(dry.stems[name].sha256, strip, style.tape, changes.remix)
        # The digest of the stem is in its name, so that it goes where the stem is erased.
        place = f"audio/mixed/measured/{dry.stems[name].sha256}-{key}.npy"
        if objects.exists(place):
            return Measured.from_bytes(objects.read(place))
        measured = measure(dry.load(name), dry.rate, strip, style.tape)
        objects.put_bytes(place, measured.to_bytes(), "application/octet-stream")
        return measured

    with ThreadPoolExecutor(THREADS) as pool:
        names = list(dry.stems)
        return dict(zip(names, pool.map(one, names), strict=True))


def _explain_mix(context: Context, plan: MixPlan, measured: dict[str, Measured], changes: Changes, *, kicks: int) -> Context:
    """Record what was decided, in a musician's words."""
    levels = {name: channel.target_lufs for name, channel in plan.channels.items()}
    silent = [name for name, m in measured.items() if m.is_silent]
    context = context.decide(
        Stage.MIXING,
        "balance",
        f"the {plan.profile} balance: {', '.join(f'{name} {level:.1f}' for name, level in levels.items())} LUFS",
        "each stem is brought to its role's loudness, measured over the parts where it plays" + (f"; silent: {silent}" if silent else ""),
        levels_lufs=levels,
    )
    cuts = {name: [bell.model_dump() for bell in channel.cuts] for name, channel in plan.channels.items() if channel.cuts}
    if cuts:
        places = ", ".join(f"{name} {b['db']:+.1f} dB at {b['hz']:.0f} Hz" for name, bells in cuts.items() for b in bells)
        why = "who hides another one gives way there, and the sum of all is led to the spectrum of the genre's records"
        context = context.decide(Stage.MIXING, "equalising", places, why, cuts=cuts)
    ducked = {name: c.duck_db for name, c in plan.channels.items() if c.duck_db > 0}
    if kicks and ducked:
        text = ", ".join(f"{name} {depth:.1f} dB" for name, depth in ducked.items())
        context = context.decide(Stage.MIXING, "ducking", text, f"{kicks} kicks of the score open a gap for themselves", duck_db=ducked)
    if any(plan.section_db.values()):
        context = context.decide(
            Stage.MIXING, "sections", json.dumps(plan.section_db), "the chorus should stand over the verse", section_db=plan.section_db
        )
    changed = {name: value for name, value in vars(changes).items() if value != getattr(Changes(), name)}
    if changed:
        context = context.decide(Stage.MIXING, "changes", json.dumps(changed), "asked by QA or by the brief's words", **changed)
    return context
