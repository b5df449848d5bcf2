"""Open recordings, heard: what the ears say of music that nobody here made, with a picture of each, beside what is known of it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from PIL import Image
from scipy.signal import stft

from contracts.errors import BadInput
from contracts.features import Features
from contracts.music import Chord
from tests.evaluation.measures import keep

mpl.use("Agg")
from matplotlib import pyplot as plt  # the backend is chosen first

SIZE_IN, DPI, COLOURS = (11.0, 8.0), 90, 40
LOWEST_HZ, HIGHEST_HZ, ROWS, COLUMNS, RANGE_DB, LEVELS = 40.0, 12_000.0, 120, 420, 65.0, 16
ZOOM_S = 12.0
_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Recording:
    """One open recording: the start of its file's name, who made it, where it is from, and what is known of it."""

    short: str
    starts: str
    credit: str
    known: str


RECORDINGS = (
    Recording(
        "hungarian_dance", "Hungarian_Dance",
        "Johannes Brahms, Hungarian Dance no. 5, played by the US Army Strings; public domain; musopen.org/music/43805",
        "F# minor by its title, 2/4, string orchestra, no drums, a tempo that is pulled about; "
        "its sound stands in G minor, as orchestras play it: G and D lead its pitch classes",
    ),
    Recording(
        "lets_go_fishin", "Karissa_Hobbs",
        "Karissa Hobbs, Let's Go Fishin'; CC BY 3.0; freemusicarchive.org/music/Karissa_Hobbs/Age_of_Flowers",
        "a singer and her band, folk and pop; no key or tempo is published",
    ),
    Recording(
        "vibe_ace", "Kevin_MacLeod",
        "Kevin MacLeod, Vibe Ace; CC BY 3.0; freemusicarchive.org/music/Kevin_MacLeod/Jazz_Sampler",
        "jazz: vibraphone, electric piano, bass and drums; no key or tempo is published",
    ),
    Recording(
        "solo_trumpet", "sorohanro",
        "Mihai Sorohan, part of Jazz Trumpet Loops Pack in F 90 bpm; CC BY 3.0; freesound.org/s/77711",
        "one trumpet, in F (blues, dorian), 90 bpm, by its maker",
    ),
)  # fmt: skip


def show(folder: Path, page: Path) -> None:
    """Hear the recordings in a folder; pictures go to images/ beside the page, what is heard to the page."""
    from services.analyzer.hearing import hear

    lines, pictures = [], []
    for one in RECORDINGS:
        path = next((found for found in sorted(folder.glob(f"{one.starts}*")) if found.suffix != ".txt"), None)
        if path is None:
            continue
        heard = hear(path)
        picture = page.parent / "images" / f"ears-{one.short}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        audio, rate = sf.read(path, dtype="float32", always_2d=True)
        draw(audio.mean(axis=1), rate, heard, one.credit.split(";")[0], picture)
        lines += [one.credit, f"    known:  {one.known}", *(f"    {line}" for line in in_words(heard)), ""]
        pictures.append(f"![{one.credit.split(';', maxsplit=1)[0]}](images/{picture.name})")
    note = "Other people's recordings. What is known of them stands beside what is heard; the pictures follow."
    keep(page, "Open recordings", "python -m tests.evaluation.ears --recordings DIR", note, "\n".join(lines))
    text = page.read_text("utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("![") or "images/ears-" not in line).rstrip()
    page.write_text(text + "\n\n" + "\n\n".join(pictures) + "\n", "utf-8")


def in_words(heard: Features) -> list[str]:
    """What is heard, a line for each faculty."""
    pulse = heard.tempo_bpm
    others = ", ".join(f"{one.value:.1f} ({one.confidence:.0%})" for one in heard.tempo_candidates) or "none"
    swing = f"{heard.swing.ratio:.2f} in {heard.swing.division}ths" if heard.swing else "none"
    keys = "; ".join(f"{span.start_s:.0f}-{span.end_s:.0f} s {span.key}" for span in heard.keys)
    names = [(chord.symbol, chord.roman) for chord in heard.chords if chord.symbol != "N"]
    sections = ", ".join(f"{one.label} {one.letter} {one.start_s:.1f}-{one.end_s:.1f}" for one in heard.sections)
    drums = ", ".join(f"{name} {voice.per_bar:.1f}" for name, voice in heard.drums.voices.items()) if heard.drums else "none"
    return [
        f"tempo:  {pulse.value:.1f} bpm, sure {pulse.confidence:.0%}; also {others}" if pulse else "tempo:  none",
        f"bar:    {heard.meter or '?'}, swing {swing}",
        f"key:    {heard.key}, sure {heard.key_confidence:.0%}" + (f"; {keys}" if len(heard.keys) > 1 else "")
        + (f"; tuning {heard.tuning_cents.value:+.0f} cents" if heard.tuning_cents else ""),
        "chords: " + (" ".join(symbol for symbol, _ in names[:16]) or "none"),
        "in it:  " + (" ".join(roman for _, roman in names[:16]) or "none"),
        f"form:   {sections or 'one piece'}",
        f"drums:  strokes per bar: {drums}" if heard.drums else "drums:  none",
        *(f"{name}:{' ' * (7 - len(name))}{len(line.notes)} notes, MIDI {line.low}-{line.high}, {line.how}, sure {line.confidence:.0%}"
          for name, line in (("bass", heard.bass), ("melody", heard.melody)) if line),
        "family: " + ", ".join(f"{one.value} {one.confidence:.0%}" for one in heard.families),
        "genre:  " + ", ".join(f"{one.value} {one.confidence:.0%}" for one in heard.genres[:3]),
        f"level:  {heard.loudness_lufs.value:.1f} LUFS" if heard.loudness_lufs else "level:  –",
    ]  # fmt: skip


def draw(mono: NDArray[np.float32], rate: int, heard: Features, title: str, path: Path) -> None:
    """Sections over the whole, beats over twelve seconds, chords, and the drums' bar, as a palette PNG."""
    length = mono.size / rate
    begin = max(0.0, min(length / 2 - ZOOM_S / 2, length - ZOOM_S))
    end = min(length, begin + ZOOM_S)
    with mpl.rc_context({"font.size": 8, "axes.titlesize": 8, "axes.titlelocation": "left"}):
        figure = plt.figure(figsize=SIZE_IN, dpi=DPI)
        grid = figure.add_gridspec(4, 1, height_ratios=(1.2, 1.2, 0.8, 0.5), hspace=0.45, left=0.06, right=0.985, top=0.93, bottom=0.05)
        tempo = f"{heard.tempo_bpm.value:.1f} bpm" if heard.tempo_bpm else "no pulse"
        figure.suptitle(f"{title}: {tempo}, {heard.meter or '?'}, {heard.key or 'no key'}", fontsize=10, x=0.06, ha="left")
        _whole(figure.add_subplot(grid[0]), mono, rate, heard)
        _zoom(figure.add_subplot(grid[1]), mono[round(begin * rate) : round(end * rate)], rate, heard, begin)
        _chords(figure.add_subplot(grid[2]), heard, length)
        _bar(figure.add_subplot(grid[3]), heard)
        raw = io.BytesIO()
        figure.savefig(raw, format="png", metadata={"Software": None})
        plt.close(figure)
    picture = Image.open(raw).convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    picture.save(path, format="PNG", optimize=True)


def _spectrogram(axes: Any, mono: NDArray[np.float32], rate: int, begin: float) -> None:
    """Level over logarithmic frequency and time, coarse steps."""
    size = 4096 if mono.size > 20 * rate else 2048
    hop = max(1, mono.size // COLUMNS)
    _, _, bins = stft(mono, rate, nperseg=size, noverlap=max(0, size - hop), boundary=None, padded=False)
    power = np.abs(bins) ** 2
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, ROWS + 1) * size / rate
    low = np.minimum(edges[:-1].astype(int), power.shape[0] - 1)
    high = np.maximum(low + 1, np.minimum(np.ceil(edges[1:]).astype(int), power.shape[0]))
    sums = np.concatenate([np.zeros((1, power.shape[1])), np.cumsum(power, axis=0)])
    level = 10 * np.log10(np.maximum((sums[high] - sums[low]) / (high - low)[:, None], 1e-14))
    level += 3.0 * np.log2(np.sqrt(edges[:-1] * edges[1:]) / edges[0])[:, None]
    steps = np.round(np.clip((level - level.max() + RANGE_DB) / RANGE_DB, 0, 1) * LEVELS) / LEVELS
    extent = (begin, begin + mono.size / rate, np.log2(LOWEST_HZ), np.log2(HIGHEST_HZ))
    axes.imshow(steps, origin="lower", aspect="auto", extent=extent, cmap="magma", interpolation="nearest", vmin=0, vmax=1)
    ticks = (50, 100, 200, 500, 1000, 2000, 5000)
    axes.set_yticks(np.log2(ticks), [f"{hz / 1000:g} k" if hz >= 1000 else str(hz) for hz in ticks])


def _whole(axes: Any, mono: NDArray[np.float32], rate: int, heard: Features) -> None:
    _spectrogram(axes, mono, rate, 0.0)
    for one in heard.sections:
        axes.axvline(one.start_s, color="white", lw=1.0)
        axes.text(one.start_s + 0.3, np.log2(HIGHEST_HZ) - 0.2, f"{one.label} {one.letter}", color="white", fontsize=7, va="top")
    axes.set_title("the whole: sections with their letters, over the spectrogram (Hz)")


def _zoom(axes: Any, mono: NDArray[np.float32], rate: int, heard: Features, begin: float) -> None:
    _spectrogram(axes, mono, rate, begin)
    end = begin + mono.size / rate
    for time in heard.beats_s:
        if begin <= time <= end:
            axes.axvline(time, color="#7fd4ff", lw=0.8)
    for time in heard.downbeats_s:
        if begin <= time <= end:
            axes.axvline(time, color="white", lw=1.8)
    axes.set_title(f"{begin:.0f} to {end:.0f} s: beats (blue), first beats of bars (white)")


def _chords(axes: Any, heard: Features, length: float) -> None:
    """Each chord at the height of its root: minor blue, major orange."""
    for one in heard.chords:
        try:
            chord = Chord.parse(one.symbol)
        except BadInput:
            continue
        colour = "#3a6ea5" if 3 in chord.intervals else "#d08a30"
        axes.barh(chord.root_class, one.end_s - one.start_s, left=one.start_s, height=0.9, color=colour, lw=0)
        if one.end_s - one.start_s > length / 45:
            axes.text((one.start_s + one.end_s) / 2, chord.root_class, one.symbol, fontsize=6, ha="center", va="center", color="white")
    axes.set_yticks(range(12), _NAMES, fontsize=6)
    axes.set_ylim(-0.6, 11.6)
    axes.set_xlim(0, length)
    axes.set_title("chords by root: major orange, minor blue")


def _bar(axes: Any, heard: Features) -> None:
    """The drums' bar: share of bars with a stroke on each step."""
    axes.set_title("drums: share of bars with a stroke on each step of the bar" if heard.drums else "no drums are heard")
    if not heard.drums:
        axes.axis("off")
        return
    voices = [name for name in ("hat", "snare", "kick") if name in heard.drums.voices]
    rows = np.array(
        [(*heard.drums.voices[name].pattern, *([0.0] * heard.drums.steps_per_bar))[: heard.drums.steps_per_bar] for name in voices]
    )
    axes.imshow(np.round(rows.reshape(len(voices), -1) * 8) / 8, aspect="auto", cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
    axes.set_yticks(range(len(voices)), voices)
    axes.set_xticks(range(heard.drums.steps_per_bar), range(1, heard.drums.steps_per_bar + 1), fontsize=6)
