"""What a file of the user's own is: its content, what it can play, and what of it cannot be used."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from contracts.errors import BadInput, Unavailable
from contracts.music import Part
from contracts.music.pitch import SHARP_NAMES
from services.generator.production import sfz, sfz_text, soundfont_files, vst3
from services.generator.production.own import Own, digest_of
from services.generator.production.shelf import Shelf
from services.generator.production.sounds import is_drum_part
from services.music.packs.instruments import instrument
from services.runtime.isolation import PluginFailed, isolated
from services.runtime.sound_folders import allowed_sound, lies_within

R = TypeVar("R")
INSPECT_S = 60.0
MEMORY_BYTES = {"soundfont": 6 << 30, "sfz": 12 << 30, "vst3": 16 << 30}
"""Address space of the child by kind: SFZ samples are held whole, as 32-bit floats; plugins reserve much that they do not use."""
NEEDS = {
    "soundfont": "a soundfont player (libfluidsynth3, or tinysoundfont)",
    "sfz": "pysfizz (pip install pysfizz==0.1.3)",
    "vst3": "pedalboard (pip install pedalboard==0.9.16)",
}
SHOWN = 6


@dataclass(frozen=True)
class Look:
    """An instrument as it was found: `own` with its preset chosen, its content, the keys that sound (None: not known), remarks.

    `unfit`: why an instrument of a pack does not play this part after all.
    """

    own: Own
    content: str
    keys: frozenset[int] | None = None
    remarks: tuple[str, ...] = ()
    unfit: str = ""


def available(kind: str) -> bool:
    """Whether files of a kind can be played here."""
    return bool(soundfont_files.player()) if kind == "soundfont" else sfz.available() if kind == "sfz" else vst3.available()


def look(own: Own, part: Part, shelf: Shelf) -> Look:
    """Read a file for the part that it is to play.

    Raises BadInput for one that is damaged or is no such instrument, Unavailable where nothing here can play its kind.
    """
    if not available(own.kind):
        raise Unavailable(f"a player of {own.path.suffix} files", f"install {NEEDS[own.kind]}")
    found = _look(own, content_of(own, shelf), instrument(part.instrument).gm_program, is_drum_part(part), shelf.places.all)
    pitches = {note.pitch for note in part.notes}
    if found.keys is not None and not pitches & found.keys:
        played = f"{note_name(min(pitches))} to {note_name(max(pitches))}" if pitches else "nothing"
        hint = f"Its keys lie between {note_name(min(found.keys))} and {note_name(max(found.keys))}." if found.keys else "It has no keys."
        if own.packed:
            return replace(found, unfit=f"The part plays {played}. {hint}")
        raise own.bad(f"an instrument that sounds where the part plays: {played}", hint)
    return found


def note_name(pitch: int) -> str:
    """C4 is 60."""
    return f"{SHARP_NAMES[pitch % 12]}{pitch // 12 - 1}"


def content_of(own: Own, shelf: Shelf) -> str:
    """Digest of all that a file sounds by: its bytes; for SFZ its text and its samples; for a plugin all files of its bundle."""
    try:
        if own.kind == "soundfont":
            return shelf.content(own.path)
        if own.kind == "sfz":
            text, samples, _ = read_sfz(own, shelf.places.all)
            return digest_of([text, *(f"{name} {shelf.content(path)}" for name, path in samples.items())])
        bundle = sorted(path for path in own.path.rglob("*") if path.is_file()) if own.path.is_dir() else [own.path]
        preset = vst3.preset_file(str(own.path), own.detail)
        if preset:
            allowed_sound(str(preset), own.field, shelf.places.all)
        files = {str(path.relative_to(own.path.parent)): path for path in [*bundle, *([preset] if preset else [])]}
        return digest_of([own.detail, *(f"{name} {shelf.content(path)}" for name, path in files.items())])
    except OSError as error:
        raise own.bad("a file that can be read", f"{error.filename}: {error.strerror}.") from error


def read_sfz(own: Own, folders: tuple[Path, ...]) -> tuple[str, dict[str, Path], list[str]]:
    """The whole text, its samples by name, and the names of samples that are not there. Raises BadInput."""

    def read(path: Path) -> Path:
        return allowed_sound(str(path), own.field, folders)

    try:
        text = sfz_text.whole_text(own.path, read)
    except sfz_text.Unreadable as error:
        raise own.bad("an SFZ instrument (sfzformat.com)", f"{error}.") from error
    found, missing = {}, []
    for name in sfz_text.sample_names(text):
        path = Path(os.path.normpath(own.path.parent / name))
        path = _as_spelled(path) if lies_within(path, folders) else path
        if lies_within(path, folders) and not path.exists():
            missing.append(name)
        else:
            found[name] = read(path)
    if missing and not found:
        raise own.bad("an SFZ instrument with its samples beside it", f"Not there: {_some(missing)}.")
    return text, found, missing


@contextmanager
def playable_sfz(own: Own, folders: tuple[Path, ...]) -> Iterator[Path]:
    """A folder of its own, for a while, with the text for the player and links to the samples: it opens nothing else."""
    text, samples, _ = read_sfz(own, folders)
    scratch = Path(tempfile.mkdtemp(prefix="houseband-sfz-"))
    try:
        links = {name: f"{index:05d}{path.suffix}" for index, (name, path) in enumerate(samples.items())}
        for name, link in links.items():
            (scratch / link).symlink_to(samples[name])
        file = scratch / "instrument.sfz"
        file.write_text(sfz_text.for_player(text, links), "utf-8")
        yield file
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def safely(own: Own, function: Callable[..., R], *arguments: object, timeout_s: float) -> R:
    """A function in a process of its own; whatever goes wrong there is told as an error about the user's file."""
    try:
        return isolated(
            function, *arguments, timeout_s=timeout_s, what=f"the player of {own.path.name}", memory_bytes=MEMORY_BYTES[own.kind]
        )
    except PluginFailed as error:
        raise own.bad(f"a file that its player ({own.path.suffix}) can play", f"{error}.") from error
    except BadInput as error:
        raise own.bad(error.allowed, error.hint) from error
    except Unavailable as error:
        raise own.bad("a file that can be played", f"{error}.") from error


@lru_cache(maxsize=64)
def _look(own: Own, content: str, program: int, drums: bool, folders: tuple[Path, ...]) -> Look:
    if own.kind == "soundfont":
        return _look_soundfont(own, content, program, drums=drums)
    if own.kind == "sfz":
        _, _, missing = read_sfz(own, folders)
        with playable_sfz(own, folders) as file:
            keys, broken = safely(own, sfz.inspect, str(file), timeout_s=INSPECT_S)
        remarks = [f"samples that are not there: {_some(missing)}"] if missing else []
        remarks += [f"{len(broken)} samples cannot be read"] if broken else []
        return Look(own, content, keys, tuple(remarks))
    said = safely(own, vst3.inspect, str(own.path), own.detail, timeout_s=INSPECT_S)
    return Look(own, content, remarks=(f"it is {said}",))


def _look_soundfont(own: Own, content: str, program: int, *, drums: bool) -> Look:
    """The preset that is asked, else the one that General MIDI means, else the first one that fits."""
    try:
        tables = soundfont_files.Tables(own.path)
        presets = {f"{one.bank}:{one.program}": one for one in tables.presets}
        wanted = own.detail or next((name for name in (["128:0"] if drums else [f"0:{program}"]) if name in presets), "")
        wanted = wanted or next((name for name, one in presets.items() if (one.bank == 128) == drums), next(iter(presets)))
        if wanted not in presets:
            named = [f"{name} {one.name}" for name, one in presets.items()]
            raise own.bad(f"BANK:PROGRAM of {own.path.name}: {_some(named, 40)}")
        keys = tables.keys(presets[wanted])
    except soundfont_files.Damaged as error:
        raise own.bad("a soundfont (.sf2, .sf3) that is whole", f"{own.path.name}: {error}.") from error
    except OSError as error:
        raise own.bad("a file that can be read", f"{error.strerror}.") from error
    name = f"preset {wanted} {presets[wanted].name}"
    return Look(replace(own, detail=wanted), content, keys, () if own.detail else (f"it plays its {name}",))


def _as_spelled(path: Path) -> Path:
    """The path, else the one that differs from it in capitals only: many libraries were made where capitals do not count."""
    if path.exists():
        return path
    parent = path.parent if path.parent.exists() or path.parent == path else _as_spelled(path.parent)
    if parent.is_dir():
        for other in sorted(parent.iterdir()):
            if other.name.lower() == path.name.lower():
                return other
    return path


def _some(names: list[str], most: int = SHOWN) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
