"""What a user, a word of the brief or a QA retry may change in a mix: the names, their defaults and what they do.

Users state them in `Options.mix.changes` (then words of the brief do not move the same name); QA sends them in `Retry.changes`, where a
later retry overrides an earlier one and all of them come on top of what was stated. Values are held within the range given here.

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
| `gate_ms` | ms | the room is gated after this time, as in the eighties, and the drums send more to it; 0: as the genre has it |
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
from collections.abc import Collection
from dataclasses import dataclass, fields, replace

from contracts.context import Context
from contracts.errors import BadInput
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
    "gate_ms": (0, 800),
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
FACTORS = ("width", "duck_scale")
REPLACED = ("gate_ms", "mono_below_hz", "dc_block_hz", "remix", "tone_strength", "match_reference", "match_most_db")


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
    gate_ms: float = 0.0
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

    def with_words(self, words: tuple[str, ...], but: Collection[str] = ()) -> "Changes":
        """These changes and those that production words of the brief ask for, except for the names in `but`."""
        out = self
        for word in words:
            for name, (value, factor) in WORDS.get(word.lower().strip(), {}).items():
                if name not in but:
                    current = getattr(out, name)
                    new = value if name in REPLACED else current * value if factor else current + value
                    out = replace(out, **{name: new})
        return out

    def then(self, later: "Changes") -> "Changes":
        """Both: factors multiply, decibels add, anything else is the later one's where it states it."""
        both = {}
        for name, (low, high) in RANGES.items():
            first, second = getattr(self, name), getattr(later, name)
            if second is None or (name in REPLACED and second == getattr(Changes(), name)):
                both[name] = first
            elif first is None or name in REPLACED:
                both[name] = second
            else:
                both[name] = first * second if name in FACTORS else first + second
            both[name] = None if both[name] is None else min(max(both[name], low), high)
        return Changes(**both)


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
    "80s": {"gate_ms": (240.0, False)},
    "gated": {"gate_ms": (240.0, False)},
    "pumping": {"duck_scale": (1.5, True)},
}


def check_changes(stated: dict[str, float]) -> None:
    """Whether a user's changes exist and lie within their ranges. Raises BadInput where one does not."""
    for name, value in stated.items():
        if name not in RANGES or name == "remix":
            raise BadInput(f"mix.changes.{name}", value, ", ".join(known for known in RANGES if known != "remix"))
        low, high = RANGES[name]
        if not low <= value <= high:
            raise BadInput(f"mix.changes.{name}", value, f"{low:g} to {high:g}")


def stated_changes(context: Context) -> Changes:
    """What the user's mix edits and the brief's production words ask for. Raises BadInput for a name or a value that is not possible.

    Words that were inferred beside a reference change nothing: its own tone, width and loudness are followed.
    """
    edits = context.request.options.mix
    stated = dict(edits.changes) if edits else {}
    check_changes(stated)
    production = context.ideation.brief.production if context.ideation else None
    heard = context.analysis is not None and context.analysis.features is not None
    words = production.value if production and (production.is_stated or not heard) else ()
    return Changes(**stated).with_words(words, but=stated)


def asked_changes(context: Context) -> Changes:
    """What QA's retries ask for."""
    asked: dict[str, float] = {}
    for field in fields(Changes):
        value = context.change(field.name, float("nan"))
        if not math.isnan(value):  # NaN says that no retry names it
            low, high = RANGES[field.name]
            asked[field.name] = min(max(value, low), high)
    return Changes(**asked)


def read_changes(context: Context) -> Changes:
    """All changes in force: the user's and the brief's, then QA's. Raises BadInput as `stated_changes` does."""
    return stated_changes(context).then(asked_changes(context))
