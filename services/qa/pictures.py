"""The pictures of a report: what a listener without ears looks at.

Waveform with sections, spectrogram, loudness over time against the target, spectrum against the corridor of released music,
the arrangement as a piano roll, and a small outline of each stem.
"""

import numpy as np
import numpy.typing as npt

from contracts.music.score import Part, Role, Score
from services.music.audio.loudness import SHORT_TERM_S, block_energies, loudness_of, window_means
from services.music.audio.spectrum import released_music_db, third_octave_spectrum
from services.qa import svg
from services.qa.listening import Heard

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
LEFT, RIGHT = 112.0, 982.0
CORRIDOR_DB = 3.0
"""Half the width of the corridor that finished records stay in, dB."""
CORRIDOR_HZ = (94.0, 15_700.0)
_LOWEST_HZ, _HIGHEST_HZ = 30.0, 20_000.0
_FREQUENCIES = (
    (50, "50"),
    (100, "100"),
    (200, "200"),
    (500, "500"),
    (1000, "1 k"),
    (2000, "2 k"),
    (5000, "5 k"),
    (10_000, "10 k"),
    (20_000, "20 k"),
)


def clock(seconds: float) -> str:
    """Time as minutes and seconds."""
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


class Timeline:
    """Seconds to horizontal position."""

    def __init__(self, duration_s: float) -> None:
        self.duration_s = max(duration_s, 0.1)

    def x(self, seconds: float) -> float:
        """Position of a time."""
        return LEFT + (RIGHT - LEFT) * min(max(seconds / self.duration_s, 0.0), 1.0)

    def ticks(self, y: float) -> list[str]:
        """Times under a picture, about eight."""
        step = next((s for s in (1, 2, 5, 10, 15, 30, 60, 120) if self.duration_s / s <= 9), 300)
        return [svg.label(self.x(t), y, clock(t), "middle", "tick") for t in range(0, int(self.duration_s) + 1, step)]

    def sections(self, score: Score, top: float, bottom: float, *, named: bool) -> list[str]:
        """Section borders, shaded by energy, with their names above."""
        shapes = []
        for name, section in score.sections.items():
            start = self.x(score.seconds_at(score.bar_tick(section.start_bar)))
            end = self.x(score.seconds_at(score.bar_tick(section.end_bar)))
            shapes.append(svg.box(start, top, end - start, bottom - top, "section", 0.06 + 0.16 * section.energy))
            shapes.append(svg.rule(start, top, start, bottom))
            text = name.replace("_", " ")
            room = int((end - start) / 9.5)
            if named and room >= 2:
                shapes.append(
                    svg.label((start + end) / 2, top - 6, text if len(text) <= room else text[: max(room - 1, 1)] + ".", "middle", "tick")
                )
        return shapes


def _extremes(audio: Array, bins: int) -> tuple[Floats, Floats]:
    """Lowest and highest sample of any channel per bin, [bins] each."""
    edges = np.unique(np.linspace(0, audio.shape[1], bins + 1).astype(np.int64))[:-1]
    if not len(edges):
        return np.zeros(1), np.zeros(1)
    high = np.maximum.reduceat(audio.max(axis=0), edges)
    low = np.minimum.reduceat(audio.min(axis=0), edges)
    return low.astype(np.float64), high.astype(np.float64)


def waveform(heard: Heard, score: Score) -> str:
    """The master's waveform over its sections."""
    line, top, bottom = Timeline(heard.duration_s), 30.0, 210.0
    low, high = _extremes(heard.audio, 900)
    x = np.linspace(LEFT, line.x(heard.duration_s), len(high))
    middle, half = (top + bottom) / 2, (bottom - top) / 2
    shapes = line.sections(score, top, bottom, named=True)
    shapes += [svg.area(x, middle - half * high, middle - half * low, "wave"), svg.rule(LEFT, middle, RIGHT, middle)]
    shapes += [svg.label(LEFT - 8, top + 12, "0 dB", "end", "tick")]
    return svg.picture(236, "Waveform of the master with its sections", shapes + line.ticks(230))


def _log_spectrogram(heard: Heard, columns: int = 900, rows: int = 160) -> Floats:
    """Level 0–1 [rows, columns] on a logarithmic frequency axis, 30 Hz–20 kHz, top row highest; 72 dB deep."""
    size = 4096
    mono = heard.audio.mean(axis=0)
    mono = np.pad(mono, (size // 2, size // 2))
    starts = np.linspace(0, max(len(mono) - size, 0), columns).astype(np.int64)
    window = np.hanning(size).astype(np.float32)
    centres = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, heard.rate_hz / 2 * 0.98), rows + 1)
    edges = np.clip((centres * size / heard.rate_hz).astype(np.int64), 1, size // 2)
    out = np.empty((rows, columns))
    for first in range(0, columns, 128):
        part = starts[first : first + 128]
        frames = np.stack([mono[s : s + size] for s in part]) * window
        power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
        for row in range(rows):
            a, b = edges[row], max(edges[row + 1], edges[row] + 1)
            out[rows - 1 - row, first : first + len(part)] = power[:, a:b].max(axis=1)
    level = 10 * np.log10(out + 1e-12)
    # Music falls with frequency: the picture is tilted by 3 dB per octave, so that highs can be seen.
    level += np.linspace(3 * np.log2(centres[-1] / _LOWEST_HZ), 0, rows)[:, None]
    top = float(level.max())
    return np.asarray(np.clip((level - (top - 72)) / 72, 0, 1))


def _frequency_y(hz: float, top: float, bottom: float) -> float:
    return bottom - (bottom - top) * float(np.log(hz / _LOWEST_HZ) / np.log(_HIGHEST_HZ / _LOWEST_HZ))


def spectrogram(heard: Heard) -> str:
    """The master's spectrogram."""
    line, top, bottom = Timeline(heard.duration_s), 8.0, 268.0
    shapes = [svg.image(LEFT, top, line.x(heard.duration_s) - LEFT, bottom - top, svg.png(_log_spectrogram(heard)))]
    for hz, text in _FREQUENCIES[1::2]:
        shapes.append(svg.label(LEFT - 8, _frequency_y(hz, top, bottom) + 5, text, "end", "tick"))
    return svg.picture(292, "Spectrogram of the master", shapes + line.ticks(287))


def loudness(heard: Heard, score: Score, target_lufs: float, measured_lufs: float) -> str:
    """Momentary and short-term loudness over time, with the target of the whole."""
    line, top, bottom = Timeline(heard.duration_s), 12.0, 212.0
    high, low = max(target_lufs + 10, -6.0), target_lufs - 26

    def y(value: Floats | float) -> Floats:
        return np.asarray(bottom - (bottom - top) * (np.clip(value, low, high) - low) / (high - low), np.float64)

    energies = block_energies(heard.audio, heard.rate_hz)
    shapes = line.sections(score, top, bottom, named=False)
    for value in range(int(low // 6 + 1) * 6, int(high) + 1, 6):
        shapes += [
            svg.rule(LEFT, float(y(value)), RIGHT, float(y(value))),
            svg.label(LEFT - 8, float(y(value)) + 5, str(value), "end", "tick"),
        ]
    for window_s, style in ((0.4, "faint"), (SHORT_TERM_S, "curve")):
        curve = loudness_of(window_means(energies, window_s, 0.2))
        times = np.arange(len(curve)) * 0.2 + window_s / 2
        if len(curve):
            shapes.append(svg.line([line.x(t) for t in times], y(curve), style))
    shapes += [svg.rule(LEFT, float(y(target_lufs)), RIGHT, float(y(target_lufs)), "target")]
    text = f"target {target_lufs:g} LUFS · whole song {measured_lufs:.2f} LUFS"
    shapes.append(svg.label(RIGHT - 6, bottom - 8, text, "end", "label"))
    return svg.picture(236, "Short-term loudness over time against the target", shapes + line.ticks(231))


def spectrum(heard: Heard) -> str:
    """The long-term third-octave spectrum inside the corridor that released music keeps to."""
    centres, level = third_octave_spectrum(heard.audio, heard.rate_hz)
    top, bottom = 12.0, 262.0
    inside = (centres >= CORRIDOR_HZ[0]) & (centres <= CORRIDOR_HZ[1])
    level = level - float(np.mean(level[inside] - released_music_db(centres[inside])))
    high, low = -4.0, -58.0

    def x(hz: Floats | float) -> Floats:
        return np.asarray(LEFT + (RIGHT - LEFT) * np.log(np.asarray(hz) / _LOWEST_HZ) / np.log(_HIGHEST_HZ / _LOWEST_HZ), np.float64)

    def y(value: Floats | float) -> Floats:
        return np.asarray(bottom - (bottom - top) * (np.clip(value, low, high) - low) / (high - low), np.float64)

    grid = np.geomspace(*CORRIDOR_HZ, 60)
    middle = released_music_db(grid)
    shapes = [svg.area(x(grid), y(middle + CORRIDOR_DB), y(middle - CORRIDOR_DB), "corridor")]
    for value in range(-50, 0, 10):
        shapes += [
            svg.rule(LEFT, float(y(value)), RIGHT, float(y(value))),
            svg.label(LEFT - 8, float(y(value)) + 5, str(value), "end", "tick"),
        ]
    for hz, text in _FREQUENCIES:
        shapes += [svg.rule(float(x(hz)), top, float(x(hz)), bottom), svg.label(float(x(hz)), 284, text, "middle", "tick")]
    shown = (centres >= _LOWEST_HZ) & (centres <= _HIGHEST_HZ)
    shapes.append(svg.line(x(centres[shown]), y(level[shown]), "curve"))
    return svg.picture(290, "Third-octave spectrum of the master in the corridor of released music, dB", shapes)


_INK = {Role.DRUMS: "ink-d", Role.PERCUSSION: "ink-d", Role.BASS: "ink-b", Role.MELODY: "ink-m", Role.VOCAL: "ink-m", Role.COUNTER: "ink-c"}


def _roll(part: Part, score: Score, line: Timeline, top: float, height: float) -> str:
    """One part's notes as strokes in a row; drums by instrument, others by pitch."""
    pitches = sorted({note.pitch for note in part.notes})
    low, high = pitches[0], pitches[-1]
    rank = {pitch: index / max(len(pitches) - 1, 1) for index, pitch in enumerate(pitches)}
    unpitched = part.role in (Role.DRUMS, Role.PERCUSSION)
    segments = []
    for note in part.notes:
        share = rank[note.pitch] if unpitched else (note.pitch - low) / max(high - low, 1)
        start, end = line.x(score.seconds_at(note.start)), line.x(score.seconds_at(note.end))
        segments.append((start, top + height - 5 - share * (height - 10), max(end - start, 1.6)))
    return svg.strokes(segments, f"note {_INK.get(part.role, 'ink-h')}", 2.4)


def arrangement(score: Score, duration_s: float) -> str:
    """Who plays when: a piano roll with a row for each part, over the sections."""
    playing = {name: part for name, part in score.parts.items() if part.notes}
    line, top, height = Timeline(duration_s), 30.0, 34.0
    bottom = top + height * max(len(playing), 1)
    shapes = line.sections(score, top, bottom, named=True)
    for index, (_, part) in enumerate(playing.items()):
        y = top + index * height
        shapes += [svg.rule(LEFT, y, RIGHT, y), _roll(part, score, line, y, height)]
    names = [svg.label(LEFT - 8, top + i * height + 21, name.replace("_", " "), "end", "name") for i, name in enumerate(playing)]
    return svg.picture(bottom + 26, "The arrangement: every part's notes over the sections", [*shapes, *names, *line.ticks(bottom + 20)])


def outline(values: Array, peak: float) -> str:
    """A small waveform of a stem, scaled to the loudest stem's `peak`."""
    folded = values[: len(values) // 3 * 3].reshape(-1, 3).max(axis=1).astype(np.float64) / max(peak, 1e-6)
    x = np.linspace(0, svg.WIDTH, len(folded))
    return svg.picture(90, "Waveform of the stem", [svg.area(x, 45 - 43 * folded, 45 + 43 * folded, "wave")])
