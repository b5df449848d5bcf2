"""`houseband jobs [list|show ID|cancel ID]`: what is being made, and stopping it."""

import argparse
import json
import time
from typing import Any

from houseband.client import Client, Job
from houseband.reaching import reach
from houseband.showing import plain
from houseband.tables import print_table


def run(arguments: argparse.Namespace) -> int:
    """Tell how jobs stand, or stop one."""
    with reach(arguments.server) as client:
        if arguments.act == "list":
            return _list(client, arguments)
        if arguments.act == "cancel":
            client.cancel(arguments.id)
        job = client.job(arguments.id)
    if arguments.json:
        print(job.model_dump_json())
        return 0
    for line in _lines(job):
        print(plain(line))
    return 0


def _list(client: Client, arguments: argparse.Namespace) -> int:
    jobs = client.jobs(statuses=arguments.status, limit=arguments.limit)
    if arguments.json:
        print(json.dumps([job.model_dump(mode="json") for job in jobs], ensure_ascii=False))
        return 0
    print_table(("job", "status", "%", "stage", "since", "prompt"), [_row(job) for job in jobs])
    return 0


def _row(job: Job) -> tuple[str, ...]:
    return job.job_id, job.status, f"{job.progress:.0f}", job.stage or "", _moment(job.created_at), _short(job.prompt)


def _lines(job: Job) -> list[str]:
    error: dict[str, Any] = job.error or {}
    told = [
        ("job", job.job_id),
        ("composition", job.composition_id),
        ("status", job.status),
        ("progress", f"{job.progress:.1f} %"),
        ("stage", job.stage or ""),
        ("since", _moment(job.created_at)),
        ("prompt", _short(job.prompt)),
        ("error", error.get("detail", "")),
        ("files", ", ".join(job.results.files) if job.results else ""),
    ]
    return [f"{name:12} {value}" for name, value in told if value]


def _moment(time_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time_s)) if time_s else ""


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
