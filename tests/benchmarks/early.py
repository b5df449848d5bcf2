"""Hearing early: seconds from POST to the first audible second, what a listener costs the song, what nobody listening costs.

`python -m tests.benchmarks.early [--out FILE] [--songs N] [--seconds S] [--rounds N]`: a real house, warm, one song at a time.
"""

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import psutil

from houseband.client import Client
from houseband.launcher import House
from services.music.audio.loudness import integrated_lufs
from services.music.audio.true_peak import true_peak
from tests.songs import open_house

PROMPTS = (
    "four-on-the-floor house with a dubstep bass, 124 bpm, F minor",
    "sad piano ballad",
    "rock, electric guitar, organ, bass, drums",
    "epic orchestral film music",
    "jazz trio",
    "ambient pads and strings",
    "lofi hip hop",
    "folk song with acoustic guitar and violin",
    "trance, 138 bpm",
    "bossa nova with flute",
)
LIMIT_S = 5.0
RATE_HZ = 48_000
HEAD_BYTES = 44
AUDIBLE = 10 ** (-50 / 20)


@dataclass
class Heard:
    """What one listener heard, and what the song took."""

    prompt: str
    audible_s: float = float("nan")
    """POST to the first second of sound above -50 dBFS, all of it received."""
    first_byte_s: float = float("nan")
    seconds: float = 0.0
    stalls_s: float = 0.0
    """How long somebody who plays from the first audible second on would have waited in silence."""
    lufs: float = float("nan")
    peak_db: float = float("nan")
    song_s: float = float("nan")
    cpu_s: float = float("nan")


class _Listener(threading.Thread):
    """Reads the draft and notes when each piece came."""

    def __init__(self, url: str, job_id: str, posted: float) -> None:
        super().__init__(daemon=True)
        self._url, self._job_id, self._posted = url, job_id, posted
        self.pieces: list[tuple[float, int]] = []
        self.data = bytearray()

    def run(self) -> None:
        with Client(self._url) as client:
            for piece in client.listen(self._job_id, format="wav"):
                self.data += piece
                self.pieces.append((time.monotonic() - self._posted, len(self.data)))


def _cpu(house: House) -> float:
    """Processor seconds of the house's processes so far."""
    total = 0.0
    for one in [house.broker, *house.services.values()]:
        assert one.process is not None
        root = psutil.Process(one.process.pid)
        for process in [root, *root.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system
    return total


def make(house: House, prompt: str, seed: int, seconds: float, *, listen: bool, early: str = "auto", whole: bool = True) -> Heard:
    """One song, heard or not; where it is not `whole`, it is stopped when its draft was heard."""
    heard = Heard(prompt)
    cpu = _cpu(house)
    with Client(house.url) as client:
        posted = time.monotonic()
        job = client.create_job(prompt, options={"duration_s": seconds, "seed": seed, "early": early})
        listener = _Listener(house.url, job.job_id, posted)
        if listen:
            listener.start()
        for _ in client.watch(job.job_id):
            house.watch()
            if listen and not whole and not listener.is_alive():
                client.cancel(job.job_id)
        heard.song_s = time.monotonic() - posted
        assert not whole or client.job(job.job_id).status == "completed"
    heard.cpu_s = _cpu(house) - cpu
    if listen:
        listener.join(30.0)
        _judge(heard, listener)
    return heard


def _judge(heard: Heard, listener: _Listener) -> None:
    samples = np.frombuffer(bytes(listener.data[HEAD_BYTES:]), dtype="<i2").reshape(-1, 2).astype(np.float32) / 32768.0
    heard.seconds = len(samples) / RATE_HZ
    heard.first_byte_s = listener.pieces[0][0]
    begins = int(np.argmax(np.abs(samples).max(axis=1) > AUDIBLE))
    heard.audible_s = _came(listener, begins + RATE_HZ)
    due, waited = heard.audible_s - 1.0 - begins / RATE_HZ, 0.0
    for second in range(1, int(heard.seconds) + 1):
        late = _came(listener, second * RATE_HZ) - (due + waited + second)
        waited += max(late, 0.0)
    heard.stalls_s = max(waited - 1.0, 0.0)  # the first second is played when it is there as a whole
    heard.lufs = integrated_lufs(np.ascontiguousarray(samples.T), RATE_HZ)
    heard.peak_db = 20 * float(np.log10(max(true_peak(np.ascontiguousarray(samples.T), 4), 1e-9)))


def _came(listener: _Listener, frames: int) -> float:
    """When so many frames had come."""
    return next((at for at, size in listener.pieces if size >= HEAD_BYTES + 4 * frames), listener.pieces[-1][0])


def costs(house: House, store: Path, seconds: float, rounds: int) -> str:
    """Processor seconds of one song: without drafts, with nobody listening, with a listener; each from empty stores, in turn."""
    kinds = (("early=off", False, "off"), ("nobody listens", False, "auto"), ("somebody listens", True, "on"))
    spent: dict[str, list[Heard]] = {name: [] for name, *_ in kinds}
    make(house, PROMPTS[0], 3, seconds, listen=False)
    for number in range(rounds):
        for name, listen, early in (*kinds[number % 3 :], *kinds[: number % 3]):
            for folder in ("stems", "audio", "midi", "scores", "previews"):
                shutil.rmtree(store / folder, ignore_errors=True)
            spent[name].append(make(house, PROMPTS[0], 3, seconds, listen=listen, early=early))
    base_cpu, base_s = (median(getattr(one, what) for one in spent["early=off"]) for what in ("cpu_s", "song_s"))
    lines = ["| | processor s | against early=off | wall s | against early=off |", "|---|---|---|---|---|"]
    for name, runs in spent.items():
        cpu, wall = median(one.cpu_s for one in runs), median(one.song_s for one in runs)
        lines.append(f"| {name} | {cpu:.1f} | {cpu / base_cpu - 1:+.1%} | {wall:.1f} | {wall / base_s - 1:+.1%} |")
    return "\n".join(lines)


def table(rows: Sequence[Heard]) -> str:
    """The figures in Markdown."""
    lines = [
        "| song | first audible second | draft | silence while playing | loudness | true peak |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.prompt} | {row.audible_s:.2f} s | {row.seconds:.0f} s | {row.stalls_s:.1f} s | {row.lufs:.1f} LUFS "
        f"| {row.peak_db:.1f} dBTP |"
        for row in rows
    ]
    times = [row.audible_s for row in rows]
    return "\n".join([*lines, "", f"Median {median(times):.2f} s, slowest {max(times):.2f} s; limit {LIMIT_S:g} s."])


def main() -> int:
    """Measure, print, write. Returns 0 where the first audible second is in time."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--songs", type=int, default=len(PROMPTS))
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--rounds", type=int, default=3, help="of the comparison of costs; 0: leave it out")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, open_house(Path(scratch) / "home") as house:
        make(house, "pop", 0, 10.0, listen=False)  # whoever is asked first also loads its libraries
        rows = [make(house, prompt, 1, asked.seconds, listen=True, whole=False) for prompt in PROMPTS[: asked.songs]]
        text = table(rows) if rows else ""
        if asked.rounds:
            text += "\n\n" + costs(house, Path(scratch) / "home" / "store", asked.seconds, asked.rounds)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n", "utf-8")
    return 0 if max((row.audible_s for row in rows), default=0.0) <= LIMIT_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
