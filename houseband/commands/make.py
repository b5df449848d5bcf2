"""`houseband make`: from a sentence to a verified folder."""

import argparse
import json
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from contracts.errors import BadInput, Unavailable
from houseband.client import Client, Job
from houseband.display import Display
from houseband.editing import check_edit, restated
from houseband.folder import check_target, default_folder, write_folder
from houseband.following import drop_orphans, followed, results_of
from houseband.home import Home
from houseband.launcher import House
from houseband.listening import check_listen
from houseband.processes import interrupt_on_signals
from houseband.remaking import as_revision, revised_before
from houseband.request import Brought, check_options, check_server, read_brought, read_options, wanted_prompt
from houseband.running import running_house
from houseband.stating import earlier_request
from houseband.tastes import known_taste
from houseband.watching import Room, Watcher

OK, CHECK_FAILED = 0, 3
DEFAULT_DURATION_S = 120.0


def run(arguments: argparse.Namespace) -> int:
    """Make a song. Returns 0 where every check passed and 3 where one failed after all retries."""
    if revised_before(arguments) is not None:
        from houseband.commands import revise

        return revise.run(as_revision(arguments))
    interrupt_on_signals()
    began = time.monotonic()
    check_listen(arguments.listen, json=arguments.json)
    prompt, seed, options = _wanted(arguments)
    brought = read_brought(arguments)
    target = (arguments.out or default_folder(prompt, seed)).expanduser().absolute()
    server = check_server(arguments.server) if arguments.server is not None else None
    if server is None:
        check_edit(options)
    home = None if server else Home.find()
    check_target(target, options.get("duration_s", DEFAULT_DURATION_S), home.store if home else None, options)
    display = Display(quiet=arguments.quiet)
    if home is None:
        with Client(str(server)) as client:
            job = _follow(client, prompt, {**options, "seed": seed}, brought, display, [], arguments.listen)
            write_folder(results_of(job), target, client.fetch)
    else:
        job = _make_here(home, prompt, {**options, "seed": seed}, brought, target, display, arguments.listen)
    _tell(job, target, time.monotonic() - began, seed, arguments)
    return OK if job.status == "completed" else CHECK_FAILED


def _wanted(arguments: argparse.Namespace) -> tuple[str, int, dict[str, Any]]:
    """Prompt, seed and options: as stated, over those of the song that is made again."""
    options = read_options(arguments)
    if arguments.again is None:
        return wanted_prompt(arguments.prompt, options), _seed(arguments.seed), options
    prompt, seed, earlier = earlier_request(arguments)
    seed = seed if arguments.seed is None else _seed(arguments.seed)
    options = check_options({**restated(earlier, options), **options})
    return wanted_prompt(arguments.prompt or prompt, options), seed, options


def _make_here(
    home: Home, prompt: str, options: dict[str, Any], brought: Brought, target: Path, display: Display, listen: str | None
) -> Job:
    """In the house that `houseband up` keeps, or in one of our own that stops afterwards."""
    running = running_house(home)
    if running:
        with Client(running) as client:
            job = _follow(client, prompt, options, brought, display, [Room(home.store).raise_if_full], listen)
            write_folder(results_of(job), target, client.fetch)
            return job
    display.line("starting the house")
    house = House.open(home, allowed_sounds=options.get("sounds", {}).values())
    with house, Watcher(house, display) as watcher, Client(house.url) as client:
        if house.owns_database:
            drop_orphans(client)
        else:
            options = {"taste": known_taste(home).model_dump(mode="json"), **options}
        try:
            looks = [watcher.raise_if_broken, Room(home.store).raise_if_full]
            job = _follow(client, prompt, options, brought, display, looks, listen)
            write_folder(results_of(job), target, client.fetch)
        except Unavailable:
            with suppress(OSError):
                display.line(f"the services' logs are in {house.keep_logs()}")
            raise
    return job


def _follow(
    client: Client,
    prompt: str,
    options: dict[str, Any],
    brought: Brought,
    display: Display,
    checks: Sequence[Callable[[], None]],
    listen: str | None = None,
) -> Job:
    """Post the job and follow it to its end."""
    if listen:
        options = {**options, "early": "on"}
    return followed(client, client.create_job(prompt, options=options, **brought.form()), display, checks, listen)


def _seed(given: int | None) -> int:
    if given is None:
        return secrets.randbelow(2**31)
    if not 0 <= given < 2**63:
        raise BadInput("seed", given, "0 to 9223372036854775807")
    return given


def _tell(job: Job, target: Path, seconds: float, seed: int, arguments: argparse.Namespace) -> None:
    """What was made: JSON on stdout, or a few lines on stderr."""
    report_file = target / "report.json"
    report = json.loads(report_file.read_text("utf-8")) if report_file.exists() else None
    if arguments.json:
        files = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
        answer = {
            "dir": str(target), "job_id": job.job_id, "composition_id": job.composition_id, "status": job.status, "seed": seed,
            "passed": bool(report and report["passed"]), "seconds": round(seconds, 2), "files": files, "report": report,
        }  # fmt: skip
        print(json.dumps(answer))
        return
    print(summary(target, report, seconds, seed), file=sys.stderr)


def summary(target: Path, report: dict[str, Any] | None, seconds: float, seed: int) -> str:
    """The closing lines of a song."""
    if report is None:
        return f"stopped as asked: {target} ({seconds:.1f} s, seed {seed})"
    checks = report["checks"]
    failed = [check for check in checks if not check["passed"]]
    lines = [f"{target}  ({seconds:.1f} s, seed {seed})"]
    lines += [
        f"  FAILED {c['name']}: asked {c['asked']}, measured {c['measured']} {c['unit']}  {c.get('note') or ''}".rstrip() for c in failed
    ]
    passed = f"  {len(checks) - len(failed)} of {len(checks)} checks passed, attempt {report['attempts']}"
    lines.append(f"{passed}; open {target / 'report.html'}")
    return "\n".join(lines)
