"""Hand percussion, and the polyrhythms it lays over the meter."""

import numpy as np

from contracts.music import PPQ
from services.generator.arrangement.beats import TIMEKEEPERS
from services.generator.arrangement.frame import Bar, Frame, Hit
from services.generator.arrangement.metre import SIXTEENTH, groups, slot, steps
from services.music.packs.rhythm import PERCUSSION_VOICES
from services.music.rng import rng

HIT_TICKS = 120
_CROSSING = frozenset({"build", "buildup", "bridge", "breakdown", "solo", "interlude", "drop", "climax", "instrumental", "outro", "final"})
_CROSS_VOICES = ("cowbell", "woodblock", "claves", "conga_open", "bongo_high", "shaker")


def play_percussion(frame: Frame, active: dict[str, bool], quiet: frozenset[int]) -> list[Hit]:
    """Hand percussion: up to three voices per function, thinner at low energy, with a polyrhythm where the style has them."""
    grooves = frame.pack.drums.percussion or {"shaker": ("xoxo xoxo xoxo xoxo",), "tambourine": (".... x... .... x...",)}
    hits: list[Hit] = []
    for bar in frame.bars:
        if not active[bar.section] or bar.number in quiet:
            continue
        section = frame.section(bar.section)
        generator = rng(frame.seed, "arrangement", "percussion", frame.function(bar.section))
        many = 1 if section.energy < 0.5 else 2 if section.energy < 0.85 else 3
        core = [voice for voice in frame.pack.drums.core if voice in grooves]
        others = [str(v) for v in generator.permutation(sorted(set(grooves) - set(core)))]
        voices = [*core, *others][: many if not core else len(core) + many - 1]
        crossing = cross_of(frame, bar.section)
        turn = rng(frame.seed, "arrangement", "percussion", frame.memory(bar), bar.place)
        for voice in voices[1:] if crossing and len(voices) > 1 else voices:
            patterns = grooves[voice]
            pattern = patterns[0] if bar.place % 4 != 3 or turn.random() < 0.4 else patterns[int(turn.integers(len(patterns)))]
            played = (s for s in steps(pattern, frame.meter, bar.number, keep_time=voice in TIMEKEEPERS) if s.char in "Xxo")
            hits += [_stroke(frame, bar, voice, s.tick, s.char) for s in played if s.char != "o" or turn.random() >= 0.08]
        if crossing:
            voice = next((v for v in _CROSS_VOICES if v in grooves), "woodblock")
            hits += [_stroke(frame, bar, voice, tick, char) for tick, char in cross_ticks(frame, bar, crossing)]
    return hits


def _stroke(frame: Frame, bar: Bar, voice: str, tick: int, char: str) -> Hit:
    place, energy = slot(tick, frame.meter, bar.number), frame.section(bar.section).energy
    level = {"X": 92.0, "x": 78.0, "o": 48.0}[char] + (4.0, 8.0, -4.0, 0.0, -4.0)[place] + 14 * (energy - 0.6)
    return Hit(bar.tick + tick, HIT_TICKS, PERCUSSION_VOICES[voice], level, "hat")


def cross_of(frame: Frame, section: str) -> str:
    """The polyrhythm of a section, or nothing: one device for a function, in half of those that are free for one."""
    devices = frame.pack.drums.cross
    function = frame.function(section)
    if not devices or function not in _CROSSING:
        return ""
    generator = rng(frame.seed, "arrangement", "cross", function)
    return str(generator.choice(devices)) if generator.random() < 0.6 else ""


def cross_ticks(frame: Frame, bar: Bar, device: str) -> list[tuple[int, str]]:
    """Onsets of a device in a bar as (tick in the bar, character), evenly spaced against the meter's groups.

    3:2 and 5:4 share two and four beats evenly; 4:3 puts four into three beats; threes strike every third sixteenth and
    begin anew every fourth bar; hemiola lays twos over threes in 3/4, 6/8 and 12/8 and threes over twos elsewhere.
    """
    length = frame.bar_ticks
    if device == "threes":
        origin = bar.tick - (bar.place % 4) * length
        first = -(-(bar.tick - origin) // (3 * SIXTEENTH)) * 3 * SIXTEENTH + origin
        return [(t - bar.tick, "X" if t == origin else "x") for t in range(first, bar.tick + length, 3 * SIXTEENTH)]
    here = groups(frame.meter, bar.number)
    triple = frame.meter.is_compound
    if device == "hemiola":
        if triple:
            return _even(0, length, len(here) * 3 // 2 if len(here) % 2 == 0 else len(here) * 3)
        if len(here) == 3:
            return [(t - bar.tick, "x") for t in _pair_ticks(bar, length) if bar.tick <= t < bar.tick + length]
        device = "3:2"
    many, beats = {"3:2": (3, 2), "4:3": (4, 3), "5:4": (5, 4)}[device]
    out: list[tuple[int, str]] = []
    for start in range(0, len(here) - beats + 1, beats):
        stretch = here[start : start + beats]
        out += _even(stretch[0].tick, sum(g.length for g in stretch), many)
    return out


def _even(start: int, length: int, many: int) -> list[tuple[int, str]]:
    return [(start + round(float(t)), "X" if i == 0 else "x") for i, t in enumerate(np.arange(many) * length / many)]


def _pair_ticks(bar: Bar, length: int) -> list[int]:
    """Three twos over two bars of three beats."""
    origin = bar.tick - (bar.place % 2) * length
    return [origin + i * 2 * PPQ for i in range(3)]
