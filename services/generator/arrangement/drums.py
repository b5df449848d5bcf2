"""The drummer: grooves from the pack by section and energy, small variations, fills that lead on, crashes."""

from dataclasses import dataclass

import numpy as np

from services.generator.arrangement.feel import Groove
from services.generator.arrangement.fills import build_hits, fill_hits
from services.generator.arrangement.frame import BUILDING, Bar, Frame, Hit
from services.generator.arrangement.metre import SIXTEENTH, groups, slot, steps
from services.music.packs.rhythm import DRUM_VOICES, PERCUSSION_VOICES, Grooves
from services.music.rng import rng

TIMEKEEPERS = frozenset({"hat", "ride", "open", "shaker", "tambourine", "cabasa", "pedal", "bell"})
HIT_TICKS = 120
BUILDS = BUILDING - {"prechorus", "pre_chorus"}


@dataclass(frozen=True)
class Beat:
    """What the drummer plays in a section: voice -> pattern, and the voice -> patterns it may turn to."""

    main: dict[str, str]
    turns: dict[str, tuple[str, ...]]


def choose_beat(frame: Frame, section: str, *, turn: int = 0) -> Beat:
    """The groove of a section: the same for all sections of a function and level, so that returns are heard."""
    table = frame.pack.drums
    function, level = frame.function(section), frame.level(section)
    grooves: Grooves = table.half if function in frame.pack.arrangement.halftime and table.half else getattr(table, level)
    if not grooves:
        grooves = table.mid or table.high or table.low
    generator = rng(frame.seed, "arrangement", "drums", "groove", function, level)
    main = {}
    for voice, patterns in grooves.items():
        pick = 0 if len(patterns) == 1 or generator.random() < 0.55 else int(generator.integers(1, len(patterns)))
        main[voice] = patterns[(pick + turn) % len(patterns)]
    return Beat(main, {voice: patterns for voice, patterns in grooves.items() if len(patterns) > 1})


def velocity(groove: Groove, voice: str, char: str, place: int, energy: float, take: float) -> float:
    """Velocity of a stroke by measured level, slot and energy; `take` is the take's own deviation in SDs."""
    row = groove.row
    if voice == "snare" and char == "o":
        return row.level["ghost"][0] + take * row.level["ghost"][1]
    mean, take_sd, _ = row.level.get(voice, (84.0, 6.0, 8.0))
    profile = row.slot_level.get(voice, (0.0, 0.0, 0.0, 0.0, 0.0))[place]
    accent = {"X": 8.0, "x": 0.0, "o": -0.38 * mean}[char]
    if voice in ("snare", "clap"):
        accent = {"X": 2.0, "x": -8.0, "o": -0.6 * mean}[char]
        profile = 0.0 if char == "X" else profile
    felt = groove.frame.feeling.velocity * 0.7 + (groove.frame.feeling.accent * 0.6 if char == "X" else 0.0)
    return felt + mean + accent + profile + take * take_sd + 16.0 * (energy - 0.6)


def _voice_of(voice: str, char: str) -> str:
    return "ghost" if voice == "snare" and char == "o" else voice


def groove_bar(frame: Frame, groove: Groove, beat: Beat, bar: Bar, takes: dict[str, float]) -> list[Hit]:
    """One bar of groove, with a variation of one voice now and then."""
    table = frame.pack.drums
    energy = frame.section(bar.section).energy
    generator = rng(frame.seed, "arrangement", "drums", "bar", frame.memory(bar), bar.place)
    patterns = dict(beat.main)
    chance = 0.75 if bar.place % 4 == 3 else 0.3 if bar.place % 2 else 0.12
    if beat.turns and generator.random() < chance:
        voice = sorted(beat.turns)[int(generator.integers(len(beat.turns)))]
        patterns[voice] = beat.turns[voice][int(generator.integers(len(beat.turns[voice])))]
    hits: dict[tuple[str, int], Hit] = {}
    for voice, pattern in patterns.items():
        for step in steps(pattern, frame.meter, bar.number, keep_time=voice in TIMEKEEPERS):
            if step.char == ".":
                continue
            place = slot(step.tick, frame.meter, bar.number)
            level = velocity(groove, voice, step.char, place, energy, takes.setdefault(voice, 0.0))
            pitch = DRUM_VOICES[voice]
            hits[voice, step.tick] = Hit(bar.tick + step.tick, HIT_TICKS, pitch, level, _voice_of(voice, step.char))
    if not table.comping:  # a groove's ghosts belong to it: two bars of them, now and then played otherwise
        fresh = generator.random() < 0.15
        generator = generator if fresh else rng(frame.seed, "arrangement", "drums", "ghosts", frame.function(bar.section), bar.place % 2)
    _decorate(frame, groove, bar, hits, generator, table.ghosts if energy > 0.3 else table.ghosts / 2)
    for _, tick in [key for key in hits if key[0] == "open"]:
        hits.pop(("hat", tick), None)
    return list(hits.values())


def _decorate(
    frame: Frame, groove: Groove, bar: Bar, hits: dict[tuple[str, int], Hit], generator: np.random.Generator, ghosts: float
) -> None:
    """Ghost strokes around the backbeat, a lifted hat at the bar's end, a jazz drummer's comments."""
    table = frame.pack.drums
    swung = table.swing_unit == 8
    for group in groups(frame.meter, bar.number):
        places = [group.length * 2 // 3] if swung else [group.tick % 1 + SIXTEENTH, 3 * SIXTEENTH]
        chance = table.comping if swung and table.comping else ghosts
        for inside in places:
            tick = group.tick + inside
            taken = any(("snare", t) in hits or ("rim", t) in hits for t in (tick, group.tick if swung else tick))
            if chance and not taken and inside < group.length and generator.random() < chance:
                loud = generator.random() < 0.25 and bool(table.comping)
                level = velocity(groove, "snare", "x" if loud else "o", 4, frame.section(bar.section).energy, 0.0)
                hits["snare", tick] = Hit(bar.tick + tick, HIT_TICKS, DRUM_VOICES["snare"], level, "ghost")
    last = groups(frame.meter, bar.number)[-1]
    lift = last.tick + last.length // 2
    if ("hat", lift) in hits and generator.random() < table.hat_opens:
        hit = hits.pop(("hat", lift))
        hits["open", lift] = hit._replace(pitch=DRUM_VOICES["open"], voice="open", velocity=hit.velocity + 8.0)


def play_drums(frame: Frame, groove: Groove, active: dict[str, bool], quiet: frozenset[int]) -> list[Hit]:
    """The whole drum part. `active`: section -> whether the drummer plays; `quiet`: bars in which the band drops out."""
    takes = {voice: float(rng(frame.seed, "arrangement", "take", voice).normal()) for voice in DRUM_VOICES}
    hits: list[Hit] = []
    seen: dict[str, int] = {}
    beats = {}
    for name in frame.score.sections:
        function = frame.function(name)
        seen[function] = seen.get(function, 0) + 1
        beats[name] = choose_beat(frame, name, turn=1 if seen[function] > 2 else 0)
    for index, bar in enumerate(frame.bars):
        following = frame.bars[index + 1] if index + 1 < len(frame.bars) else None
        plays, plays_next = active[bar.section], bool(following and active[following.section])
        lead_in = bar.last and plays_next
        every = plays and not bar.last and (bar.place + 1) % frame.pack.drums.fill_every == 0
        if not plays and not lead_in:
            continue
        base = groove_bar(frame, groove, beats[bar.section], bar, takes) if plays else []
        if plays and frame.pack.arrangement.risers and frame.function(bar.section) in BUILDS:
            hits += build_hits(frame, groove, bar, base, takes)
            continue
        if bar.number in quiet:
            base = [h for h in base if h.tick == bar.tick]
        if lead_in or every:
            base = fill_hits(frame, groove, bar, base, takes, big=lead_in, entering=not plays)
        hits += base
        hits += _crash(frame, groove, bar, plays, frame.bars[index - 1] if index else None, takes)
    return [h for h in hits if h.tick < frame.score.end_tick]


def _crash(frame: Frame, groove: Groove, bar: Bar, plays: bool, before: Bar | None, takes: dict[str, float]) -> list[Hit]:
    """A crash with the kick where a section begins that is not softer than the last."""
    table = frame.pack.drums
    if not plays or bar.place or not table.crash:
        return []
    energy = frame.section(bar.section).energy
    earlier = frame.section(before.section).energy if before else 0.0
    if energy < 0.35 or energy < earlier - 0.25:
        return []
    tick = bar.tick
    if table.crash_on_four and before:
        tick = max(bar.tick - groups(frame.meter, bar.number)[-1].length, 0)
    level = velocity(groove, "crash", "x", 0, energy, takes["crash"])
    out = [Hit(tick, HIT_TICKS * 4, DRUM_VOICES["crash"], level, "crash")]
    if not table.crash_on_four:
        out.append(Hit(tick, HIT_TICKS, DRUM_VOICES["kick"], velocity(groove, "kick", "X", 0, energy, takes["kick"]), "kick"))
    return out


def play_percussion(frame: Frame, active: dict[str, bool], quiet: frozenset[int]) -> list[Hit]:
    """Hand percussion: up to two voices per function, thinner at low energy."""
    grooves = frame.pack.drums.percussion or {"shaker": ("xoxo xoxo xoxo xoxo",), "tambourine": (".... x... .... x...",)}
    hits: list[Hit] = []
    for bar in frame.bars:
        if not active[bar.section] or bar.number in quiet:
            continue
        section = frame.section(bar.section)
        generator = rng(frame.seed, "arrangement", "percussion", frame.function(bar.section))
        many = 1 if section.energy < 0.5 else 2 if section.energy < 0.85 else 3
        voices = [str(v) for v in generator.permutation(sorted(grooves))][:many]
        turn = rng(frame.seed, "arrangement", "percussion", frame.memory(bar), bar.place)
        for voice in voices:
            patterns = grooves[voice]
            pattern = patterns[0] if bar.place % 4 != 3 or turn.random() < 0.4 else patterns[int(turn.integers(len(patterns)))]
            for step in steps(pattern, frame.meter, bar.number, keep_time=voice in TIMEKEEPERS):
                if step.char == "." or (step.char == "o" and turn.random() < 0.08):
                    continue
                place = slot(step.tick, frame.meter, bar.number)
                level = {"X": 92.0, "x": 78.0, "o": 48.0}[step.char] + (4.0, 8.0, -4.0, 0.0, -4.0)[place] + 14 * (section.energy - 0.6)
                hits.append(Hit(bar.tick + step.tick, HIT_TICKS, PERCUSSION_VOICES[voice], level, "hat"))
    return hits
