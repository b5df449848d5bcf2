"""The genre packs that there are. Ours lie beside this file; a user's own folders are handed in when a process starts."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from contracts.errors import BadInput
from services.music.packs.own import pack_files, read_pack
from services.music.packs.pack import GenrePack, Identity

__all__ = ["GenrePack", "Identity", "OwnPack", "genre", "genres", "own_packs", "packs_in_use", "use_packs"]


class OwnPack(BaseModel):
    """Where a pack of the user lies, and whether it stands in place of one of ours."""

    model_config = ConfigDict(frozen=True)

    id: str
    path: Path
    overrides: bool


_in_use: tuple[Path, ...] = ()


def use_packs(folders: Sequence[Path]) -> tuple[OwnPack, ...]:
    """Hand in the user's folders of packs, in order of precedence: once, when a process starts, before anything is read.

    Who remembers what packs say keys it by `packs_in_use`. Raises BadInput naming file, field, value and what is allowed, and
    leaves everything as it was.
    """
    global _in_use  # noqa: PLW0603 - the one place where a process learns of its user's packs
    wanted = tuple(Path(folder) for folder in folders)
    packs = _own(wanted)
    _in_use = wanted
    return tuple(own for own, _ in packs)


def packs_in_use() -> tuple[Path, ...]:
    """The user's folders that were handed in: the key of whatever is derived from packs and kept."""
    return _in_use


def own_packs() -> tuple[OwnPack, ...]:
    """The user's packs in use, by id."""
    return tuple(own for own, _ in _own(_in_use))


def genres() -> dict[str, GenrePack]:
    """All packs by id, in id order: ours, and the user's own in place of ours with the same id."""
    return _all(_in_use)


@cache
def _all(folders: tuple[Path, ...]) -> dict[str, GenrePack]:
    packs = {**_shipped(), **{own.id: pack for own, pack in _own(folders)}}
    return dict(sorted(packs.items()))


@cache
def _shipped() -> dict[str, GenrePack]:
    folder = files(__package__) / "genres"
    entries = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    packs = [GenrePack.model_validate(tomllib.loads(f.read_text("utf-8"))) for f in entries]
    return {pack.id: pack for pack in packs}


@cache
def _own(folders: tuple[Path, ...]) -> tuple[tuple[OwnPack, GenrePack], ...]:
    """The user's packs; of two with one id the folder named first wins."""
    found: dict[str, tuple[OwnPack, GenrePack]] = {}
    for path in pack_files(folders):
        pack = read_pack(path, GenrePack)
        found.setdefault(pack.id, (OwnPack(id=pack.id, path=path, overrides=pack.id in _shipped()), pack))
    return tuple(found[name] for name in sorted(found))


def genre(genre_id: str) -> GenrePack:
    """One pack. Raises BadInput naming the ids there are."""
    try:
        return genres()[genre_id]
    except KeyError:
        raise BadInput("genre", genre_id, ", ".join(genres())) from None
