"""`houseband revise`: another version of a song, of which only what changes is made."""

import argparse
import itertools
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.context import Context
from contracts.errors import BadInput, Unavailable
from houseband.client import Asked, Client, Job
from houseband.commands import explain
from houseband.commands.make import CHECK_FAILED, DEFAULT_DURATION_S, OK, summary
from houseband.display import Display
from houseband.folder import check_target, write_folder
from houseband.following import drop_orphans, followed, results_of
from houseband.home import Home
from houseband.launcher import House
from houseband.processes import interrupt_on_signals
from houseband.request import check_server
from houseband.running import running_house
from houseband.stating import read_folder_context
from houseband.watching import Room, Watcher

_NAMED = re.compile(r"([0-9a-f]{8,64})(?:@([1-9][0-9]{0,8}))?")
_NUMBERED = re.compile(r"(.*?)-v[0-9]+(-[0-9]+)?")
_MOST_PATCH_BYTES = 16 * 2**20
Look = Callable[[], None]


@dataclass(frozen=True)
class Named:
    """Which song: a folder with its context, or a composition and perhaps a version (None: the newest of main)."""

    folder: Path | None = None
    context: Context | None = None
    composition: str = ""
    version: int | None = None


def run(arguments: argparse.Namespace) -> int:
    """Revise a song. Returns 0 where every check passed and 3 where one failed after all retries."""
    interrupt_on_signals()
    began = time.monotonic()
    named, patch = _named(arguments.song), _patch(arguments.patch)
    if arguments.explain:
        return explain.run(arguments, named)
    server = check_server(arguments.server) if arguments.server is not None else None
    home = None if server else Home.find()
    _check_target(arguments.out, named, home)
    display = Display(quiet=arguments.quiet)
    if server or home is None:
        with Client(str(server)) as client:
            asked, job, target = _revised(client, named, patch, arguments, display, [])
    else:
        asked, job, target = _revise_here(home, named, patch, arguments, display)
    _tell(asked, job, target, time.monotonic() - began, arguments)
    return OK if job.status == "completed" else CHECK_FAILED


def _named(song: str) -> Named:
    """What names a song. Raises BadInput for what names none."""
    folder = Path(song).expanduser().absolute()
    if folder.is_dir():
        context = read_folder_context("song", folder)
        return Named(folder, context, context.composition_id)
    found = _NAMED.fullmatch(song)
    if found is None:
        raise BadInput("song", song, "the folder of a song that Houseband made, or COMPOSITION@VERSION")
    return Named(composition=found[1], version=int(found[2]) if found[2] else None)


def _patch(text: str | None) -> dict[str, Any]:
    """The merge patch, from the command line or from a file. Raises BadInput."""
    if not text:
        return {}
    allowed = "a JSON object, or a file that holds one"
    if not text.lstrip().startswith("{"):
        try:
            with Path(text).expanduser().open("rb") as file:
                data = file.read(_MOST_PATCH_BYTES)
            text = data.decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput("patch", text, allowed, hint=getattr(error, "strerror", None) or str(error)) from error
    try:
        patch = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("patch", text[:80], allowed, hint=str(error)) from error
    if not isinstance(patch, dict):
        raise BadInput("patch", text[:80], allowed)
    return patch


def _check_target(out: Path | None, named: Named, home: Home | None) -> None:
    """Raise BadInput or Unavailable where there is no place for the folder: before anything is made."""
    target = out.expanduser().absolute() if out else _beside(named, 0)
    duration_s = named.context.technical.duration_s if named.context else DEFAULT_DURATION_S
    check_target(target, duration_s, home.store if home else None)


def _beside(named: Named, version: int) -> Path:
    """The folder of a version that nobody named: `DIR-v2`, or `songs/COMPOSITION-v2`."""
    numbered = _NUMBERED.fullmatch(named.folder.name) if named.folder else None
    name = numbered[1] if numbered else named.folder.name if named.folder else named.composition
    wanted = (named.folder.parent if named.folder else Path("songs").absolute()) / f"{name}-v{version}"
    # A folder that is there is somebody's song: only one that is named with --out is replaced.
    further = (wanted.with_name(f"{wanted.name}-{count}") for count in itertools.count(2))
    return next(place for place in itertools.chain([wanted], further) if not place.exists())


def _revise_here(
    home: Home, named: Named, patch: dict[str, Any], arguments: argparse.Namespace, display: Display
) -> tuple[Asked, Job, Path]:
    """In the house that `houseband up` keeps, or in one of our own that stops afterwards."""
    room = Room(home.store).raise_if_full
    if running := running_house(home):
        with Client(running) as client:
            return _revised(client, named, patch, arguments, display, [room])
    display.line("starting the house")
    sounds = named.context.request.options.sounds.values() if named.context else ()
    house = House.open(home, allowed_sounds=sounds)
    with house, Watcher(house, display) as watcher, Client(house.url) as client:
        if house.owns_database:
            drop_orphans(client)
        try:
            return _revised(client, named, patch, arguments, display, [watcher.raise_if_broken, room])
        except Unavailable:
            with suppress(OSError):
                display.line(f"the services' logs are in {house.keep_logs()}")
            raise


def _revised(
    client: Client, named: Named, patch: dict[str, Any], arguments: argparse.Namespace, display: Display, looks: Sequence[Look]
) -> tuple[Asked, Job, Path]:
    """The revision as it was understood, its job at its end, and the folder it was written to."""
    composition, version = _found(client, named, display)
    asked = client.revise(
        composition,
        version,
        arguments.instruction,
        patch=patch,
        from_stage=arguments.from_stage,
        until=arguments.until,
        branch=arguments.branch,
    )
    for line in _understood(asked, version):
        display.line(line)
    job = followed(client, asked.job, display, looks)
    results = results_of(job)
    target = arguments.out.expanduser().absolute() if arguments.out else _beside(named, results.version or 0)
    write_folder(results, target, client.fetch)
    return asked, job, target


def _found(client: Client, named: Named, display: Display) -> tuple[str, int]:
    """Composition and version. A folder that the house does not know is taken in from its documents."""
    versions = _versions(client, named.composition, optional=named.folder is not None)
    if named.folder is None or named.context is None:
        if named.version is not None:
            return named.composition, named.version
        heads = [one.version for one in versions if one.branch == "main"]
        return named.composition, max(heads, default=max((one.version for one in versions), default=1))
    mine = [one.version for one in versions if one.job_id == named.context.job_id and one.restores is None]
    if mine:
        return named.composition, max(mine)
    display.line(f"the house does not know {named.folder.name}: it is taken in from its context.json and score.json")
    taken = client.adopt(named.folder / "context.json", named.folder / "score.json")
    return taken.composition_id, taken.version


def _versions(client: Client, composition: str, *, optional: bool) -> list[Any]:
    try:
        return client.versions(composition)
    except BadInput as error:
        if optional and error.field == "composition":
            return []
        raise


def _understood(asked: Asked, version: int) -> Iterable[str]:
    """What was understood, and what stays, before it is made."""
    told = f": {' '.join(asked.told)}" if asked.told else ""
    yield f"version {version} from {asked.from_stage} on, branch {asked.branch}{told}"
    if asked.unread:
        yield f"nothing was made of: {', '.join(asked.unread)}"


def _tell(asked: Asked, job: Job, target: Path, seconds: float, arguments: argparse.Namespace) -> None:
    """What was made: JSON on stdout, or a few lines on stderr."""
    report_file = target / "report.json"
    report = json.loads(report_file.read_text("utf-8")) if report_file.exists() else None
    results = results_of(job)
    if arguments.json:
        answer = {
            "dir": str(target), "job_id": job.job_id, "composition_id": job.composition_id, "version": results.version,
            "parent": asked.parent, "branch": asked.branch, "status": job.status, "from_stage": asked.from_stage, "told": asked.told,
            "unread": asked.unread, "edits": asked.edits, "reuse": results.reuse, "passed": bool(report and report["passed"]),
            "seconds": round(seconds, 2), "files": sorted(results.files), "report": report,
        }  # fmt: skip
        print(json.dumps(answer))
        return
    print(summary(target, report, seconds, job.seed or 0), file=sys.stderr)
    for line in _reused(results.reuse or {}):
        print(f"  {line}", file=sys.stderr)
    print(f"  {job.composition_id}@{results.version}, branch {asked.branch}", file=sys.stderr)


def _reused(reuse: dict[str, Any]) -> Iterable[str]:
    """What was kept and what was made, a line per kind."""
    for kind in ("stages", "parts", "stems"):
        fates: dict[str, str] = reuse.get(kind) or {}
        made = [name for name, fate in fates.items() if fate == "made"]
        kept = [name for name, fate in fates.items() if fate == "kept"]
        if fates:
            yield f"{kind}: made {', '.join(made) or 'none'}; kept {', '.join(kept) or 'none'}"
