"""The drummer: a beat per section, small variations, ghosts where drummers put them, fills that lead on, crashes, hat rolls."""

import numpy as np

from contracts.music import PPQ
from services.generator.arrangement.beats import TIMEKEEPERS, Beat, bar_patterns, section_beats
from services.generator.arrangement.feel import Groove
from services.generator.arrangement.fills import build_hits, fill_hits
from services.generator.arrangement.frame import BUILDING, Bar, Frame, Hit
from services.generator.arrangement.limbs import playable
from services.generator.arrangement.metre import SIXTEENTH, groups, place_of, steps
from services.music.packs.rhythm import DRUM_VOICES
from services.music.rng import rng

HIT_TICKS = 120
BUILDS = BUILDING - {"prechorus", "pre_chorus"}


def velocity(groove: Groove, voice: str, char: str, tick: int, energy: float, take: float) -> float:
    """Velocity of a stroke by measured level and place in the bar; `tick` is absolute, `take` the take's deviation in SDs."""
    frame, row = groove.frame, groove.row
    if voice == "snare" and char == "o":
        mean, take_sd, _ = row.loudness("ghost")
        return mean + take * take_sd
    mean, take_sd, _ = row.loudness(voice)
    place = place_of(tick % frame.bar_ticks, frame.meter, tick // frame.bar_ticks, row.grid)
    profile = row.at(row.slot_level, voice, place)
    if voice in ("snare", "clap"):
        best = max(row.slot_level.get("snare", (4.0,)))
        level = mean + (best if char == "X" else 0.5 * profile - 4.0 if char == "x" else -0.55 * mean)
    elif char == "o":
        level = 0.62 * mean + 0.3 * profile
    else:
        level = mean + (max(profile, 0.0) + 5.0 if char == "X" else 0.8 * profile)
    felt = frame.feeling.velocity * 0.7 + (frame.feeling.accent * 0.6 if char == "X" else 0.0)
    return felt + level + 0.35 * take * take_sd + 16.0 * (energy - 0.6)


def _voice_of(voice: str, char: str) -> str:
    return "ghost" if voice == "snare" and char == "o" else voice


def groove_bar(frame: Frame, groove: Groove, beat: Beat, bar: Bar, takes: dict[str, float]) -> list[Hit]:
    """One bar of groove, with a variation of one voice now and then."""
    table = frame.pack.drums
    energy = frame.section(bar.section).energy
    hits: dict[tuple[str, int], Hit] = {}
    for voice, pattern in bar_patterns(frame, beat, bar).items():
        for step in steps(pattern, frame.meter, bar.number, keep_time=voice in TIMEKEEPERS):
            if step.char not in "Xxo":
                continue
            level = velocity(groove, voice, step.char, bar.tick + step.tick, energy, takes.setdefault(voice, 0.0))
            hits[voice, step.tick] = Hit(bar.tick + step.tick, HIT_TICKS, DRUM_VOICES[voice], level, _voice_of(voice, step.char))
    # A groove's ghosts belong to it: two bars of them, now and then played otherwise.
    generator = rng(frame.seed, "arrangement", "drums", "bar", frame.memory(bar), bar.place)
    fresh = generator.random() < 0.15 or bool(table.comping)
    own = generator if fresh else rng(frame.seed, "arrangement", "drums", "ghosts", frame.function(bar.section), bar.place % 2)
    if not {"snare", "clap"} & set(beat.chances):  # a backbeat that was heard has its own soft strokes
        _ghosts(groove, bar, hits, own, table.ghosts if energy > 0.3 else table.ghosts / 2)
    _lift(groove, bar, hits, own)
    if table.rolls:
        _ratchet(groove, bar, hits, generator)
    for _, tick in [key for key in hits if key[0] == "open"]:
        hits.pop(("hat", tick), None)
    return list(hits.values())


def _ghosts(groove: Groove, bar: Bar, hits: dict[tuple[str, int], Hit], generator: np.random.Generator, ghosts: float) -> None:
    """Soft snare strokes where the style's drummers put theirs; a jazz drummer's comments on the triplets, some of them loud."""
    frame, row = groove.frame, groove.row
    comping = frame.pack.drums.comping if row.grid == 3 else 0.0
    amount = comping or ghosts
    if not amount:
        return
    chances = row.chance.get("ghost", (0.1,))
    most = max(chances)
    for group in groups(frame.meter, bar.number):
        unit = group.length / 3 if row.grid == 3 else SIXTEENTH
        for index in range(row.grid):
            tick = group.tick + round(index * unit)
            place = place_of(tick, frame.meter, bar.number, row.grid)
            taken = any((voice, tick + d) in hits for voice in ("snare", "rim", "clap") for d in (0, -unit // 2, unit // 2))
            if index * unit >= group.length or taken or generator.random() >= amount * chances[place % len(chances)] / most:
                continue
            loud = bool(comping) and generator.random() < 0.25
            energy = frame.section(bar.section).energy
            level = velocity(groove, "snare", "x" if loud else "o", bar.tick + tick, energy, 0.0)
            hits["snare", tick] = Hit(bar.tick + tick, HIT_TICKS, DRUM_VOICES["snare"], level, "snare" if loud else "ghost")


def _lift(groove: Groove, bar: Bar, hits: dict[tuple[str, int], Hit], generator: np.random.Generator) -> None:
    """Now and then a hat is let open, where the style's drummers open theirs; the next stroke closes it."""
    frame, row = groove.frame, groove.row
    if generator.random() >= frame.pack.drums.hat_opens:
        return
    closed = [tick for voice, tick in hits if voice == "hat" and tick % PPQ]
    if not closed or any(voice == "open" for voice, _ in hits):
        return
    opens, shut = row.chance.get("open", (0.05,)), row.chance.get("hat", (0.5,))
    weights = []
    for tick in closed:
        place = place_of(tick, frame.meter, bar.number, row.grid)
        weights.append(0.02 + opens[place % len(opens)] / (opens[place % len(opens)] + shut[place % len(shut)] + 0.02))
    last = max(closed)
    shares = np.array([w * (2.0 if tick == last else 1.0) for w, tick in zip(weights, closed, strict=True)])
    tick = closed[int(generator.choice(len(closed), p=shares / shares.sum()))]
    hit = hits.pop(("hat", tick))
    hits["open", tick] = hit._replace(pitch=DRUM_VOICES["open"], voice="open", velocity=hit.velocity + 10.0, length=HIT_TICKS * 2)


def _ratchet(groove: Groove, bar: Bar, hits: dict[tuple[str, int], Hit], generator: np.random.Generator) -> None:
    """A hat roll over half a beat or a beat: triplets or thirty-seconds that swell or fade, on one beat of the bar."""
    frame = groove.frame
    if generator.random() >= frame.pack.drums.rolls * (1.5 if bar.place % 4 == 3 else 1.0):
        return
    here = groups(frame.meter, bar.number)
    weights = np.linspace(0.6, 1.6, len(here))
    group = here[int(generator.choice(len(here), p=weights / weights.sum()))]
    pace = int(generator.choice([120, 120, 160, 80, 60]))
    whole = generator.random() < 0.4 and pace >= 120
    start = group.tick if whole or generator.random() < 0.35 else group.tick + group.length // 2
    end = min(start + (group.length if whole else PPQ // 2), group.tick + group.length)
    base = velocity(groove, "hat", "x", bar.tick + start, frame.section(bar.section).energy, 0.0)
    for key in [k for k in hits if k[0] in ("hat", "open") and start <= k[1] < end]:
        hits.pop(key)
    count = (end - start) // pace
    grows = generator.random() < 0.6
    for index in range(count):
        done = index / max(count - 1, 1)
        level = base - 22.0 + 26.0 * (done if grows else 1.0 - done)
        hits["hat", start + index * pace] = Hit(bar.tick + start + index * pace, min(pace, HIT_TICKS), DRUM_VOICES["hat"], level, "hat")


def play_drums(frame: Frame, groove: Groove, active: dict[str, bool], quiet: frozenset[int]) -> list[Hit]:
    """The whole drum part. `active`: section -> whether the drummer plays; `quiet`: bars in which the band drops out."""
    takes = {voice: float(rng(frame.seed, "arrangement", "take", voice).normal()) for voice in DRUM_VOICES}
    table = frame.pack.drums
    hits: list[Hit] = []
    beats = section_beats(frame, active, groove.tapped, groove.heard)
    filled = False
    for index, bar in enumerate(frame.bars):
        following = frame.bars[index + 1] if index + 1 < len(frame.bars) else None
        plays, plays_next = active[bar.section], bool(following and active[following.section])
        lead_in = bar.last and plays_next
        every = plays and not bar.last and _fills_here(frame, bar)
        if not plays and not lead_in:
            filled = False
            continue
        base = groove_bar(frame, groove, beats[bar.section], bar, takes) if plays else []
        if plays and frame.pack.arrangement.risers and frame.function(bar.section) in BUILDS:
            hits += build_hits(frame, groove, bar, base, takes)
            filled = False
            continue
        if bar.number in quiet:
            base = [h for h in base if h.tick == bar.tick]
        if lead_in or every:
            base = fill_hits(frame, groove, bar, base, takes, big=lead_in, entering=not plays)
        hits += base
        hits += _crash(groove, bar, plays, frame.bars[index - 1] if index else None, takes, filled=filled)
        filled = lead_in or every
    hits = [h for h in hits if h.tick < frame.score.end_tick]
    return playable(frame, hits, double_pedal=table.double_pedal) if table.tightness > 0.3 else hits


def _fills_here(frame: Frame, bar: Bar) -> bool:
    """Whether a fill marks a bar inside a section: at the ends of eights nearly always, at those of fours every other time."""
    every = frame.pack.drums.fill_every
    if (bar.place + 1) % every:
        return False
    chance = 0.85 if (bar.place + 1) % max(2 * every, 8) == 0 or every >= 8 else 0.55
    return bool(rng(frame.seed, "arrangement", "fill", "here", frame.memory(bar), bar.place).random() < chance)


def _crash(groove: Groove, bar: Bar, plays: bool, before: Bar | None, takes: dict[str, float], *, filled: bool) -> list[Hit]:
    """A crash with the kick where a section begins that is not softer than the last, and after a third of the other fills."""
    frame, table = groove.frame, groove.frame.pack.drums
    if not plays or not table.crash or (bar.place and not filled):
        return []
    energy = frame.section(bar.section).energy
    earlier = frame.section(before.section).energy if before else 0.0
    generator = rng(frame.seed, "arrangement", "crash", bar.number)
    if energy < 0.35 or energy < earlier - 0.25 or (bar.place and (energy < 0.6 or generator.random() > 0.3)):
        return []
    tick = bar.tick
    if table.crash_on_four and before:
        tick = max(bar.tick - groups(frame.meter, bar.number)[-1].length, 0)
    level = velocity(groove, "crash", "x", tick, energy, takes["crash"]) - (8.0 if bar.place else 0.0)
    out = [Hit(tick, HIT_TICKS * 4, DRUM_VOICES["crash"], level, "crash")]
    if not table.crash_on_four:
        out.append(Hit(tick, HIT_TICKS, DRUM_VOICES["kick"], velocity(groove, "kick", "X", tick, energy, takes["kick"]), "kick"))
    return out
