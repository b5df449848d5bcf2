"""A score as readable text: form, chords with Roman numerals, tunes as degrees on a grid of sixteenths, drums, bass, players.

Positions are those of the grid nearest to each note (micro-timing does not show), so that a text changes where the music does.
"""

from collections.abc import Iterable, Sequence

from contracts.music import PPQ, ChordEvent, Key, Note, Part, Role, Score, Section
from contracts.music.pitch import FLAT_NAMES, SHARP_NAMES
from services.music.packs.rhythm import DRUM_VOICES, PERCUSSION_VOICES

STEP = PPQ // 4
_DEGREES = ("1", "b2", "2", "b3", "3", "4", "#4", "5", "b6", "6", "b7", "7")
_STROKES = ((50, "o"), (100, "x"), (128, "X"))
_TUNES = (Role.VOCAL, Role.MELODY, Role.COUNTER)
_WRAP = 4
_WIDE = 15


def score_text(score: Score) -> str:
    """The whole score as text, one line per bar of its tunes and one grid per section of its drums and bass."""
    lines = [_title(score), _form(score), "", "players", *_players(score)]
    for name, section in score.sections.items():
        lines += ["", _heading(name, section), *_chords(section)]
        for part_id, part in score.parts.items():
            if part.role in _TUNES:
                lines += _tune(score, section, part_id, part)
        for part_id, part in score.parts.items():
            if part.role in (Role.DRUMS, Role.PERCUSSION):
                lines += _strokes(score, section, part_id, part)
            elif part.role is Role.BASS:
                lines += _low(score, section, part_id, part)
            elif part.role in (Role.HARMONY, Role.PAD):
                lines += _rhythm(score, section, part_id, part)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _title(score: Score) -> str:
    seconds = round(score.music_s)
    title = f'"{score.title}", ' if score.title else ""
    return (
        f"{title}{score.genre}: {score.key}, {score.meter}, {score.tempo_bpm:g} BPM, {score.bars} bars, {seconds // 60}:{seconds % 60:02d}"
    )


def _form(score: Score) -> str:
    return "form: " + " | ".join(f"{section.label} {section.bars}" for section in score.sections.values())


def _players(score: Score) -> list[str]:
    rows = []
    for name, part in score.parts.items():
        pitches = [note.pitch for note in part.notes]
        drums = part.role in (Role.DRUMS, Role.PERCUSSION, Role.FX)
        span = "" if drums or not pitches else f"{_pitch(min(pitches))}–{_pitch(max(pitches))}"
        loud = f"{min(n.velocity for n in part.notes)}–{max(n.velocity for n in part.notes)}" if part.notes else ""
        curves = ", ".join(f"{control} {_bounds(points)}" for control, points in part.controls.items() if points)
        rows.append(f"  {name:{_WIDE}} {part.role:10} {part.instrument:16} {len(part.notes):4} notes  {span:9} vel {loud:7} {curves}")
    return rows


def _bounds(points: Sequence[tuple[int, float]]) -> str:
    values = [value for _, value in points]
    return f"{min(values):g}…{max(values):g}"


def _heading(name: str, section: Section) -> str:
    return f"[{name}] bars {section.start_bar}–{section.end_bar - 1}, energy {section.energy:.2f}, {section.key}"


def _chords(section: Section) -> list[str]:
    """Symbols and numerals, four bars a line; a chord that goes on is %."""
    key = Key.parse(section.key)
    bars = []
    for number in range(section.start_bar, section.end_bar):
        inside = [event for event in section.chords if event.bar == number]
        symbols = " ".join(_at(event) + event.symbol for event in inside) or "%"
        numerals = " ".join(event.roman or event.chord.roman(key) for event in inside) or "%"
        bars.append((symbols, numerals))
    lines = []
    for start in range(0, len(bars), _WRAP):
        row = bars[start : start + _WRAP]
        widths = [max(len(symbols), len(numerals), 6) for symbols, numerals in row]
        for kind in (0, 1):
            cells = " | ".join(f"{bar[kind]:{width}}" for bar, width in zip(row, widths, strict=True))
            lines.append(f"  {'chords' if kind == 0 else '':{_WIDE}}     | {cells} |")
    return lines


def _at(event: ChordEvent) -> str:
    """Where in the bar a chord falls, if not on its first or middle beat as written."""
    return "" if event.beat == int(event.beat) else f"@{event.beat:g}:"


def _by_bar(score: Score, section: Section, notes: Iterable[Note]) -> list[list[tuple[int, Note]]]:
    """(step, note) by bar of a section, each at its nearest sixteenth."""
    steps = score.meter_value.ticks_per_bar // STEP
    bars: list[list[tuple[int, Note]]] = [[] for _ in range(section.bars)]
    for note in notes:
        bar, step = divmod(round(note.start / STEP), steps)
        if section.start_bar - 1 <= bar < section.end_bar - 1:
            bars[bar - section.start_bar + 1].append((step, note))
    return bars


def _grid(score: Score, marks: Iterable[tuple[int, str]]) -> str:
    """Marks on a bar's sixteenths, with a space before each felt beat."""
    steps = score.meter_value.ticks_per_bar // STEP
    beat = score.meter_value.ticks_per_beat // STEP
    cells = ["."] * steps
    for step, mark in marks:
        cells[step] = mark
    return " ".join("".join(cells[start : start + beat]) for start in range(0, steps, beat))


def _tune(score: Score, section: Section, part_id: str, part: Part) -> list[str]:
    """A line per bar with notes: rhythm, then degrees of the section's key; ' and , mark octaves above and below the part's middle."""
    bars = _by_bar(score, section, part.notes)
    if not any(bars):
        return []
    middle = sorted(note.pitch for note in part.notes)[len(part.notes) // 2]
    tonic = Key.parse(section.key).tonic_class
    home = middle - 6 + (tonic - (middle - 6)) % 12
    lines = []
    for number, bar in enumerate(bars, section.start_bar):
        if bar:
            degrees = " ".join(_degree(note.pitch, home) for _, note in bar)
            lines.append(f"  {part_id[:_WIDE]:{_WIDE}} {number:3}  {_grid(score, ((step, 'x') for step, _ in bar))}   {degrees}")
    return lines


def _degree(pitch: int, home: int) -> str:
    octave, step = divmod(pitch - home, 12)
    return _DEGREES[step] + ("'" * octave if octave > 0 else "," * -octave)


def _strokes(score: Score, section: Section, part_id: str, part: Part) -> list[str]:
    """The first bar that plays and the last bar of a section, a line per voice: o soft, x, X loud."""
    bars = _by_bar(score, section, part.notes)
    names = {pitch: name for name, pitch in (PERCUSSION_VOICES if part.role is Role.PERCUSSION else DRUM_VOICES).items()}
    first = next((n for n, bar in enumerate(bars) if bar), None)
    if first is None:
        return []
    lines = []
    for place in dict.fromkeys((first, len(bars) - 1)):
        for pitch in sorted({note.pitch for _, note in bars[place]}):
            marks = ((step, _stroke(note.velocity)) for step, note in bars[place] if note.pitch == pitch)
            lines.append(
                f"  {part_id[:_WIDE]:{_WIDE}} {section.start_bar + place:3}  {_grid(score, marks)}   {names.get(pitch, str(pitch))}"
            )
    return lines


def _stroke(velocity: int) -> str:
    return next(mark for limit, mark in _STROKES if velocity < limit)


def _low(score: Score, section: Section, part_id: str, part: Part) -> list[str]:
    """The bass of a section's first two bars that play, as note names."""
    bars = _by_bar(score, section, part.notes)
    flats = Key.parse(section.key).uses_flats
    found = [(n, bar) for n, bar in enumerate(bars, section.start_bar) if bar][:2]
    lines = []
    for number, bar in found:
        names = " ".join(_pitch(note.pitch, flats=flats) for _, note in bar)
        lines.append(f"  {part_id[:_WIDE]:{_WIDE}} {number:3}  {_grid(score, ((step, 'x') for step, _ in bar))}   {names}")
    return lines


def _rhythm(score: Score, section: Section, part_id: str, part: Part) -> list[str]:
    """The gestures of a player of chords in the first bar that plays, with how many notes each has."""
    bars = _by_bar(score, section, part.notes)
    first = next(((n, bar) for n, bar in enumerate(bars, section.start_bar) if bar), None)
    if first is None:
        return []
    number, bar = first
    counts: dict[int, int] = {}
    for step, _ in bar:
        counts[step] = counts.get(step, 0) + 1
    pitches = [note.pitch for _, note in bar]
    shown = ((step, str(min(count, 9))) for step, count in counts.items())
    return [f"  {part_id[:_WIDE]:{_WIDE}} {number:3}  {_grid(score, shown)}   {_pitch(min(pitches))}–{_pitch(max(pitches))}"]


def _pitch(pitch: int, *, flats: bool = False) -> str:
    """Name and octave; 60 is C4."""
    return f"{(FLAT_NAMES if flats else SHARP_NAMES)[pitch % 12]}{pitch // 12 - 1}"
