"""A rough desk: gains and places by role, one small room, a slow hand on the fader, a soft limiter.

Everything looks back only, so the first seconds of a longer draft are the samples of a shorter one: chunks join without a seam.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve, sosfilt

from contracts.music import Part, Role
from services.generator.production.curves import SAMPLE_RATE_HZ, Floats
from services.music.rng import rng

TARGET_LUFS = -16.0
CEILING, KNEE = 10 ** (-1.0 / 20), 10 ** (-5.0 / 20)
HOP_S, JUDGED_S = 0.1, 3.0
"""Loudness is judged from the start on, at least over the first three seconds, every tenth of a second."""
QUIET_LUFS = -60.0
"""Hops under this are silence and not judged."""
MOST_GAIN_DB = 30.0
ROOM_S, ROOM_DB, ROOM_DELAY_S = 0.8, -3.0, 0.018
APART = 0.3
"""How far from the middle players stand who have no place of their own, in turn right and left."""

# BS.1770-4's two filters at 48 kHz (tables 1 and 2), as second-order sections.
K_WEIGHTING = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)
OFFSET_LUFS = -0.691


@dataclass(frozen=True)
class Seat:
    """Where a role sits: level over the calibrated loudness of its sound in dB, send to the room in dB, and whether it stands aside."""

    gain_db: float
    room_db: float = -100.0
    aside: bool = False


SEATS: dict[Role, Seat] = {
    Role.DRUMS: Seat(1.0, -16.0),
    Role.BASS: Seat(0.0),
    Role.VOCAL: Seat(1.0, -6.0),
    Role.MELODY: Seat(1.0, -6.0),
    Role.COUNTER: Seat(-4.0, -5.0, aside=True),
    Role.HARMONY: Seat(-4.0, -6.0, aside=True),
    Role.PAD: Seat(-7.0, -4.0),
    Role.PERCUSSION: Seat(-6.0, -8.0, aside=True),
    Role.FX: Seat(-10.0, -6.0),
}


def mixed(stems: Mapping[str, Floats], parts: Mapping[str, Part]) -> Floats:
    """The draft of dry stems [2, frames] of one length: balanced, in a room, about -16 LUFS, under -1 dBFS.

    `parts`: the whole band in its order, also those who do not play yet.
    """
    places = _places(parts)
    dry, sent = (np.zeros((2, _frames(stems)), dtype=np.float32) for _ in range(2))
    for name, stem in stems.items():
        seat, (left, right) = SEATS[parts[name].role], _pan(places[name])
        placed = stem * (np.float32(10 ** (seat.gain_db / 20)) * np.array([[left], [right]], dtype=np.float32))
        dry += placed
        if seat.room_db > QUIET_LUFS:
            sent += placed * np.float32(10 ** (seat.room_db / 20))
    return limited(levelled(dry + _room(sent)))


def levelled(audio: Floats) -> Floats:
    """Audio [2, frames] turned towards -16 LUFS by what has been heard of it so far, and lately where that was louder."""
    hop = round(HOP_S * SAMPLE_RATE_HZ)
    hops = -(-audio.shape[1] // hop)
    if not hops:
        return audio
    power = np.zeros(hops)
    for channel in sosfilt(K_WEIGHTING, audio.astype(np.float64), axis=1):
        padded = np.pad(channel, (0, hops * hop - channel.size))
        power += np.mean(padded.reshape(hops, hop) ** 2, axis=1)
    heard = power > 10 ** ((QUIET_LUFS - OFFSET_LUFS) / 10)
    judged = min(round(JUDGED_S / HOP_S), hops)
    total = np.concatenate([[0.0], np.cumsum(np.where(heard, power, 0.0))])
    so_far = total[1:] / np.maximum(np.cumsum(heard), 1)
    lately = (total[judged:] - total[:-judged]) / judged
    mean = np.maximum(so_far, np.concatenate([np.zeros(judged - 1), lately]))
    mean[:judged] = mean[judged - 1]  # the beginning is as loud as its first seconds say
    gain_db = np.where(mean > 0, TARGET_LUFS - OFFSET_LUFS - 10 * np.log10(np.maximum(mean, 1e-12)), 0.0)
    gain = 10 ** (np.clip(gain_db, -MOST_GAIN_DB, MOST_GAIN_DB) / 20)
    # Between hops from the last one's gain to this one's: nothing from later is known.
    at = np.arange(audio.shape[1]) / hop
    before = np.concatenate([gain[:1], gain[:1], gain[: hops - 1]])
    curve = np.interp(at, np.arange(before.size), before)
    return np.asarray(audio * curve.astype(np.float32), dtype=np.float32)


def limited(audio: Floats) -> Floats:
    """Audio whose peaks bend under the ceiling, sample by sample."""
    size = np.abs(audio)
    if float(size.max(initial=0.0)) <= KNEE:
        return audio
    room = np.float32(CEILING - KNEE)
    bent = KNEE + room * np.tanh((size - np.float32(KNEE)) / room)
    return np.asarray(np.where(size > KNEE, np.sign(audio) * bent, audio), dtype=np.float32)


def _frames(stems: Mapping[str, Floats]) -> int:
    return next((stem.shape[1] for stem in stems.values()), 0)


def _places(parts: Mapping[str, Part]) -> dict[str, float]:
    """Pan of each part: as written, or in turn to the right and to the left of the middle."""
    side, found = APART, {}
    for name, part in parts.items():
        found[name] = part.pan
        if not part.pan and SEATS[part.role].aside:
            found[name], side = side, -side
    return found


def _pan(pan: float) -> tuple[float, float]:
    """Constant-power gains, 1 in the middle."""
    angle = (pan + 1) * np.pi / 4
    return float(np.sqrt(2) * np.cos(angle)), float(np.sqrt(2) * np.sin(angle))


def _room(sent: Floats) -> Floats:
    if not sent.any():
        return sent
    wet = oaconvolve(sent, _response(), axes=1)[:, : sent.shape[1]]
    return np.asarray(wet, dtype=np.float32)


@cache
def _response() -> NDArray[np.float32]:
    """A small room [2, samples]: noise that dies away, duller as it goes, after a short way."""
    count, delay = round(ROOM_S * SAMPLE_RATE_HZ), round(ROOM_DELAY_S * SAMPLE_RATE_HZ)
    noise = rng(0, "early", "room").standard_normal((2, count))
    dull = np.cumsum(noise, axis=1) * 0.02
    age = np.arange(count) / count
    decayed = (noise * (1 - age) + (dull - dull.mean(axis=1, keepdims=True)) * age) * np.exp(-6.9 * age)
    decayed /= np.sqrt((decayed**2).sum(axis=1, keepdims=True))
    decayed *= 10 ** (ROOM_DB / 20)
    return np.pad(decayed, ((0, 0), (delay, 0))).astype(np.float32)
