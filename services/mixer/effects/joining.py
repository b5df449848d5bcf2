"""Operations that put sounds together or take silence out of them."""

import numpy as np

from contracts.errors import BadInput
from services.mixer.delivery.resampling import resampled
from services.mixer.effects.kernels import follow, level
from services.mixer.effects.lengths import ramp, room, samples
from services.mixer.effects.sounds import Audio, Sound, with_channels
from services.music.audio.levels import linear

JOIN_MS = 5.0


def repeat(sound: Sound, at: str, *, times: int, crossfade_ms: float) -> Sound:
    """The same again, joined at equal power."""
    count, over = sound.audio.shape[1], samples(sound, crossfade_ms / 1000)
    if over > count:
        raise BadInput(f"{at}.crossfade_ms", crossfade_ms, "no longer than what is repeated")
    step = count - over
    room(sound, f"{at}.times", times, times * step)
    curve = ramp(over, "equal_power")
    piece = sound.audio.copy()
    piece[:, :over] *= curve
    piece[:, step:] *= curve[::-1]
    out = np.zeros((sound.audio.shape[0], step * times + over), dtype=np.float32)
    for start in range(0, step * times, max(step, 1)):
        out[:, start : start + count] += piece
    # Nothing is before the first one, nor behind the last one.
    out[:, :over], out[:, out.shape[1] - over :] = sound.audio[:, :over], sound.audio[:, step:]
    return sound.having(out)


def silence(sound: Sound, _at: str, *, threshold_db: float, keep_ms: float, where: str, least_ms: float) -> Sound:
    """Takes silence out: at the ends, or everywhere it lasts; what is left is joined by short crossfades."""
    envelope = follow(level(sound.audio), 0.0, 10.0, sound.rate) if sound.audio.size else np.zeros(0)
    loud = np.flatnonzero(envelope > linear(threshold_db))
    if not loud.size:
        return sound.having(sound.audio[:, :0])
    keep, count = samples(sound, keep_ms / 1000), sound.audio.shape[1]
    if where == "ends":
        first, last = loud[0], loud[-1] + 1
        return sound.having(sound.audio[:, max(0, first - keep) : min(count, last + keep)])
    gaps = np.flatnonzero(np.diff(loud) > max(samples(sound, least_ms / 1000), 2 * keep + 1))
    firsts = np.concatenate([loud[:1], loud[gaps + 1]]) - keep
    lasts = np.concatenate([loud[gaps], loud[-1:]]) + 1 + keep
    out = sound.having(sound.audio[:, max(0, firsts[0]) : min(count, lasts[0])])
    for first, last in zip(firsts[1:], lasts[1:], strict=True):
        piece = sound.audio[:, first : min(count, last)]
        out = joined(out, piece, min(JOIN_MS / 1000, keep_ms / 1000), "")
    return out


def joined(sound: Sound, more: Audio, crossfade_s: float, at: str) -> Sound:
    """One after the other, with a crossfade of equal power."""
    over = samples(sound, crossfade_s)
    if over > min(sound.audio.shape[1], more.shape[1]):
        if at:
            raise BadInput(at, crossfade_s, "no longer than what is joined")
        over = min(sound.audio.shape[1], more.shape[1])
    head, tail = sound.audio[:, : sound.audio.shape[1] - over], sound.audio[:, sound.audio.shape[1] - over :]
    curve = ramp(over, "equal_power")
    return sound.having(np.concatenate([head, tail * curve[::-1] + more[:, :over] * curve, more[:, over:]], axis=1))


def _like(sound: Sound, other: Sound) -> Audio:
    """Another sound at this one's rate and channels."""
    return with_channels(resampled(other.audio, other.rate, sound.rate) if other.audio.size else other.audio, sound.audio.shape[0])


def concat(sound: Sound, at: str, *, file: Sound | None, gap: float, crossfade: float, first: bool) -> Sound:
    """Another file behind this one, or before it."""
    if file is None:
        raise BadInput(f"{at}.file", "", "the path of a sound file")
    if gap and crossfade:
        raise BadInput(f"{at}.crossfade", crossfade, "gap or crossfade, not both")
    other = _like(sound, file)
    one, two = (sound.having(other), sound.audio) if first else (sound, other)
    silent = samples(sound, gap)
    room(sound, f"{at}.gap", gap, sound.audio.shape[1] + silent + other.shape[1])
    gapped = one.having(np.pad(one.audio, ((0, 0), (0, silent))))
    return joined(gapped, two, crossfade, f"{at}.crossfade")


def mix(sound: Sound, at: str, *, file: Sound | None, db: float, start: float, extend: bool) -> Sound:
    """Another file added to this one."""
    if file is None:
        raise BadInput(f"{at}.file", "", "the path of a sound file")
    other = _like(sound, file) * np.float32(linear(db))
    first, count = samples(sound, start), sound.audio.shape[1]
    longest = max(count, first + other.shape[1]) if extend else count
    room(sound, f"{at}.start", start, longest)
    out = np.pad(sound.audio, ((0, 0), (0, longest - count)))
    part = other[:, : max(0, longest - first)]
    out[:, first : first + part.shape[1]] += part
    return sound.having(out)
