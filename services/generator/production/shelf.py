"""The soundfonts of this machine: where they are and what their content's digest is."""

import contextlib
import hashlib
import importlib.util
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from contracts.errors import Unavailable
from services.runtime.sound_folders import NOWHERE, Places

DEBIAN_FOLDERS = tuple(Path(p) for p in ("/usr/share/sounds/sf3", "/usr/share/sounds/sf2", "/usr/share/soundfonts"))
FILES = {
    "MuseScore_General": ("MuseScore_General.sf3", "MuseScore_General_Full.sf3", "MuseScore_General_Lite.sf3"),
    "FluidR3_GM": ("FluidR3_GM.sf2",),
    "TimGM6mb": ("TimGM6mb.sf2",),
}
LICENCES = {
    "MuseScore_General": "MIT",
    "FluidR3_GM": "MIT",
    "TimGM6mb": "GPL-2.0 (no exception for compositions is stated)",
}
COMMERCIAL = frozenset({"MuseScore_General", "FluidR3_GM"})
"""Soundfonts whose licence says that music made with them is free to use."""
PACKAGES = {"MuseScore_General": "musescore-general-soundfont", "FluidR3_GM": "fluid-soundfont-gm", "TimGM6mb": "timgm6mb-soundfont"}
"""Debian packages that hold them."""
PLAYED_INSTEAD = {"TimGM6mb": {32: 35}}
"""Programs of a soundfont that do not sound the key that is struck, and what plays for them. TimGM6mb's acoustic bass begins with a
knock four semitones below its tone, 7 dB louder than it, and one an octave lower still: a wrong note. Its fretless bass is pure."""


@dataclass(frozen=True)
class Shelf:
    """The soundfonts found, by name, a folder in which digests are remembered, and where the user's own instruments may lie."""

    fonts: dict[str, Path]
    memory: Path | None = None
    places: Places = NOWHERE
    _digests: dict[Path, str] = field(default_factory=dict, compare=False)

    def path(self, name: str) -> Path:
        """File of a soundfont. Raises Unavailable with the package that holds it."""
        if name not in self.fonts:
            raise Unavailable(f"soundfont {name}", f"install {PACKAGES.get(name, name)} or name its folder in HOUSEBAND_SOUNDFONTS")
        return self.fonts[name]

    def digest(self, name: str) -> str:
        """SHA-256 of a soundfont, remembered by path, size and modification time. Raises Unavailable where it cannot be read."""
        path = self.path(name)
        if path not in self._digests:
            try:
                self._digests[path] = self.content(path)
            except OSError as error:
                raise Unavailable(f"soundfont {path}", f"it cannot be read: {error.strerror}") from error
        return self._digests[path]

    def content(self, path: Path) -> str:
        """SHA-256 of any file, remembered by path, size and modification time. Raises OSError where it cannot be read."""
        return _remembered(path, self.memory)


def find_soundfonts(folders: Iterable[Path] = (), memory: Path | None = None, places: Places = NOWHERE) -> Shelf:
    """Look for the known soundfonts in `folders`, then in Debian's, then in pretty_midi's package."""
    searched = [*folders, *DEBIAN_FOLDERS]
    spec = importlib.util.find_spec("pretty_midi")  # found without being imported: it ships a small soundfont
    if spec and spec.origin:
        searched.append(Path(spec.origin).parent)
    fonts = {}
    for name, files in FILES.items():
        found = next((folder / file for folder in searched for file in files if (folder / file).is_file()), None)
        if found:
            fonts[name] = found
    return Shelf(fonts, memory, places)


def _remembered(path: Path, memory: Path | None) -> str:
    stat = path.stat()
    identity = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    note = memory / f"soundfont-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.json" if memory else None
    if note:
        with contextlib.suppress(OSError, ValueError, KeyError):  # no note yet, or a damaged one: read the soundfont
            return str(json.loads(note.read_text("utf-8"))["sha256"])
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if note:
        with contextlib.suppress(OSError):  # a memory only: without it the soundfont is read again
            note.parent.mkdir(parents=True, exist_ok=True)
            draft = note.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps({"sha256": digest, "of": identity}), "utf-8")
            draft.replace(note)
    return digest
