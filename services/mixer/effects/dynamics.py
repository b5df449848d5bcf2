"""Compressors, gates and what else turns by level. Both channels always move together, so that the image stands."""

import numpy as np
from scipy.signal import butter, sosfilt

from services.mixer.effects.effect import Audio, Curve, Effect, Song, mixed
from services.mixer.effects.filters import Sections, biquad, held_hz
from services.mixer.effects.kernels import follow, gate_curve, level, squeezed, to_db, to_linear
from services.mixer.effects.parameters import file, number
from services.music.audio.levels import linear

FULL_DIFFERENCE_DB = 12.0  # between the followers, at which the shaper gives all that was asked
QUIET_DB = -60.0


def compressor(
    audio: Audio,
    rate: int,
    *,
    threshold_db: float,
    ratio: float,
    attack_ms: float,
    release_ms: float,
    knee_db: float,
    makeup_db: float,
    mix: float,
    key_hp_hz: float,
) -> Audio:
    """Feed-forward compressor in decibels, with a soft knee and a high-passed key."""
    key = audio if key_hp_hz <= 0 else _high(audio, key_hp_hz, rate)
    curve = squeezed(key, rate, threshold_db=threshold_db, ratio=ratio, attack_ms=attack_ms, release_ms=release_ms, knee_db=knee_db)
    return mixed(audio, audio * curve * linear(makeup_db), mix)


def _high(audio: Audio, hz: float, rate: int) -> Audio:
    return np.asarray(sosfilt(butter(2, held_hz(hz, rate), "high", fs=rate, output="sos"), audio, axis=-1), dtype=np.float32)


def multiband(
    audio: Audio,
    rate: int,
    *,
    low_hz: float,
    high_hz: float,
    low_db: float,
    mid_db: float,
    high_db: float,
    ratio: float,
    attack_ms: float,
    release_ms: float,
) -> Audio:
    """Three Linkwitz-Riley bands, compressed each for itself; at rest only the phase of the crossovers is left."""
    out = np.zeros(audio.shape)
    for band, threshold in zip(_bands(audio, low_hz, max(high_hz, low_hz * 1.5), rate), (low_db, mid_db, high_db), strict=True):
        out += band * squeezed(band, rate, threshold_db=threshold, ratio=ratio, attack_ms=attack_ms, release_ms=release_ms, knee_db=6.0)
    return np.asarray(out, dtype=np.float32)


def _bands(audio: Audio, low_hz: float, high_hz: float, rate: int) -> tuple[Audio, Audio, Audio]:
    """Low, middle and high [2, samples], whose sum is an all-pass of the input."""

    def split(signal: Audio, hz: float) -> tuple[Audio, Audio]:
        halves = []
        for kind in ("low", "high"):
            once = butter(2, held_hz(hz, rate), kind, fs=rate, output="sos")
            halves.append(sosfilt(np.concatenate([once, once]), signal, axis=-1))
        return halves[0], halves[1]

    low, rest = split(audio, low_hz)
    middle, high = split(rest, high_hz)
    # The low band takes the phase that the upper crossover gave the others.
    return sum(split(low, high_hz)), middle, high  # type: ignore[return-value]


def de_esser(audio: Audio, rate: int, *, hz: float, threshold_db: float, ratio: float, range_db: float, release_ms: float) -> Audio:
    """Turns down what lies above a corner, only while it is loud; otherwise every sample is as it was."""
    sharp = _high(audio, hz, rate)
    curve = squeezed(sharp, rate, threshold_db=threshold_db, ratio=ratio, attack_ms=0.5, release_ms=release_ms, knee_db=6.0)
    curve = np.maximum(curve, linear(-range_db))
    return np.asarray(audio + sharp * (curve - 1), dtype=np.float32)


def transient(audio: Audio, rate: int, *, attack_db: float, sustain_db: float) -> Audio:
    """More or less attack and sustain, by the distance of two followers of the envelope; loud and soft hits alike."""
    envelope = level(audio)
    floor = linear(QUIET_DB)
    quick, slow = (to_db(follow(envelope, ms, 120, rate) + floor) for ms in (0.5, 25))
    short, long = (to_db(follow(envelope, 0.5, ms, rate) + floor) for ms in (40, 500))
    attack = np.clip((quick - slow) / FULL_DIFFERENCE_DB, 0, 1)
    sustain = np.clip((long - short) / FULL_DIFFERENCE_DB, 0, 1)
    return np.asarray(audio * to_linear(attack_db * attack + sustain_db * sustain), dtype=np.float32)


def gate(
    audio: Audio,
    rate: int,
    *,
    threshold_db: float,
    hysteresis_db: float,
    attack_ms: float,
    hold_ms: float,
    release_ms: float,
    range_db: float,
) -> Audio:
    """A gate with hysteresis and hold."""
    curve = gate_curve(
        level(audio),
        rate,
        threshold_db=threshold_db,
        hysteresis_db=hysteresis_db,
        hold_ms=hold_ms,
        attack_ms=attack_ms,
        release_ms=release_ms,
        floor_db=-range_db,
    )
    return np.asarray(audio * curve, dtype=np.float32)


def duck(
    audio: Audio, rate: int, *, song: Song, key: Audio | None, depth_db: float, threshold_db: float, attack_ms: float, release_ms: float
) -> Audio:
    """Makes way for another sound: a file's level where one is given, else the kicks of the song."""
    count = audio.shape[1]
    if key is not None:
        other = np.zeros((2, count), dtype=np.float32)
        heard = key[:, :count]
        other[:, : heard.shape[1]] = heard
        pressed = np.clip((to_db(follow(level(other), 1, 20, rate)) - threshold_db) / 6.0, 0, 1)
    else:
        pressed = _hits(song, rate, count)
    return np.asarray(audio * to_linear(-depth_db * follow(pressed, attack_ms, release_ms, rate)), dtype=np.float32)


def _hits(song: Song, rate: int, count: int) -> Curve:
    """1 for a twentieth of a second from each kick, by its strength; 0 elsewhere."""
    out = np.zeros(count)
    width = round(0.05 * rate)
    for seconds, strength in song.kicks:
        start = max(0, round(seconds * rate))
        part = out[start : start + width]
        np.maximum(part, strength, out=part)
    return out


def dynamic_eq(
    audio: Audio, rate: int, *, hz: float, q: float, threshold_db: float, ratio: float, range_db: float, attack_ms: float, release_ms: float
) -> Audio:
    """Turns a band down only while it is loud: a bell's band taken from the signal by as much as it is compressed."""
    band = np.asarray(sosfilt(_bell_band(hz, q, rate), audio, axis=-1), dtype=np.float32)
    curve = squeezed(band, rate, threshold_db=threshold_db, ratio=ratio, attack_ms=attack_ms, release_ms=release_ms, knee_db=6.0)
    return np.asarray(audio + band * (np.maximum(curve, linear(-range_db)) - 1), dtype=np.float32)


def _bell_band(hz: float, q: float, rate: int) -> Sections:
    """Band pass with gain 1 at its centre: what a notch of the same width takes away."""
    notch = biquad("notch", hz, 0.0, q, rate)[0]
    return np.array([[1 - notch[0], notch[4] - notch[1], notch[5] - notch[2], 1.0, notch[4], notch[5]]])


_THRESHOLD = number("threshold_db", -20, -80, 0, "dBFS", "where it begins")
_RATIO = number("ratio", 3, 1, 50, ":1", "dB in for one dB out, above the threshold")
_ATTACK = number("attack_ms", 10, 0, 500, "ms", "how fast it turns down")
_RELEASE = number("release_ms", 120, 1, 5000, "ms", "how fast it comes back")
_RANGE = number("range_db", 12, 0, 60, "dB", "most that it turns down")

EFFECTS = (
    Effect(
        "compressor",
        "dynamics",
        "evens out loud and soft",
        (
            _THRESHOLD,
            _RATIO,
            _ATTACK,
            _RELEASE,
            number("knee_db", 6, 0, 24, "dB", "softness of the threshold"),
            number("makeup_db", 0, -24, 36, "dB", "gain after it"),
            number("mix", 1, 0, 1, "", "less than 1 is parallel compression"),
            number("key_hp_hz", 0, 0, 2000, "Hz", "what it listens to is high-passed here; 0 for not at all"),
        ),
        compressor,
    ),
    Effect(
        "multiband",
        "dynamics",
        "three bands, compressed each for itself",
        (
            number("low_hz", 160, 40, 800, "Hz", "lower crossover"),
            number("high_hz", 3500, 1000, 12_000, "Hz", "upper crossover"),
            number("low_db", -24, -80, 0, "dBFS", "threshold of the lows"),
            number("mid_db", -24, -80, 0, "dBFS", "threshold of the middle"),
            number("high_db", -28, -80, 0, "dBFS", "threshold of the highs"),
            _RATIO,
            _ATTACK,
            _RELEASE,
        ),
        multiband,
    ),
    Effect(
        "de_esser",
        "dynamics",
        "turns down sharp s and cymbals while they are loud",
        (
            number("hz", 5500, 1500, 16_000, "Hz", "what lies above is listened to and turned down"),
            number("threshold_db", -30, -80, 0, "dBFS", "where it begins"),
            number("ratio", 4, 1, 50, ":1", "dB in for one dB out"),
            _RANGE,
            number("release_ms", 60, 1, 1000, "ms", "how fast it comes back"),
        ),
        de_esser,
    ),
    Effect(
        "dynamic_eq",
        "dynamics",
        "turns a band down only while it is loud",
        (
            number("hz", 300, 20, 20_000, "Hz", "centre"),
            number("q", 1.4, 0.2, 20, "", "narrow is high"),
            _THRESHOLD,
            _RATIO,
            _RANGE,
            _ATTACK,
            _RELEASE,
        ),
        dynamic_eq,
    ),
    Effect(
        "transient",
        "dynamics",
        "more or less attack and sustain, whatever the level",
        (
            number("attack_db", 3, -24, 24, "dB", "added to the first milliseconds of each hit"),
            number("sustain_db", 0, -24, 24, "dB", "added to what rings on"),
        ),
        transient,
    ),
    Effect(
        "gate",
        "dynamics",
        "silences what is soft",
        (
            number("threshold_db", -45, -100, 0, "dBFS", "where it opens"),
            number("hysteresis_db", 6, 0, 30, "dB", "how much lower it stays open"),
            number("attack_ms", 1, 0, 200, "ms", "how fast it opens"),
            number("hold_ms", 40, 0, 2000, "ms", "how long it stays open"),
            number("release_ms", 80, 1, 3000, "ms", "how fast it closes"),
            number("range_db", 120, 0, 120, "dB", "how far down; 120 is silence"),
        ),
        gate,
    ),
    Effect(
        "duck",
        "dynamics",
        "makes way for the kick, or for another sound",
        (
            file("key", "what to make way for; without one the kicks of the song"),
            number("depth_db", 6, 0, 60, "dB", "how far down"),
            number("threshold_db", -36, -80, 0, "dBFS", "level of the key at which it begins; 6 dB more give all of it"),
            number("attack_ms", 4, 0, 200, "ms", "how fast it goes down"),
            number("release_ms", 160, 1, 3000, "ms", "how fast it comes back"),
        ),
        duck,
        wants_song=True,
    ),
)
