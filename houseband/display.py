"""Progress on stderr: a live bar on a terminal, plain lines otherwise."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from houseband.client import Event
from houseband.showing import plain

EVERY_S = 1.0


class Display:
    """Shows a job's events."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._said_at = 0.0
        self._began = time.monotonic()
        if not quiet and sys.stderr.isatty():
            columns = (SpinnerColumn(), TextColumn("{task.description:<13}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
            said = TextColumn("{task.fields[text]}", markup=False)
            self._live = Progress(*columns, TimeElapsedColumn(), said, console=Console(stderr=True))

    def line(self, text: str) -> None:
        """One line beside the bar."""
        if self._quiet:
            return
        if self._live and self._task is not None:
            self._live.console.print(f"houseband: {plain(text)}", highlight=False, markup=False)
        else:
            print(f"houseband: {plain(text)}", file=sys.stderr, flush=True)

    def event(self, event: Event) -> None:
        """Show one event of a job."""
        if self._quiet:
            return
        if event.type == "qa_rejected":
            self.line(f"a check failed, trying again: {event.message or ''}".rstrip(": "))
        text = plain(event.message or "")
        left = _left(event.remaining_s)
        if self._live:
            if self._task is None:
                self._live.start()
                self._task = self._live.add_task("", total=100.0, text="")
            self._live.update(self._task, completed=event.progress, description=event.stage or "", text=f"{left}  {text[:60]}".strip())
            return
        now = time.monotonic()
        stage = event.stage or self._stage
        if stage != self._stage or (event.type == "progress" and now - self._said_at > EVERY_S):
            self._stage, self._said_at = stage, now
            line = f"{now - self._began:6.1f} s  {event.progress:3.0f} %  {left:>13}  {stage:<13} {text}"
            print(line.rstrip(), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._live:
            self._live.stop()


def _left(seconds: float | None) -> str:
    """How long it will take, as exactly as it is known: to the second under half a minute, then to five and ten."""
    if seconds is None:
        return ""
    step = 1 if seconds < 30 else 5 if seconds < 90 else 10
    rounded = max(round(seconds / step) * step, 1)
    return f"{rounded} s left" if rounded < 120 else f"{rounded // 60}:{rounded % 60:02d} min left"
