"""How soon a cancelled job frees its worker: for every stage, with the real services at work on a long song."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from contracts.pipeline import Stage
from houseband.client import Client, Job
from houseband.launcher import House
from tests.model_server import drips, model_server
from tests.songs import open_house

PROMPT = "rock, electric guitar, organ, bass, drums"
BASE = {"duration_s": 120, "seed": 1}
LIMIT_S = 2.0
AT_WORK_S = 0.4
"""How long a stage works before its job is cancelled."""
_WORKSHOP = "services.runtime.workshop"


@dataclass(frozen=True)
class Freed:
    """One cancellation. Seconds from the request to cancel on."""

    what: str
    answered_s: float
    freed_s: float
    """Until the processes that worked on it are gone, or idle; until the line to the model is cut."""


def section(home: Path) -> str:
    """The table in Markdown."""
    lines = [
        "## Cancel",
        "",
        f"A job is cancelled while a stage is at work on it. Freed: the processes that worked are gone or idle. Limit: {LIMIT_S:g} s.",
        "",
        "| cancelled while | DELETE answered, s | worker freed, s |",
        "|---|---|---|",
    ]
    lines += [f"| {row.what} | {row.answered_s:.2f} | {row.freed_s:.2f} |" for row in measure(home)]
    return "\n".join([*lines, ""])


def measure(home: Path) -> list[Freed]:
    """Cancel at every stage, one after the other, in one house."""
    with model_server() as model, _environment(HOUSEBAND_LLM_BASE_URL=model.url), open_house(home) as house, Client(house.url) as client:
        model.plays(drips(b" " * 10_000, 0.02))
        base = _made(house, client, client.create_job(PROMPT, options=BASE))
        version = f"{house.url}/api/v1/compositions/{base.composition_id}/versions/1/revise"

        def revised(**body: Any) -> Job:
            return client.job(httpx.post(version, json=body, timeout=30).raise_for_status().json()["job_id"])

        def fresh(**options: Any) -> Job:
            return client.create_job(PROMPT, options={"seed": 2, "duration_s": 600, **options})

        def idle(service: str) -> Callable[[], Callable[[], bool]]:
            return lambda: _idle(_workers(house, service))

        mix = {"mix": {"channels": {"drums": {"level_db": -3}}}}
        return [
            _cancel(
                house,
                client,
                "a language model is waited for",
                Stage.IDEATION,
                lambda: fresh(enhance="llm"),
                lambda: lambda: not model.busy,
            ),
            _cancel(house, client, "long stems are rendered", Stage.PRODUCTION, fresh, idle("generator")),
            _cancel(house, client, "it is mixed", Stage.MIXING, lambda: revised(patch=mix, branch="a"), idle("mixer")),
            _cancel(
                house,
                client,
                "it is mastered",
                Stage.MASTERING,
                lambda: revised(patch={"options": {"target_lufs": -11}}, branch="b"),
                idle("mixer"),
            ),
            _cancel(house, client, "it is checked", Stage.FINALIZATION, lambda: revised(from_stage="finalization", branch="c"), idle("qa")),
        ]


def _cancel(
    house: House, client: Client, what: str, stage: Stage, start: Callable[[], Job], freed: Callable[[], Callable[[], bool]]
) -> Freed:
    job = start()
    for event in client.watch(job.job_id):
        house.watch()
        if event.type == "stage_started" and event.stage == stage:
            break
    time.sleep(AT_WORK_S * (5 if stage is Stage.PRODUCTION else 1))
    is_free = freed()
    began = time.monotonic()
    client.cancel(job.job_id)
    answered_s = time.monotonic() - began
    while not is_free():
        time.sleep(0.02)
    return Freed(what, answered_s, time.monotonic() - began)


def _made(house: House, client: Client, job: Job) -> Job:
    for _ in client.watch(job.job_id):
        house.watch()
    made = client.job(job.job_id)
    assert made.status == "completed", made.error
    return made


def _workers(house: House, service: str) -> list[psutil.Process]:
    """The worker processes of a service, with the processes that they started."""
    process = house.services[service].process
    assert process is not None
    workers = [child for child in psutil.Process(process.pid).children() if _WORKSHOP in " ".join(child.cmdline())]
    return [one for worker in workers for one in (worker, *worker.children(recursive=True))]


def _idle(processes: list[psutil.Process]) -> Callable[[], bool]:
    """Whether none of these works: gone, or without a moment on a core since the last look."""
    spent: dict[int, float] = {}

    def look() -> bool:
        idle = True
        for process in processes:
            try:
                times, status = process.cpu_times(), process.status()
            except psutil.Error:
                continue
            now = times.user + times.system
            idle &= status not in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP) and spent.get(process.pid) == now
            spent[process.pid] = now
        return idle

    return look


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        print(section(Path(scratch)))
