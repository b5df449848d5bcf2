"""Writing the folder that a song is: whole or not at all."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from contracts.errors import BadInput, Unavailable
from contracts.sound import coding_and_rate
from houseband.client import Results

MANIFEST = "manifest.json"
# What file browsers leave everywhere, and every name that a song's folder may hold.
_CLUTTER = re.compile(r"(.*/)?(\.DS_Store|Thumbs\.db|desktop\.ini)")
_OURS = re.compile(
    rf"{_CLUTTER.pattern}|manifest\.json|master\.(wav|flac|mp3)|stems/[a-z0-9_]+\.wav|song\.mid|(score|context|report)\.json|report\.html"
    r"|project\.dawproject|cover\.(png|jpg)"
    r"|formats/master_(44100|48000|96000)_((16bit|24bit|float)\.wav|(16bit|24bit)\.flac|(v0|320)\.mp3|q8\.ogg)"
    r"|editions/((instrumental|lead|edit_30|edit_60|loop)\.wav|stems\.zip)"
)
# A two-minute song with eight stems takes 210 MB in the folder and 750 MB in the store.
NEEDED_BYTES_PER_S = 8_000_000
# What a second of a further file takes, by coding per sample (both channels; FLAC at its worst) or at a constant bit rate.
_BYTES_PER_SAMPLE = {"wav16": 4, "wav24": 6, "wav32f": 8, "flac": 5, "flac16": 3.5}
_LOSSY_BYTES_PER_S = 45_000
_EDITION_BYTES_PER_S = 288_000
_MOST_STEMS = 16
_MOST_SHORT_S = {"edit_30": 38.0, "edit_60": 68.0, "loop": 45.0}


def default_folder(prompt: str, seed: int) -> Path:
    """`songs/<first words of the prompt>-<seed>`."""
    words = re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")
    return Path("songs") / f"{words[:48].rstrip('-') or 'song'}-{seed}"


def further_bytes(options: Mapping[str, Any], duration_s: float) -> float:
    """What the formats and editions of a request take at most, in the store and in the folder together."""
    total = 0.0
    for text in options.get("formats", ()):
        coding, rate = coding_and_rate(text)
        total += duration_s * (_BYTES_PER_SAMPLE[coding] * rate if coding in _BYTES_PER_SAMPLE else _LOSSY_BYTES_PER_S)
    for name in options.get("editions", ()):
        stems = _MOST_STEMS if name == "stems_zip" else 1
        total += stems * min(duration_s, _MOST_SHORT_S.get(name, duration_s)) * _EDITION_BYTES_PER_S
    return 2 * total


def check_target(target: Path, duration_s: float, store: Path | None, options: Mapping[str, Any] | None = None) -> None:
    """Raise BadInput for a folder that we must not touch, Unavailable where there is no room for what `options` ask for."""
    try:
        _check_free_to_write(target)
    except OSError as error:
        raise BadInput("out", str(target), "a place that can be written", hint=error.strerror or "") from error
    for disk in {_existing(target), *([store] if store else [])}:
        free = shutil.disk_usage(disk).free
        needed = int(NEEDED_BYTES_PER_S * duration_s + further_bytes(options or {}, duration_s))
        if free < needed:
            raise Unavailable(f"disk space in {disk}", f"{needed / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free")


def _check_free_to_write(target: Path) -> None:
    allowed = "a new or empty folder, or the folder of a Houseband song and nothing else, which is replaced"
    if target.exists():
        if not target.is_dir():
            raise BadInput("out", str(target), allowed)
        foreign = _foreign(target)
        if foreign:
            raise BadInput("out", str(target), allowed, hint=f"It holds {foreign}")
    place = target if os.path.ismount(target) else _existing(target.parent)
    if not os.access(place, os.W_OK):
        raise BadInput("out", str(target), "a place that can be written")


def _foreign(folder: Path) -> str | None:
    """Name of something in a folder that no song of ours has, so that nobody's work is ever replaced. None: all is ours."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    for name in names:
        if not _OURS.fullmatch(name):
            return name
    for marker, keys in ((MANIFEST, {"composition_id", "files"}), ("score.json", {"parts", "sections"})):
        if marker in names:
            return None if _has_keys(folder / marker, keys) else marker
    return next((name for name in names if not _CLUTTER.fullmatch(name)), None)


def _has_keys(file: Path, keys: set[str]) -> bool:
    try:
        document = json.loads(file.read_text("utf-8"))
    except ValueError:
        return False
    return isinstance(document, dict) and keys <= set(document)


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists. Raises BadInput where that is no folder."""
    for place in (path, *path.parents):
        if place.is_dir():
            return place
        if place.exists():
            break
    raise BadInput("out", str(path), f"a path below a folder; {place} is none")


def write_folder(results: Results, target: Path, fetch: Callable[[str, Path], None]) -> None:
    """Fetch every file beside `target`, check it against the manifest, then put the folder in place at once."""
    # A mounted folder cannot be renamed: what comes is gathered inside it and moved up, the manifest last.
    mounted = os.path.ismount(target)
    partial = (target if mounted else target.parent) / f".houseband-{os.getpid()}.partial"
    _sweep(partial.parent)
    try:
        with ThreadPoolExecutor(1) as pool:
            digests = {}
            for name, url in sorted(results.files.items()):
                place = partial / name
                if not place.resolve().is_relative_to(partial.resolve()):
                    raise Unavailable("the server's file list", f"it names {name!r}, outside the folder")
                place.parent.mkdir(parents=True, exist_ok=True)
                fetch(url, place)
                digests[name] = pool.submit(_digest, place)  # while the next one comes, and this one is in memory
        _verify(partial, {name: digest.result() for name, digest in digests.items()})
        if mounted:
            _fill(partial, target)
        else:
            _replace(partial, target)
    except OSError as error:
        raise Unavailable(f"writing {target}", error.strerror or str(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Take away what a command left half-written when it was killed."""
    for partial in parent.glob(".houseband-*.partial"):
        pid = partial.stem.removeprefix(".houseband-")
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(partial, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _verify(folder: Path, digests: Mapping[str, str]) -> None:
    """Raises Unavailable where a file is not the one that the manifest names."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        return
    for name, entry in json.loads(manifest.read_text("utf-8"))["files"].items():
        if (digests.get(name) or _digest(folder / name)) != entry["sha256"]:
            raise Unavailable(f"the file {name}", "it arrived damaged; run the command again")


def _replace(partial: Path, target: Path) -> None:
    old = partial.with_suffix(".old")
    partial.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(old)
    try:
        partial.rename(target)
    except BaseException:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _fill(partial: Path, target: Path) -> None:
    for old in target.iterdir():
        if old != partial:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    for new in sorted(partial.iterdir(), key=lambda one: one.name == MANIFEST):
        new.rename(target / new.name)
