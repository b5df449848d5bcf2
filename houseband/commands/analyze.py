"""`houseband analyze FILE`: what the ears hear."""

import argparse
from collections.abc import Iterator
from itertools import pairwise
from math import log10

from contracts.errors import BadInput
from contracts.features import Features, Measured
from houseband.tables import print_table

Row = tuple[str, str, str]
_BLOCKS = "▁▂▃▄▅▆▇█"
_CURVE_CELLS = 40
_BANDS = (
    ("sub", 20, 60),
    ("bass", 60, 250),
    ("low mids", 250, 1000),
    ("high mids", 1000, 4000),
    ("presence", 4000, 8000),
    ("air", 8000, 20_001),
)


def _clock(seconds: float) -> str:
    """Minutes and seconds, as players show them: 2:13.4."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def _sure(confidence: float) -> str:
    word = "sure" if confidence >= 0.75 else "likely" if confidence >= 0.5 else "a guess"
    return f"{word} ({confidence:.0%})"


def _number(name: str, measured: Measured | None, digits: int = 1, note: str = "") -> Iterator[Row]:
    if measured is not None:
        yield name, f"{measured.value:.{digits}f} {measured.unit}".strip(), note


def _file(features: Features) -> Iterator[Row]:
    channels = {1: "mono", 2: "stereo"}.get(features.channels, f"{features.channels} channels")
    heard = f"{_clock(features.analyzed_s)} of it heard" if features.analyzed_s < features.duration_s - 0.1 else ""
    yield "length", _clock(features.duration_s), heard
    yield "format", f"{channels}, {features.sample_rate_hz / 1000:g} kHz", ""


def _music(features: Features) -> Iterator[Row]:
    tempo = features.tempo_bpm
    if tempo:
        yield "tempo", f"{tempo.value:.1f} bpm", f"{_sure(tempo.confidence)}; may be felt as {tempo.value / 2:.1f} or {tempo.value * 2:.1f}"
    yield "meter", features.meter or "not heard", "between 3/4 and 4/4" if features.meter else ""
    yield "key", features.key or "not heard", _sure(features.key_confidence) if features.key else ""
    if features.boundaries_s:
        yield "changes at", "  ".join(_clock(time) for time in features.boundaries_s), "where the music sounds different"
    yield from _number("onsets", features.onset_rate_hz, note="notes and strokes per second")
    if features.energy:
        yield "energy", f"{features.energy.value:.2f} of 1", "how loud, busy and bright it is"


def _sound(features: Features) -> Iterator[Row]:
    yield from _number("loudness", features.loudness_lufs)
    yield from _number("loudness range", features.loudness_range_lu, note="soft to loud passages")
    over = features.true_peak_dbtp is not None and features.true_peak_dbtp.value > 0
    yield from _number("true peak", features.true_peak_dbtp, note="over full scale" if over else "")
    yield from _number("crest", features.crest_db, note="peak over mean level")
    if features.channels > 1:
        yield from _number("stereo", features.stereo_correlation, 2, "correlation of left and right: 1 is mono")
    yield from _number("brightness", features.centroid_hz, 0, "centre of the spectrum")
    if features.spectrum_hz:
        yield "tone", _tone(features), "dB of the whole"
    if features.energy_curve:
        yield "loudness curve", _curve(features.energy_curve), f"{min(features.energy_curve):.0f} to {max(features.energy_curve):.0f} LUFS"


def _tone(features: Features) -> str:
    """Level of each register against the sum of all."""

    def level(low: float, high: float) -> float:
        bands = zip(features.spectrum_hz, features.spectrum_db, strict=True)
        return 10 * log10(max(sum(10 ** (db / 10) for hz, db in bands if low <= hz < high), 1e-12))

    return "  ".join(f"{name} {level(low, high):.0f}" for name, low, high in _BANDS)


def _curve(levels: tuple[float, ...]) -> str:
    """A loudness curve as a line of blocks, the loudest moment of each stretch, 24 dB high."""
    edges = [round(i * len(levels) / _CURVE_CELLS) for i in range(_CURVE_CELLS + 1)]
    cells = [max(levels[a:b]) for a, b in pairwise(edges) if b > a]
    top = max(levels)
    return "".join(_BLOCKS[max(0, min(7, round(7 + (level - top) * 7 / 24)))] for level in cells)


def rows_of(features: Features) -> list[Row]:
    """What was heard as a musician reads it: (name, value with unit, remark); what could not be heard is left out."""
    return [*_file(features), *_music(features), *_sound(features)]


def run(arguments: argparse.Namespace) -> int:
    """Analyze an audio file."""
    if not arguments.file.is_file():
        raise BadInput("file", str(arguments.file), "a readable audio file (WAV, FLAC, OGG, MP3)")
    from services.analyzer.hearing import hear

    features = hear(arguments.file)
    if arguments.json:
        print(features.model_dump_json())
        return 0
    print_table((arguments.file.name, "", ""), rows_of(features))
    for note in features.notes:
        print(f"note: {note}")
    return 0
