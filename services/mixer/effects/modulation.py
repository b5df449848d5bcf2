"""What moves: chorus, flanger, phaser, vibrato, tremolo, auto-pan, rotary speaker. Each starts at the same phase on every run."""

import math

import numpy as np
from scipy.signal import butter, sosfilt

from services.mixer.effects.effect import Audio, Curve, Effect, Song, board, mixed, pedal
from services.mixer.effects.filters import held_hz
from services.mixer.effects.kernels import phase, read_at
from services.mixer.effects.parameters import choice, number

SPEEDS_HZ = {"slow": (0.8, 0.7), "fast": (6.7, 5.7)}  # horn and drum of a rotary speaker
SPLIT_HZ = 800.0
HORN_MS, DRUM_MS = 0.45, 0.25  # how far the sound's way changes


def chorus(audio: Audio, rate: int, *, hz: float, depth: float, delay_ms: float, feedback: float, mix: float) -> Audio:
    """Pedalboard's chorus."""
    return board(audio, rate, pedal("Chorus", hz, depth, delay_ms, feedback, mix))


def phaser(audio: Audio, rate: int, *, hz: float, depth: float, centre_hz: float, feedback: float, mix: float) -> Audio:
    """Pedalboard's phaser."""
    return board(audio, rate, pedal("Phaser", hz, depth, min(centre_hz, 0.4 * rate), feedback, mix))


def ensemble(audio: Audio, rate: int, *, depth_ms: float, hz: float, mix: float) -> Audio:
    """Three voices per side, wavering slowly and quickly at phases of their own: the string machine's chorus."""
    count = audio.shape[1]
    wet = np.zeros((2, count))
    for side in range(2):
        for voice in range(3):
            turn = 2 * math.pi * (voice / 3 + side / 6)
            slow = np.sin(phase(count, rate, hz) + turn)
            quick = 0.12 * np.sin(phase(count, rate, 9.3 * hz) + turn)
            shift = -(1.0 + depth_ms * (1.12 + slow + quick)) * rate / 1000
            wet[side] += read_at(audio[side], shift) / math.sqrt(3)
    return mixed(audio, wet, mix)


def vibrato(audio: Audio, rate: int, *, hz: float, cents: float) -> Audio:
    """Pitch sways by `cents` to each side; on average nothing moves."""
    depth = (2 ** (cents / 1200) - 1) * rate / (2 * math.pi * hz)
    shift = depth * np.sin(phase(audio.shape[1], rate, hz))
    return np.stack([read_at(channel, shift) for channel in audio])


def _cycle(count: int, rate: int, hz: float, beats: float, bpm: float, song: Song) -> Curve:
    """Phase of a movement at `hz`, or once in so many beats."""
    return phase(count, rate, (bpm or song.bpm) / 60 / beats if beats > 0 else hz)


def tremolo(audio: Audio, rate: int, *, song: Song, hz: float, depth: float, shape: str, beats: float, bpm: float) -> Audio:
    """Level goes down and up again; it begins loud."""
    wave = np.cos(_cycle(audio.shape[1], rate, hz, beats, bpm, song))
    if shape == "square":
        # Rounded, so that it does not click.
        wave = np.tanh(8 * wave) / math.tanh(8)
    return np.asarray(audio * (1 - depth * (0.5 - 0.5 * wave)), dtype=np.float32)


def auto_pan(audio: Audio, rate: int, *, song: Song, hz: float, depth: float, beats: float, bpm: float) -> Audio:
    """Wanders from the middle to the right, to the left and back, at constant power."""
    angle = math.pi / 4 * (1 + depth * np.sin(_cycle(audio.shape[1], rate, hz, beats, bpm, song)))
    return np.asarray(audio * (math.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)])), dtype=np.float32)


def rotary(audio: Audio, rate: int, *, speed: str, depth: float, width: float, mix: float) -> Audio:
    """A rotary speaker before two microphones: a horn and a drum turn, each with its Doppler shift and its level."""
    middle = np.asarray(audio.mean(axis=0), dtype=np.float32)
    count, hz = middle.size, SPEEDS_HZ[speed]
    once = [butter(2, held_hz(SPLIT_HZ, rate), kind, fs=rate, output="sos") for kind in ("high", "low")]
    wet = np.zeros((2, count))
    for sections, turning_hz, way_ms, sway, sense in zip(once, hz, (HORN_MS, DRUM_MS), (0.45, 0.2), (1, -1), strict=True):
        band = np.asarray(sosfilt(np.concatenate([sections, sections]), middle), dtype=np.float32)
        turned = sense * phase(count, rate, turning_hz)
        for side, place in enumerate((-1.0, 1.0)):
            angle = turned + place * width * math.pi / 2
            near = np.cos(angle)
            shift = depth * way_ms / 1000 * rate * (near - math.cos(place * width * math.pi / 2))
            wet[side] += read_at(band, shift) * (1 + depth * sway * (near - 1) / 2)
    return mixed(audio, wet, mix)


_HZ = number("hz", 1, 0.01, 20, "Hz", "how often it moves")
_MIX = number("mix", 0.5, 0, 1, "", "0 dry, 1 wet")
_BEATS = number("beats", 0, 0, 64, "beats", "one movement in so many beats of the song; 0 takes hz")
_BPM = number("bpm", 0, 0, 999, "per minute", "tempo for beats; 0 takes the song's, which is 120 for a file")

EFFECTS = (
    Effect(
        "chorus",
        "modulation",
        "a second, wavering voice",
        (
            _HZ,
            number("depth", 0.25, 0, 1, "", "how far it wavers"),
            number("delay_ms", 7, 1, 50, "ms", "1 to 3 with feedback is a flanger"),
            number("feedback", 0, -0.95, 0.95, "", "of what it gives"),
            _MIX,
        ),
        chorus,
    ),
    Effect(
        "ensemble",
        "modulation",
        "six wavering voices: string machines",
        (number("depth_ms", 2, 0, 8, "ms", "how far they waver"), number("hz", 0.65, 0.05, 5, "Hz", "how often"), _MIX),
        ensemble,
    ),
    Effect(
        "phaser",
        "modulation",
        "notches that wander",
        (
            _HZ,
            number("depth", 0.5, 0, 1, "", "how far they wander"),
            number("centre_hz", 1300, 50, 10_000, "Hz", "around which they wander"),
            number("feedback", 0.3, -0.95, 0.95, "", "sharper notches"),
            _MIX,
        ),
        phaser,
    ),
    Effect(
        "vibrato",
        "modulation",
        "pitch sways",
        (number("hz", 5.5, 0.1, 14, "Hz", "how often"), number("cents", 15, 0, 200, "cents", "how far, to each side")),
        vibrato,
        ahead_ms=200.0,
    ),
    Effect(
        "tremolo",
        "modulation",
        "level pulses",
        (
            number("hz", 5, 0.01, 40, "Hz", "how often"),
            number("depth", 0.6, 0, 1, "", "1 goes down to silence"),
            choice("shape", "sine", ("sine", "square"), "of the pulse"),
            _BEATS,
            _BPM,
        ),
        tremolo,
        wants_song=True,
    ),
    Effect(
        "auto_pan",
        "modulation",
        "wanders between left and right",
        (number("hz", 0.5, 0.01, 20, "Hz", "how often"), number("depth", 0.7, 0, 1, "", "1 goes all the way"), _BEATS, _BPM),
        auto_pan,
        wants_song=True,
    ),
    Effect(
        "rotary",
        "modulation",
        "a rotary speaker, as organs have",
        (
            choice("speed", "slow", tuple(SPEEDS_HZ), "of the horn"),
            number("depth", 0.8, 0, 1, "", "how much it turns"),
            number("width", 0.7, 0, 1, "", "angle between the microphones; 0 is mono"),
            number("mix", 1, 0, 1, "", "0 dry, 1 wet"),
        ),
        rotary,
        ahead_ms=5.0,
    ),
)
