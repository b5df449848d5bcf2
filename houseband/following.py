"""Following a job to its end, whatever command asked for it."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from contracts.errors import BadInput, HousebandError, Unavailable
from houseband.client import Client, Job, Results
from houseband.display import Display
from houseband.listening import Listener


def followed(client: Client, job: Job, display: Display, checks: Sequence[Callable[[], None]], listen: str | None = None) -> Job:
    """The job at its end, with a look at the machine at each event, of which heartbeats are some.

    Raises what made it fail. Where the song cannot be waited for any more, and on Ctrl-C, the job is cancelled.
    """
    try:
        with Listener(client.url, job.job_id, listen, display):
            for event in client.watch(job.job_id):
                for check in checks:
                    check()
                display.event(event)
    except (KeyboardInterrupt, HousebandError):
        with suppress(HousebandError):
            client.cancel(job.job_id)
        raise
    finally:
        display.close()
    return _ended(client.job(job.job_id))


def _ended(job: Job) -> Job:
    """A job that has results. Raises BadInput or Unavailable for one that failed without."""
    error = job.error or {}
    if job.status == "completed" or (job.status == "failed" and error.get("code") == "qa_failed"):
        return job
    if job.status == "cancelled":
        raise KeyboardInterrupt
    detail = str(error.get("detail") or error.get("title") or "the job failed")
    if error.get("code") in ("bad_input", "illegal_move"):
        bad = BadInput(str(error.get("field") or "request"), error.get("value") or "", str(error.get("allowed") or ""))
        bad.args = (detail,)
        raise bad
    failed = Unavailable("the song")
    failed.args = (detail,)
    raise failed


def results_of(job: Job) -> Results:
    """The files of a job. Raises Unavailable where the server names none."""
    if job.results is None:
        raise Unavailable("the song's files", "the server named none")
    return job.results


def drop_orphans(client: Client) -> None:
    """Cancel what an earlier command, killed before its end, left unfinished: nobody waits for it."""
    for job in client.jobs():
        if not job.ended:
            client.cancel(job.job_id)
