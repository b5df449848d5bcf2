"""`houseband analyze FILE`: what the ears hear in a recording, or the theory of a score's or a MIDI file's notes."""

import argparse
import sys
from pathlib import Path

from contracts.errors import BadInput
from contracts.features import Features
from houseband.heard import rows_of
from houseband.showing import plain
from houseband.tables import print_table

__all__ = ["rows_of", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Analyze a file: by its content, a score or MIDI file as notes, anything else as sound."""
    if not arguments.file.is_file():
        raise BadInput("file", str(arguments.file), "a readable audio file (WAV, FLAC, OGG, MP3)")
    notes = holds_notes(arguments.file)
    _check(arguments, notes=notes)
    return _notes(arguments) if notes else _sound(arguments)


def _check(arguments: argparse.Namespace, *, notes: bool) -> None:
    """Refuse at once what would be refused, or left out, after all the listening."""
    for field in ("midi", "picture"):
        target: Path | None = getattr(arguments, field)
        if target is None:
            continue
        if notes:
            raise BadInput(field, str(target), "a recording to analyze", hint=f"{arguments.file.name} holds notes and no sound")
        if not target.parent.is_dir() or target.is_dir():
            raise BadInput(field, str(target), "a file that can be written, in a folder that exists")
        if target.exists() and target.samefile(arguments.file):
            raise BadInput(field, str(target), "another file than the one that is analyzed")
    if notes and arguments.separate:
        raise BadInput("separate", arguments.separate, "a recording to analyze", hint=f"{arguments.file.name} holds notes and no sound")
    if arguments.midi and arguments.separate == "none":
        raise BadInput("separate", "none", "auto, demucs or bands beside --midi, which writes what the stems play")
    if arguments.separate == "demucs":
        from services.analyzer.separation import demucs_lacks

        if lacks := demucs_lacks():
            raise BadInput("separate", "demucs", "auto, bands or none here", hint=lacks)


def holds_notes(path: Path) -> bool:
    """Whether a file holds notes instead of sound, by its content: a MIDI file or a score.json, whatever it is called."""
    with path.open("rb") as file:
        head = file.read(64).lstrip()
    return head.startswith((b"MThd", b"{"))


def _notes(arguments: argparse.Namespace) -> int:
    """The theory of a score or a MIDI file."""
    from houseband.commands.theory_table import theory_rows
    from services.analyzer.theory import SCORE_BYTES, read_file

    size = arguments.file.stat().st_size
    if size > SCORE_BYTES:
        raise BadInput("file", arguments.file.name, f"notes in at most {SCORE_BYTES >> 20} MiB", hint=f"it has {size >> 20}")
    theory = read_file(arguments.file.read_bytes(), arguments.file.name)
    if arguments.json:
        print(theory.model_dump_json())
    else:
        print_table((arguments.file.name, "", ""), theory_rows(theory))
    return 0


def _sound(arguments: argparse.Namespace) -> int:
    from services.analyzer.hearing import hear_all
    from services.analyzer.stems import hear_stems

    heard = hear_all(arguments.file)
    features = heard.features
    if arguments.midi or arguments.separate not in (None, "none"):
        stems = hear_stems(heard, arguments.separate or "auto", lambda share, line: _tell(share, line, quiet=arguments.json))
        features = stems.features
        if arguments.midi:
            _write(arguments.midi, stems.midi)
    if arguments.picture:
        from services.analyzer.drawing import draw

        _write(arguments.picture, draw(features, heard.mono))
    _show(features, arguments.file.name, as_json=arguments.json)
    return 0


def _tell(share: float, line: str, *, quiet: bool) -> None:
    if not quiet and sys.stderr.isatty():
        print(f"\r{share:4.0%} {plain(line):60.60}", end="" if share < 1 else "\n", file=sys.stderr)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInput("file", str(path), "a file that can be written", hint=error.strerror or "") from error


def _show(features: Features, name: str, *, as_json: bool) -> None:
    if as_json:
        print(features.model_dump_json())
        return
    print_table((name, "", ""), rows_of(features))
    for note in features.notes:
        print(f"note: {plain(note)}")
