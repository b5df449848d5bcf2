"""Whether notes that a person wrote can be played: what the stages take for granted of a score."""

import math
import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise

from contracts.errors import BadInput
from contracts.music.chord import Chord
from contracts.music.key import Key
from contracts.music.meter import Meter
from contracts.music.score import PART_ID, Score
from services.gateway.problems import Refused
from services.music.packs.instruments import instruments

_LONGEST_BARS, _MOST_SECONDS = 4096, 1200.0
_MOST_NOTES = 200_000
_SLOWEST_BPM, _FASTEST_BPM = 10.0, 400.0
_ENDINGS = ("natural", "loop", "cut", "fade")


def check_score(score: Score, field: str) -> None:
    """Raise Refused (422) or BadInput for a score whose music cannot be read, or that sounds outside of itself; `field` leads the path."""
    _check_tempo(score, field)
    _read(f"{field}.meter", partial(Meter.parse, score.meter))
    _read(f"{field}.key", partial(Key.parse, score.key))
    if not score.sections or not score.parts:
        raise BadInput(field, "no section or no part", "a song that sounds")
    if score.ending not in _ENDINGS:
        raise BadInput(f"{field}.ending", score.ending, ", ".join(_ENDINGS))
    _check_form(score, field)
    if not 1 <= score.bars <= _LONGEST_BARS or score.duration_s > _MOST_SECONDS:
        long = f"{score.bars} bars, {score.duration_s:.0f} s"
        raise BadInput(field, long, f"up to {_LONGEST_BARS} bars and {_MOST_SECONDS:.0f} s")
    for name, section in score.sections.items():
        _read(f"{field}.sections.{name}.key", partial(Key.parse, section.key))
        for event in section.chords:
            _read(f"{field}.sections.{name}.chords", partial(Chord.parse, event.symbol))
    _check_parts(score, field)


def _check_tempo(score: Score, field: str) -> None:
    """Every tempo can be played, and none of them is before the one it follows."""
    changes = ((0, score.tempo_bpm), *score.tempo_map)
    for tick, bpm in changes:
        if tick < 0 or not _SLOWEST_BPM <= bpm <= _FASTEST_BPM:
            raise BadInput(f"{field}.tempo_bpm", bpm, f"{_SLOWEST_BPM:g} to {_FASTEST_BPM:g}")
    if any(one[0] >= other[0] for one, other in pairwise(score.tempo_map)):
        raise BadInput(f"{field}.tempo_map", "ticks that do not rise", "ticks in order")


def _check_form(score: Score, field: str) -> None:
    """Sections follow each other from the first bar on, without a gap."""
    at = 1
    for name, section in sorted(score.sections.items(), key=lambda item: item[1].start_bar):
        if not re.fullmatch(PART_ID, name):
            raise BadInput(f"{field}.sections.{name[:40]}", name[:40], f"a name of the form {PART_ID}")
        if section.start_bar != at:
            raise BadInput(f"{field}.sections.{name[:40]}.start_bar", section.start_bar, f"{at}, where the section before it ends")
        at = section.end_bar


def _check_parts(score: Score, field: str) -> None:
    known, bar = instruments(), score.meter_value.ticks_per_bar
    last = score.end_tick + bar  # a last chord may be struck on the last bar line
    notes = sum(len(part.notes) for part in score.parts.values())
    if notes > _MOST_NOTES:
        raise BadInput(field, f"{notes} notes", f"up to {_MOST_NOTES}")
    for name, part in score.parts.items():
        where = f"{field}.parts.{name[:40]}"
        if not re.fullmatch(PART_ID, name):
            raise BadInput(where, name[:40], f"a name of the form {PART_ID}")
        if part.instrument not in known:
            raise BadInput(f"{where}.instrument", part.instrument, ", ".join(sorted(known)))
        if any(not math.isfinite(value) for curve in part.controls.values() for _, value in curve):
            raise BadInput(f"{where}.controls", "a number that is none", "finite numbers")
        for index, note in enumerate(part.notes):
            if not (-bar <= note.start < last and note.duration > 0 and 0 <= note.pitch <= 127 and 1 <= note.velocity <= 127):
                allowed = f"[start {-bar} to {last - 1}, duration above 0, pitch 0 to 127, velocity 1 to 127]"
                raise BadInput(f"{where}.notes.{index}", list(note), allowed)


def _read(field: str, parse: Callable[[], object]) -> None:
    try:
        parse()
    except BadInput as error:
        raise Refused(422, str(error), field=field, value=error.value, allowed=error.allowed) from error
