"""Which beat the drummer plays: the pack's grooves by section and energy, beats of odd meters, half and double time, cut breaks."""

from dataclasses import dataclass, field, replace

import numpy as np

from services.generator.arrangement.frame import Bar, Frame, Level
from services.generator.arrangement.heard_groove import HeardGroove
from services.generator.arrangement.metre import bars_in, groups
from services.generator.arrangement.tapped import Tapped
from services.music.packs.meters import MeterBeat, beats_for
from services.music.packs.rhythm import DrumTable, Grooves
from services.music.rng import rng

TIMEKEEPERS = frozenset({"hat", "ride", "open", "shaker", "tambourine", "cabasa", "pedal", "bell"})
_TIME = ("ride", "hat", "bell", "open")
_BACK = ("snare", "clap", "rim")
_LIFTED = frozenset({"chorus", "drop", "climax", "final", "hook", "solo", "refrain"})


@dataclass(frozen=True)
class Beat:
    """What the drummer plays in a section: voice -> pattern, and the voice -> patterns it may turn to."""

    main: dict[str, str]
    turns: dict[str, tuple[str, ...]]
    chances: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """Voice -> share of bars with each stroke of its pattern (characters without spaces), where it was heard in a reference."""


def _grooves(table: DrumTable, function: str, level: Level, halftime: tuple[str, ...]) -> tuple[Grooves, str]:
    """The pack's grooves for a section and the name of their level."""
    if function in halftime and table.half:
        return table.half, "half"
    own: Grooves = {"low": table.low, "mid": table.mid, "high": table.high}[level]
    own = own or table.mid or table.high or table.low
    if function in table.double_time:
        return {voice: tuple(_doubled(p) if voice not in TIMEKEEPERS else p for p in patterns) for voice, patterns in own.items()}, level
    return own, level


def _doubled(pattern: str) -> str:
    """A pattern at twice its pace: two beats of sixteenths fall into one, each bar twice."""
    cells = pattern.split()
    if any(len(cell) != 4 for cell in cells):
        return pattern
    out = []
    for start in range(0, len(cells), 4):
        pairs = [cells[start + i][::2] + cells[start + i + 1][::2] for i in (0, 2)]
        out += pairs * 2
    return " ".join(out)


def choose_beat(frame: Frame, section: str, *, turn: int = 0) -> Beat:
    """The groove of a section: the same for all sections of a function and level, so that returns are heard."""
    function, level = frame.function(section), frame.level(section)
    grooves, name = _grooves(frame.pack.drums, function, level, frame.pack.arrangement.halftime)
    generator = rng(frame.seed, "arrangement", "drums", "groove", function, level)
    written = beats_for(frame.meter, frame.styles, name)
    if written and grooves:
        return _in_meter(grooves, written[int(generator.integers(len(written)))], generator, turn)
    main = {}
    for voice, patterns in grooves.items():
        pick = 0 if len(patterns) == 1 or generator.random() < 0.55 else int(generator.integers(1, len(patterns)))
        main[voice] = patterns[(pick + turn) % len(patterns)]
    return Beat(main, {voice: patterns for voice, patterns in grooves.items() if len(patterns) > 1})


def _in_meter(grooves: Grooves, beat: MeterBeat, generator: np.random.Generator, turn: int) -> Beat:
    """A meter's own beat in the style's voices."""
    roles: dict[str, tuple[str, ...]] = {}
    time = next((v for v in _TIME if v in grooves and any(set(p) - set(". ") for p in grooves[v])), "hat")
    for voice in grooves:
        if voice == time or (voice == "shaker" and time == "hat"):
            roles[voice] = beat.time
        elif voice == "kick":
            roles[voice] = beat.kick
        elif voice in _BACK:
            roles[voice] = beat.back
        elif voice == "pedal" and beat.pedal:
            roles[voice] = beat.pedal
    if "kick" not in roles:
        roles["kick"] = beat.kick
    main, turns = {}, {}
    for voice, patterns in roles.items():
        pick = 0 if len(patterns) == 1 or generator.random() < 0.6 else int(generator.integers(1, len(patterns)))
        main[voice] = "|" + patterns[(pick + turn) % len(patterns)]
        if len(patterns) > 1:
            turns[voice] = tuple("|" + p for p in patterns)
    return Beat(main, turns)


def section_beats(frame: Frame, active: dict[str, bool], tapped: Tapped | None = None, heard: HeardGroove | None = None) -> dict[str, Beat]:
    """The beat of every section. Neighbours never keep time alike: the hand moves to the ride where it lifts, and back.

    A tapped groove takes the place of the kick's pattern, and of the snare's where snare strokes were tapped. The groove of a
    reference takes that of kick, backbeat and time; quiet sections keep what it never leaves out.
    """
    out: dict[str, Beat] = {}
    seen: dict[str, int] = {}
    before: str | None = None
    acoustic = frame.pack.drums.tightness > 0.3
    for name in frame.score.sections:
        function = frame.function(name)
        seen[function] = seen.get(function, 0) + 1
        beat = choose_beat(frame, name, turn=1 if seen[function] > 2 else 0)
        if acoustic and active[name] and before and frame.function(before) != function:
            beat = _moved(frame, beat, out[before], name, before)
        if heard and not tapped:
            beat = _heard(beat, heard.quiet if frame.level(name) == "low" else heard.patterns, heard.chances)
        out[name] = _tapped(beat, tapped) if tapped else beat
        before = name if active[name] else before
    return out


def _tapped(beat: Beat, tapped: Tapped) -> Beat:
    """The beat with the taps for its kick and backbeat, which then stay as tapped."""
    back = next((voice for voice in _BACK if voice in beat.main), "snare")
    taken = {"kick": tapped.patterns.get("kick"), back: tapped.patterns.get("snare")}
    said = {voice: pattern for voice, pattern in taken.items() if pattern}
    return Beat(beat.main | said, {voice: patterns for voice, patterns in beat.turns.items() if voice not in said})


def _heard(beat: Beat, patterns: dict[str, str], chances: dict[str, tuple[float, ...]]) -> Beat:
    """The beat with a reference's kick, backbeat and time, which then stay as heard."""
    back = [voice for voice in _BACK if set(beat.main.get(voice, ".")) - set(". |-")] or ["snare"]
    time = next((voice for voice in _TIME if set(beat.main.get(voice, ".")) - set(". |-")), "hat")
    said = {"kick": patterns["kick"]} if "kick" in patterns else {}
    if "snare" in patterns:
        said |= {voice: patterns["snare"] for voice in back if voice != "rim" or back == ["rim"]}
    said |= {time: patterns["hat"]} if "hat" in patterns else {}
    silenced = {"rim"} if "snare" in patterns and "rim" not in said else set()
    return Beat(
        {voice: pattern for voice, pattern in (beat.main | said).items() if voice not in silenced},
        {voice: options for voice, options in beat.turns.items() if voice not in said and voice not in silenced},
        {voice: chances["kick" if voice == "kick" else "hat" if voice in _TIME else "snare"] for voice in said},
    )


def _drawn(pattern: str, chances: tuple[float, ...], generator: np.random.Generator) -> str:
    """A pattern for one bar: strokes that the reference has in every bar, and of the others each by its share."""
    draws = iter((generator.random(len(chances)) < np.array(chances)).tolist())
    return "".join(char if char in " |" else (char if next(draws) else ".") for char in pattern)


def _moved(frame: Frame, beat: Beat, before: Beat, name: str, earlier: str) -> Beat:
    """The beat with its time on another cymbal if the section before kept time on the same one in the same way."""
    mine = {v: p for v, p in beat.main.items() if v in _TIME and set(p) - set(". |")}
    theirs = {v: p for v, p in before.main.items() if v in _TIME and set(p) - set(". |")}
    if mine != theirs or not mine or not frame.pack.drums.moves_time:
        return beat
    lifts = frame.section(name).energy > frame.section(earlier).energy
    swap = {"hat": "ride"} if lifts or frame.function(name) in _LIFTED else {"ride": "hat", "bell": "hat"}
    if not set(swap) & set(mine) or set(swap.values()) & set(mine):
        return beat
    return replace(
        beat,
        main={swap.get(v, v): p for v, p in beat.main.items()},
        turns={swap.get(v, v): p for v, p in beat.turns.items()},
    )


def bar_patterns(frame: Frame, beat: Beat, bar: Bar) -> dict[str, str]:
    """The patterns of one bar: the section's, one voice otherwise now and then, the break cut anew where the style cuts breaks."""
    generator = rng(frame.seed, "arrangement", "drums", "turn", frame.memory(bar), bar.place)
    patterns = dict(beat.main)
    for voice, chances in beat.chances.items():
        own = rng(frame.seed, "arrangement", "drums", "heard", voice, frame.memory(bar), bar.place % 4)
        patterns[voice] = _drawn(patterns[voice], chances, own)
    chance = 0.75 if bar.place % 4 == 3 else 0.3 if bar.place % 2 else 0.12
    if beat.turns and generator.random() < chance:
        voice = sorted(beat.turns)[int(generator.integers(len(beat.turns)))]
        patterns[voice] = beat.turns[voice][int(generator.integers(len(beat.turns[voice])))]
    chop = frame.pack.drums.chop
    if chop and len(groups(frame.meter, bar.number)) == 4 and generator.random() < chop * (1.6 if bar.place % 4 == 3 else 1.0):
        return _chopped(patterns, bar, generator, wild=bar.place % 4 == 3)
    return patterns


def _chopped(patterns: dict[str, str], bar: Bar, generator: np.random.Generator, *, wild: bool) -> dict[str, str]:
    """A bar of the break cut into eighths and put together in another order, all voices by the same cuts, as a sampler does.

    The bar still opens on the break's first slice and most backbeats stay; the end is where slices repeat and stutter.
    """
    order = list(range(8))
    edit = str(generator.choice(["double_kick", "late_swap", "repeat", "half"] if not wild else ["stutter", "late_swap", "half", "roll"]))
    match edit:
        case "double_kick":
            order[int(generator.choice([1, 3, 5, 7]))] = 0
        case "late_swap":
            order[4:8] = [int(i) for i in generator.choice([[6, 7, 4, 5], [5, 6, 7, 2], [4, 2, 3, 7], [0, 5, 6, 3]])]
        case "repeat":
            source = int(generator.choice([2, 5, 6]))
            order[6:8] = [source, source]
        case "half":
            order = [0, 1, 2, 3, 0, 1, 2, 3] if generator.random() < 0.5 else [0, 1, 2, 3, 0, 5, 2, 7]
        case "stutter":
            source = int(generator.choice([2, 3, 6]))
            order[5:8] = [source, source, source]
        case _:
            order[6:8] = [2, 2]
    out = {}
    for voice, pattern in patterns.items():
        cells = pattern.split()
        start = bar.number % max(bars_in(pattern), 1) * 4
        here = cells[start : start + 4]
        if pattern.startswith("|") or len(here) != 4 or any(len(cell) != 4 for cell in here):
            out[voice] = pattern
            continue
        line = "".join(here)
        slices = [line[2 * i : 2 * i + 2] for i in order]
        out[voice] = " ".join(slices[i] + slices[i + 1] for i in range(0, 8, 2))
    return out
