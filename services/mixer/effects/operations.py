"""Operations on whole files that effects cannot be: they change length, channels or rate."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from contracts.errors import BadInput
from services.mixer.delivery.formats import CODINGS
from services.mixer.delivery.resampling import resampled
from services.mixer.effects import levels, pitch
from services.mixer.effects.kernels import follow, level
from services.mixer.effects.parameters import Parameter, choice, file, number, switch, whole
from services.mixer.effects.sounds import MOST_SAMPLES, RATES_HZ, Audio, Sound, stereo, with_channels
from services.music.audio.levels import linear

LONGEST_S = 36_000.0
JOIN_MS = 5.0
FADES = ("linear", "smooth", "equal_power", "exponential")


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


def _samples(sound: Sound, seconds: float) -> int:
    return round(seconds * sound.rate)


def _inside(sound: Sound, at: str, name: str, seconds: float) -> float:
    """A time that lies in the sound, to the sample."""
    if _samples(sound, seconds) > sound.audio.shape[1]:
        raise BadInput(f"{at}.{name}", seconds, f"0 to {sound.seconds:.3f} s, the length at this point")
    return seconds


def trim(sound: Sound, at: str, *, start: float, end: float | None) -> Sound:
    """What lies between two times."""
    first = _samples(sound, _inside(sound, at, "start", start))
    last = sound.audio.shape[1] if end is None else _samples(sound, _inside(sound, at, "end", end))
    if end is not None and last <= first:
        raise BadInput(f"{at}.end", end, f"more than start, which is {start:g} s")
    return sound.having(sound.audio[:, first:last])


def _ramp(count: int, shape: str) -> Audio:
    """From 0 to 1, [count]."""
    t = (np.arange(count) + 0.5) / max(count, 1)
    curves = {
        "linear": t,
        "smooth": 0.5 - 0.5 * np.cos(np.pi * t),
        "equal_power": np.sin(np.pi / 2 * t),
        "exponential": (10 ** (3 * (t - 1)) - 1e-3) / (1 - 1e-3),
    }
    return np.asarray(curves[shape], dtype=np.float32)


def fade(sound: Sound, at: str, *, in_: float, out: float, shape: str) -> Sound:
    """In at the start, out at the end."""
    audio = sound.audio.copy()
    first, last = _samples(sound, _inside(sound, at, "in", in_)), _samples(sound, _inside(sound, at, "out", out))
    audio[:, :first] *= _ramp(first, shape)
    audio[:, audio.shape[1] - last :] *= _ramp(last, shape)[::-1]
    return sound.having(audio)


def pad(sound: Sound, at: str, *, before: float, after: float) -> Sound:
    """Silence at the ends."""
    _room(sound, f"{at}.after", after, sound.audio.shape[1] + (before + after) * sound.rate)
    return sound.having(np.pad(sound.audio, ((0, 0), (_samples(sound, before), _samples(sound, after)))))


def reverse(sound: Sound, _at: str) -> Sound:
    """Backwards."""
    return sound.having(sound.audio[:, ::-1])


def repeat(sound: Sound, at: str, *, times: int, crossfade_ms: float) -> Sound:
    """The same again, joined at equal power."""
    count, over = sound.audio.shape[1], _samples(sound, crossfade_ms / 1000)
    if over > count:
        raise BadInput(f"{at}.crossfade_ms", crossfade_ms, "no longer than what is repeated")
    step = count - over
    _room(sound, f"{at}.times", times, times * step)
    ramp = _ramp(over, "equal_power")
    piece = sound.audio.copy()
    piece[:, :over] *= ramp
    piece[:, step:] *= ramp[::-1]
    out = np.zeros((sound.audio.shape[0], step * times + over), dtype=np.float32)
    for start in range(0, step * times, max(step, 1)):
        out[:, start : start + count] += piece
    # Nothing is before the first one, nor behind the last one.
    out[:, :over], out[:, out.shape[1] - over :] = sound.audio[:, :over], sound.audio[:, step:]
    return sound.having(out)


def _room(sound: Sound, at: str, value: float, samples: float) -> None:
    """Raises BadInput where so many samples per channel are more than can be worked on."""
    channels = sound.audio.shape[0]
    if channels * samples > MOST_SAMPLES:
        minutes = MOST_SAMPLES / channels / sound.rate / 60
        raise BadInput(at, value, f"a result of at most {minutes:.0f} minutes ({channels} channels at {sound.rate} Hz)")


def stretch(sound: Sound, at: str, *, factor: float, transients: str) -> Sound:
    """Longer or shorter at the same pitch."""
    _room(sound, f"{at}.factor", factor, factor * sound.audio.shape[1])
    return sound.having(pitch.stretched(sound.audio, sound.rate, factor=factor, semitones=0.0, formants=False, transients=transients))


def change_pitch(sound: Sound, _at: str, *, semitones: float, cents: float, formants: bool, transients: str) -> Sound:
    """Higher or lower at the same length, all channels together."""
    return sound.having(
        pitch.pitch_shift(sound.audio, sound.rate, semitones=semitones, cents=cents, formants=formants, transients=transients)
    )


def speed(sound: Sound, at: str, *, factor: float) -> Sound:
    """As a tape or a record runs faster: pitch and length together."""
    _room(sound, f"{at}.factor", factor, sound.audio.shape[1] / factor)
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


def silence(sound: Sound, _at: str, *, threshold_db: float, keep_ms: float, where: str, least_ms: float) -> Sound:
    """Takes silence out: at the ends, or everywhere it lasts; what is left is joined by short crossfades."""
    envelope = follow(level(sound.audio), 0.0, 10.0, sound.rate) if sound.audio.size else np.zeros(0)
    loud = np.flatnonzero(envelope > linear(threshold_db))
    if not loud.size:
        return sound.having(sound.audio[:, :0])
    keep, count = _samples(sound, keep_ms / 1000), sound.audio.shape[1]
    if where == "ends":
        first, last = loud[0], loud[-1] + 1
        return sound.having(sound.audio[:, max(0, first - keep) : min(count, last + keep)])
    gaps = np.flatnonzero(np.diff(loud) > max(_samples(sound, least_ms / 1000), 2 * keep + 1))
    firsts = np.concatenate([loud[:1], loud[gaps + 1]]) - keep
    lasts = np.concatenate([loud[gaps], loud[-1:]]) + 1 + keep
    out = sound.having(sound.audio[:, max(0, firsts[0]) : min(count, lasts[0])])
    for first, last in zip(firsts[1:], lasts[1:], strict=True):
        piece = sound.audio[:, first : min(count, last)]
        out = _joined(out, piece, min(JOIN_MS / 1000, keep_ms / 1000), "")
    return out


def _joined(sound: Sound, more: Audio, crossfade_s: float, at: str) -> Sound:
    """One after the other, with a crossfade of equal power."""
    over = _samples(sound, crossfade_s)
    if over > min(sound.audio.shape[1], more.shape[1]):
        if at:
            raise BadInput(at, crossfade_s, "no longer than what is joined")
        over = min(sound.audio.shape[1], more.shape[1])
    head, tail = sound.audio[:, : sound.audio.shape[1] - over], sound.audio[:, sound.audio.shape[1] - over :]
    ramp = _ramp(over, "equal_power")
    return sound.having(np.concatenate([head, tail * ramp[::-1] + more[:, :over] * ramp, more[:, over:]], axis=1))


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
    return _joined(pad(one, at, before=0.0, after=gap), two, crossfade, f"{at}.crossfade")


def mix(sound: Sound, at: str, *, file: Sound | None, db: float, start: float, extend: bool) -> Sound:
    """Another file added to this one."""
    if file is None:
        raise BadInput(f"{at}.file", "", "the path of a sound file")
    other = _like(sound, file) * np.float32(linear(db))
    first, count = _samples(sound, start), sound.audio.shape[1]
    longest = max(count, first + other.shape[1]) if extend else count
    _room(sound, f"{at}.start", start, longest)
    out = np.pad(sound.audio, ((0, 0), (0, longest - count)))
    part = other[:, : max(0, longest - first)]
    out[:, first : first + part.shape[1]] += part
    return sound.having(out)


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
    _room(sound, f"{at}.rate", rate, sound.audio.shape[1] * rate / sound.rate)
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
