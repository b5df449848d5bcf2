"""The bass: patterns that lock to the kick, walking lines, drones and wobbles. Planned by itself, below everybody else."""

from collections.abc import Callable

import numpy as np

from contracts.music import PPQ, Chord
from services.generator.arrangement.frame import Bar, Frame, Hit, Span
from services.generator.arrangement.metre import Step, groups, held_steps, slot
from services.generator.arrangement.walking import walk
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
        self.patterns: dict[str, str] = {}

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
        """The note before the next chord's bass note: a scale step, a semitone or the dominant of it, near the line."""
        following = self.frame.next_span(tick) or self.frame.span_at(tick)
        target, scale = self.next_root(following.chord), self.frame.scale_at(tick)
        around = [target + d for d in (-2, -1, 1, 2) if self.low <= target + d <= self.high]
        kinds = {
            "diatonic": [p for p in around if p % 12 in scale],
            "chromatic": [p for p in around if abs(p - target) == 1],
            "dominant": [p for p in (target + 7, target - 5) if self.low <= p <= self.high],
        }
        weights = {kind: w for kind, w in self.frame.pack.bass.approaches.items() if kinds[kind] and w > 0}
        if not weights:
            return target
        names, shares = list(weights), np.array(list(weights.values()))
        kind = str(rng(self.frame.seed, "arrangement", "bass", "approach", tick).choice(names, p=shares / shares.sum()))
        return min(kinds[kind], key=lambda p: (p == self.last, abs(p - self.last), p))


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
        "walking": _pattern_bar, "drone": _drone_bar, "wobble": _pattern_bar, "pattern": _pattern_bar,
    }  # fmt: skip
    manner = manners[frame.pack.bass.manner]
    hits: list[Hit] = []
    walked = _walks(player, active) if frame.pack.bass.manner == "walking" else {}
    for bar in frame.bars:
        if not active[bar.section]:
            continue
        played = walked[bar.number] if bar.number in walked else manner(player, bar, kicks)
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
    pattern = player.patterns.get(bar.section) or choose_pattern(frame, bar.section, kicks)
    player.patterns[bar.section] = pattern
    level = frame.level(bar.section)
    options = {"low": table.low, "mid": table.mid, "high": table.high}[level] or (pattern,)
    if bar.place % 4 == 3 and generator.random() < 0.45:
        pattern = options[int(generator.integers(len(options)))]
    written = held_steps(_crossed(frame, bar, pattern) if table.cross else pattern, frame.meter, bar.number)
    steps = _locked(frame, bar, _covering_chords(frame, bar, written, pattern), kicks, generator)
    hits: list[Hit] = []
    stated = -1
    for step in steps:
        tick = bar.tick + step.tick
        span = frame.span_at(tick)
        char = step.char
        if char == "n":  # tied over the bar line: the tumbao's anticipation
            pitch = player.degree(char, span.chord, tick)
            length = min(frame.bar_ticks - step.tick + PPQ * 5 // 4, frame.score.end_tick - tick)
            hits.append(Hit(tick, length, pitch, _velocity(frame, bar, step.tick) + 4.0, "bass"))
            continue
        changes = span.end - tick <= PPQ and span.end < frame.score.end_tick and tick > span.start
        if changes and step.length <= PPQ and tick + step.length >= span.end - PPQ // 4 and generator.random() < table.approach:
            char = "a"
        first = stated != span.start and (tick == span.start or span.start > bar.tick)
        if first and char not in "ma":
            char = "1"
        stated = span.start if char not in "ma" else stated
        pitch = player.degree(char, span.chord, tick)
        if char == "m":
            hits.append(Hit(tick, 90, pitch, 42.0, "bass"))
            continue
        length = max(round(min(step.length, max(span.end - tick, 120)) * frame.feeling.sounding(table.legato)), 100)
        hits.append(Hit(tick, length, pitch, _velocity(frame, bar, step.tick), "bass"))
        if table.slides and step.length >= PPQ and generator.random() < table.slides:
            hits[-1:] = _slid(player, hits[-1], min(step.length, span.end - tick), span, generator)
    return hits


def _slid(player: BassPlayer, hit: Hit, length: int, span: Span, generator: np.random.Generator) -> list[Hit]:
    """A long note that ends in a slurred one: a voice with glide slides up to the octave, the fifth or the seventh."""
    above = [hit.pitch + 12, hit.pitch + member(span.chord, 5), hit.pitch + member(span.chord, 7)]
    inside = [p for p in above if p <= player.high] or [hit.pitch - 5]
    target = inside[int(generator.integers(len(inside)))]
    turn = length - PPQ // 2 if length < 2 * PPQ else length - PPQ
    rest = round((length - turn) * 0.9)
    return [hit._replace(length=turn), Hit(hit.tick + turn, rest, target, hit.velocity - 4.0, "bass")]


def _crossed(frame: Frame, bar: Bar, pattern: str) -> str:
    """The pattern's first sixteenths as a riff that begins anew every `cross` sixteenths, whatever the bar, for four bars."""
    cycle = frame.pack.bass.cross
    line = "".join(pattern.split())[:cycle]
    if len(line) < cycle or frame.level(bar.section) != "high" or len(groups(frame.meter, bar.number)) != 4:
        return pattern
    offset = bar.place % 4 * 16
    text = "".join(line[(offset + i) % cycle] for i in range(16))
    return " ".join(text[i : i + 4] for i in range(0, 16, 4))


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


def _walks(player: BassPlayer, active: dict[str, bool]) -> dict[int, list[Hit]]:
    """Bars of walking quarters by number: whole sections at once; the calmest stay in two."""
    frame = player.frame
    out: dict[int, list[Hit]] = {}
    for name in frame.score.sections:
        calm = frame.level(name) == "low" and frame.section(name).energy < 0.36
        if not active[name] or calm:
            continue
        bars = [bar for bar in frame.bars if bar.section == name]
        line = walk(frame, bars, player.low, player.high, player.last, lambda span: span.chord.bass_class)
        for beat, pitch in line:
            hits = out.setdefault(beat.bar.number, [])
            level = _velocity(frame, beat.bar, beat.tick - beat.bar.tick) - 2.0
            hits.append(Hit(beat.tick, round(beat.length * 0.92), pitch, level, "bass"))
            generator = rng(frame.seed, "arrangement", "bass", "skip", frame.memory(beat.bar), beat.bar.place, beat.tick)
            if beat.length >= PPQ and generator.random() < 0.1:
                hits[-1] = hits[-1]._replace(length=round(beat.length * 0.6))
                skip = beat.tick + beat.length * 2 // 3
                ghost = generator.random() < 0.4
                hits.append(Hit(skip, 90 if ghost else round(beat.length * 0.3), pitch, 46.0 if ghost else level - 12.0, "bass"))
        player.last = line[-1][1] if line else player.last
    return out


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
