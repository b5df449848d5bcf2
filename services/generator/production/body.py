"""What surrounds the strings and skins of a sampled instrument: its room, its ringing strings, its amplifier.

Done to the whole dry stem, so it serves every sampler. All of it is short and belongs to the instrument; spaces that a band
shares are the mixer's.
"""

from functools import lru_cache

import numpy as np
from scipy.signal import butter, oaconvolve, sosfilt, sosfiltfilt

from contracts.music import Part
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.music.packs.sound_table import Body
from services.music.rng import rng

NOMINAL = 10 ** (-18 / 20)
"""Level above which an amplifier saturates."""
ROOM_LOW_HZ, ROOM_HIGH_HZ, SIDE_LOW_HZ = 110.0, 9500.0, 260.0
FIRST_MS, LAST_MS = 4.0, 32.0
"""When the first and the last single reflections of a room arrive."""
REFLECTIONS = 14
PEDAL_DOWN = 64.0
LIFT_S = 0.09
"""How fast dampers silence the strings."""
RING_S, RING_LOW, RING_HIGH = 2.2, 21, 96
"""Decay by 60 dB of the middle strings, and the MIDI notes of the strings that ring."""


def embodied(audio: Floats, body: Body, part: Part, clock: Clock) -> Floats:
    """A stem as its instrument sounds in front of the microphones. Takes and returns [2, frames]; the length stays."""
    if body.drive_db > 0.0:
        audio = _driven(audio, body.drive_db)
    if body.excite_db is not None:
        audio = audio + _excited(audio, body.excite_hz, body.excite_db)
    if body.resonance_db is not None and part.controls.get("cc64"):
        audio = audio + _ringing(audio, body.resonance_db, part, clock)
    if body.room_db is not None:
        audio = audio + _room(audio, body.room_db, body.room_s)
    return np.ascontiguousarray(audio, dtype=np.float32)


def _loudest(audio: Floats) -> float:
    """Level of the loud parts: the 90th percentile of RMS in 50 ms, of the frames that are within 50 dB of the loudest."""
    size = SAMPLE_RATE_HZ // 20
    count = audio.shape[1] // size
    if count == 0:
        return 0.0
    power = np.square(audio[:, : count * size]).reshape(2, count, size).mean(axis=(0, 2))
    return float(np.sqrt(np.percentile(power[power >= 1e-5 * power.max()], 90)))


def _driven(audio: Floats, drive_db: float) -> Floats:
    """Soft saturation of even and odd order at a level that follows the stem's own, so that its gain does not matter."""
    level = _loudest(audio)
    if level <= 0.0:
        return audio
    gain = np.float32(10 ** (drive_db / 20) * NOMINAL / level)
    bias = np.float32(0.12)
    shaped = (np.tanh(audio * gain + bias) - np.tanh(bias)) / (gain * (1.0 - np.tanh(bias) ** 2))
    return np.asarray(sosfilt(butter(1, 12.0, "highpass", fs=SAMPLE_RATE_HZ, output="sos"), shaped, axis=1), dtype=np.float32)


def _excited(audio: Floats, from_hz: float, level_db: float) -> Floats:
    """Overtones of what lies below `from_hz`, made by rectifying, at a level against the stem's own."""
    band = sosfilt(butter(2, [from_hz / 6, from_hz], "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), audio, axis=1)
    envelope = _loudest(band)
    if envelope <= 0.0:
        return np.zeros_like(audio)
    driven = np.tanh(band / (2.0 * envelope)) + 0.4 * np.square(np.tanh(band / (2.0 * envelope)))
    made = sosfilt(butter(4, [from_hz, min(5.0 * from_hz, 9000.0)], "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), driven, axis=1)
    made *= np.minimum(np.abs(sosfilt(butter(1, 30.0, fs=SAMPLE_RATE_HZ, output="sos"), np.abs(band), axis=1)) / envelope, 2.0)
    loud = _loudest(made)
    return np.asarray(made * (10 ** (level_db / 20) * _loudest(audio) / loud), dtype=np.float32) if loud > 0 else np.zeros_like(audio)


def _ringing(audio: Floats, level_db: float, part: Part, clock: Clock) -> Floats:
    """Strings that nobody struck, ringing along while the pedal is down: the stem through a bank of tuned strings."""
    down = _pedal(part, clock)
    heard = audio.mean(axis=0) * down
    rung = np.stack([oaconvolve(heard, strings)[: audio.shape[1]] for strings in _strings()])
    lift = np.exp(-1.0 / (LIFT_S / 6.9 * SAMPLE_RATE_HZ))
    rung *= _falling(down, float(lift))
    return np.asarray(rung * 10 ** (level_db / 20), dtype=np.float32)


def _pedal(part: Part, clock: Clock) -> Floats:
    """1 while the pedal is down, 0 while it is up, at every sample."""
    down = np.zeros(clock.frames, dtype=np.float32)
    for tick, value in part.controls["cc64"]:
        down[clock.sample(tick) :] = 1.0 if value >= PEDAL_DOWN else 0.0
    return down


def _falling(down: Floats, fall: float) -> Floats:
    """The dampers: open at once, closing within LIFT_S."""
    gain = down.copy()
    for edge in np.flatnonzero(np.diff(down) < 0):
        later = np.flatnonzero(down[edge + 1 :] > 0)
        stop = edge + 1 + (int(later[0]) if later.size else down.size - edge - 1)
        gain[edge + 1 : stop] = fall ** np.arange(1, stop - edge, dtype=np.float64)
    return gain


@lru_cache(maxsize=1)
def _strings() -> tuple[Floats, Floats]:
    """Impulse responses, left and right, of all strings of a piano with open dampers: two partials of each, decaying.

    The string that answers most answers a steady tone with its own level.
    """
    draw = rng(0, "production", "strings")
    time = np.arange(round(RING_S * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sides = []
    for _ in range(2):
        sound = np.zeros(time.size)
        for pitch in range(RING_LOW, RING_HIGH + 1):
            base = 440.0 * 2.0 ** ((pitch - 69 + 0.01 * draw.uniform(-1.5, 1.5)) / 12)
            decay = 6.9 / (RING_S * float(np.clip(1.6 - (pitch - 36) / 60, 0.35, 1.6)))
            for partial in (1, 2):
                wave = np.sin(2 * np.pi * base * partial * time + draw.uniform(0, 2 * np.pi))
                sound += wave * np.exp(-decay * partial**0.5 * time) / partial
        fade = np.minimum(time / 0.03, 1.0) * np.minimum((RING_S - time) / 0.3, 1.0)
        sound *= fade
        sides.append((sound / np.abs(np.fft.rfft(sound)).max()).astype(np.float32))
    return sides[0], sides[1]


def _room(audio: Floats, level_db: float, decay_s: float) -> Floats:
    """Early ambience of the room that the instrument stands in: the same in the middle for both ears, a little different at the sides.

    Folded to mono nothing is lost but the sides; below SIDE_LOW_HZ there are none.
    """
    middle, side = _room_responses(decay_s)
    source = sosfilt(butter(2, [ROOM_LOW_HZ, ROOM_HIGH_HZ], "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), audio.mean(axis=0))
    heard = oaconvolve(source, middle)[: audio.shape[1]]
    beside = oaconvolve(source, side)[: audio.shape[1]]
    room = np.stack([heard + beside, heard - beside])
    return np.asarray(room * 10 ** (level_db / 20), dtype=np.float32)


@lru_cache(maxsize=8)
def _room_responses(decay_s: float) -> tuple[Floats, Floats]:
    """Middle and side of a small room: single reflections, then noise that decays by 60 dB in `decay_s`."""
    draw = rng(0, "production", "room")
    size = round(1.2 * decay_s * SAMPLE_RATE_HZ)
    time = np.arange(size) / SAMPLE_RATE_HZ
    tail = np.exp(-6.9 * time / decay_s) * np.minimum(time / (LAST_MS / 2000), 1.0)
    sides = [draw.standard_normal(size) * tail * 0.12, draw.standard_normal(size) * tail * 0.09]
    for _ in range(REFLECTIONS):
        at = float(draw.uniform(FIRST_MS, LAST_MS)) / 1000
        strength = float(draw.choice([-1.0, 1.0])) * (1.0 - 0.6 * at / (LAST_MS / 1000)) * float(draw.uniform(0.5, 1.0))
        for response, share in zip(sides, (1.0, 0.6 * float(draw.choice([-1.0, 1.0]))), strict=True):
            response[round(at * SAMPLE_RATE_HZ)] += strength * share
    low_pass = butter(1, 6500.0, fs=SAMPLE_RATE_HZ, output="sos")
    sides = [sosfilt(low_pass, response) for response in sides]
    sides[1] = sosfiltfilt(butter(2, SIDE_LOW_HZ, "highpass", fs=SAMPLE_RATE_HZ, output="sos"), sides[1])
    gain = 1.0 / np.sqrt(np.square(sides[0]).sum() + np.square(sides[1]).sum())  # white noise comes out at its own level
    return (gain * sides[0]).astype(np.float32), (gain * sides[1]).astype(np.float32)
