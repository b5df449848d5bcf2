"""The mixer's two stages. `mix`: dry stems to mixed stems. `master`: mixed stems to the delivered files."""

import hashlib
import json
import math
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from contracts.artifacts import AudioArtifact
from contracts.context import Context, MasteringSection, MixingSection
from contracts.errors import Cancelled, Unavailable
from contracts.music.score import Score
from contracts.pipeline import Stage
from services.mixer import files
from services.mixer.mastering.chain import Aim, Mastered
from services.mixer.mastering.delivery import encode_mp3
from services.mixer.mastering.matching import Match
from services.mixer.mastering.session import Session, ToneAim
from services.mixer.mixing.changes import Changes, read_changes
from services.mixer.mixing.console import THREADS, Console
from services.mixer.mixing.looping import folded
from services.mixer.mixing.plan import Measured, MixPlan, measure, plan_mix
from services.mixer.profiles import Profile, profile
from services.music.audio.spectrum import REACH, TONE_HZ, empty_bands_hz, is_full_record, third_octave_spectrum
from services.music.packs.genres import use_packs
from services.runtime.packs import pack_folders
from services.runtime.workbench import Workbench

Audio = NDArray[np.float32]

# Raise when the same inputs would give other samples.
VERSION = 2
SILENCE_LUFS = -120.0
REFERENCE_SHARE = 0.5


@cache
def _builds() -> dict[str, str]:
    return {name: version(name) for name in ("pedalboard", "numpy", "scipy", "numba")}


def _digest(**inputs: Any) -> str:
    """Digest of everything that determines the result."""
    text = json.dumps({"version": VERSION, "builds": _builds(), **inputs}, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Models, dataclasses and arrays as JSON has them."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value.tolist() if isinstance(value, np.ndarray) else vars(value)


def _go_on(bench: Workbench, fraction: float, text: str) -> None:
    if bench.cancelled():
        raise Cancelled("cancelled while mixing")
    bench.progress(fraction, text)


class Stems:
    """Stored stems by part, all of one rate and length."""

    def __init__(self, stems: dict[str, AudioArtifact], bench: Workbench) -> None:
        self.stems, self.bench = stems, bench
        shapes = {(stem.sample_rate_hz, stem.frames) for stem in stems.values()}
        if len(shapes) != 1:
            raise Unavailable(f"a set of stems of one rate and length (found {sorted(shapes)})", "render the stems again")
        ((self.rate, self.frames),) = shapes

    def load(self, name: str) -> Audio:
        """Samples of a stem, [2, frames]."""
        return files.read_audio(self.bench.objects.local_path(self.stems[name]))[0]


def warm_up() -> None:
    """Before any work of this process: the user's own packs are known, some of which name the mix they take. Raises BadInput."""
    use_packs(pack_folders())


def mix(context: Context, bench: Workbench) -> Context:
    """Mix the rendered stems: strips, levels, places, ducking, spaces; fills `mixing`."""
    if context.production is None or context.arrangement is None:
        raise Unavailable("the rendered stems", "run production first")
    score = Score.model_validate_json(bench.objects.read(context.arrangement.score.key))
    dry = Stems({name: context.production.stems[name] for name in score.parts if name in context.production.stems}, bench)
    style, changes = profile(_genre(context, score)), read_changes(context)
    _go_on(bench, 0.0, "listening to the stems")
    measured = _measured(dry)
    plan = plan_mix(score, measured, style, changes)
    console = Console(score, plan, style, dry.rate, dry.frames, dry.load)
    digest = _digest(
        dry={n: a.sha256 for n, a in dry.stems.items()}, score=context.arrangement.score.sha256, profile=style, changes=changes
    )
    mixed: dict[str, AudioArtifact] = {}
    frames = math.ceil(score.duration_s * dry.rate)
    for name, audio in console.stems():
        path = bench.scratch / f"mixed-{name}.wav"
        files.write_float_wav(path, folded(audio, frames) if frames < dry.frames else audio, dry.rate)
        mixed[name] = bench.objects.put_audio(f"audio/mixed/{digest}/{name}.wav", path)
        path.unlink(missing_ok=True)
        _go_on(bench, 0.2 + 0.78 * len(mixed) / (len(dry.stems) + 3), f"mixed {name.replace('_', ' ')}")
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


def master(context: Context, bench: Workbench) -> Context:
    """Master the mixed stems to the target under the ceiling and deliver the files; fills `mastering` and `artifacts`."""
    if context.mixing is None:
        raise Unavailable("the mixed stems", "run mixing first")
    mixed, changes = Stems(context.mixing.stems, bench), read_changes(context)
    style = profile(str(context.mixing.settings.get("profile", "")))
    technical = context.technical
    aim = Aim(technical.target_lufs + changes.target_offset_lu, technical.true_peak_ceiling_dbtp + changes.ceiling_offset_db)
    session = Session(list(mixed.stems), mixed.load, mixed.rate, mixed.frames, style, bench.scratch)
    _go_on(bench, 0.0, "summing the stems")
    try:
        tone = _tone_aim(context, changes)
        mastered = session.run(aim, tone, _heard(context.mixing))
        _go_on(bench, 0.5, "delivering")
        digest = _digest(
            mixed={n: a.sha256 for n, a in mixed.stems.items()},
            profile=style,
            aim=vars(aim),
            tone=vars(tone),
            changes=vars(changes),
            tags=_tags(context),
        )
        delivered = _deliver(context, bench, session, f"audio/master/{digest}", changes.mp3_gain_db)
    finally:
        session.close()
    kept = {name: artifact for name, artifact in context.artifacts.items() if not name.startswith("stems/")}
    section = MasteringSection(
        master=delivered["master.wav"],
        stems={name: delivered[f"stems/{name}.wav"] for name in mixed.stems},
        settings={**_settings(session, mastered, style, aim), "empty_bands_hz": _empty(context.mixing)},
        loudness_lufs=max(round(mastered.loudness_lufs, 3), SILENCE_LUFS),
        true_peak_dbtp=max(round(mastered.true_peak_dbtp, 3), SILENCE_LUFS),
        limited_by_ceiling=mastered.limited_by_ceiling,
    )
    return _explain_master(context.model_copy(update={"mastering": section, "artifacts": {**kept, **delivered}}), mastered, session, tone)


def _tone_aim(context: Context, changes: Changes) -> ToneAim:
    """How far the tone follows the user's reference: a full record is matched, another one draws the corridor half of the way."""
    features = context.analysis.features if context.analysis else None
    if features is None or len(features.spectrum_hz) < 8:
        return ToneAim(changes.tone_strength)
    centres, levels = np.array(features.spectrum_hz), np.array(features.spectrum_db)
    reach_hz = REACH * features.sample_rate_hz
    heard = (centres >= TONE_HZ[0]) & (centres <= min(TONE_HZ[1], reach_hz))
    if heard.sum() >= 8 and is_full_record(centres[heard], levels[heard]):
        share = 1.0 if changes.match_reference is None else changes.match_reference
        return ToneAim(changes.tone_strength, match=Match(centres, levels, reach_hz, changes.match_most_db, share))
    share = REFERENCE_SHARE if changes.match_reference is None else changes.match_reference
    return ToneAim(changes.tone_strength, (centres, levels), share)


def _heard(mixing: MixingSection) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The spectrum of the sum as the mix measured it; None where somebody took it out of the document."""
    centres, levels = (np.array(mixing.settings.get(name, ()), dtype=np.float64) for name in ("spectrum_hz", "spectrum_db"))
    return (centres, levels) if centres.size and centres.size == levels.size else None


def _empty(mixing: MixingSection) -> list[int]:
    """Bands in which nobody plays: no equaliser can give them a reference's tone."""
    heard = _heard(mixing)
    return list(empty_bands_hz(*heard)) if heard else []


def _settings(session: Session, mastered: Mastered, style: Profile, aim: Aim) -> dict[str, Any]:
    return {
        "profile": style.id,
        "target_lufs": aim.target_lufs,
        "ceiling_dbtp": aim.ceiling_dbtp,
        "equaliser_db": {f"{hz} Hz": db for hz, db in session.eq_db.items()},
        "glue": style.glue.model_dump(),
        "glue_most_db": round(mastered.most_glue_db, 2),
        "peaks": style.peaks.model_dump(),
        "drive_db": round(mastered.drive_db, 3),
        "limiting_most_db": round(mastered.most_limiting_db, 2),
        "tries": mastered.tries,
    }


def _tags(context: Context) -> dict[str, Any]:
    """What the MP3 says of itself."""
    title = context.ideation.brief.title if context.ideation else ""
    musical = context.musical
    return {
        "title": title or "Untitled",
        "artist": "Houseband",
        "bpm": musical.tempo_bpm if musical else 0.0,
        "key": musical.key if musical else "",
        "genre": musical.genre if musical else "",
    }


def _deliver(context: Context, bench: Workbench, session: Session, prefix: str, mp3_gain_db: float) -> dict[str, AudioArtifact]:
    """Write and store the master in three formats and the stems; a second thread encodes while the first writes stems."""
    store, scratch, rate = bench.objects, bench.scratch, session.rate

    def wav(name: str, audio: Audio) -> AudioArtifact:
        path = scratch / "delivered.wav" if name == "master" else scratch / f"delivered-{name}.wav"
        files.write_wav_24(path, audio, rate)
        try:
            return store.put_audio(f"{prefix}/{name if name == 'master' else f'stems/{name}'}.wav", path)
        finally:
            path.unlink(missing_ok=True)

    def encoded() -> dict[str, AudioArtifact]:
        flac, mp3 = scratch / "delivered.flac", scratch / "delivered.mp3"
        files.write_flac_24(flac, session.total, rate)
        encode_mp3(mp3, session.total, rate, _tags(context), mp3_gain_db)
        out = {
            "master.flac": store.put_audio(f"{prefix}/master.flac", flac, "audio/flac"),
            "master.mp3": store.put_audio(f"{prefix}/master.mp3", mp3, "audio/mpeg"),
        }
        for path in (flac, mp3):
            path.unlink(missing_ok=True)
        return out

    with ThreadPoolExecutor(1) as pool:
        compressed = pool.submit(encoded)
        delivered = {"master.wav": wav("master", session.total)}
        for name, audio in session.stems():
            delivered[f"stems/{name}.wav"] = wav(name, audio)
            _go_on(bench, 0.5 + 0.45 * len(delivered) / (len(session.names) + 1), f"delivered {name.replace('_', ' ')}")
        return {**delivered, **compressed.result()}


def _tone_reason(context: Context, tone: ToneAim) -> str:
    name = context.analysis.reference_name if context.analysis else ""
    if tone.match:
        empty = _empty(context.mixing) if context.mixing else []
        but = f"; nobody plays around {', '.join(f'{hz} Hz' for hz in empty)}, which stays so" if empty else ""
        return f"the long-term spectrum of the reference, {name}, is matched per third octave, by at most {tone.match.most_db:g} dB{but}"
    drawn = f", drawn to the reference, {name}, by {tone.share:.0%}" if tone.reference else ""
    return f"the sum is led towards the long-term spectrum of released music of its genre{drawn}"


def _explain_master(context: Context, mastered: Mastered, session: Session, tone: ToneAim) -> Context:
    """Record the mastering in words."""
    target = context.technical.target_lufs
    if not math.isfinite(mastered.loudness_lufs):
        return context.decide(
            Stage.MASTERING, "silence", "delivered as it is", "there is nothing to hear: no gain can bring it to a loudness"
        )
    if session.eq_db:
        low, high = min(session.eq_db.values()), max(session.eq_db.values())
        context = context.decide(
            Stage.MASTERING,
            "tone",
            f"linear-phase equaliser between {low:+.1f} and {high:+.1f} dB",
            _tone_reason(context, tone),
        )
    limited = (
        f"the peaks alone stop at {mastered.loudness_lufs:.2f} LUFS under the ceiling: limited_by_ceiling"
        if mastered.limited_by_ceiling
        else "on target"
    )
    return context.decide(
        Stage.MASTERING,
        "loudness",
        f"{mastered.loudness_lufs:.2f} LUFS, {mastered.true_peak_dbtp:.2f} dBTP",
        f"asked: {target:g} LUFS; {limited}; the limiter took at most {mastered.most_limiting_db:.1f} dB",
        drive_db=round(mastered.drive_db, 2),
        tries=mastered.tries,
    )
