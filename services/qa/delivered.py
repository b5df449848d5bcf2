"""The delivered song as files: what finalization checks before it is a folder, and what the folder check reads again."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from contracts.context import Context
from contracts.errors import BadInput
from contracts.music.score import Score
from services.runtime.workbench import Objects

MASTER_WAV, MASTER_FLAC, MASTER_MP3 = "master.wav", "master.flac", "master.mp3"
STEM_PREFIX = "stems/"
FURTHER_PREFIXES = ("formats/", "editions/")


@dataclass(frozen=True)
class Delivered:
    """Local paths of the delivered sound files and the score.

    `stems` by part id, in part order, returns included; `further` are formats and editions by their names in the folder.
    """

    master: Path
    score: Score
    stems: dict[str, Path] = field(default_factory=dict)
    flac: Path | None = None
    mp3: Path | None = None
    further: dict[str, Path] = field(default_factory=dict)


def _stem_id(name: str) -> str:
    return name.removeprefix(STEM_PREFIX).removesuffix(".wav")


def _from_files(files: dict[str, Path], score: Score) -> Delivered:
    if MASTER_WAV not in files:
        raise BadInput("artifacts", "no master.wav", "a song that has passed mastering")
    stems = {_stem_id(name): path for name, path in sorted(files.items()) if name.startswith(STEM_PREFIX)}
    further = {name: path for name, path in sorted(files.items()) if name.startswith(FURTHER_PREFIXES)}
    return Delivered(files[MASTER_WAV], score, stems, files.get(MASTER_FLAC), files.get(MASTER_MP3), further)


def from_context(context: Context, objects: Objects) -> Delivered:
    """The files of a mastered context. Raises BadInput where a stage has not been passed."""
    section = context.arrangement or context.composition
    if section is None:
        raise BadInput("context", "no score", "a context that has passed composition")
    score = Score.model_validate_json(objects.read(section.score.key))
    wanted = (STEM_PREFIX, *FURTHER_PREFIXES)
    names = [n for n in context.artifacts if n in (MASTER_WAV, MASTER_FLAC, MASTER_MP3) or n.startswith(wanted)]
    return _from_files({name: objects.local_path(context.artifacts[name]) for name in names}, score)


def from_folder(folder: Path, names: list[str], score: Score) -> Delivered:
    """The files of a delivered folder, those of `names` that are there."""
    return _from_files({name: folder / name for name in names if (folder / name).is_file()}, score)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, as the manifest tells it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
