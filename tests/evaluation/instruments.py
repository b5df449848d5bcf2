"""Every instrument alone: `make eval-instruments`. The table goes to docs/instruments.md.

Each patch that an instrument file names (its default, those by genre, its ways of playing) plays a major scale over the
instrument's comfortable range, a second to a note, at velocities 40, 80 and 120, as a dry stem; drums play every drum of the kit.
Options: --only PATCH..., --jobs N, --out FILE.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from contracts.music import PPQ, Note, Part, Role, Score, Section
from services.generator.production import plan_stems, render_stem
from services.generator.production.calibrate import phrase
from services.generator.production.curves import SAMPLE_RATE_HZ, Floats
from services.generator.production.shelf import Shelf, find_soundfonts
from services.generator.production.sounds import Kit, Sampled, Synth, sounds
from services.music.audio.loudness import integrated_lufs
from services.music.packs.instruments import Instrument, instruments
from tests.evaluation.tone_measures import FLOOR_DB, Samples, centroid_hz, cents_off, step_db, strokes_apart

DOCS = Path(__file__).parents[2] / "docs" / "instruments.md"
VELOCITIES = (40, 80, 120)
TARGET_LUFS = -23.0
"""Of every patch at velocity 100 (calibrate.py); the mixer brings each to its role's place from there."""
MOST_CENTS, MOST_STEP_DB, LEAST_BRIGHTER, MOST_LU = 10.0, -60.0, 1.03, 3.0
STEADY = frozenset(
    {"drawbar_organ", "tonewheel_organ", "harpsichord_plucked", "chip_lead", "chip_pulse", "chip_thin", "chip_triangle", "sub_bass"}
)
"""Their real ones stay as bright however hard the key is struck."""
BEATS, HELD = 2.0, 1.6
"""Quarters at 120 to the minute from note to note, and how many of them a note is held: 1 s and 0.8 s."""
REPEATS = 7
BARS = frozenset({"mallets", "tuned_percussion"})
"""Families whose partials are no harmonics."""
MAJOR = frozenset({0, 2, 4, 5, 7, 9, 11})


@dataclass
class Audited:
    """What was measured of one patch."""

    instrument: str
    patch: str
    source: str = ""
    notes: int = 0
    cents: float | None = None
    worst_note: int | None = None
    step_db: float = FLOOR_DB
    centroids: tuple[float, ...] = ()
    level_lu: float = 0.0
    uneven_db: float = 0.0
    apart_db: float = 0.0
    apart_tone_db: float = 0.0
    steady: bool = False
    error: str = ""
    failures: list[str] = field(default_factory=list)


def patches_of(entry: Instrument) -> list[str]:
    """Every patch that an instrument file names, its default first."""
    table = entry.sound
    return list(dict.fromkeys([table.default, *table.by_genre.values(), *table.articulations.values()]))


@cache
def _shelf() -> Shelf:
    return find_soundfonts()


def _played(entry: Instrument, patch: str, notes: Sequence[Note], seconds: float) -> tuple[Samples, Floats, str]:
    """A dry stem of some notes: mono, stereo, and what played it."""
    role = Role.DRUMS if entry.is_drums else Role.FX if entry.family == "effects" else Role.MELODY
    part = Part(role=role, instrument=entry.id, patch=patch, notes=tuple(notes), controls={"cc1": ((0, 0.0),)})
    bars = int(np.ceil(seconds / 2.0))
    section = Section(label="scale", start_bar=1, bars=bars, energy=0.5, key="C major")
    song = Score(tempo_bpm=120.0, genre="pop", sections={"scale_1": section}, parts={"scale": part}, tail_s=1.0)
    plan = plan_stems(song, None, _shelf())["scale"]
    audio = render_stem(song, "scale", plan, _shelf())
    return audio.mean(axis=0).astype(np.float64), audio, plan.source


def scale(entry: Instrument, patch: str) -> list[int]:
    """The major scale on the lowest comfortable note; of a kit every drum that pop music's groups use; of an effect one note."""
    sound = sounds()[patch]
    if isinstance(sound, Kit) or entry.is_drums:
        return [54, 56, 60, 61, 63, 64, 70, 75] if entry.id == "percussion" else [36, 37, 38, 42, 45, 46, 48, 49, 51]
    if isinstance(sound, Synth) and not sound.pitched:
        return [sound.reference_pitch]
    low, high = entry.comfort
    return [pitch for pitch in range(low, high + 1) if (pitch - low) % 12 in MAJOR]


def audit(instrument_id: str, patch: str) -> Audited:
    """Play and measure one patch of one instrument."""
    entry, sound = instruments()[instrument_id], sounds()[patch]
    found = Audited(instrument_id, patch)
    pitches = scale(entry, patch)
    long = 4.0 if isinstance(sound, Synth) and not sound.pitched else 1.0
    pitched = not (isinstance(sound, Kit) or entry.is_drums or long > 1.0)
    found.notes, found.steady = len(pitches), not pitched or patch in STEADY or (isinstance(sound, Sampled) and sound.tone_cents == 0.0)
    found.steady = found.steady and not entry.is_drums
    levels, offs, uneven = [], [], 0.0
    for velocity in VELOCITIES:
        notes = [Note(round(i * BEATS * long * PPQ), round(HELD * long * PPQ), p, velocity) for i, p in enumerate(pitches)]
        mono, stereo, found.source = _played(entry, patch, notes, len(pitches) * long)
        tones = [mono[round(i * long * SAMPLE_RATE_HZ) : round((i + 1) * long * SAMPLE_RATE_HZ)] for i in range(len(pitches))]
        found.centroids += (float(np.mean([centroid_hz(tone[: SAMPLE_RATE_HZ // 2]) for tone in tones])),)
        found.step_db = max(found.step_db, *(_end_step(tone) for tone in tones))
        levels.append(integrated_lufs(stereo, SAMPLE_RATE_HZ))
        if pitched:
            offs += [(abs(o), o, p) for tone, p in zip(tones, pitches, strict=True) for o in [_off(entry, tone, p)]]
            uneven = max(uneven, _uneven(tones))
    if offs:
        _, found.cents, found.worst_note = max(offs)
    found.level_lu = (levels[1] + levels[2]) / 2 - TARGET_LUFS if pitched else _phrase_lu(entry, patch)
    found.uneven_db = uneven
    if long == 1.0:
        found.apart_db, found.apart_tone_db = _repeated(
            entry, patch, 38 if entry.is_drums and entry.id != "percussion" else pitches[len(pitches) // 2]
        )
    found.failures = failures(found)
    return found


def _off(entry: Instrument, tone: Samples, pitch: int) -> float:
    heard = tone[round(0.12 * SAMPLE_RATE_HZ) : round(0.75 * SAMPLE_RATE_HZ)]
    return cents_off(heard, 440.0 * 2.0 ** ((pitch - 69) / 12), partials=1.35 if entry.family in BARS else 3.5)


def _end_step(tone: Samples) -> float:
    """Step at the written end of a note (0.8 of its time): from the 120 ms before it to the 150 ms around and after."""
    end = round(tone.size * HELD / BEATS)
    near = round(0.004 * SAMPLE_RATE_HZ)
    before = tone[end - near - round(0.12 * SAMPLE_RATE_HZ) : end - near]
    return step_db(before, tone[end - near : end + round(0.14 * SAMPLE_RATE_HZ)], float(np.abs(tone).max()))


def _uneven(tones: list[Samples]) -> float:
    """How far notes stand out of their neighbours: the 90th percentile of the level's distance from the median of five."""
    levels = np.array([10.0 * np.log10(np.mean(np.square(tone[: SAMPLE_RATE_HZ // 2])) + 1e-15) for tone in tones])
    medians = np.array([np.median(levels[max(i - 2, 0) : i + 3]) for i in range(levels.size)])
    return float(np.percentile(np.abs(levels - medians), 90))


def _phrase_lu(entry: Instrument, patch: str) -> float:
    """Loudness of the calibration phrase against the target: for drums and effects, whose single strokes are no music."""
    score = phrase(patch, sounds()[patch])
    _, stereo, _ = _played(entry, patch, score.parts["phrase"].notes, score.rendered_s - 1.0)
    return float(integrated_lufs(stereo, SAMPLE_RATE_HZ) - TARGET_LUFS)


def _repeated(entry: Instrument, patch: str, pitch: int) -> tuple[float, float]:
    notes = [Note(i * PPQ, round(0.8 * PPQ), pitch, 85) for i in range(REPEATS)]
    mono, _, _ = _played(entry, patch, notes, REPEATS * 0.5)
    return strokes_apart([mono[i * 24_000 : i * 24_000 + 19_000] for i in range(REPEATS)])


def failures(found: Audited) -> list[str]:
    """Which of the four demands a patch misses."""
    out = []
    if found.cents is not None and abs(found.cents) > MOST_CENTS:
        out.append("tune")
    if found.step_db > MOST_STEP_DB:
        out.append("click")
    if not found.steady and found.centroids and found.centroids[-1] < LEAST_BRIGHTER * found.centroids[0]:
        out.append("brightness")
    if abs(found.level_lu) > MOST_LU:
        out.append("level")
    return out


def _safely(job: tuple[str, str]) -> Audited:
    try:
        return audit(*job)
    except Exception as error:  # noqa: BLE001 - one patch that cannot be played is a row of the table, not the end of the audit
        return Audited(*job, error=f"{type(error).__name__}: {error}", failures=["not played"])


def jobs(only: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Instrument and patch, each patch once."""
    seen: set[str] = set()
    for entry in instruments().values():
        for patch in patches_of(entry):
            if patch and patch not in seen and (not only or patch in only or entry.id in only):
                seen.add(patch)
                yield entry.id, patch


def table(rows: Sequence[Audited]) -> list[str]:
    """The rows as Markdown."""
    lines = [
        (
            "| instrument | patch | played by | notes | worst cents (note) | step at ends dB | brightness Hz at 40 / 80 / 120 | level LU "
            "| uneven dB | strokes apart: level, tone dB | fails |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cents = f"{row.cents:+.1f} ({row.worst_note})" if row.cents is not None else "–"
        step = f"{row.step_db:.0f}" if row.step_db > FLOOR_DB else "none"
        bright = " / ".join(f"{value:.0f}" for value in row.centroids) + (" (steady)" if row.steady else "")
        source = " ".join(word for word in row.source.split(" ") if not word.startswith("sha256") and word != row.patch)
        lines.append(
            f"| {row.instrument} | {row.patch} | {source} | {row.notes} | {cents} | {step} | {bright} | {row.level_lu:+.1f} "
            f"| {row.uneven_db:.1f} | {row.apart_db:.2f}, {row.apart_tone_db:.2f} | {', '.join(row.failures) or '–'}"
            f"{' ' + row.error if row.error else ''} |"
        )
    return lines


def page(rows: Sequence[Audited], seconds: float) -> str:
    """The whole document."""
    tuned = [row for row in rows if row.cents is not None]
    counts = {
        f"in tune within {MOST_CENTS:.0f} cents (worst note of the scale at three velocities)": (
            sum("tune" not in row.failures for row in tuned), len(tuned)),
        f"no step above {MOST_STEP_DB:.0f} dB at the end of a note": (sum("click" not in row.failures for row in rows), len(rows)),
        "brighter at velocity 120 than at 40, where the real one is": (
            sum("brightness" not in row.failures for row in rows if not row.steady), sum(not row.steady for row in rows)),
        f"level within {MOST_LU:.0f} dB of {TARGET_LUFS:.0f} LUFS": (sum("level" not in row.failures for row in rows), len(rows)),
        "all of these": (sum(not row.failures for row in rows), len(rows)),
    }  # fmt: skip
    head = [
        "# Every instrument alone",
        "",
        "What `make eval-instruments` measured. Each patch that an instrument file names plays a major scale over the instrument's",
        "comfortable range, a second to a note, at velocities 40, 80 and 120, dry; kits play their drums one by one.",
        "",
        "- **cents**: autocorrelation near 30 ms, interpolated, of the fundamental (of the first partials where it is weak), 0.12–0.75 s",
        "  into each note; the worst note of all three scales is shown. Vibrato is off, the small drawn detuning of each note is on.",
        "- **step**: what a linear predictor of order 32, fitted to the 120 ms before the end of a note, cannot predict in the 140 ms",
        "  after, beyond what it could not predict before either (and 2 dB), against the note's peak. A cut of height h gives h.",
        "- **brightness**: centre of the amplitude spectrum of the first half second, mean over the scale.",
        "- **level**: loudness of the scale, mean of velocities 80 and 120, against the reference to which every patch is calibrated;",
        "  of kits and effects the calibration phrase. The mixer brings each part from there to its role's loudness.",
        "- **uneven**: how far a note stands out of its neighbours (90th percentile of the distance from the median of five).",
        "- **cents** of fm_bell and tonewheel_organ: their partials lie within 5 cents and 1 cent (spectral peaks, dry); what is measured",
        "  is the bell's inharmonic partials (1 : 3.5) and the rotating speaker's vibrato over half a turn.",
        f"- **strokes apart**: {REPEATS} strokes of one pitch and velocity: mean difference from one to the next, of level and of third",
        "  octaves.",
        "",
        *(f"- {name}: **{good} of {count}**" for name, (good, count) in counts.items()),
        f"- measured in {seconds:.0f} s",
        "",
    ]
    return "\n".join([*head, *table(rows)]) + "\n"


def main() -> None:
    """Audit everything, print what fails, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="patches or instruments")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=DOCS)
    arguments = parser.parse_args()
    began = time.monotonic()
    todo = list(jobs(arguments.only))
    with ProcessPoolExecutor(arguments.jobs) as pool:
        rows = []
        for row in pool.map(_safely, todo):
            rows.append(row)
            print(table([row])[-1], flush=True)
    print(f"{sum(not row.failures for row in rows)} of {len(rows)} meet all four")
    if not arguments.only or arguments.out != DOCS:
        arguments.out.write_text(page(rows, time.monotonic() - began), "utf-8")


if __name__ == "__main__":
    main()
