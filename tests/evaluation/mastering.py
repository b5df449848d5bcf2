"""What each loudness target gives on six genres: `python -m tests.evaluation.mastering` replaces the table of docs/mastering.md."""

import argparse
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyebur128

from contracts.sound import LOUDNESS_TARGETS
from services.mixer.mastering.chain import Aim
from services.mixer.mastering.session import Session
from services.mixer.profiles import profile
from services.music.audio.loudness import loudness_range, read_meter
from services.music.audio.spectrum import stereo_spectrum
from services.music.audio.true_peak import true_peak_dbtp
from tests.benchmarks.mastering import CEILING_DBTP, PROMPTS, RATE, Audio, Mix, make_mix

DOCS = Path(__file__).parents[2] / "docs" / "mastering.md"
PRACTICE = {
    "pop": "−11 to −8, LRA 3–12, PLR ≥ 6", "rock": "−10 to −7, LRA 2.5–12, PLR ≥ 5", "metal": "−10 to −7, LRA 2.5–12, PLR ≥ 5",
    "house": "−10 to −7, LRA 3–7.5", "jazz": "−16 to −13, LRA 5–14, PLR ≥ 9", "lofi_hip_hop": "about −14, LRA about 6.5",
}  # fmt: skip
MARKER = "<!-- table -->\n"


def by_libebur128(audio: Audio) -> tuple[float, float]:
    """(LUFS, dBTP) as libebur128 reads them."""
    mode = pyebur128.MeasurementMode
    state = pyebur128.R128State(2, RATE, mode.MODE_I | mode.MODE_TRUE_PEAK)
    state.add_frames(np.ascontiguousarray(audio.T).ravel(), audio.shape[1])
    return pyebur128.get_loudness_global(state), 20 * math.log10(max(pyebur128.get_true_peak(state, channel) for channel in (0, 1)))


def rows(genre: str, mixed: Mix, folder: Path) -> list[str]:
    """One row per target."""
    heard, before, lines = stereo_spectrum(mixed.audio, RATE), loudness_range(mixed.audio, RATE), []
    for medium, target in sorted(LOUDNESS_TARGETS.items(), key=lambda item: item[1]):
        session = Session(["mix"], lambda _: mixed.audio.copy(), RATE, mixed.audio.shape[1], profile(mixed.genre), folder)
        result = session.run(Aim(target, CEILING_DBTP), heard=heard)
        readings, peak = read_meter(session.total, RATE), true_peak_dbtp(session.total, RATE, 8)
        lufs, dbtp = by_libebur128(session.total)
        plr = peak - readings.integrated_lufs
        note = "limited by the ceiling" if result.limited_by_ceiling else f"{result.crest_taken_db:.1f}"
        lines.append(
            f"| {genre.replace('_', ' ')} | {medium} {target:g} | {readings.integrated_lufs:.2f} | {lufs:.2f} | {peak:.2f} | {dbtp:.2f} "
            f"| {plr:.1f} | {readings.range_lu:.1f} ({before:.1f}) | {readings.most_short_term_lufs:.1f} | {note} |"
        )
    return lines


def main() -> int:
    """Make the songs, master each to every target, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DOCS)
    out = parser.parse_args().out
    head = "| song | target | LUFS, ours | libebur128 | dBTP, ours 8× | libebur128 | PLR | LRA (mix) | loudest 3 s | crest taken, dB |"
    lines = [head, "|---" * 10 + "|"]
    with tempfile.TemporaryDirectory() as scratch:
        for genre in PROMPTS:
            lines += rows(genre, make_mix(genre, Path(scratch)), Path(scratch))
            print("\n".join(lines[-len(LOUDNESS_TARGETS) :]), flush=True)
    lines += ["", "*Practice*: " + "; ".join(f"{genre.replace('_', ' ')} {text}" for genre, text in PRACTICE.items()) + "."]
    prose = out.read_text("utf-8").partition(MARKER)[0] if out.exists() else "# Mastering\n\n"
    out.write_text(prose + MARKER + "\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
