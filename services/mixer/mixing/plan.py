"""What the mix decides before it touches a sample: levels, places and cuts from the score, the profile and measurements."""

import math

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Part, Role, Score
from contracts.sound import Bell
from services.mixer.mixing.automation import kept_contrast, section_gains_db, section_lufs
from services.mixer.mixing.balance import end_shelves
from services.mixer.mixing.carried import Carried
from services.mixer.mixing.changes import Changes
from services.mixer.mixing.channel import Channel, MixPlan, Return
from services.mixer.mixing.edits import Edits, edited_channel, edited_return
from services.mixer.mixing.measuring import Measured, pre_gain_db
from services.mixer.mixing.tuning import Tuning, tuned
from services.mixer.profiles import Profile, Strip

LEAD_LUFS = -20.0
LEADS = (Role.MELODY, Role.VOCAL)
GATED_ROOM_DB = 5.0
BESIDE_SHARE = 0.85
BEATS = (Role.DRUMS, Role.PERCUSSION)


def plan_mix(
    score: Score,
    measured: dict[str, Measured],
    profile: Profile,
    changes: Changes,
    edits: Edits = Edits(),  # noqa: B008 - frozen
    asked: Changes = Changes(),  # noqa: B008 - frozen
    before: Carried | None = None,
) -> MixPlan:
    """Decide a mix.

    Args:
        score: what is played.
        measured: part ids to their dry stems' measures.
        profile: the genre's sound.
        changes: all changes in force.
        edits: what the user states for single channels; these never move what is decided for other channels.
        asked: those of the changes that QA asked for; they come on top of what the user states.
        before: the mix of the version that is revised; what it decided stays for whoever plays as before.
    """
    parts = {name: score.parts[name] for name in measured}
    targets = {name: _target_lufs(parts, name, profile, changes) for name in parts}
    at_level = {name: m.powers * 10 ** ((targets[name] - m.wet_lufs) / 10) for name, m in measured.items() if not m.is_silent}
    tuning = tuned(parts, at_level, measured[next(iter(at_level))].centres_hz, profile) if at_level else {}
    targets = {name: round(target + tuning.get(name, Tuning()).level_db, 3) for name, target in targets.items()}
    pans = _pans(parts, profile, targets)
    cuts = {name: _bands(tuning.get(name, Tuning()), part, changes) for name, part in parts.items()}
    decided = {
        name: _channel(part, measured[name], profile, changes, target=targets[name], pan=pans[name], cuts=cuts[name])
        for name, part in parts.items()
    }
    if before:
        decided = {name: before.channel(name, parts[name], channel) for name, channel in decided.items()}
    channels = {
        name: edited_channel(channel, edits.channel(name), asked, shelves(parts[name].role, asked)) for name, channel in decided.items()
    }
    levels = section_lufs(score, _predicted_energies(measured, targets))
    gains = section_gains_db(score, levels, profile.lift, kept=kept_contrast(profile.glue.ratio), extra_db=changes.lift_db)
    gains = before.sections(gains) if before else gains
    duck_scale = profile.duck.scale * changes.duck_scale
    return MixPlan(
        profile=profile.id,
        channels=channels,
        decided=decided,
        returns={name: edited_return(decided, edits.channel(name), asked) for name, decided in _returns(profile, duck_scale).items()},
        section_db={name: round(gain + edits.section_db.get(name, 0.0), 3) for name, gain in gains.items()},
        section_edit_db={name: edits.section_db.get(name, 0.0) for name in gains},
        section_lufs={name: round(level, 2) if math.isfinite(level) else None for name, level in levels.items()},
        mono_below_hz=profile.mono_below_hz if changes.mono_below_hz is None else changes.mono_below_hz,
        duck_scale=duck_scale,
        dc_block_hz=changes.dc_block_hz,
        gate_ms=changes.gate_ms,
        remix=changes.remix,
    )


def _returns(profile: Profile, duck_scale: float) -> dict[str, Return]:
    """What comes back from the shared effects, as the profile has it."""
    ducks = {"return_room": profile.room.duck_db, "return_hall": profile.hall.duck_db, "return_delay": profile.delay.duck_db}
    bus = profile.drum_bus
    tone = bus.model_dump(include={"highpass_hz", "lowpass_hz", "eq", "compression", "saturation_db"})
    drums = Return.model_validate(tone | {"level_db": bus.level_db})
    return {name: Return(duck_db=round(duck_db * duck_scale, 3)) for name, duck_db in ducks.items()} | {"return_drums": drums}


def _target_lufs(parts: dict[str, Part], name: str, profile: Profile, changes: Changes) -> float:
    """Level of a part: its strip's, lower where several share a role, so that two guitars are not twice the guitars."""
    part = parts[name]
    strip = profile.strip(part.role, part.instrument, part.patch)
    same = sum(other.role is part.role for other in parts.values())
    crowd_db = -5 * math.log10(same) if part.role not in (*LEADS, Role.FX) else 0.0
    change = changes.melody_db if part.role in LEADS else 0.0
    change += changes.bass_db if part.role is Role.BASS else 0.0
    change += changes.drums_db if part.role in BEATS else 0.0
    return round(LEAD_LUFS + strip.level_lu + crowd_db + change - _beside_db(strip, profile), 3)


def _beside_db(strip: Strip, profile: Profile) -> float:
    """What the parallel compressor adds to a strip, dB: the strip stands that much lower. It follows the same hits, so amplitudes add."""
    level_db = strip.parallel_db + profile.drum_bus.level_db
    return 20 * math.log10(1 + BESIDE_SHARE * 10 ** (level_db / 20))


def _pans(parts: dict[str, Part], profile: Profile, targets: dict[str, float]) -> dict[str, float]:
    """Pan per part: the score's where it states one, else the strip's distance on the side that is lighter so far."""
    pans, weight = {}, 0.0
    for name, part in parts.items():
        pan = part.pan
        distance = profile.strip(part.role, part.instrument, part.patch).pan
        if pan == 0 and distance > 0:
            pan = -distance if weight >= 0 else distance
        pans[name] = pan
        weight += pan * 10 ** ((targets[name] - LEAD_LUFS) / 20)
    return pans


def _bands(tuning: Tuning, part: Part, changes: Changes) -> tuple[Bell, ...]:
    """Equaliser bands beside the strip's own: what masking, the balance of the sum, and changes ask for."""
    return (*tuning.masked, *tuning.balanced, *shelves(part.role, changes))


def shelves(role: Role, changes: Changes) -> tuple[Bell, ...]:
    """The equaliser bands that changes ask for in a part of this role."""
    return end_shelves(changes.low_end_db if role in (Role.BASS, Role.DRUMS) else 0.0, changes.high_end_db)


def _channel(
    part: Part, measured: Measured, profile: Profile, changes: Changes, *, target: float, pan: float, cuts: tuple[Bell, ...]
) -> Channel:
    strip = profile.strip(part.role, part.instrument, part.patch)
    # A source that is wide by itself needs no made side.
    spread = strip.spread * max(0.0, 1.0 - measured.side / 0.35)
    return Channel(
        highpass_hz=strip.highpass_hz,
        lowpass_hz=strip.lowpass_hz,
        eq=(*strip.eq, *cuts),
        compression=strip.compression,
        saturation_db=strip.saturation_db,
        pre_gain_db=0.0 if measured.is_silent else pre_gain_db(measured.lufs),
        target_lufs=target,
        cuts=cuts,
        pan=round(pan, 3),
        width=round(min(strip.width * changes.width, 2.0), 3),
        spread=round(min(spread * changes.width, 1.0), 3),
        duck_db=round(strip.duck_db * profile.duck.scale * changes.duck_scale, 3),
        room_db=strip.room_db + changes.reverb_db + (GATED_ROOM_DB if changes.gate_ms and part.role is Role.DRUMS else 0.0),
        hall_db=strip.hall_db + changes.reverb_db,
        delay_db=strip.delay_db,
        parallel_db=strip.parallel_db,
        silent=measured.is_silent,
    )


def _predicted_energies(measured: dict[str, Measured], targets: dict[str, float]) -> NDArray[np.float64]:
    """K-weighted energies of the sum as far as they can be known before mixing: stems that do not correlate add."""
    total = np.zeros(max((m.energies.size for m in measured.values()), default=0))
    for name, m in measured.items():
        if not m.is_silent:
            total[: m.energies.size] += m.energies * 10 ** ((targets[name] - m.lufs) / 10)
    return total
