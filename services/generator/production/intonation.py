"""How far single samples of a soundfont are out of tune and out of level, measured from played notes, so that the player can mend it."""

from itertools import pairwise

import numpy as np
from scipy.signal import butter, medfilt, sosfilt

from contracts.music import Note, Part, Role, Score, Section
from services.generator.production import fluidsynth
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.generator.production.performance import VOLUME, perform
from services.generator.production.shelf import Shelf
from services.generator.production.sounds import Preset, Sampled
from services.generator.production.strokes import TURNS
from services.music.packs.sound_table import Body, Variation

WORTH_CENTS = 3
"""Less than this nobody hears (a just-noticeable difference is about 5 cents: Moore, 1973), two of them together not either."""
LARGEST_CENTS = 60
REACH_CENTS, NARROWEST_HZ, ROUNDS = 65.0, 5.0, 4
"""How far around a partial its power counts, and how often the place is found again."""
HIGHEST_HZ = 12_000.0
LAG_S, FRAME_S, FINER = 0.025, 0.1, 8
"""Where the autocorrelation is read, in frames of which length, and how much more finely than by samples."""
FFT = 1 << 17
NOTE_TICKS, STEP_TICKS = 1700, 1920
"""A quarter lasts half a second: each note sounds 0.89 s of its second."""
TREND_KEYS = 13
"""Keys over which the level may drift: what a register has in common is the instrument's character."""
WORTH_DB, LARGEST_DB = 0.5, 7.0
"""The least correction of level that is worth it, and the most that a channel's volume has room for."""

KIN_DB, PARTIALS = 2.0, 14
"""Mean difference of partials below which two samples are strokes on one instrument, and how many partials are compared."""


def deviation_cents(tone: Floats, expected_hz: float) -> int:
    """How far a tone [frames] lies from a frequency in cents, to LARGEST_CENTS: the mean pitch of its first partials, by their strength.

    The centre of a partial's power is its mean frequency, so that a tone with vibrato has the pitch around which it swings.
    """
    power = np.square(np.abs(np.fft.rfft(tone * np.hanning(tone.size), FFT)))
    bins = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE_HZ)
    found, weights = [], []
    for partial in (1, 2, 3):
        written = centre = partial * expected_hz
        if partial > 1 and written > HIGHEST_HZ:
            break
        for _ in range(ROUNDS):
            span = max(centre * (2.0 ** (REACH_CENTS / 1200) - 1.0), NARROWEST_HZ)
            near = slice(int(np.searchsorted(bins, centre - span)), int(np.searchsorted(bins, centre + span)) + 1)
            centre = float((bins[near] * power[near]).sum() / max(power[near].sum(), 1e-30))
        found.append(float(np.clip(1200.0 * np.log2(max(centre, 1.0) / written), -LARGEST_CENTS, LARGEST_CENTS)))
        weights.append(float(np.sqrt(power[near].sum())) + 1e-15)
    return round(float(np.average(found, weights=weights)))


def period_cents(tone: Floats, expected_hz: float) -> float:
    """The same by the autocorrelation of short frames near a few periods, which no neighbouring noise can pull."""
    band = (0.72 * expected_hz, min(3.5 * expected_hz, 0.45 * SAMPLE_RATE_HZ))
    heard = sosfilt(butter(3, band, "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), tone)
    frame = round(max(FRAME_S, 6.0 / expected_hz) * SAMPLE_RATE_HZ)
    periods = int(np.clip(round(LAG_S * expected_hz), 3, 7))
    centre = periods * SAMPLE_RATE_HZ * FINER / expected_hz
    reach = 2.0 ** (LARGEST_CENTS / 1200)
    low, high = int(centre / reach), int(np.ceil(centre * reach)) + 1
    found, weights = [], []
    for start in range(0, max(heard.size - frame, 0) + 1, frame // 2):
        piece = heard[start : start + frame]
        size = 1 << int(np.ceil(np.log2(2 * piece.size)))
        correlation = np.fft.irfft(np.abs(np.fft.rfft(piece, size)) ** 2, size * FINER)[: high + 1]
        place = low + int(np.argmax(correlation[low:] / (piece.size * FINER - np.arange(low, high + 1))))
        found.append(-1200.0 * np.log2(place / centre))
        weights.append(float(np.square(piece).sum()) + 1e-15)
    return float(np.average(found, weights=weights))


def agreed(one: float, other: float) -> int:
    """What two measures say together: nothing where they contradict each other, else the smaller."""
    return 0 if one * other <= 0 else round(one if abs(one) < abs(other) else other)


def chromatic(sound: Sampled, preset: Preset, pitches: range, velocity: int, shelf: Shelf) -> Floats:
    """Every key of a preset for a second each, without anything that the player or the calibration adds. Returns [frames], mono."""
    plain = {
        "variation": Variation(tune_cents=0.0, tone_cents=0.0, level_db=0.0), "vibrato": None, "legato": None, "staccato": None,
        "accent": None, "lead_ms": 0.0, "corrected": False, "body": Body(),
    }  # fmt: skip
    notes = tuple(Note(STEP_TICKS * index, NOTE_TICKS, pitch, velocity) for index, pitch in enumerate(pitches))
    section = Section(label="scale", start_bar=1, bars=len(notes) // 2 + 1, energy=0.5, key="C major")
    part = Part(role=Role.MELODY, instrument="violin", notes=notes)
    clock = Clock(Score(tempo_bpm=120.0, sections={"scale_1": section}, parts={"scale": part}))
    events, channels = perform("scale", part, sound.model_copy(update=plain), preset, clock, drums=False)
    events = [one for one in events if not (one.kind == "cc" and one.key == VOLUME)]
    audio = fluidsynth.play(shelf.path(preset.soundfont), preset, events, max(channels.values()) + 1, clock.frames)
    return np.asarray(audio.mean(axis=0), dtype=np.float32)


def corrections(audio: Floats, pitches: range) -> list[int]:
    """Cents to add for each key, 0 where it is out by less than is heard or cannot be measured."""
    found = []
    for index, pitch in enumerate(pitches):
        start = index * SAMPLE_RATE_HZ + round(0.15 * SAMPLE_RATE_HZ)
        tone, hertz = audio[start : start + round(0.6 * SAMPLE_RATE_HZ)], 440.0 * 2.0 ** ((pitch - 69) / 12)
        cents = agreed(deviation_cents(tone, hertz), period_cents(tone, hertz))
        found.append(-cents if WORTH_CENTS <= abs(cents) < LARGEST_CENTS else 0)
    return found


def evenness(scales: list[Floats], pitches: range) -> list[float]:
    """Decibels to add for each key that is louder or softer than its register, the mean of scales of several velocities."""
    weight = butter(1, 120.0, "highpass", fs=SAMPLE_RATE_HZ, output="sos")
    levels = np.zeros(len(pitches))
    for audio in scales:
        heard = sosfilt(weight, audio)[: len(pitches) * SAMPLE_RATE_HZ].reshape(len(pitches), SAMPLE_RATE_HZ)
        power = np.square(heard[:, : round(0.6 * SAMPLE_RATE_HZ)]).mean(axis=1)
        levels += 10.0 * np.log10(power + 1e-12) / len(scales)
    padded = np.pad(levels, TREND_KEYS, mode="reflect", reflect_type="odd") if len(pitches) > TREND_KEYS else levels
    trend = medfilt(padded, TREND_KEYS)[TREND_KEYS:-TREND_KEYS] if len(pitches) > TREND_KEYS else np.full(levels.size, np.median(levels))
    off = np.clip(trend - levels, -LARGEST_DB, LARGEST_DB)
    return [round(float(db), 1) if abs(db) >= WORTH_DB else 0.0 for db in off]


def kinship(audio: Floats, pitches: range) -> str:
    """For each key whether the next key above (1), below (2) or both (3) sounds like it, by the levels of their partials.

    Such a neighbour, retuned, is another recording of the same instrument; one that differs more would be heard as another one.
    """
    partials = np.array([_partials(audio, index, pitch) for index, pitch in enumerate(pitches)])
    near = [int(_distance(one, other) <= KIN_DB) for one, other in pairwise(partials)]
    return "".join(str(up + 2 * down) for up, down in zip([*near, 0], [0, *near], strict=True))


def _partials(audio: Floats, index: int, pitch: int) -> Floats:
    """Levels of the first partials of a key in dB."""
    start = index * SAMPLE_RATE_HZ
    tone = audio[start : start + round(0.5 * SAMPLE_RATE_HZ)]
    power = np.square(np.abs(np.fft.rfft(tone * np.hanning(tone.size), FFT)))
    base = 440.0 * 2.0 ** ((pitch - 69) / 12) * FFT / SAMPLE_RATE_HZ
    levels = []
    for partial in range(1, PARTIALS + 1):
        low, high = round(base * (partial - 0.35)), round(base * (partial + 0.35)) + 1
        levels.append(10.0 * np.log10(power[low:high].sum() + 1e-12) if high < power.size else -120.0)
    return np.array(levels)


def _distance(one: Floats, other: Floats) -> float:
    """Mean difference of the partials that are heard, without that of the level."""
    heard = np.maximum(one, other) > max(one.max(), other.max()) - 36.0
    difference = (one - other)[heard]
    return float(np.abs(difference - difference.mean()).mean()) if heard.sum() > 1 else 0.0


def reach(low: int, high: int) -> range:
    """The keys that notes of a range may take: those of the neighbours too."""
    return range(max(low - TURNS + 1, 0), min(high + TURNS - 1, 127) + 1)
