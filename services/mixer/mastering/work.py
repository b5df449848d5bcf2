"""The mastering stage: mixed stems to the master and its stems, on target under the ceiling, delivered as files."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from contracts.artifacts import AudioArtifact
from contracts.context import Context, Decision, MasteringSection, MixingSection
from contracts.errors import Unavailable
from contracts.music.score import Score
from contracts.pipeline import Stage
from services.mixer.delivery.finished import Finished, keep_record, kept_record
from services.mixer.delivery.work import brought_cover, deliver, tags, with_further, with_project
from services.mixer.mastering.by_section import SectionAim
from services.mixer.mastering.chain import Aim, Mastered
from services.mixer.mastering.matching import Match, cut_most_db
from services.mixer.mastering.session import Session, Stereo, ToneAim
from services.mixer.mastering.width import WIDEN_MOST_DB
from services.mixer.mixing.changes import Changes, read_changes
from services.mixer.profiles import Profile, profile
from services.mixer.stored import Stems, digest, go_on
from services.music.audio.spectrum import EMPTY_DB, REACH, TONE_HZ, empty_bands_hz, is_full_record
from services.music.references.pairing import key_sections, places
from services.runtime.workbench import Workbench

# Raise when the same mixed stems would give another master.
VERSION = 8
SILENCE_LUFS = -120.0
REFERENCE_SHARE = 0.5


def master(context: Context, bench: Workbench) -> Context:
    """Master the mixed stems to the target under the ceiling and deliver the files; fills `mastering` and `artifacts`.

    What was mastered before from the same stems to the same aim is taken from the store; so is every further file.
    """
    if context.mixing is None:
        raise Unavailable("the mixed stems", "run mixing first")
    mixed, changes = Stems(context.mixing.stems, bench), read_changes(context)
    style = profile(str(context.mixing.settings.get("profile", "")))
    technical = context.technical
    aim = Aim(technical.target_lufs + changes.target_offset_lu, technical.true_peak_ceiling_dbtp + changes.ceiling_offset_db)
    tone, cover = _by_section(context, bench, _tone_aim(context, changes), mixed), brought_cover(context, bench)
    session = Session(list(mixed.stems), mixed.load, mixed.rate, mixed.frames, style, bench.scratch)
    made_of = digest(
        version=VERSION,
        mixed={n: a.sha256 for n, a in mixed.stems.items()},
        profile=style,
        aim=vars(aim),
        tone={name: value for name, value in vars(tone).items() if name != "sections" or value},
        changes=vars(changes),
        tags=tags(context),
        cover=cover.digest if cover else context.arrangement and context.arrangement.score.sha256,
    )
    prefix = f"audio/master/{made_of}"
    run = partial(session.run, aim, tone, _heard(context.mixing))
    try:
        finished = kept_record(bench, prefix)
        if finished is None:
            go_on(bench, 0.0, "summing the stems")
            mastered = run()
            go_on(bench, 0.5, "delivering")
            delivered = deliver(context, bench, session, prefix, changes.mp3_gain_db, cover)
            finished = Finished(
                _section(context.mixing, delivered, session, mastered, style, aim), delivered, _decisions(context, mastered, session, tone)
            )
            keep_record(bench, prefix, finished)
        return with_further(with_project(finished.added_to(context), bench, prefix), bench, session, run, prefix, cover)
    finally:
        session.close()


def _section(
    mixing: MixingSection, delivered: dict[str, AudioArtifact], session: Session, mastered: Mastered, style: Profile, aim: Aim
) -> MasteringSection:
    return MasteringSection(
        master=delivered["master.wav"],
        stems={name: delivered[f"stems/{name}.wav"] for name in session.names},
        settings={**_settings(session, mastered, style, aim), "empty_bands_hz": _empty(mixing)},
        loudness_lufs=max(round(mastered.loudness_lufs, 3), SILENCE_LUFS),
        true_peak_dbtp=max(round(mastered.true_peak_dbtp, 3), SILENCE_LUFS),
        limited_by_ceiling=mastered.limited_by_ceiling,
    )


def _tone_aim(context: Context, changes: Changes) -> ToneAim:
    """How far tone and width follow the user's reference: a full record is matched, another one draws the corridor half of the way."""
    features = context.analysis.features if context.analysis else None
    aim = ToneAim(changes.tone_strength, low_end_db=changes.low_end_db, high_end_db=changes.high_end_db)
    if features is None or len(features.spectrum_hz) < 8:
        return aim
    centres, levels = np.array(features.spectrum_hz), np.array(features.spectrum_db)
    reach_hz = REACH * features.sample_rate_hz
    heard = (centres >= TONE_HZ[0]) & (centres <= min(TONE_HZ[1], reach_hz))
    if heard.sum() >= 8 and is_full_record(centres[heard], levels[heard]):
        share = 1.0 if changes.match_reference is None else changes.match_reference
        known = (centres <= reach_hz) & (levels > EMPTY_DB)
        sides = (centres[known], np.array(features.side_db)[known]) if len(features.side_db) == centres.size else None
        match = Match(centres, levels, reach_hz, changes.match_most_db, share)
        return replace(aim, match=match, sides=sides, width_share=share)
    share = REFERENCE_SHARE if changes.match_reference is None else changes.match_reference
    return replace(aim, reference=(centres, levels), share=share)


def _by_section(context: Context, bench: Workbench, tone: ToneAim, mixed: Stems) -> ToneAim:
    """The aim with the key sections of a matched reference; a loop, whose end is its beginning, keeps one tone."""
    features = context.analysis.features if context.analysis else None
    if tone.match is None or features is None or context.arrangement is None:
        return tone
    score = Score.model_validate_json(bench.objects.read(context.arrangement.score.key))
    if score.ending == "loop":
        return tone
    at = {place.id: (round(place.start_s * mixed.rate), min(round(place.end_s * mixed.rate), mixed.frames)) for place in places(score)}
    loud = features.loudness_lufs.value if features.loudness_lufs else None
    found = []
    for key in key_sections(features, score):
        spans = tuple(at[name] for name in key.ours if at[name][1] > at[name][0])
        above = key.loudness_lufs - loud if loud is not None and key.loudness_lufs is not None else None
        found.append(SectionAim(key.name, np.array(key.spectrum_db), spans, above))
    return replace(tone, sections=tuple(aim for aim in found if aim.spans))


def _heard(mixing: MixingSection) -> Stereo | None:
    """The spectra of the sum as the mix measured them; None where somebody took them out of the document."""
    centres, levels, sides = (
        np.array(mixing.settings.get(name, ()), dtype=np.float64) for name in ("spectrum_hz", "spectrum_db", "side_db")
    )
    return (centres, levels, sides) if centres.size and centres.size == levels.size == sides.size else None


def _empty(mixing: MixingSection) -> list[int]:
    """Bands in which nobody plays: no equaliser can give them a reference's tone."""
    heard = _heard(mixing)
    return list(empty_bands_hz(*heard[:2])) if heard else []


def _settings(session: Session, mastered: Mastered, style: Profile, aim: Aim) -> dict[str, Any]:
    return {
        "profile": style.id,
        "target_lufs": aim.target_lufs,
        "ceiling_dbtp": aim.ceiling_dbtp,
        "equaliser_db": {f"{hz} Hz": db for hz, db in session.eq_db.items()},
        **(
            {"sections_db": {part: {f"{hz} Hz": db for hz, db in row.items()} for part, row in session.sections_db.items()}}
            if session.sections_db
            else {}
        ),
        "width_db": {f"{hz} Hz": db for hz, db in session.width_db.items()},
        "glue": style.glue.model_dump(),
        "glue_most_db": round(mastered.most_glue_db, 2),
        "contrast_most_db": round(mastered.most_contrast_db, 2),
        "crest_taken_db": round(mastered.crest_taken_db, 2),
        "peaks": (mastered.peaks or style.peaks).model_dump(),
        "drive_db": round(mastered.drive_db, 3),
        "limiting_most_db": round(mastered.most_limiting_db, 2),
        "tries": mastered.tries,
    }


def _tone_reason(context: Context, tone: ToneAim) -> str:
    name = context.analysis.reference_name if context.analysis else ""
    if tone.match:
        empty = _empty(context.mixing) if context.mixing else []
        but = f"; nobody plays around {', '.join(f'{hz} Hz' for hz in empty)}, which stays so" if empty else ""
        limits = f"raised by at most {tone.match.most_db:g} dB, lowered by at most {cut_most_db(tone.match.most_db):g}"
        return f"the long-term spectrum of the reference, {name}, is matched per third octave, {limits}{but}"
    drawn = f", drawn to the reference, {name}, by {tone.share:.0%}" if tone.reference else ""
    return f"the sum is led towards the long-term spectrum of released music of its genre{drawn}"


def _decisions(context: Context, mastered: Mastered, session: Session, tone: ToneAim) -> tuple[Decision, ...]:
    """The mastering in words."""
    return _explain_master(context, mastered, session, tone).ai_decisions[len(context.ai_decisions) :]


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
            f"minimum-phase equaliser between {low:+.1f} and {high:+.1f} dB",
            _tone_reason(context, tone),
        )
    for part, row in session.sections_db.items():
        most = max(row, key=lambda hz: abs(row[hz] - session.eq_db.get(hz, 0.0)))
        context = context.decide(
            Stage.MASTERING,
            "tone by section",
            f"{part}: {row[most] - session.eq_db.get(most, 0.0):+.1f} dB at {most:g} Hz against the whole record",
            "our sections that answer to this one of the reference are led to its tone; filters change where sections meet",
        )
    if session.width_db:
        low, high = min(session.width_db.values()), max(session.width_db.values())
        why = "the bass stays in the middle and nothing is lost in mono"
        if tone.sides:
            why = f"the width of the reference is followed per band, by at most {WIDEN_MOST_DB:g} dB wider; {why}"
        context = context.decide(Stage.MASTERING, "width", f"the difference of left and right between {low:+.1f} and {high:+.1f} dB", why)
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
