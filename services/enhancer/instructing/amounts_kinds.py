"""What kinds of amounts there are, and one of them."""

from dataclasses import dataclass

DB, LUFS, CEILING, INTERVAL, BARS, SECONDS, BPM, PERCENT, RANGE, COUNTED = (
    "db", "lufs", "ceiling", "interval", "bars", "seconds", "bpm", "percent", "range", "counted",
)  # fmt: skip


@dataclass(frozen=True)
class Amount:
    """An amount or a place, with its words' place. Value by kind; INTERVAL in semitones, RANGE in bars, SECONDS in seconds."""

    kind: str
    value: float
    start: int
    end: int
    other: float = 0.0
    """The last bar of a range, the second number of COUNTED."""
    edge: str = ""
    """Of a range: "first" or "last" where it counts from an end; of a tempo "to" where it is no step."""
    signed: bool = False
    """Whether the words give a sign."""
    share: float = 0.0
    """Of a range that is counted from an end: which share of the section it is, in place of bars."""
