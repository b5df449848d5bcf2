"""Operations on whole files that effects cannot be: they change length, channels or rate."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from contracts.errors import BadInput
from services.mixer.delivery.formats import CODINGS
from services.mixer.delivery.resampling import resampled
from services.mixer.effects import levels, pitch
from services.mixer.effects.joining import concat, mix, repeat, silence
from services.mixer.effects.lengths import FADES, inside, ramp, room, samples
from services.mixer.effects.parameters import Parameter, choice, file, number, switch, whole
from services.mixer.effects.sounds import RATES_HZ, Sound, stereo, with_channels

LONGEST_S = 36_000.0


@dataclass(frozen=True)
class FileOperation:
    """An operation: `apply(sound, at, **parameters)` gives a sound. `at` is the field that errors name."""

    id: str
    what: str
    parameters: tuple[Parameter, ...]
    apply: Callable[..., Sound] = field(repr=False)

    def entry(self) -> dict[str, Any]:
        """As the catalogue shows it."""
        return {"id": self.id, "group": "file", "what": self.what, "parameters": [one.entry() for one in self.parameters]}


def trim(sound: Sound, at: str, *, start: float, end: float | None) -> Sound:
    """What lies between two times."""
    first = samples(sound, inside(sound, at, "start", start))
    last = sound.audio.shape[1] if end is None else samples(sound, inside(sound, at, "end", end))
    if end is not None and last <= first:
        raise BadInput(f"{at}.end", end, f"more than start, which is {start:g} s")
    return sound.having(sound.audio[:, first:last])


def fade(sound: Sound, at: str, *, in_: float, out: float, shape: str) -> Sound:
    """In at the start, out at the end."""
    audio = sound.audio.copy()
    first, last = samples(sound, inside(sound, at, "in", in_)), samples(sound, inside(sound, at, "out", out))
    audio[:, :first] *= ramp(first, shape)
    audio[:, audio.shape[1] - last :] *= ramp(last, shape)[::-1]
    return sound.having(audio)


def pad(sound: Sound, at: str, *, before: float, after: float) -> Sound:
    """Silence at the ends."""
    room(sound, f"{at}.after", after, sound.audio.shape[1] + (before + after) * sound.rate)
    return sound.having(np.pad(sound.audio, ((0, 0), (samples(sound, before), samples(sound, after)))))


def reverse(sound: Sound, _at: str) -> Sound:
    """Backwards."""
    return sound.having(sound.audio[:, ::-1])


def stretch(sound: Sound, at: str, *, factor: float, transients: str) -> Sound:
    """Longer or shorter at the same pitch."""
    room(sound, f"{at}.factor", factor, factor * sound.audio.shape[1])
    return sound.having(pitch.stretched(sound.audio, sound.rate, factor=factor, semitones=0.0, formants=False, transients=transients))


def change_pitch(sound: Sound, _at: str, *, semitones: float, cents: float, formants: bool, transients: str) -> Sound:
    """Higher or lower at the same length, all channels together."""
    return sound.having(
        pitch.pitch_shift(sound.audio, sound.rate, semitones=semitones, cents=cents, formants=formants, transients=transients)
    )


def speed(sound: Sound, at: str, *, factor: float) -> Sound:
    """As a tape or a record runs faster: pitch and length together."""
    room(sound, f"{at}.factor", factor, sound.audio.shape[1] / factor)
    wanted = max(1, round(sound.rate / factor))
    return sound if wanted == sound.rate else sound.having(resampled(sound.audio, sound.rate, wanted))


def normalise(sound: Sound, at: str, *, lufs: float | None, peak: float | None, ceiling: float, limit: bool) -> Sound:
    """One gain to a loudness under a ceiling, or to a peak."""
    if lufs is not None and peak is not None:
        raise BadInput(f"{at}.peak", peak, "lufs or peak, not both")
    if not sound.audio.size:
        return sound
    if peak is not None:
        return sound.having(levels.peak_normalise(sound.audio, sound.rate, peak=peak))
    target = -14.0 if lufs is None else lufs
    return sound.having(levels.loudness(sound.audio, sound.rate, lufs=target, ceiling=ceiling, limit=limit))


def mono(sound: Sound, at: str, *, channel: int) -> Sound:
    """One channel: the mean of all, or one of them."""
    if channel > sound.audio.shape[0]:
        raise BadInput(f"{at}.channel", channel, f"0 for the mean of all, or 1 to {sound.audio.shape[0]}")
    return sound.having(sound.audio[channel - 1 : channel] if channel else with_channels(sound.audio, 1))


def to_stereo(sound: Sound, _at: str) -> Sound:
    """Two channels."""
    return sound.having(stereo(sound.audio))


def resample(sound: Sound, at: str, *, rate: int) -> Sound:
    """Another sample rate, by soxr's very high quality."""
    room(sound, f"{at}.rate", rate, sound.audio.shape[1] * rate / sound.rate)
    return Sound(resampled(sound.audio, sound.rate, rate) if sound.audio.size else sound.audio, rate)


def convert(sound: Sound, at: str, *, format: str | None, rate: int | None) -> Sound:  # noqa: A002 - as users write it
    """Another sample rate now; the coding is taken when the file is written."""
    del format
    return sound if rate is None else resample(sound, at, rate=rate)


_TIME = "from the start"
_FILE = file("file", "the other sound; it is resampled, and takes this one's number of channels")

OPERATIONS: dict[str, FileOperation] = {
    one.id: one
    for one in (
        FileOperation(
            "trim",
            "keeps what lies between two times",
            (number("start", 0, 0, LONGEST_S, "s", _TIME), number("end", None, 0, LONGEST_S, "s", f"{_TIME}; not stated: the end")),
            trim,
        ),
        FileOperation(
            "fade",
            "fades in at the start and out at the end",
            (
                number("in", 0, 0, LONGEST_S, "s", "how long"),
                number("out", 0, 0, LONGEST_S, "s", "how long"),
                choice("shape", "smooth", FADES, "of the curve"),
            ),
            fade,
        ),
        FileOperation(
            "pad",
            "silence at the ends",
            (number("before", 0, 0, 3600, "s", "how long"), number("after", 0, 0, 3600, "s", "how long")),
            pad,
        ),
        FileOperation("reverse", "backwards", (), reverse),
        FileOperation(
            "repeat",
            "the same again",
            (
                whole("times", 2, 1, 1000, "times", "in all"),
                number("crossfade_ms", 0, 0, 10_000, "ms", "between them, at equal power"),
            ),
            repeat,
        ),
        FileOperation(
            "stretch",
            "longer or shorter at the same pitch (Rubber Band)",
            (number("factor", 1, 0.1, 10, "times", "as long as before: 1.1 is slower"), pitch.TRANSIENTS),
            stretch,
        ),
        FileOperation(
            "pitch",
            "higher or lower at the same length (Rubber Band)",
            pitch.EFFECTS[0].parameters,
            change_pitch,
        ),
        FileOperation(
            "speed",
            "pitch and length together, as a tape or a record",
            (number("factor", 1, 0.1, 10, "times", "as fast as before: 2 is an octave up and half as long"),),
            speed,
        ),
        FileOperation(
            "normalise",
            "one gain to a loudness under a ceiling, or to a peak",
            (
                number("lufs", None, -60, -5, "LUFS", "integrated loudness to reach; -14 where no peak is stated"),
                number("peak", None, -60, 0, "dBTP", "true peak to reach, in place of a loudness"),
                number("ceiling", -1, -40, 0, "dBTP", "true peak that a loudness may not pass"),
                switch("limit", default=True, what="limit the peaks in the way by up to 12 dB; false: stop at the ceiling"),
            ),
            normalise,
        ),
        FileOperation(
            "silence",
            "takes silence out",
            (
                number("threshold_db", -60, -120, 0, "dBFS", "what is softer is silence"),
                number("keep_ms", 20, 0, 10_000, "ms", "of silence kept around each sound"),
                choice("where", "ends", ("ends", "all"), "at the ends, or everywhere"),
                number("least_ms", 300, 1, 60_000, "ms", "shortest silence inside that is taken out"),
            ),
            silence,
        ),
        FileOperation(
            "concat",
            "another file behind this one",
            (
                _FILE,
                number("gap", 0, 0, 3600, "s", "silence between them"),
                number("crossfade", 0, 0, 60, "s", "at equal power"),
                switch("first", default=False, what="the other one comes first"),
            ),
            concat,
        ),
        FileOperation(
            "mix",
            "another file added to this one",
            (
                _FILE,
                number("db", 0, -120, 24, "dB", "level of the other"),
                number("start", 0, 0, LONGEST_S, "s", "where the other begins"),
                switch("extend", default=True, what="last as long as the longer one"),
            ),
            mix,
        ),
        FileOperation("mono", "one channel", (whole("channel", 0, 0, 64, "", "0: the mean of all; or the number of one"),), mono),
        FileOperation("stereo", "two channels; 5.1 folded down by ITU-R BS.775", (), to_stereo),
        FileOperation(
            "resample", "another sample rate (soxr, very high quality)", (whole("rate", 48_000, *RATES_HZ, "Hz", "to"),), resample
        ),
        FileOperation(
            "convert",
            "the coding of the file that is written",
            (
                choice("format", None, tuple(CODINGS), "coding; by OUT's name where not stated"),
                whole("rate", None, *RATES_HZ, "Hz", "sample rate; as it is where not stated"),
            ),
            convert,
        ),
    )
}
