"""What a QA retry, or a word of the brief, may change in a mix: the names, their defaults and what they do.

QA sends these in `Retry.changes`; a later retry overrides an earlier one. Values are clamped to the range given here.

| name | unit | effect |
|---|---|---|
| `low_end_db` | dB | bass and drums up or down below about 120 Hz (low shelf on both) |
| `high_end_db` | dB | high shelf at 7 kHz on every stem |
| `melody_db` | dB | level of melody and vocal parts |
| `bass_db` | dB | level of bass parts |
| `drums_db` | dB | level of drums and percussion |
| `reverb_db` | dB | all sends to room and hall |
| `width` | factor | width and spread of every stem |
| `duck_scale` | factor | depth of ducking |
| `lift_db` | dB | additional rise of choruses and drops over verses |
| `mono_below_hz` | Hz | below this, stems are mono |
| `dc_block_hz` | Hz | lowest corner of every strip's high pass |
| `remix` | round | mixed and mastered again under a new key in the store |
| `target_offset_lu` | LU | mastering: added to the loudness target while the loop aims (where another meter reads differently) |
| `ceiling_offset_db` | dB | mastering: added to the ceiling, at most 0 |
| `tone_strength` | factor | mastering: how much of the way to the tonal corridor the equaliser goes |
| `match_reference` | 0-1 | mastering: how far the tone follows the user's reference |
| `match_most_db` | dB | mastering: how far the equaliser may go to match a reference that is a full record |
| `mp3_gain_db` | dB | mastering: gain before the MP3 is encoded, at most 0 |
"""

import math
from dataclasses import dataclass, fields, replace

from contracts.context import Context
from services.mixer.mastering.matching import MOST_DB

RANGES: dict[str, tuple[float, float]] = {
    "low_end_db": (-9, 9),
    "high_end_db": (-9, 9),
    "melody_db": (-9, 9),
    "bass_db": (-9, 9),
    "drums_db": (-9, 9),
    "reverb_db": (-24, 9),
    "width": (0, 2),
    "duck_scale": (0, 2),
    "lift_db": (-1.5, 3),
    "mono_below_hz": (0, 300),
    "dc_block_hz": (0, 60),
    "remix": (0, 99),
    "target_offset_lu": (-1, 1),
    "ceiling_offset_db": (-3, 0),
    "tone_strength": (0, 1.2),
    "match_reference": (0, 1),
    "match_most_db": (0, 15),
    "mp3_gain_db": (-9, 0),
}


@dataclass(frozen=True)
class Changes:
    """Changes in force; None keeps the profile's value."""

    low_end_db: float = 0.0
    high_end_db: float = 0.0
    melody_db: float = 0.0
    bass_db: float = 0.0
    drums_db: float = 0.0
    reverb_db: float = 0.0
    width: float = 1.0
    duck_scale: float = 1.0
    lift_db: float = 0.0
    mono_below_hz: float | None = None
    dc_block_hz: float = 0.0
    remix: float = 0.0
    target_offset_lu: float = 0.0
    ceiling_offset_db: float = 0.0
    tone_strength: float | None = None
    match_reference: float | None = None
    match_most_db: float = MOST_DB
    mp3_gain_db: float = 0.0

    def with_words(self, words: tuple[str, ...]) -> "Changes":
        """These changes and those that production words of the brief ask for."""
        out = self
        for word in words:
            for name, (value, factor) in WORDS.get(word.lower().strip(), {}).items():
                current = getattr(out, name)
                out = replace(out, **{name: current * value if factor else current + value})
        return out


# Words of a brief -> {change: (value, whether it multiplies)}.
WORDS: dict[str, dict[str, tuple[float, bool]]] = {
    "wide": {"width": (1.25, True)},
    "narrow": {"width": (0.7, True)},
    "mono": {"width": (0.0, True)},
    "dry": {"reverb_db": (-8.0, False)},
    "intimate": {"reverb_db": (-5.0, False), "width": (0.85, True)},
    "spacious": {"reverb_db": (4.0, False), "width": (1.15, True)},
    "reverb": {"reverb_db": (4.0, False)},
    "reverb-heavy": {"reverb_db": (5.0, False)},
    "atmospheric": {"reverb_db": (3.5, False)},
    "punchy": {"drums_db": (1.5, False), "reverb_db": (-2.0, False)},
    "bass-heavy": {"low_end_db": (3.0, False), "bass_db": (1.0, False)},
    "heavy": {"low_end_db": (1.5, False), "drums_db": (1.0, False)},
    "warm": {"high_end_db": (-1.5, False), "low_end_db": (1.0, False)},
    "bright": {"high_end_db": (2.0, False)},
    "dark": {"high_end_db": (-3.0, False)},
    "crisp": {"high_end_db": (1.5, False)},
    "airy": {"high_end_db": (1.5, False), "reverb_db": (1.5, False)},
    "pumping": {"duck_scale": (1.5, True)},
}


def read_changes(context: Context) -> Changes:
    """The changes that retries of this context ask for, clamped, with the brief's production words."""
    asked: dict[str, float] = {}
    for field in fields(Changes):
        value = context.change(field.name, float("nan"))
        if not math.isnan(value):  # NaN says that no retry names it
            low, high = RANGES[field.name]
            asked[field.name] = min(max(value, low), high)
    words = context.ideation.brief.production.value if context.ideation else ()
    return Changes(**asked).with_words(words)
