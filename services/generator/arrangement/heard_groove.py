"""The drums of a reference as the drummer's pattern: where kick, snare and hat fall, how late each of them is, how the beat swings."""

from dataclasses import dataclass

from contracts.features import DrumVoice, Features, HeardDrums
from contracts.music import Meter
from services.generator.arrangement.metre import groups
from services.music.references.pairing import octave_between

LEAST_CONFIDENCE = 0.35
LEAST_SWING_CONFIDENCE = 0.2
OFTEN = 0.5
"""A voice that strikes somewhere in this share of the bars has a pattern."""
NOW_AND_THEN = 0.2
"""A stroke that this share of the bars has belongs to the pattern: it is played in as many of them."""
SURELY = 0.88
STEADY = 0.75
LEAST_PLAYED = 0.2
"""A drummer who plays in fewer bars than this was hardly heard."""
ALWAYS = 0.8
"""What a quiet section keeps of it."""
SOFT = 0.55
"""A stroke under this share of the voice's strongest is a soft one."""
LEAST_MS, MOST_MS = 4.0, 35.0
"""Under the first the ear's own error lies, over the second a stroke was misheard."""
STRAIGHT = 1.12
LONGEST_SWING = 2.6
VOICES = ("kick", "snare", "hat")
_LIKE = {"clap": "snare", "rim": "snare", "ride": "hat", "open": "hat", "bell": "hat"}


Row = tuple[float, ...]


@dataclass(frozen=True)
class HeardGroove:
    """What the drummer takes over. `patterns`: voice -> pattern for this meter; `quiet`: the same for low sections.

    `chances`: voice -> share of bars with a stroke, per step. `late_ms`: voice -> lateness per step of the bar.
    `ratio`: long to short where the beat swings (`unit` 8 or 16); None: the style's.
    """

    patterns: dict[str, str]
    quiet: dict[str, str]
    chances: dict[str, tuple[float, ...]]
    late_ms: dict[str, tuple[float, ...]]
    ratio: float | None
    unit: int
    confidence: float

    def late(self, voice: str, tick_in_bar: int, bar_ticks: int) -> float:
        """Lateness of a stroke in ms; 0 where the reference has none there."""
        row = self.late_ms.get(_LIKE.get(voice, voice), ())
        return row[round(tick_in_bar * len(row) / bar_ticks) % len(row)] if row else 0.0


def heard_groove(features: Features | None, meter: Meter, tempo_bpm: float) -> HeardGroove | None:
    """The reference's groove for a song in this meter and tempo; None where nothing of it was heard surely enough.

    Where our tempo is counted twice as fast as it was heard, one of its bars is two of ours, and the other way round.
    """
    if features is None:
        return None
    ratio, unit = (None, 8) if meter.is_compound else _swing(features)
    octave, drums = octave_between(tempo_bpm, features), _sure(features, meter)
    rows = _strokes(drums, octave) if drums else {}
    bars = 2 if octave == 2 else 1
    if not {"kick", "snare"} & set(rows) or not all(_fits(len(row) // bars, meter) for row, _ in rows.values()):
        return HeardGroove({}, {}, {}, {}, ratio, unit, 0.0) if ratio is not None and octave == 1 else None
    ratio = ratio if octave == 1 else None
    late = {}
    if drums and octave == 1:
        every = _own_places(drums.steps_per_bar, ratio, unit)
        late = {name: _late(row, drums.voices[name], every) for name, (row, _) in rows.items()}
    return HeardGroove(
        {name: _pattern(row, levels, meter, bars, NOW_AND_THEN) for name, (row, levels) in rows.items()},
        {name: _pattern(row, levels, meter, bars, ALWAYS) for name, (row, levels) in rows.items() if max(row) >= ALWAYS},
        {name: _chances(row) for name, (row, _) in rows.items()},
        late,
        ratio,
        unit,
        drums.confidence if drums else 0.0,
    )


def _sure(features: Features, meter: Meter) -> HeardDrums | None:
    """The drums, where they were heard surely enough and in a song's meter."""
    drums = features.drums
    if drums is None or drums.confidence < LEAST_CONFIDENCE or features.meter != str(meter) or drums.steps_per_bar <= 0:
        return None
    return drums


def _strokes(drums: HeardDrums, octave: float) -> dict[str, tuple[Row, Row]]:
    """(share of bars, strength) per step of each voice that has a pattern, over one of our bars, or two where the tempo doubles."""
    rows = _while_playing({name: drums.voices[name].pattern for name in VOICES if name in drums.voices})
    out = {}
    for name, row in rows.items():
        levels = drums.voices[name].level
        if len(row) != drums.steps_per_bar or max(row) < OFTEN:
            continue
        strong = max(levels, default=0.0)
        even = len(levels) != len(row) or strong <= 0
        relative = (1.0,) * len(row) if even else tuple(level / strong for level in levels)
        out[name] = (row * 2, relative * 2) if octave == 0.5 else (row, relative)
    return out


def _while_playing(rows: dict[str, Row]) -> dict[str, Row]:
    """Shares of the bars in which the drummer plays: the commonest stroke of all is in nearly every one of them."""
    most = max((max(row, default=0.0) for row in rows.values()), default=0.0)
    if not LEAST_PLAYED <= most < SURELY:
        return rows
    return {name: tuple(min(share * SURELY / most, 1.0) for share in row) for name, row in rows.items()}


def _chances(row: Row) -> Row:
    """In how many bars each stroke is played: in all of them where it comes nearly as often as the voice's commonest.

    What the ear missed now and then is not left out by the drummer: a backbeat has no holes.
    """
    sure = min(SURELY, STEADY * max(row))
    return tuple(1.0 if share >= sure else share for share in row)


def _own_places(steps: int, ratio: float | None, unit: int) -> int:
    """Every how many steps a stroke's lateness is its own and not the swing's: all of a straight beat, the beats of another."""
    if ratio is not None and ratio <= STRAIGHT:
        return 1
    quarter = max(steps // 4, 1)
    return max(quarter // 2, 1) if ratio is not None and unit == 16 else quarter


def _fits(steps: int, meter: Meter) -> bool:
    """Whether each group of the bar holds a whole number of steps."""
    return all(group.length * steps % meter.ticks_per_bar == 0 for group in groups(meter, 0))


def _swing(features: Features) -> tuple[float | None, int]:
    """Long to short and the unit that swings; (None, 8) where the ear is not sure."""
    swing = features.swing
    if swing is None or swing.confidence < LEAST_SWING_CONFIDENCE:
        return None, 8
    ratio = min(max(swing.ratio, 1.0), LONGEST_SWING)
    return (1.0 if ratio < STRAIGHT else round(ratio, 2)), swing.division


def _pattern(row: Row, levels: Row, meter: Meter, bars: int, least: float) -> str:
    """A pattern of so many bars in cells of this meter: X loud, x soft, for the strokes that `least` of the bars have."""
    cells, per_bar, size = [], meter.ticks_per_bar, len(row) // bars
    for bar in range(bars):
        for group in groups(meter, bar):
            first, count = bar * size + group.tick * size // per_bar, group.length * size // per_bar
            steps = range(first, first + count)
            cells.append("".join("." if row[step] < least else "X" if levels[step] >= SOFT else "x" for step in steps))
    return "|" + " ".join(cells)


def _late(row: tuple[float, ...], voice: DrumVoice, every: int) -> tuple[float, ...]:
    """Lateness per step within what the ear can tell, on every so many steps; what lies between them is moved by the swing."""
    if len(voice.late_ms) != len(row):
        return ()
    out = []
    for step, late in enumerate(voice.late_ms):
        heard = row[step] >= 0.25 and LEAST_MS <= abs(late) <= MOST_MS and step % every == 0
        out.append(round(late, 1) if heard else 0.0)
    return tuple(out)


def pattern_shown(groove: HeardGroove) -> str:
    """The patterns of the strokes that most bars have: X loud, x soft; what swings where no drums were heard."""
    if not groove.patterns:
        return "its swing"
    return ", ".join(f"{name} {_usual(groove.patterns[name], groove.chances[name])}" for name in VOICES if name in groove.patterns)


def _usual(pattern: str, chances: tuple[float, ...]) -> str:
    shares = iter(chances)
    return "".join(char if char == " " else (char if next(shares) >= OFTEN else ".") for char in pattern.lstrip("|"))
