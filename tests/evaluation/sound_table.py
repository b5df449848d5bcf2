"""The page of `make eval-sound`: a summary against the figures that are aimed at, a table by genre, and the songs that miss."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tests.evaluation.sound_measures import LOW_CORRELATION, NULL_DBFS, ON_TARGET_LU, WITHIN_DB

Line = dict[str, Any]

_COLUMNS = (
    "genre", "songs", "on target", "within", "octaves", "bands", "low corr.", "corr.", "mono LU", "null dBFS", "PLR dB", "LRA LU",
    "crest dB", "contrast LU",
)  # fmt: skip
_METERS = (("lufs", "dbtp"), ("ebur128_lufs", "ebur128_dbtp"))
_HEAD = """# Finished songs, measured

Made by `make eval-sound`: {songs} songs of {seconds:g} s over {styles} styles, each from its own sentence
(tests/evaluation/score_prompts.toml) and seed, the whole chain from the sentence to the delivered 24-bit files. Loudness and true peak
by two meters: ours and libebur128.

**Within the corridor**: the master's long-term spectrum per third octave from 63 Hz to 12.5 kHz, where the song sounds, both channels,
level aligned by the median between 100 Hz and 8 kHz, lies within ± {within:g} dB of the genre's corridor (docs/sources.md) in **every**
band that is judged (bands below the lowest note of a song without drums are not). *Bands* is the share of single bands within, *octaves*
the same verdict over three neighbouring bands together. Definitions in full: tests/evaluation/sound_measures.py.
"""


def on_target(line: Line) -> bool:
    """Whether both meters read the target within 0.1 LU."""
    return all(abs(line[lufs] - line["target_lufs"]) <= ON_TARGET_LU for lufs, _ in _METERS)


def under_ceiling(line: Line) -> bool:
    """Whether both meters read a true peak at or under the ceiling, to a hundredth of a decibel."""
    return all(line[peak] <= line["ceiling_dbtp"] + 0.005 for _, peak in _METERS)


_VERDICTS: tuple[tuple[str, str, Callable[[Line], bool]], ...] = (
    ("on target ± 0.1 LU by both meters", "100 %", on_target),
    ("true peak at or under the ceiling by both meters", "100 %", under_ceiling),
    ("no clipped sample in master or stems", "100 %", lambda line: line["clipped"] == 0),
    ("stems null at or under −80 dBFS", "100 %", lambda line: line["null"] <= NULL_DBFS),
    ("correlation below 150 Hz ≥ 0.8", "100 %", lambda line: line["low_correlation"] >= LOW_CORRELATION),
    ("overall correlation > 0", "", lambda line: line["correlation"] > 0),
    ("within the corridor, every third octave", "≥ 90 %", lambda line: line["within"]),
    ("within the corridor, octaves", "", lambda line: line["smooth"]),
    ("at least nine of ten third octaves within", "", lambda line: line["share"] >= 0.9),
    ("nothing found by the detectors of faults", "", lambda line: not line.get("faults")),
)


def page(lines: list[Line], seconds: float) -> str:
    """The whole page in Markdown."""
    made = [line for line in lines if "error" not in line]
    styles = sorted({line["style"] for line in lines})
    text = [_HEAD.format(songs=len(lines), seconds=seconds, styles=len(styles), within=WITHIN_DB), _summary(made, lines), _by_style(made)]
    return "\n".join([*text, _worst_bands(made), _faults(made), _missed(made, lines)])


def _summary(made: list[Line], lines: list[Line]) -> str:
    rows = [
        "| figure | songs | share | aim |",
        "|---|---|---|---|",
        f"| made | {len(made)} of {len(lines)} | {_percent(len(made), len(lines))} | 100 % |",
    ]
    for name, aim, holds in _VERDICTS:
        right = sum(map(holds, made))
        rows.append(f"| {name} | {right} of {len(made)} | {_percent(right, len(made))} | {aim} |")
    share = np.mean([line["share"] for line in made]) if made else 0.0
    rows.append(f"| third-octave bands within, of all songs | | {share:.1%} | |".replace("%", " %"))
    return "\n".join([*rows, ""])


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.1f} %"


def _grouped(made: list[Line]) -> dict[str, list[Line]]:
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in made:
        groups[line["style"]].append(line)
    return dict(sorted(groups.items()))


def _by_style(made: list[Line]) -> str:
    rows = [
        "## By genre",
        "",
        "Medians, but for the worst null and the lowest correlation below 150 Hz. PLR: true peak over loudness; contrast: choruses, drops",
        "and heads over verses and grooves; mono: loudness lost when both channels are summed.",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        "|---" * len(_COLUMNS) + "|",
    ]
    for style, group in _grouped(made).items():
        good = sum(on_target(line) and under_ceiling(line) for line in group)
        cells = [
            style, str(len(group)), f"{good}/{len(group)}", f"{sum(line['within'] for line in group)}/{len(group)}",
            f"{sum(line['smooth'] for line in group)}/{len(group)}", f"{np.mean([line['share'] for line in group]):.0%}".replace("%", " %"),
            f"{min(line['low_correlation'] for line in group):.2f}", _middle(group, "correlation", 2), _middle(group, "mono_loss", 1),
            f"{max(line['null'] for line in group):.0f}", _middle(group, "plr", 1), _middle(group, "lra", 1), _middle(group, "crest", 1),
            _middle(group, "contrast", 1),
        ]  # fmt: skip
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join([*rows, ""])


def _middle(group: Iterable[Line], name: str, places: int) -> str:
    values = [line[name] for line in group if line[name] is not None and math.isfinite(line[name])]
    return f"{np.median(values):.{places}f}" if values else "–"


def _worst_bands(made: list[Line]) -> str:
    """The bands that most songs of a genre miss, with their mean deviation."""
    rows = [
        "## Bands outside",
        "",
        "Per genre the bands that miss most often: how many songs, and their median deviation.",
        "",
        "| genre | bands |",
        "|---|---|",
    ]
    for style, group in _grouped(made).items():
        away = np.array([[np.nan if db is None else db for db in line["away_db"]] for line in group])
        missed = np.sum(np.abs(away) > WITHIN_DB, axis=0)
        worst = [int(band) for band in np.argsort(-missed, kind="stable")[:4] if missed[band]]
        told = [f"{_hz(group[0]['bands_hz'][band])} {missed[band]}× {np.nanmedian(away[:, band]):+.1f} dB" for band in worst]
        rows.append(f"| {style} | {', '.join(told) or '–'} |".replace("-", "−") if told else f"| {style} | – |")
    return "\n".join([*rows, ""])


def _hz(hz: float) -> str:
    return f"{hz / 1000:.1f} kHz" if hz >= 1000 else f"{hz:.0f} Hz"


def _faults(made: list[Line]) -> str:
    """What the detectors found, counted."""
    count = Counter(fault["kind"] for line in made for fault in line.get("faults", ()))
    rows = [
        "## Faults that are detected",
        "",
        "By tests/evaluation/sound_faults.py, which defines each one.",
        "",
        "| fault | songs | where |",
        "|---|---|---|",
    ]
    for kind in sorted(count):
        where = [f"#{line['number']} {fault['where']}" for line in made for fault in line.get("faults", ()) if fault["kind"] == kind]
        songs = len({line["number"] for line in made for fault in line.get("faults", ()) if fault["kind"] == kind})
        rows.append(f"| {kind} | {songs} | {', '.join(where[:6])}{' …' if len(where) > 6 else ''} |")
    return "\n".join([*rows, ""]) if count else "## Faults that are detected\n\nNone.\n"


def _missed(made: list[Line], lines: list[Line]) -> str:
    """Every song that misses a figure which all should hold, with its prompt."""
    rows = []
    for line in made:
        missed = [name for name, aim, holds in _VERDICTS if aim == "100 %" and not holds(line)]
        if missed:
            said = f"{line['lufs']:.2f} LUFS, {line['dbtp']:.2f} / {line['ebur128_dbtp']:.2f} dBTP" + (
                ", limited by the ceiling" if line["limited_by_ceiling"] else ""
            )
            rows.append(f"- #{line['number']} {line['style']} “{line['prompt']}”: {'; '.join(missed)} ({said})")
    rows += [f"- #{line['number']} {line['style']} “{line['prompt']}”: {line['error']}" for line in lines if "error" in line]
    return "\n".join(["## Songs that miss a figure all should hold", "", *(rows or ["None."]), ""])
