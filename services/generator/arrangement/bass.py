"""The bass: patterns that lock to the kick, walking lines, drones and wobbles. Planned by itself, below everybody else."""

from collections.abc import Callable

import numpy as np

from contracts.music import PPQ, Chord
from services.generator.arrangement.frame import Bar, Frame, Hit, Span
from services.generator.arrangement.metre import Step, groups, held_steps, slot
from services.music.rng import rng

_LEVELS = {"low": 76.0, "mid": 84.0, "high": 92.0}


def member(chord: Chord, degree: int) -> int:
    """Semitones above the root of the chord's 3rd, 5th, 6th or 7th; what the chord lacks is taken from its triad."""
    steps = [s % 12 for s in chord.intervals]
    wanted = {3: (3, 4, 2, 5), 5: (7, 6, 8), 6: (9, 8), 7: (10, 11)}[degree]
    found = next((s for s in wanted if s in steps), None)
    if found is not None:
        return found
    return {3: 7, 5: 7, 6: 9, 7: 10 if chord.is_minor or 10 in steps else 7}[degree]


def place(pitch_class: int, near: int, low: int, high: int) -> int:
    """The octave of a pitch class inside low–high that lies nearest to `near`."""
    options = [p for p in range(low, high + 1) if p % 12 == pitch_class % 12]
    return min(options, key=lambda p: (abs(p - near), p)) if options else low + (pitch_class - low) % 12


class BassPlayer:
    """Holds the line's position between notes."""

    def __init__(self, frame: Frame, low: int, high: int) -> None:
        self.frame, self.low, self.high = frame, low, high
        self.last = (low + min(low + 12, high)) // 2

    def root(self, chord: Chord) -> int:
        """The chord's lowest note near the line, drawn toward the low half of the register. The line moves there."""
        self.last = self.next_root(chord)
        return self.last

    def next_root(self, chord: Chord) -> int:
        """Where the line would go for a chord."""
        near = round(0.6 * self.last + 0.4 * (self.low + 6))
        return place(chord.bass_class, near, self.low, min(self.low + 14, self.high))

    def degree(self, char: str, chord: Chord, tick: int) -> int:
        """Pitch of a bass character."""
        home = self.root(chord)
        slash = chord.bass is not None and chord.bass_class != chord.root_class
        if char == "n":
            following = (tick // self.frame.bar_ticks + 1) * self.frame.bar_ticks
            return self.root(self.frame.span_at(min(following, self.frame.score.end_tick - 1)).chord)
        if char in "1m" or (slash and char in "35v67"):
            return home
        if char == "8":
            return home + 12 if home + 12 <= self.high else home
        if char == "v":
            low = home - 12 + member(chord, 5)
            return low if low >= self.low else home + member(chord, 5)
        if char == "a":
            return self.approach(tick)
        pitch = home + member(chord, int(char))
        return pitch if pitch <= self.high else pitch - 12

    def approach(self, tick: int) -> int:
        """A semitone or scale step below or above the next chord's bass note, whichever lies nearer to the line."""
        following = self.frame.next_span(tick) or self.frame.span_at(tick)
        target = self.next_root(following.chord)
        scale = self.frame.scale_at(tick)
        options = [target - 1, target + 1, *(p for p in (target - 2, target + 2) if p % 12 in scale)]
        options = [p for p in options if self.low - 1 <= p <= self.high] or [target]
        return min(options, key=lambda p: (abs(p - self.last), p))


def choose_pattern(frame: Frame, section: str, kicks: set[int]) -> str:
    """The pattern of a section that meets most kicks in its first bars, with a taste for the style's first."""
    table = frame.pack.bass
    level = frame.level(section)
    options = {"low": table.low, "mid": table.mid, "high": table.high}[level] or table.mid or table.low or ("1--- ---- 1--- ----",)
    generator = rng(frame.seed, "arrangement", "bass", "pattern", frame.function(section), level)
    start = frame.section(section).start_bar - 1

    def meeting(pattern: str) -> float:
        onsets = {(start + b) * frame.bar_ticks + s.tick for b in range(2) for s in held_steps(pattern, frame.meter, start + b)}
        window = {k for k in kicks if start * frame.bar_ticks <= k < (start + 2) * frame.bar_ticks}
        return len(onsets & window) / max(len(window), 1) * table.lock + float(generator.random()) * 0.6

    return max(options, key=meeting)


def play_bass(frame: Frame, low: int, high: int, active: dict[str, bool], kicks: set[int], quiet: frozenset[int]) -> list[Hit]:
    """The bass part in the manner of the style."""
    player = BassPlayer(frame, low, high)
    manners: dict[str, Callable[[BassPlayer, Bar, set[int]], list[Hit]]] = {
        "walking": _walking_bar, "drone": _drone_bar, "wobble": _pattern_bar, "pattern": _pattern_bar,
    }  # fmt: skip
    manner = manners[frame.pack.bass.manner]
    hits: list[Hit] = []
    for bar in frame.bars:
        if not active[bar.section]:
            continue
        played = manner(player, bar, kicks)
        if bar.number in quiet:
            played = [h._replace(length=min(h.length, PPQ // 2)) for h in played if h.tick < bar.tick + PPQ // 2]
        hits += played
    return hits


def _velocity(frame: Frame, bar: Bar, tick: int) -> float:
    place_in_bar = slot(tick, frame.meter, bar.number)
    felt = frame.feeling.velocity + (frame.feeling.accent if place_in_bar == 0 else 0.0)
    return (
        felt
        + _LEVELS[frame.level(bar.section)]
        + (6.0, 2.0, -6.0, -1.0, -4.0)[place_in_bar]
        + 8.0 * (frame.section(bar.section).energy - 0.6)
    )


def _pattern_bar(player: BassPlayer, bar: Bar, kicks: set[int]) -> list[Hit]:
    frame, table = player.frame, player.frame.pack.bass
    generator = rng(frame.seed, "arrangement", "bass", "bar", frame.memory(bar), bar.place)
    pattern = choose_pattern(frame, bar.section, kicks)
    level = frame.level(bar.section)
    options = {"low": table.low, "mid": table.mid, "high": table.high}[level] or (pattern,)
    if bar.place % 4 == 3 and generator.random() < 0.45:
        pattern = options[int(generator.integers(len(options)))]
    steps = _covering_chords(frame, bar, held_steps(pattern, frame.meter, bar.number), pattern)
    steps = _locked(frame, bar, steps, kicks, generator)
    hits = []
    for step in steps:
        tick = bar.tick + step.tick
        span = frame.span_at(tick)
        char = step.char
        changes = span.end - tick <= PPQ and span.end < frame.score.end_tick and tick > span.start
        if char == "n":  # tied over the bar line: the tumbao's anticipation
            pitch = player.degree(char, span.chord, tick)
            length = min(frame.bar_ticks - step.tick + PPQ * 5 // 4, frame.score.end_tick - tick)
            hits.append(Hit(tick, length, pitch, _velocity(frame, bar, step.tick) + 4.0, "bass"))
            continue
        if changes and step.length <= PPQ and tick + step.length >= span.end - PPQ // 4 and generator.random() < table.approach:
            char = "a"
        if tick == span.start and char not in "m":
            char = "1"
        pitch = player.degree(char, span.chord, tick)
        length = max(round(min(step.length, max(span.end - tick, 120)) * frame.feeling.sounding(table.legato)), 100)
        if char == "m":
            hits.append(Hit(tick, 90, pitch, 42.0, "bass"))
            continue
        hits.append(Hit(tick, length, pitch, _velocity(frame, bar, step.tick), "bass"))
    return hits


def _covering_chords(frame: Frame, bar: Bar, steps: list[Step], pattern: str) -> list[Step]:
    """Steps with a root where a chord changes inside a held note or, in styles that start bars with the root, at its start."""
    ends = bar.tick + frame.bar_ticks
    out = list(steps)
    rests_on_one = pattern.strip()[0] == "."
    for span in frame.spans_in(bar.tick, ends):
        tick = span.start - bar.tick
        if (tick == 0 and rests_on_one) or any(s.tick == tick for s in out):
            continue
        before = [s for s in out if s.tick < tick < s.tick + s.length]
        if tick == 0 or before or not rests_on_one:
            out = [s._replace(length=tick - s.tick) if s in before else s for s in out]
            later = min((s.tick for s in out if s.tick > tick), default=frame.bar_ticks)
            out.append(Step(tick, min(later - tick, PPQ), "1", 0, 0.0))
    return sorted(out)


def _locked(frame: Frame, bar: Bar, steps: list[Step], kicks: set[int], generator: np.random.Generator) -> list[Step]:
    """Steps with notes added on kicks that have none, as often as the style locks."""
    lock = frame.pack.bass.lock
    here = sorted(k - bar.tick for k in kicks if bar.tick <= k < bar.tick + frame.bar_ticks)
    out = list(steps)
    for tick in here:
        if any(abs(s.tick - tick) < 200 for s in out) or generator.random() >= lock:
            continue
        out = [s._replace(length=tick - s.tick) if s.tick < tick < s.tick + s.length else s for s in out]
        later = min((s.tick for s in out if s.tick > tick), default=frame.bar_ticks)
        out.append(Step(tick, min(later - tick, PPQ // 2), "1", 0, 0.0))
    return sorted(out)


def _walking_bar(player: BassPlayer, bar: Bar, kicks: set[int]) -> list[Hit]:
    """Quarters that walk from root to root: chord tones on the way, a semitone or step into the next chord."""
    frame = player.frame
    if frame.level(bar.section) == "low" and frame.section(bar.section).energy < 0.3:
        return _pattern_bar(player, bar, kicks)
    generator = rng(frame.seed, "arrangement", "bass", "walk", frame.memory(bar), bar.place)
    hits: list[Hit] = []
    for group in groups(frame.meter, bar.number):
        tick = bar.tick + group.tick
        span = frame.span_at(tick)
        if span.start == tick or (tick == bar.tick and generator.random() < 0.75):
            pitch = player.root(span.chord)
        else:
            pitch = _walk_to(player, span, tick, group.length, generator)
        player.last = pitch
        hits.append(Hit(tick, round(group.length * 0.92), pitch, _velocity(frame, bar, group.tick) - 2.0, "bass"))
        if generator.random() < 0.08:
            skip = tick + group.length * 2 // 3
            hits.append(Hit(skip, round(group.length * 0.3), pitch, _velocity(frame, bar, group.tick) - 14.0, "bass"))
    return hits


def _walk_to(player: BassPlayer, span: Span, tick: int, length: int, generator: np.random.Generator) -> int:
    """The next quarter: an approach when the chord ends, else a chord or scale tone in the direction of the next root."""
    frame = player.frame
    if span.end - tick <= length:
        return player.approach(tick)
    following = frame.next_span(tick)
    target = player.next_root(following.chord if following else span.chord)
    scale = set(frame.scale_at(tick))
    tones = set(span.chord.pitch_classes)
    direction = 1 if target > player.last or (target == player.last and player.last < player.low + 10) else -1
    if generator.random() < 0.2:
        direction = -direction
    best, cost = player.last, 99.0
    for pitch in range(player.low, player.high + 1):
        move = pitch - player.last
        if move == 0 or abs(move) > 7 or (pitch % 12 not in tones and pitch % 12 not in scale):
            continue
        value = abs(abs(move) - 3) * 0.5 + (0.0 if pitch % 12 in tones else 0.8) + (0.0 if move * direction > 0 else 1.6)
        value += float(generator.random())
        if value < cost:
            best, cost = pitch, value
    return best


def _drone_bar(player: BassPlayer, bar: Bar, _kicks: set[int]) -> list[Hit]:
    """One note for each chord, held through it."""
    frame = player.frame
    section = frame.section(bar.section)
    last = (section.end_bar - 1) * frame.bar_ticks
    hits = []
    for span in frame.spans_in(bar.tick, bar.tick + frame.bar_ticks):
        whole = frame.span_at(span.start)
        if whole.start == span.start or (bar.place == 0 and span.start == bar.tick):
            end = min(whole.end, last)
            hits.append(Hit(span.start, end - span.start, player.root(span.chord), _velocity(frame, bar, 0) - 10.0, "bass"))
    return hits
