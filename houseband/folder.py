"""Writing the folder that a song is: whole or not at all."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from contracts.errors import BadInput, Unavailable
from houseband.client import Results

MANIFEST = "manifest.json"
# A two-minute song with eight stems takes 210 MB in the folder and 750 MB in the store.
NEEDED_BYTES_PER_S = 8_000_000


def default_folder(prompt: str, seed: int) -> Path:
    """`songs/<first words of the prompt>-<seed>`."""
    words = re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")
    return Path("songs") / f"{words[:48].rstrip('-') or 'song'}-{seed}"


def check_target(target: Path, duration_s: float, store: Path | None) -> None:
    """Raise BadInput for a folder that we must not touch, Unavailable where there is no room."""
    allowed = "a new or empty folder, or the folder of a Houseband song, which is replaced"
    if target.exists() and not target.is_dir():
        raise BadInput("out", str(target), allowed)
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).exists():
        raise BadInput("out", str(target), allowed)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("out", str(target), "a place that can be written", hint=error.strerror or "") from error
    if not os.access(target.parent, os.W_OK):
        raise BadInput("out", str(target), "a place that can be written")
    for place in {target.parent, *([store] if store else [])}:
        free = shutil.disk_usage(place).free
        needed = int(NEEDED_BYTES_PER_S * duration_s)
        if free < needed:
            raise Unavailable(f"disk space in {place}", f"{needed / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free")


def write_folder(results: Results, target: Path, fetch: Callable[[str, Path], None]) -> None:
    """Fetch every file beside `target`, check it against the manifest, then put the folder in place at once."""
    partial = target.parent / f".{target.name}.partial-{os.getpid()}"
    try:
        for name, url in sorted(results.files.items()):
            place = partial / name
            if not place.resolve().is_relative_to(partial.resolve()):
                raise Unavailable("the server's file list", f"it names {name!r}, outside the folder")
            place.parent.mkdir(parents=True, exist_ok=True)
            fetch(url, place)
        _verify(partial)
        _replace(partial, target)
    except OSError as error:
        raise Unavailable(f"writing {target}", error.strerror or str(error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _verify(folder: Path) -> None:
    manifest = folder / MANIFEST
    if not manifest.exists():
        return
    for name, entry in json.loads(manifest.read_text("utf-8"))["files"].items():
        with (folder / name).open("rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != entry["sha256"]:
                raise Unavailable(f"the file {name}", "it arrived damaged; run the command again")


def _replace(partial: Path, target: Path) -> None:
    old = target.parent / f".{target.name}.old-{os.getpid()}"
    partial.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(old)
    partial.rename(target)
    shutil.rmtree(old, ignore_errors=True)
