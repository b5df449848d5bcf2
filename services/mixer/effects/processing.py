"""Operations run on a sound file: read, judged, done, written at once or not at all, and measured again."""

import errno
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from keyword import iskeyword
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import BadInput
from contracts.sound import Operation
from services.mixer import files
from services.mixer.delivery.dither import to_16_bit
from services.mixer.delivery.formats import CODINGS, STEP_MARGIN_DB
from services.mixer.effects import chain
from services.mixer.effects.effect import LEAST_SAMPLES, Song
from services.mixer.effects.operations import OPERATIONS, FileOperation
from services.mixer.effects.parameters import Value
from services.mixer.effects.plugins import is_plugin
from services.mixer.effects.sounds import Audio, Sound, by_pairs, read_sound
from services.mixer.effects.statements import known
from services.music.audio.levels import decibels, linear
from services.music.audio.loudness import integrated_lufs
from services.music.audio.true_peak import true_peak

SUFFIXES = {"wav": "wav24", "flac": "flac", "mp3": "mp3_v0", "ogg": "ogg"}
MP3_RATES_HZ = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
MOST_OPERATIONS = 100
MOST_TRIES = 4
MOST_CHANNELS = {"flac": 8, "mp3": 2, "ogg": 8, "wav": 64}


@dataclass(frozen=True)
class Facts:
    """What a file is. Levels are -inf for silence."""

    seconds: float
    samples: int
    rate_hz: int
    channels: int
    loudness_lufs: float
    true_peak_dbtp: float


@dataclass(frozen=True)
class Step:
    """An operation that was done, with every parameter, and the length after it."""

    effect: str
    parameters: dict[str, Value]
    seconds: float


@dataclass(frozen=True)
class Processed:
    """What was done. `after` is measured in the file that was written.

    `clipped` samples did not fit into its coding; `quieter_db` is how far MP3 or Ogg was turned down, since coding raises peaks.
    """

    source: str
    target: str
    coding: str
    before: Facts
    after: Facts
    steps: tuple[Step, ...]
    clipped: int = 0
    quieter_db: float = 0.0

    def document(self) -> dict[str, Any]:
        """As JSON has it: silence has no level."""
        shown = asdict(self)
        for name in ("before", "after"):
            shown[name] = {key: None if value == -np.inf else round(value, 6) for key, value in shown[name].items()}
        return shown


def facts(sound: Sound) -> Facts:
    """Measure a sound."""
    channels, samples = sound.audio.shape
    loudness = integrated_lufs(sound.audio, sound.rate)
    return Facts(sound.seconds, samples, sound.rate, channels, loudness, decibels(true_peak(sound.audio, 8)))


@dataclass(frozen=True)
class _Read:
    """An operation that has been judged: its place in the request, its parameters, and what runs it."""

    operation: Operation
    at: str
    values: dict[str, Value]
    run: Callable[[Sound, Path], Sound] = field(repr=False)


def process(source: Path, target: Path, operations: Sequence[tuple[str, Operation]], *, any_path: bool = True) -> Processed:
    """Run operations, each with the field that errors name, on `source` and write `target`.

    Everything that can be judged is judged before the sound is touched; `target` appears whole, or not at all.

    Raises:
        BadInput: files, operations, parameters or values that cannot be, and plugins that fail.
    """
    if len(operations) > MOST_OPERATIONS:
        raise BadInput("operations", len(operations), f"at most {MOST_OPERATIONS}")
    steps = [_read(operation, at, any_path=any_path) for at, operation in operations]
    coding = _coding(target, [step for step in steps if step.operation.effect == "convert"])
    _judge_target(source, target)
    sound = read_sound(source, "in")
    before, done = facts(sound), []
    with tempfile.TemporaryDirectory(prefix="houseband-") as scratch:
        for step in steps:
            sound = step.run(sound, Path(scratch))
            done.append(Step(step.operation.effect, step.values, sound.seconds))
    after, clipped, quieter_db = write(target, sound, coding)
    return Processed(str(source), str(target), coding, before, after, tuple(done), clipped, quieter_db)


def _read(operation: Operation, at: str, *, any_path: bool) -> _Read:
    """Judge one operation. Raises BadInput."""
    name = operation.effect
    if name in OPERATIONS:
        values = chain.read_parameters(operation, OPERATIONS[name].parameters, at, any_path=any_path)
        return _Read(operation, at, values, lambda sound, _: _done(OPERATIONS[name], sound, at, values))
    if not is_plugin(name):
        if name not in known():
            raise BadInput(f"{at}.effect", name, f"{', '.join(known())}, plugin:NAME, or the path of a VST3 plugin")
        values = chain.read_parameters(operation, known()[name], at, any_path=any_path)
    else:
        values = dict(operation.parameters)
        chain.prepared(operation, 48_000, field=at, scratch=Path(), song=Song(), any_path=any_path)
    return _Read(operation, at, values, lambda sound, scratch: _effect(operation, sound, at, scratch, any_path=any_path))


def _done(operation: FileOperation, sound: Sound, at: str, values: dict[str, Value]) -> Sound:
    arguments: dict[str, Any] = dict(values)
    for one in operation.parameters:
        if one.kind == "file" and values[one.name] is not None:
            arguments[one.name] = read_sound(Path(str(values[one.name])), f"{at}.parameters.{one.name}")
    return operation.apply(
        sound, f"{at}.parameters", **{f"{name}_" if iskeyword(name) else name: value for name, value in arguments.items()}
    )


def _effect(operation: Operation, sound: Sound, at: str, scratch: Path, *, any_path: bool) -> Sound:
    """A stereo effect on any number of channels."""
    if not sound.audio.shape[1]:
        return sound
    step = chain.prepared(operation, sound.rate, field=at, scratch=scratch, song=Song(), any_path=any_path)
    return sound.having(by_pairs(sound.audio, lambda pair: chain.checked(step(pair), pair, at, operation.effect)))


def _coding(target: Path, converts: Sequence[_Read]) -> str:
    """The coding of the file: the last one that was stated, else by its name. Raises BadInput where the two differ."""
    suffix = target.suffix.lower().lstrip(".")
    stated = [(step.at, str(step.values["format"])) for step in converts if step.values["format"] is not None]
    if suffix not in SUFFIXES:
        raise BadInput("out", str(target), f"a name that ends in .{', .'.join(SUFFIXES)}")
    if not stated:
        return SUFFIXES[suffix]
    at, coding = stated[-1]
    if CODINGS[coding].suffix != suffix:
        raise BadInput("out", str(target), f"a name that ends in .{CODINGS[coding].suffix}, as {at} asks for {coding}")
    return coding


def _judge_target(source: Path, target: Path) -> None:
    if target.is_dir():
        raise BadInput("out", str(target), "the name of a file, not a folder")
    if not target.parent.is_dir():
        raise BadInput("out", str(target), f"a folder that exists; {target.parent} does not")
    if target.exists() and source.exists() and target.samefile(source):
        raise BadInput("out", str(target), "another file than the one that is read")


def write(target: Path, sound: Sound, coding: str) -> tuple[Facts, int, float]:
    """Write a sound under its name once it is whole and has been read again.

    Returns what the file holds, how many samples passed full scale in a coding that cannot hold them, and how many decibels
    quieter MP3 or Ogg had to be so that what a decoder makes of them does not.

    Raises:
        BadInput: a coding that cannot hold this rate, so many channels, or nothing at all; a folder that cannot be written.
    """
    how = CODINGS[coding]
    _judge_coding(sound, coding)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=f".{how.suffix}")
    except OSError as error:
        raise BadInput("out", str(target), f"a folder that can be written ({error.strerror})") from error
    os.close(handle)
    unfinished = Path(name)
    try:
        after, quieter_db = _encoded(unfinished, sound, coding, target)
        unfinished.chmod(0o666 & ~_umask())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    fixed = how.lossless and coding != "wav32f"
    return after, int(np.count_nonzero(np.abs(sound.audio) > 1.0)) if fixed else 0, quieter_db


def _judge_coding(sound: Sound, coding: str) -> None:
    """Raises BadInput for what a coding cannot hold."""
    suffix, channels = CODINGS[coding].suffix, sound.audio.shape[0]
    if channels > MOST_CHANNELS[suffix]:
        raise BadInput("out", f"{coding} of {channels} channels", "wav, or fewer channels (--do stereo, --do mono)")
    if suffix == "mp3" and sound.rate not in MP3_RATES_HZ:
        raise BadInput(
            "out", f"{coding} at {sound.rate} Hz", f"a rate that MP3 has: {', '.join(map(str, MP3_RATES_HZ))} Hz (convert:rate=…)"
        )
    if suffix != "wav" and not sound.audio.shape[1]:
        raise BadInput("out", f"{coding} without a sample", "wav: nothing is left of the sound")


def _encoded(path: Path, sound: Sound, coding: str, target: Path) -> tuple[Facts, float]:
    """Encode and read again; a lossy coding once more, that much quieter, where its decoded peak passes full scale."""
    quieter_db = 0.0
    for _ in range(MOST_TRIES):
        _encode_or_tell(path, sound.having(sound.audio * np.float32(linear(-quieter_db))) if quieter_db else sound, coding, target)
        after = facts(read_sound(path, "out"))
        if CODINGS[coding].lossless or after.true_peak_dbtp <= 0:
            break
        quieter_db += after.true_peak_dbtp + STEP_MARGIN_DB
    return after, quieter_db


def _encode_or_tell(path: Path, sound: Sound, coding: str, target: Path) -> None:
    """Encode; a full disk is an OSError that names the target, whichever library met it."""
    try:
        _encode(path, sound.audio, sound.rate, coding)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    except RuntimeError as error:  # libsndfile's and pedalboard's own
        raise OSError(errno.EIO, f"cannot be written whole ({error}); is the disk full?", str(target)) from error


def _umask() -> int:
    """The process's mask for new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _encode(path: Path, audio: Audio, rate: int, coding: str) -> None:
    if coding in ("wav16", "flac16"):
        write_16 = files.write_wav_16 if coding == "wav16" else files.write_flac_16
        write_16(path, to_16_bit(audio, f"{coding}@{rate}"), rate)
    elif coding == "wav24":
        files.write_wav_24(path, audio, rate)
    elif coding == "wav32f":
        files.write_float_wav(path, audio, rate)
    elif coding == "flac":
        files.write_flac_24(path, audio, rate)
    elif coding == "ogg":
        files.write_ogg(path, audio, rate)
    else:
        # pedalboard tells channels from samples by which there are more of.
        missing = max(0, LEAST_SAMPLES - audio.shape[1])
        audio = np.pad(audio, ((0, 0), (0, missing)))
        files.write_mp3(path, audio, rate, 320 if coding == "mp3_320" else "V0")
