"""The mixing stage: dry stems to mixed stems."""

import json
import math
from concurrent.futures import ThreadPoolExecutor

from contracts.artifacts import AudioArtifact
from contracts.context import Context, MixingSection
from contracts.errors import Unavailable
from contracts.music.score import Score
from contracts.pipeline import Stage
from services.mixer import files
from services.mixer.mixing.changes import Changes, read_changes
from services.mixer.mixing.console import THREADS, Console
from services.mixer.mixing.looping import folded
from services.mixer.mixing.plan import Measured, MixPlan, measure, plan_mix
from services.mixer.profiles import profile
from services.mixer.stored import Stems, digest, go_on
from services.music.audio.spectrum import third_octave_spectrum
from services.runtime.workbench import Workbench

# Raise when the same dry stems would give other mixed ones.
VERSION = 2


def mix(context: Context, bench: Workbench) -> Context:
    """Mix the rendered stems: strips, levels, places, ducking, spaces; fills `mixing`."""
    if context.production is None or context.arrangement is None:
        raise Unavailable("the rendered stems", "run production first")
    score = Score.model_validate_json(bench.objects.read(context.arrangement.score.key))
    dry = Stems({name: context.production.stems[name] for name in score.parts if name in context.production.stems}, bench)
    style, changes = profile(_genre(context, score)), read_changes(context)
    go_on(bench, 0.0, "listening to the stems")
    measured = _measured(dry)
    plan = plan_mix(score, measured, style, changes)
    console = Console(score, plan, style, dry.rate, dry.frames, dry.load)
    made_of = digest(
        version=VERSION,
        dry={n: a.sha256 for n, a in dry.stems.items()},
        score=context.arrangement.score.sha256,
        profile=style,
        changes=changes,
    )
    mixed: dict[str, AudioArtifact] = {}
    frames = math.ceil(score.duration_s * dry.rate)
    for name, audio in console.stems():
        path = bench.scratch / f"mixed-{name}.wav"
        files.write_float_wav(path, folded(audio, frames) if frames < dry.frames else audio, dry.rate)
        mixed[name] = bench.objects.put_audio(f"audio/mixed/{made_of}/{name}.wav", path)
        path.unlink(missing_ok=True)
        go_on(bench, 0.2 + 0.78 * len(mixed) / (len(dry.stems) + 3), f"mixed {name.replace('_', ' ')}")
    centres, levels = third_octave_spectrum(console.total, dry.rate)
    heard = {"spectrum_hz": centres.round(2).tolist(), "spectrum_db": levels.round(3).tolist()}
    section = MixingSection(stems=mixed, settings={**plan.model_dump(mode="json"), "changes": vars(changes), **heard})
    return _explain_mix(context.model_copy(update={"mixing": section}), plan, measured, changes, kicks=console.kicks)


def _genre(context: Context, score: Score) -> str:
    return context.musical.genre if context.musical else score.genre


def _measured(dry: Stems) -> dict[str, Measured]:
    with ThreadPoolExecutor(THREADS) as pool:
        names = list(dry.stems)
        return dict(zip(names, pool.map(lambda name: measure(dry.load(name), dry.rate), names), strict=True))


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
        context = context.decide(Stage.MIXING, "masking", places, "the measured spectra cover the kick or the lead there", cuts=cuts)
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
