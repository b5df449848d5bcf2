"""Detectors of what a critical ear would object to: each returns where and how much, and is tested on signals with known faults.

click: a step in the waveform of a dry pitched stem, alone within a tenth of a second and not the attack of anything louder. dropout: the
level falls by 40 dB within 10 ms and is back within 0.2 s. dead air: over 1.5 s under −50 LUFS while notes are written. cut end: the file
ends above −60 dBFS where the song should die away. silent end: over 2 s of nothing. boom, mud, harsh, dull, thin, fizzy: the bands of a
region stand over 3 dB off the corridor on average. buried lead: in over 40 % of its time no band of the lead comes within 6 dB of all the
rest. unheard: a part is 30 LU under the record, a texture (vinyl, tape) 40. offset: a channel carries a constant. lopsided: one side is
louder by 3 LU. phasey: the sides cancel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from contracts.music import Role, Score
from services.mixer.profiles import profiles
from services.music.audio.levels import correlation, dc_dbfs
from services.music.audio.loudness import integrated_lufs, momentary_lufs
from services.music.audio.spectrum import third_octave_centres
from tests.evaluation.sound_measures import deviation, lowest_note_hz
from tests.evaluation.sound_song import Finished

Audio = NDArray[np.float32]
Fault = dict[str, Any]

REGIONS = {
    "boom": (60, 130, 1),
    "mud": (190, 420, 1),
    "harsh": (1900, 5200, 1),
    "dull": (6000, 13_000, -1),
    "thin": (60, 130, -1),
    "fizzy": (6000, 13_000, 1),
}
"""Name: lowest and highest centre in Hz, and the sign of the average deviation that is a fault."""
REGION_DB = 3.0
CLICK_RATIO, CLICK_ALONE_S, CLICK_LEAST = 22.0, 0.1, 10 ** (-50 / 20)
DEAD_LUFS, DEAD_S = -50.0, 1.5
DROP_DB, DROP_BACK_S = 40.0, 0.2
END_DBFS = -60.0
LEAD_UNDER_DB, LEAD_HEARD = -6.0, 0.6
UNHEARD_LU, TEXTURE_LU = -30.0, -40.0
_LEADS = (Role.MELODY, Role.VOCAL)
_NOISES = (Role.FX, Role.DRUMS, Role.PERCUSSION)


def faults(song: Finished) -> list[Fault]:
    """Everything found in a finished song."""
    score, rate = song.score, song.rate
    found = [
        _fault("click", f"{name} {at:.2f} s", size)
        for name, path in song.dry.items()
        if _is_tonal(score, name)
        for at, size in clicks(sf.read(path, dtype="float32", always_2d=True)[0].T, rate)[:3]
    ]
    found += [_fault("dropout", f"{at:.2f} s", depth) for at, depth in dropouts(song.master, rate)[:3]]
    found += [_fault("dead air", f"{start:.1f}–{end:.1f} s", end - start) for start, end in dead_air(song.master, rate, score)]
    found += _ending(song)
    found += regions(song)
    found += _lead(song)
    found += _stereo(song)
    found += _unheard(song)
    return found


def _fault(kind: str, where: str, value: float) -> Fault:
    return {"kind": kind, "where": where, "value": round(float(value), 2)}


def _is_tonal(score: Score, name: str) -> bool:
    """Whether a stem is a part with pitches: drums and noises are made of clicks."""
    return name in score.parts and score.parts[name].role not in _NOISES


def clicks(audio: Audio, rate: int) -> list[tuple[float, float]]:
    """Steps in the waveform: (second, size as peak over the RMS around it), the loudest first.

    The second difference is compared with its own RMS in 10 ms on both sides; a step that repeats is the waveform, one that the level
    rises behind by 3 dB is an attack.
    """
    found: list[tuple[float, float]] = []
    for channel in np.atleast_2d(audio):
        bend = np.abs(np.diff(channel.astype(np.float64), n=2))
        around, reach = round(0.01 * rate), round(CLICK_ALONE_S * rate)
        mean = _sliding_mean(bend**2, 2 * around + 1)
        candidates = np.flatnonzero(
            (bend > CLICK_LEAST) & (bend**2 > CLICK_RATIO**2 * np.maximum(mean - bend**2 / (2 * around + 1), 1e-16))
        )
        groups = np.split(candidates, np.flatnonzero(np.diff(candidates) > round(0.001 * rate)) + 1) if candidates.size else []
        places = np.array([int(group[np.argmax(bend[group])]) for group in groups])
        for at in places:
            before, behind = (
                float(np.mean(part**2)) if part.size else 0.0
                for part in (channel[max(0, at - around) : at - 8], channel[at + 8 : at + around])
            )
            is_alone = np.count_nonzero(np.abs(places - at) < reach) <= 2
            if is_alone and behind < 2 * before:
                found.append((float(at) / rate, float(bend[at] / np.sqrt(max(mean[at], 1e-16)))))
    loudest: dict[float, float] = {}
    for at_s, size in found:
        loudest[round(at_s, 3)] = max(size, loudest.get(round(at_s, 3), 0.0))
    return sorted(loudest.items(), key=lambda item: -item[1])


def _sliding_mean(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    sums = np.concatenate([[0.0], np.cumsum(values)])
    edges = np.arange(values.size)
    low, high = np.maximum(edges - width // 2, 0), np.minimum(edges + width // 2 + 1, values.size)
    return np.asarray(np.maximum(sums[high] - sums[low], 0.0) / (high - low))


def _levels(audio: Audio, rate: int, step_s: float) -> NDArray[np.float64]:
    """RMS of both channels per step, dBFS."""
    size = round(step_s * rate)
    count = audio.shape[1] // size
    blocks = audio[:, : count * size].reshape(audio.shape[0], count, size).astype(np.float64)
    return np.asarray(10 * np.log10(np.maximum((blocks**2).mean(axis=(0, 2)), 1e-14)))


def dropouts(audio: Audio, rate: int) -> list[tuple[float, float]]:
    """Holes: (second, depth in dB) where the level falls by 40 dB from one 5 ms step to the next but one and is back within 0.2 s."""
    levels, step = _levels(audio, rate, 0.005), 0.005
    back = round(DROP_BACK_S / step)
    found, last = [], -back
    for at in range(20, levels.size - back):
        fall = levels[at - 10 : at].mean() - levels[at + 1]
        if fall > DROP_DB and at - last >= back and levels[at : at + back].max() > levels[at - 10 : at].mean() - 10:
            found.append((at * step, float(fall)))
            last = at
    return found


def dead_air(audio: Audio, rate: int, score: Score) -> list[tuple[float, float]]:
    """Stretches of over 1.5 s under −50 LUFS (momentary) while some part has a note: (start, end) in seconds."""
    quiet = momentary_lufs(audio, rate) < DEAD_LUFS
    notes = sorted((score.seconds_at(n.start), score.seconds_at(n.start + n.duration)) for part in score.parts.values() for n in part.notes)
    written = np.zeros(quiet.size, dtype=bool)
    for start, end in notes:
        written[int(start * 10) : max(int(start * 10) + 1, int(end * 10))] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (quiet & written).astype(int), [0]])))
    return [(start / 10, end / 10) for start, end in edges.reshape(-1, 2) if (end - start) / 10 > DEAD_S]


def _ending(song: Finished) -> list[Fault]:
    """A file that ends before the sound has died away, or that goes on for long after it."""
    if song.score.ending in ("loop", "cut"):
        return []
    levels = _levels(song.master, song.rate, 0.02)
    found = [_fault("cut end", f"{levels[-1]:.0f} dBFS", levels[-1])] if levels.size and levels[-1] > END_DBFS else []
    silent = levels.size - 1 - int(np.flatnonzero(levels > -70)[-1]) if np.any(levels > -70) else 0
    return [*found, *([_fault("silent end", f"{silent * 0.02:.1f} s", silent * 0.02)] if silent * 0.02 > 2.0 else [])]


def regions(song: Finished) -> list[Fault]:
    """Regions of the spectrum whose bands stand over 3 dB off the corridor on average."""
    away = deviation(song.master, song.rate, profiles()[song.profile].tone, lowest_note_hz(song.score))
    found = []
    for name, (low, high, sign) in REGIONS.items():
        inside = (away.centres_hz >= low) & (away.centres_hz <= high) & np.isfinite(away.deviation_db)
        mean = float(np.mean(away.deviation_db[inside])) if inside.any() else 0.0
        if sign * mean > REGION_DB:
            found.append(_fault(name, f"{mean:+.1f} dB", mean))
    return found


def heard_share(lead: Audio, rest: Audio, rate: int) -> float:
    """Share of the lead's time (frames of 0.17 s) in which one of its strong third octaves stands at most 6 dB under all the rest.

    From 300 Hz to 8 kHz; strong: within 12 dB of the lead's strongest band then.
    """
    size = 1 << round(np.log2(rate * 0.17))
    centres = third_octave_centres(rate)
    inside = (centres >= 300) & (centres <= 8000)
    edges = np.concatenate([centres[inside] * 2 ** (-1 / 6), centres[inside][-1:] * 2 ** (1 / 6)])
    bins = np.round(edges * size / rate).astype(int)
    window = np.hanning(size).astype(np.float32)
    powers = []
    for audio in (lead, rest):
        frames = audio.shape[1] // size
        blocks = audio[:, : frames * size].reshape(audio.shape[0], frames, size) * window
        power = (np.abs(np.fft.rfft(blocks, axis=-1)) ** 2).sum(axis=0)
        powers.append(np.add.reduceat(power, bins, axis=1)[:, :-1])
    own, others = powers
    total = own.sum(axis=1)
    plays = total > total.max(initial=0.0) * 10 ** (-25 / 10)
    if not plays.any():
        return 1.0
    strong = own > own.max(axis=1, keepdims=True) * 10 ** (-12 / 10)
    return float(np.mean(np.any(strong & (own > others * 10 ** (LEAD_UNDER_DB / 10)), axis=1)[plays]))


def _lead(song: Finished) -> list[Fault]:
    found = []
    for name, part in song.score.parts.items():
        if part.role in _LEADS and name in song.stems and len(song.score.parts) > 1:
            rest = np.asarray(sum(stem for other, stem in song.stems.items() if other != name), dtype=np.float32)
            share = heard_share(song.stems[name], rest, song.rate)
            if share < LEAD_HEARD:
                found.append(_fault("buried lead", f"{name}, heard in {share:.0%}", share))
    return found


def _stereo(song: Finished) -> list[Fault]:
    left, right = (integrated_lufs(song.master[side : side + 1], song.rate) for side in (0, 1))
    found = [_fault("lopsided", f"{left - right:+.1f} LU", left - right)] if abs(left - right) > 3 else []
    found += [_fault("phasey", f"{correlation(song.master):.2f}", correlation(song.master))] if correlation(song.master) < 0 else []
    return found + ([_fault("offset", f"{dc_dbfs(song.master):.0f} dBFS", dc_dbfs(song.master))] if dc_dbfs(song.master) > -60 else [])


def _unheard(song: Finished) -> list[Fault]:
    whole, parts = integrated_lufs(song.master, song.rate), song.score.parts
    levels = {name: integrated_lufs(stem, song.rate) - whole for name, stem in song.stems.items() if name in parts}
    least = {name: TEXTURE_LU if parts[name].role is Role.FX else UNHEARD_LU for name in levels}
    return [_fault("unheard", f"{name} {level:.0f} LU", level) for name, level in levels.items() if level < least[name]]
