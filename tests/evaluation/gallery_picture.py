"""One song as a picture: loudness with sections, spectrogram, spectrum against the corridor, and every stem's level over time."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.signal import stft

from services.mixer.profiles import profiles
from services.music.audio.loudness import momentary_lufs, short_term_lufs
from tests.evaluation.sound_measures import WITHIN_DB, deviation, lowest_note_hz
from tests.evaluation.sound_song import Finished

mpl.use("Agg")
from matplotlib import pyplot as plt  # the backend is chosen first

SIZE_IN, DPI, COLOURS = (11.0, 8.2), 90, 48
LOWEST_HZ, HIGHEST_HZ = 30.0, 20_000.0
ROWS, COLUMNS, LEVELS = 150, 420, 20
RANGE_DB = 75.0


def draw(song: Finished, title: str, path: Path) -> None:
    """Write the picture as a palette PNG; the same song gives the same bytes."""
    with mpl.rc_context(
        {"font.size": 8, "axes.titlesize": 8, "axes.titlelocation": "left", "path.simplify": True, "text.antialiased": True}
    ):
        figure = plt.figure(figsize=SIZE_IN, dpi=DPI)
        grid = figure.add_gridspec(
            3, 2, height_ratios=(1.0, 1.35, 1.35), hspace=0.34, wspace=0.2, left=0.065, right=0.985, top=0.93, bottom=0.055
        )
        figure.suptitle(title, fontsize=10, x=0.065, ha="left")
        _loudness(figure.add_subplot(grid[0, :]), song)
        _spectrogram(figure.add_subplot(grid[1, :]), song)
        _spectrum(figure.add_subplot(grid[2, 0]), song)
        _stems(figure.add_subplot(grid[2, 1]), song)
        raw = io.BytesIO()
        figure.savefig(raw, format="png", metadata={"Software": None})
        plt.close(figure)
    picture = Image.open(raw).convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    picture.save(path, format="PNG", optimize=True)


def _seconds(song: Finished) -> float:
    return song.master.shape[1] / song.rate


def _sections(axes: Any, song: Finished, *, named: bool) -> None:
    """Sections as stripes, with their names."""
    for turn, (name, section) in enumerate(song.score.sections.items()):
        start, end = (song.score.seconds_at(song.score.bar_tick(bar)) for bar in (section.start_bar, section.end_bar))
        if named and turn % 2 == 0:
            axes.axvspan(start, end, color="#e9eef4", zorder=0, lw=0)
        if named:
            axes.text(start + 0.1, axes.get_ylim()[1] - 0.6, name, fontsize=7, va="top", color="#334")
        else:
            axes.axvline(start, color="white", lw=0.6)


def _loudness(axes: Any, song: Finished) -> None:
    target = song.context.technical.target_lufs
    axes.set_ylim(target - 26, target + 8)
    axes.set_xlim(0, _seconds(song))
    _sections(axes, song, named=True)
    for curve, offset_s, colour, width, label in (
        (momentary_lufs(song.master, song.rate), 0.2, "#7a9cc0", 0.8, "momentary"),
        (short_term_lufs(song.master, song.rate), 1.5, "#12365c", 1.6, "short-term"),
    ):
        axes.plot(np.arange(curve.size) * 0.1 + offset_s, np.maximum(curve, target - 40), color=colour, lw=width, label=label)
    axes.axhline(target, color="#c03030", lw=0.8, ls="--", label=f"target {target:g} LUFS")
    axes.legend(loc="lower right", ncols=3, fontsize=7, frameon=False)
    axes.set_title("loudness, LUFS")


def spectrogram_db(song: Finished) -> NDArray[np.float64]:
    """Level over logarithmic frequency and time, dB under the loudest cell, [ROWS, COLUMNS]."""
    size = 4096
    hop = max(1, song.master.shape[1] // (2 * COLUMNS))
    _, _, bins = stft(song.master.mean(axis=0), song.rate, nperseg=size, noverlap=max(0, size - hop), boundary=None, padded=False)
    power = np.abs(bins) ** 2
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, ROWS + 1) * size / song.rate
    low = np.minimum(edges[:-1].astype(int), power.shape[0] - 1)
    high = np.maximum(low + 1, np.minimum(np.ceil(edges[1:]).astype(int), power.shape[0]))
    sums = np.concatenate([np.zeros((1, power.shape[1])), np.cumsum(power, axis=0)])
    rows = (sums[high] - sums[low]) / (high - low)[:, None]
    columns = np.array_split(rows, COLUMNS, axis=1) if rows.shape[1] >= COLUMNS else [rows[:, [at]] for at in range(rows.shape[1])]
    level = 10 * np.log10(np.maximum(np.stack([part.mean(axis=1) for part in columns], axis=1), 1e-14))
    # What a record has at each height falls by about 4.5 dB per octave: tilted up, the picture shows what stands out.
    level += 4.5 * np.log2(np.sqrt(edges[:-1] * edges[1:]) / edges[0])[:, None]
    return np.asarray(np.maximum(level - level.max(), -RANGE_DB))


def _spectrogram(axes: Any, song: Finished) -> None:
    level = spectrogram_db(song)
    steps = np.round((level + RANGE_DB) / RANGE_DB * LEVELS) / LEVELS
    extent = (0, _seconds(song), np.log2(LOWEST_HZ), np.log2(HIGHEST_HZ))
    axes.imshow(steps, origin="lower", aspect="auto", extent=extent, cmap="magma", interpolation="nearest", vmin=0, vmax=1)
    ticks = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)
    axes.set_yticks(np.log2(ticks), [f"{hz / 1000:g} k" if hz >= 1000 else str(hz) for hz in ticks])
    _sections(axes, song, named=False)
    axes.set_xlim(0, _seconds(song))
    axes.set_title(f"spectrogram, Hz (tilted by +4.5 dB per octave, {RANGE_DB:g} dB)")


def _spectrum(axes: Any, song: Finished) -> None:
    away = deviation(song.master, song.rate, profiles()[song.profile].tone, lowest_note_hz(song.score))
    shift = np.nanmedian(away.level_db - away.corridor_db - away.deviation_db)
    x = np.arange(away.centres_hz.size)
    axes.fill_between(x, away.corridor_db + shift - WITHIN_DB, away.corridor_db + shift + WITHIN_DB, color="#cfe3cf", lw=0)
    axes.plot(x, away.corridor_db + shift, color="#4a8a4a", lw=1)
    axes.plot(x, away.level_db, color="#12365c", lw=1.4, marker="o", ms=2.5)
    out = np.abs(away.deviation_db) > WITHIN_DB
    axes.plot(x[out], away.level_db[out], "o", color="#c03030", ms=4)
    axes.set_xticks(x[::3], [f"{hz / 1000:.1f} k" if hz >= 1000 else f"{hz:.0f}" for hz in away.centres_hz[::3]])
    axes.grid(visible=True, color="#dddddd", lw=0.5)
    axes.set_title(f"third octaves, dB: master and the corridor of {song.profile} ± {WITHIN_DB:g}; {away.share:.0%} of bands within")


def _stems(axes: Any, song: Finished) -> None:
    """A lane per stem: its momentary loudness, from 40 LU under the target (no height) to the target."""
    target = song.context.technical.target_lufs
    names = list(song.stems)
    for lane, name in enumerate(reversed(names)):
        curve = momentary_lufs(song.stems[name], song.rate, 0.2)
        height = np.clip((np.maximum(curve, target - 40) - target + 40) / 40, 0, 1.15) * 0.88
        axes.fill_between(
            np.arange(curve.size) * 0.2 + 0.2, lane, lane + height, color="#3a6ea5" if name in song.score.parts else "#a58a3a", lw=0
        )
    axes.set_yticks(
        np.arange(len(names)) + 0.4, [name.replace("_", " ")[:18] for name in reversed(names)], fontsize=7 if len(names) < 13 else 5.5
    )
    axes.set_xlim(0, _seconds(song))
    axes.set_ylim(0, len(names))
    axes.set_title("stems: momentary loudness, −40 LU to the target")
