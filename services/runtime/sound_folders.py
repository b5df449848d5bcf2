"""Which files of sounds a job may name: those in the folders that the operator allows.

HOUSEBAND_SOUNDS holds folders of packs, separated as in PATH, whose packs bind instruments for every song. HOUSEBAND_SOUND_FILES
holds further folders whose files may be named and bind nothing by themselves; `houseband make --sound` sets it.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from contracts.errors import BadInput
from services.runtime.folders import folders_of

VARIABLE, FURTHER = "HOUSEBAND_SOUNDS", "HOUSEBAND_SOUND_FILES"
KINDS = {"sf2": "soundfont", "sf3": "soundfont", "sfz": "sfz", "vst3": "vst3"}
FORMS = "FILE.sf2[:BANK:PROGRAM], FILE.sf3[:BANK:PROGRAM], FILE.sfz or FILE.vst3[:PRESET]"
_NAMED = re.compile(r"(?P<file>.+?\.(?P<suffix>sf2|sf3|sfz|vst3))/?(?::(?P<detail>.+))?", re.IGNORECASE | re.DOTALL)
_PRESET = re.compile(r"(\d{1,5}):(\d{1,3})")


class Named(NamedTuple):
    """A file of sounds as it was written: its path, its kind, and what of it (bank and program, a plugin's preset)."""

    file: str
    kind: str
    detail: str


class Places(NamedTuple):
    """The folders that are allowed: those whose packs bind, and those whose files may be named."""

    packs: tuple[Path, ...] = ()
    further: tuple[Path, ...] = ()

    @property
    def all(self) -> tuple[Path, ...]:
        """Every folder, in order of precedence."""
        return (*self.packs, *self.further)


NOWHERE = Places()


def sound_places() -> Places:
    """What the operator allows; nothing where the variables are empty or unset."""
    return Places(folders_of(VARIABLE), folders_of(FURTHER))


def read_named(text: str, field: str) -> Named:
    """A binding as it was written. Raises BadInput for a form that is none."""
    found = _NAMED.fullmatch(text)
    if not found or "\x00" in text:
        raise BadInput(field, text, FORMS)
    kind, detail = KINDS[found["suffix"].lower()], found["detail"] or ""
    if kind == "soundfont" and detail:
        numbers = _PRESET.fullmatch(detail)
        if not numbers or int(numbers[1]) > 16383 or int(numbers[2]) > 127:
            raise BadInput(field, text, "BANK:PROGRAM after the file, 0 to 16383 and 0 to 127, such as Band.sf2:0:33")
    if kind == "sfz" and detail:
        raise BadInput(field, text, "FILE.sfz, with nothing after it: an SFZ file is one instrument")
    return Named(found["file"], kind, detail)


def allowed_sound(file: str, field: str, folders: Sequence[Path]) -> Path:
    """The real path of a file (a VST3 plugin may be a folder); a relative one is looked for in each folder.

    Raises BadInput for a path that is not inside an allowed folder, by itself, by `..` or by a link, and where there is no file.
    """
    inside = [path for path in _candidates(file, folders) if lies_within(path, folders)]
    if not inside:
        raise _outside(file, field, folders)
    for path in inside:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):  # it is not there, may not be read, or its links go round
            continue
        if not lies_within(real, folders):
            raise _outside(file, field, folders)
        if not (real.is_file() or real.is_dir()):  # opening a pipe would wait for ever
            raise BadInput(field, file, "a file, not a pipe or a device")
        return real
    raise BadInput(field, file, f"a file that is there, inside {_listed(folders)}")


def check_sounds(sounds: dict[str, str], folders: Sequence[Path], prefix: str = "sounds") -> None:
    """Refuse at the door what the generator would refuse: forms that are none and paths outside. Raises BadInput.

    Where none of the folders is on this machine (they are on the generator's), paths are judged by their text.
    """
    for name, text in sounds.items():
        named, field = read_named(text, f"{prefix}.{name}"), f"{prefix}.{name}"
        if not folders or any(folder.is_dir() for folder in folders):
            allowed_sound(named.file, field, folders)
        elif not any(lies_within(path, folders) for path in _candidates(named.file, folders)):
            raise _outside(named.file, field, folders)


def _candidates(file: str, folders: Sequence[Path]) -> list[Path]:
    path = Path(file)
    return [Path(os.path.normpath(one)) for one in ([path] if path.is_absolute() else [folder / path for folder in folders])]


def lies_within(path: Path, folders: Sequence[Path]) -> bool:
    """Whether a path, as it is written, lies in one of the folders."""
    return any(path.is_relative_to(folder) and path != folder for folder in folders)


def _outside(file: str, field: str, folders: Sequence[Path]) -> BadInput:
    if not folders:
        hint = f"Set {VARIABLE} to the folder of your sounds where the house is started."
        return BadInput(field, file, f"nothing yet: no folder of sounds is allowed here ({VARIABLE} is not set)", hint=hint)
    hint = f"{VARIABLE}, where the house is started, names the folders that jobs may use."
    return BadInput(field, file, f"a file inside {_listed(folders)}", hint=hint)


def _listed(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders))
