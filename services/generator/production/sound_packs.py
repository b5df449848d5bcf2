"""Packs of sounds: a folder with a TOML file that says which of its files play which instruments, by whom and under which licence."""

import contextlib
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import BadInput

_NOT_COMMERCIAL = re.compile(r"\bNC\b|non-?\s?commercial|personal use|not for sale|all rights reserved", re.IGNORECASE)


class SoundPack(BaseModel):
    """`NAME.toml` with a table [sounds], in a folder of HOUSEBAND_SOUNDS or one folder below."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = ""
    author: str = ""
    licence: str = Field(default="", alias="license", description="SPDX id, or words")
    sounds: dict[str, str] = Field(default_factory=dict, description="instrument or role -> FILE, relative to this folder")
    file: Path = Field(default=Path(), exclude=True)

    @property
    def commercial(self) -> bool:
        """Whether it states a licence, and one that does not forbid to sell what is made with it."""
        return bool(self.licence.strip()) and not _NOT_COMMERCIAL.search(self.licence)


def read_packs(folders: Sequence[Path]) -> list[SoundPack]:
    """The packs of the folders, in order. Raises BadInput naming the file and what is wrong, or a folder that is not there."""
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise BadInput("HOUSEBAND_SOUNDS", str(folder), "folders that exist, separated as in PATH")
        found += [pack for path in _tables(folder) if (pack := _read(path)) is not None]
    return found


def packs_around(folders: Sequence[Path]) -> list[SoundPack]:
    """The packs of folders that are no pack folders: for what they say of licences; what cannot be read there is passed over."""
    found = []
    for path in (path for folder in folders for path in _tables(folder)):
        with contextlib.suppress(BadInput):
            found += [pack for pack in [_read(path)] if pack is not None]
    return found


def _tables(folder: Path) -> list[Path]:
    return sorted(path for pattern in ("*.toml", "*/*.toml") for path in folder.glob(pattern) if path.is_file())


def pack_of(path: Path, packs: Sequence[SoundPack]) -> SoundPack | None:
    """The pack in whose folder a file lies: the closest."""
    around = [pack for pack in packs if path.is_relative_to(pack.file.parent)]
    return max(around, key=lambda pack: len(pack.file.parent.parts), default=None)


def _read(path: Path) -> SoundPack | None:
    """The pack that a file is; None for other people's TOML, which has no table [sounds]."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        return SoundPack.model_validate({**raw, "file": path.resolve()}) if "sounds" in raw else None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        allowed = (
            f"one of {', '.join(sorted(set(SoundPack.model_fields) - {'file'}))}" if first["type"] == "extra_forbidden" else first["msg"]
        )
        raise BadInput(f"{path.name}: {where}", first["input"], allowed, hint=f"The file is {path}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(path.name, str(error), "a text of TOML (toml.io)", hint=f"The file is {path}.") from error
    except OSError as error:
        raise BadInput("HOUSEBAND_SOUNDS", str(path), f"files that can be read ({error.strerror})") from error
