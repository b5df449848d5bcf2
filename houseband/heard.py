"""What the ears heard, as a musician reads it: rows of (name, value with unit, remark)."""

from collections.abc import Iterator
from itertools import groupby, pairwise
from math import log10

from contracts.features import DrumVoice, Features, Guess, HeardLine, HeardSection, Measured

Row = tuple[str, str, str]
_BLOCKS = "▁▂▃▄▅▆▇█"
_CURVE_CELLS = 40
_MOST_CHORDS = 12
_BANDS = (
    ("sub", 20, 60),
    ("bass", 60, 250),
    ("low mids", 250, 1000),
    ("high mids", 1000, 4000),
    ("presence", 4000, 8000),
    ("air", 8000, 20_001),
)
_NOTES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_STRAIGHT = 1.12
_IN_TUNE_CENTS = 5.0
_STROKE, _SOMETIMES = 0.6, 0.25


def rows_of(features: Features) -> list[Row]:
    """What was heard; what could not be heard is left out."""
    parts = (_file, _rhythm, _harmony, _form, _drums, _players, _sound, _evidence)
    return [row for part in parts for row in part(features)]


def clock(seconds: float) -> str:
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
    heard = f"{clock(features.analyzed_s)} of it heard" if features.analyzed_s < features.duration_s - 0.1 else ""
    yield "length", clock(features.duration_s), heard
    yield "format", f"{channels}, {features.sample_rate_hz / 1000:g} kHz", ""


def _rhythm(features: Features) -> Iterator[Row]:
    tempo = features.tempo_bpm
    if tempo:
        others = [f"{other.value:.1f}" for other in features.tempo_candidates[:3]] or [f"{tempo.value / 2:.1f}", f"{tempo.value * 2:.1f}"]
        yield "tempo", f"{tempo.value:.1f} bpm", f"{_sure(tempo.confidence)}; may be felt as {' or '.join(others)}"
    yield "meter", features.meter or "not heard", _sure(features.meter_confidence) if features.meter and features.meter_confidence else ""
    swing = features.swing
    if swing and swing.ratio >= _STRAIGHT:
        yield "swing", f"{swing.ratio:.2f} : 1", f"{_sure(swing.confidence)}; the {swing.division}ths, 1 is straight, 2 a triplet"
    elif swing:
        yield "swing", "straight", _sure(swing.confidence)
    yield from _number("onsets", features.onset_rate_hz, note="notes and strokes per second")


def _harmony(features: Features) -> Iterator[Row]:
    yield "key", features.key or "not heard", _sure(features.key_confidence) if features.key else ""
    if len(features.keys) > 1:
        yield "keys", "  ".join(f"{clock(span.start_s)} {span.key}" for span in features.keys), "in order"
    tuning = features.tuning_cents
    if tuning and tuning.confidence >= 0.5:
        place = "in tune with A = 440 Hz" if abs(tuning.value) <= _IN_TUNE_CENTS else f"A = {440 * 2 ** (tuning.value / 1200):.1f} Hz"
        yield "tuning", f"{tuning.value:+.0f} cents", place
    yield from _number("harmony moves", features.harmonic_rhythm, 1, "chord changes per bar")
    if features.cadences:
        kinds = sorted(cadence.kind for cadence in features.cadences)
        yield "cadences", ", ".join(f"{len(list(group))} {kind}" for kind, group in groupby(kinds)), "how phrases end"


def _form(features: Features) -> Iterator[Row]:
    if features.boundaries_s:
        yield "changes at", "  ".join(clock(time) for time in features.boundaries_s), "where a section begins"
    for section in features.sections:
        bars = f"{section.bars} bars  " if section.bars else ""
        loud = f"  {section.loudness_lufs:.0f} LUFS" if section.loudness_lufs is not None else ""
        name = f"{section.letter} {section.label}".strip()
        yield name, f"{clock(section.start_s)}  {bars}{_block(section.energy)} {section.energy:.2f}{loud}", _chords(features, section)
    if features.energy:
        yield "energy", f"{features.energy.value:.2f} of 1", "how loud, busy and bright it is"
    if features.energy_curve:
        yield "loudness curve", _curve(features.energy_curve), f"{min(features.energy_curve):.0f} to {max(features.energy_curve):.0f} LUFS"


def _block(share: float) -> str:
    return _BLOCKS[max(0, min(7, int(share * 8)))]


def _chords(features: Features, section: HeardSection) -> str:
    """The chords that begin in a section with their numerals, as one loop where it repeats."""
    inside = [c for c in features.chords if section.start_s - 0.2 <= c.start_s < section.end_s - 0.2 and c.symbol != "N"]
    runs = [(symbol, next(group).roman) for symbol, group in groupby(inside, key=lambda chord: chord.symbol)]
    runs = _loop(runs)
    symbols, romans = [symbol for symbol, _ in runs[:_MOST_CHORDS]], [roman for _, roman in runs[:_MOST_CHORDS]]
    rest = " …" if len(runs) > _MOST_CHORDS else ""
    return " ".join(symbols) + rest + (f"  ({' '.join(romans)})" if all(romans) and romans else "")


def _loop(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The shortest beginning whose repetition makes the whole."""
    for length in range(1, len(runs) // 2 + 1):
        if all(run == runs[index % length] for index, run in enumerate(runs)):
            return runs[:length]
    return runs


def _drums(features: Features) -> Iterator[Row]:
    if features.drums is None:
        return
    for name, voice in features.drums.voices.items():
        if voice.pattern:
            yield name, _grid(voice, features.drums.steps_per_bar), f"{voice.per_bar:.1f} per bar{_lateness(voice)}"


def _grid(voice: DrumVoice, steps: int) -> str:
    """A bar as characters: X in most bars, x in some, · in none; a bar line every quarter."""
    marks = ["X" if share >= _STROKE else "x" if share >= _SOMETIMES else "·" for share in voice.pattern]
    beat = max(1, steps // 4)
    return "|" + "|".join("".join(marks[at : at + beat]) for at in range(0, len(marks), beat)) + "|"


def _lateness(voice: DrumVoice) -> str:
    late = [(ms, share) for ms, share in zip(voice.late_ms, voice.pattern, strict=False) if share >= _SOMETIMES]
    mean = sum(ms * share for ms, share in late) / max(sum(share for _, share in late), 1e-9)
    return f", {abs(mean):.0f} ms {'late' if mean > 0 else 'early'}" if abs(mean) >= 3 else ""


def _players(features: Features) -> Iterator[Row]:
    for name, line in (("bass", features.bass), ("melody", features.melody)):
        if line:
            yield (
                name,
                f"{_note(line.low)} to {_note(line.high)}, {len(line.notes)} notes",
                f"{_sure(line.confidence)}; {line.how}" + _leaps(line),
            )
    if features.families:
        yield "players", _guesses(features.families), f"such as {', '.join(features.instruments).replace('_', ' ')}"
    if features.genres:
        yield "style", _guesses(features.genres).replace("_", " "), "a first estimate"
    if features.moods and features.valence:
        yield "mood", _guesses(features.moods), f"valence {features.valence.value:.2f}: 0 dark, 1 bright"


def _leaps(line: HeardLine) -> str:
    steps = [abs(b[2] - a[2]) for a, b in pairwise(line.notes)]
    return f"; moves {sum(steps) / len(steps):.1f} semitones at a time" if steps else ""


def _note(pitch: int) -> str:
    return f"{_NOTES[pitch % 12]}{pitch // 12 - 1}"


def _guesses(guesses: tuple[Guess, ...]) -> str:
    return ", ".join(f"{guess.value} {guess.confidence:.0%}" for guess in guesses)


def _sound(features: Features) -> Iterator[Row]:
    yield from _number("loudness", features.loudness_lufs)
    most = [m.value for m in (features.loudness_max_s_lufs, features.loudness_max_m_lufs) if m]
    if len(most) == 2:
        yield "loudest", f"{most[0]:.1f} LUFS for 3 s, {most[1]:.1f} for 0.4 s", ""
    yield from _number("loudness range", features.loudness_range_lu, note="soft to loud passages")
    over = features.true_peak_dbtp is not None and features.true_peak_dbtp.value > 0
    yield from _number("true peak", features.true_peak_dbtp, note="over full scale" if over else "")
    yield from _number("crest", features.crest_db, note="peak over mean level")
    if features.channels > 1:
        yield from _number("stereo", features.stereo_correlation, 2, "correlation of left and right: 1 is mono")
    if features.widths:
        yield (
            "width",
            "  ".join(f"{_hz(w.low_hz)}–{_hz(w.high_hz)} {w.correlation:.2f}" for w in features.widths),
            "correlation by register",
        )
    yield from _number("brightness", features.centroid_hz, 0, "centre of the spectrum")
    if features.spectrum_hz:
        yield "tone", _tone(features), "dB of the whole"


def _hz(hz: float) -> str:
    return f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"


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


def _evidence(features: Features) -> Iterator[Row]:
    for item in features.evidence:
        yield f"tag: {item.name}", f'"{item.value}"', "the file says so"
    if features.separation.method != "none":
        model = f" ({features.separation.model})" if features.separation.model else ""
        yield "stems", f"{', '.join(features.separation.stems)} by {features.separation.method}{model}", features.separation.why
