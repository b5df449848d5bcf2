"""The stems as one ZIP archive, stored as they are: the same bytes for the same stems."""

import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from contracts.music.score import Score

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # ZIP knows no day before
_READABLE = 0o644 << 16
_UNIX = 3
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Facts:
    """What the archive says of the song in words."""

    title: str
    tempo_bpm: float
    key: str
    meter: str
    rate_hz: int
    frames: int


def readme(facts: Facts, stems: list[str], score: Score) -> str:
    """README.txt: tempo, key, meter, and who plays in which file."""
    width = max((len(name) for name in stems), default=0) + 6
    rows = [f"  {f'{name}.wav':<{width}}{_who(name, score)}" for name in stems]
    seconds = facts.frames / facts.rate_hz
    lines = [
        facts.title,
        "",
        f"Tempo    {facts.tempo_bpm:g} bpm" + (" at the beginning; it changes, see song.mid" if score.tempo_map else ""),
        f"Key      {facts.key}",
        f"Meter    {facts.meter}",
        f"Length   {score.bars} bars, {seconds:.3f} s",
        f"Files    24-bit WAV, {facts.rate_hz} Hz, stereo, all {facts.frames} samples long; bar 1 begins at sample 0",
        "",
        "stems/",
        *rows,
        "",
        "All of them together, at equal gain, are the mastered record, sample by sample. song.mid holds the notes and the sections.",
        "Made with Houseband. The music is yours.",
    ]
    return "\n".join(lines) + "\n"


def _who(name: str, score: Score) -> str:
    part = score.parts.get(name)
    return f"{part.instrument.replace('_', ' ')} ({part.role})" if part else "shared effect"


def write_zip(path: Path, text: str, members: dict[str, Path]) -> None:
    """Write README.txt and the members by their names in the archive; nothing is packed smaller, as sound does not get smaller so."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zip_entry("README.txt"), text)
        for name, source in members.items():
            entry = zip_entry(name)
            entry.file_size = source.stat().st_size
            with source.open("rb") as incoming, archive.open(entry, "w") as outgoing:
                shutil.copyfileobj(incoming, outgoing, _CHUNK)


def zip_entry(name: str) -> zipfile.ZipInfo:
    """An entry that is the same on any day."""
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.create_system, entry.external_attr = _UNIX, _READABLE
    return entry
