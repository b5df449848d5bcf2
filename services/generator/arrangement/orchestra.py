"""How an orchestra doubles, holds and drums: octaves on the tune, horns on inner tones, ostinati, timpani, and everybody's breath."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from contracts.music import PPQ, Note
from services.generator.arrangement.bass import member, place
from services.generator.arrangement.frame import Bar, Frame, Hit
from services.generator.arrangement.lines import Liner, play_line
from services.generator.arrangement.metre import groups, held_steps
from services.music.packs.instruments import Instrument
from services.music.rng import rng

BREATH_S = 8.0
"""Longest time that a wind player plays without breathing."""
_GAP_S = 0.3
_LONGEST_S = 7.0
_CLIMAX = 0.68
_ROLL = PPQ // 8
_OSTINATI = {
    "low": ("1--- 5--- 1--- 5---", "1-5- 1-5- 1-5- 1-5-"),
    "mid": ("1.5. 8.5. 1.5. 8.5.", "1.1. 5.1. 1.1. 5.3.", "1-5. 8.5. 3.5. 8.5."),
    "high": ("1151 8151 1151 8351", "1.11 5.11 8.11 5.33", "1181 5181 1181 5181"),
}
_KETTLES = {
    "low": ("x... .... .... ....", ".... .... .... ...."),
    "mid": ("x... .... x... ....", "x... .... .... ....", "x... .... x... x..."),
    "high": ("X... ..x. x... x.x.", "X... x... X... xxxx", "X..x ..x. X... x.x."),
}


def play_orchestral(frame: Frame, manner: str, liner: Liner, active: dict[str, bool], quiet: frozenset[int]) -> list[Hit]:
    """The part of one orchestral player in a manner of MANNERS."""
    hits: list[Hit] = []
    for name in frame.score.sections:
        bars = [bar for bar in frame.bars if bar.section == name and bar.number not in quiet]
        if active[name] and bars:
            hits += MANNERS[manner](frame, liner, bars)
        elif manner == "timpani" and bars and _leads_on(frame, active, name):
            hits += _roll(frame, bars[-1], tuned(frame, bars[-1].tick, liner))
    return sorted(hits)


def _level(frame: Frame, bar: Bar, base: float) -> float:
    return frame.feeling.velocity + base + 20.0 * (frame.section(bar.section).energy - 0.6) + frame.swell(bar.tick)


def _octaves(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """The tune an octave up or down where the music is full; below that, answers in its silences."""
    section = bars[0].section
    if frame.section(section).energy < _CLIMAX:
        only = {name: name == section for name in frame.score.sections}
        return play_line(frame, replace(liner, manner="answers"), only, frozenset())
    start, end = bars[0].tick, bars[-1].tick + frame.bar_ticks
    tune = [n for n in frame.lead_notes if start <= n.start < end]
    if not tune:
        return []
    shift = _octave_shift(tune, liner)
    return [Hit(n.start, n.duration, _folded(n.pitch + shift, liner), n.velocity - 10.0, "line") for n in tune]


def _octave_shift(tune: list[Note], liner: Liner) -> int:
    """The octave away from the tune that keeps most of it in the instrument's comfort; unison where neither octave fits."""

    def outside(shift: int) -> tuple[int, int]:
        return sum(not liner.low <= n.pitch + shift <= liner.high for n in tune), abs(shift - 12)

    return min((12, -12, 24, -24, 0), key=outside)


def _folded(pitch: int, liner: Liner) -> int:
    while pitch > liner.high:
        pitch -= 12
    while pitch < liner.low:
        pitch += 12
    return min(pitch, liner.high)


def _hold(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """Inner tones, third and fifth, held as long as the harmony lets them and breath lasts."""
    hits: list[Hit] = []
    middle = (liner.low + liner.high) // 2
    last = middle - 4 * liner.seat
    for bar in bars:
        for span in frame.spans_in(bar.tick, bar.tick + frame.bar_ticks):
            root = span.chord.root_class
            tones = [(root + member(span.chord, degree)) % 12 for degree in ((3, 5) if liner.seat % 2 == 0 else (5, 3))]
            options = [place(tone, last, liner.low, liner.high) for tone in (*tones, root)]
            pitch = min(options, key=lambda p: (abs(p - last) + 0.25 * abs(p - middle + 4 * liner.seat), options.index(p)))
            longest = round(frame.ms_to_ticks(_LONGEST_S * 1000.0, span.start))
            before = hits[-1] if hits else None
            if (
                before
                and before.pitch == pitch
                and before.length + span.end - span.start <= longest
                and before.tick + before.length >= span.start - PPQ // 4
            ):
                hits[-1] = before._replace(length=round(span.end - before.tick - PPQ * 0.06))
            else:
                hits.append(Hit(span.start, round((span.end - span.start) * 0.96), pitch, _level(frame, bar, 74.0), "line"))
            last = pitch
    return hits


def _ostinato(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """Short bows on the chord's tones, one figure for a section: the engine under a theme."""
    function, level = frame.function(bars[0].section), frame.level(bars[0].section)
    home = rng(frame.seed, "arrangement", "ostinato", liner.part, function, level)
    figures = _OSTINATI[level]
    figure = figures[int(home.integers(len(figures)))]
    hits: list[Hit] = []
    anchor = liner.low + 7 + 3 * liner.seat
    for bar in bars:
        for step in held_steps(figure, frame.meter, bar.number, keep_time=True):
            tick = bar.tick + step.tick
            chord = frame.span_at(tick).chord
            home_pitch = place(chord.bass_class, anchor, liner.low, min(liner.low + 19, liner.high))
            slash = chord.bass_class != chord.root_class
            add = 12 if step.char == "8" else 0 if step.char == "1" or slash else member(chord, int(step.char))
            pitch = home_pitch + add if home_pitch + add <= liner.high else home_pitch
            accent = 8.0 if step.phase < 0.05 else -3.0
            hits.append(
                Hit(
                    tick,
                    round(step.length * 0.55) if step.length <= PPQ // 2 else step.length,
                    pitch,
                    _level(frame, bar, 74.0) + accent,
                    "line",
                )
            )
    return hits


def _timpani(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """Tonic and dominant on the strong beats, as the drums are tuned, and a roll that grows into the next section."""
    kettles = tuned(frame, bars[0].tick, liner)
    level = frame.level(bars[0].section)
    home = rng(frame.seed, "arrangement", "timpani", frame.function(bars[0].section), level)
    order = [int(i) for i in home.permutation(len(_KETTLES[level]))]
    hits: list[Hit] = []
    for bar in bars:
        if bar.last and len(bars) > 2 and _grows(frame, bar):
            hits += _roll(frame, bar, kettles)
            continue
        pattern = _KETTLES[level][order[(0, 1, 0, 2)[bar.place % 4] % len(order)]]
        for step in held_steps(pattern, frame.meter, bar.number):
            pitch = _kettle(frame, bar.tick + step.tick, kettles)
            if pitch is not None:
                hits.append(Hit(bar.tick + step.tick, PPQ, pitch, _level(frame, bar, 84.0) + (10.0 if step.char == "X" else 0.0), "line"))
    return hits or [_retuned(frame, bar, liner) for bar in bars]


def _retuned(frame: Frame, bar: Bar, liner: Liner) -> Hit:
    """A stroke on a bar's first beat in a section whose chords need other drums than the key's: one is tuned to the bass."""
    pitch = place(frame.span_at(bar.tick).chord.bass_class, (liner.low + liner.high) // 2, liner.low, liner.high)
    return Hit(bar.tick, PPQ, pitch, _level(frame, bar, 84.0), "line")


def tuned(frame: Frame, tick: int, liner: Liner) -> tuple[int, ...]:
    """The four kettledrums of the key at a tick: tonic, fourth, fifth and sixth, as MIDI notes inside the range."""
    scale = frame.scale_at(tick)
    tonic = scale[0]
    sixth = next((c for c in scale if (c - tonic) % 12 in (8, 9)), tonic)
    return tuple(
        place(c, (liner.low + liner.high) // 2, liner.low, liner.high)
        for c in dict.fromkeys((tonic, (tonic + 7) % 12, (tonic + 5) % 12, sixth))
    )


def _kettle(frame: Frame, tick: int, kettles: tuple[int, ...]) -> int | None:
    """The drum that fits the chord: its bass or root, else its fifth; None where none is tuned to it."""
    chord = frame.span_at(tick).chord
    for wanted in (chord.bass_class, chord.root_class, (chord.root_class + member(chord, 5)) % 12):
        for pitch in kettles:
            if pitch % 12 == wanted:
                return pitch
    return None


def _grows(frame: Frame, bar: Bar) -> bool:
    """Whether the next section is at least as full, or the music ends here with weight."""
    names = list(frame.score.sections)
    place_in = names.index(bar.section)
    if place_in + 1 == len(names):
        return False
    return frame.section(names[place_in + 1]).energy >= max(frame.section(bar.section).energy - 0.02, 0.5)


def _leads_on(frame: Frame, active: dict[str, bool], name: str) -> bool:
    """Whether a section in which the drums wait is followed by one in which they play."""
    names = list(frame.score.sections)
    following = names[names.index(name) + 1 :]
    return bool(following) and active[following[0]] and frame.section(following[0]).energy > frame.section(name).energy + 0.1


def _roll(frame: Frame, bar: Bar, kettles: tuple[int, ...]) -> list[Hit]:
    """Thirty-seconds through the bar's last half and longer, from a murmur to full."""
    first = bar.tick + (0 if frame.section(bar.section).energy > 0.5 else groups(frame.meter, bar.number)[-1].tick // 2)
    end = bar.tick + frame.bar_ticks
    count = (end - first) // _ROLL
    draws = rng(frame.seed, "arrangement", "timpani", "roll", bar.number).normal(0.0, 2.5, max(count, 1))
    hits = []
    for index in range(count):
        tick = first + index * _ROLL
        pitch = _kettle(frame, tick, kettles)
        if pitch is not None:
            grown = (index / max(count - 1, 1)) ** 1.4
            hits.append(Hit(tick, _ROLL * 2, pitch, 38.0 + 62.0 * grown + float(draws[index]), "line"))
    return hits


MANNERS: dict[str, Callable[[Frame, Liner, list[Bar]], list[Hit]]] = {
    "octaves": _octaves, "hold": _hold, "ostinato": _ostinato, "timpani": _timpani,
}  # fmt: skip


def breathed(frame: Frame, entry: Instrument, notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """A wind player's notes with a breath at least every eight seconds: after the longest note of each stretch that has none."""
    if entry.family not in ("winds", "brass") or entry.polyphony > 1 or not notes:
        return notes
    per_s = frame.ms_to_ticks(1000.0)
    gap, limit = round(_GAP_S * per_s), BREATH_S * per_s
    out = [n._replace(duration=min(n.duration, round(_LONGEST_S * per_s))) for n in notes]
    since = 0  # index of the first note after the last breath
    index = 1
    while index <= len(out):
        if out[index - 1].end - out[since].start > limit:
            choices = range(since, max(index - 1, since + 1))
            cut = max(choices, key=lambda i: (out[i].end - out[since].start > 0.3 * limit, out[i].duration, i))
            note = out[cut]
            end = min(note.end, out[cut + 1].start if cut + 1 < len(out) else note.end)
            out[cut] = note._replace(duration=max(end - note.start - gap, min(note.duration, gap // 3), 30))
            since = index = cut + 1
        elif index < len(out) and out[index].start - out[index - 1].end >= gap * 0.6:
            since = index
        index += 1
    return tuple(out)


def longest_stretch_s(frame: Frame, notes: tuple[Note, ...]) -> float:
    """Seconds of the longest stretch without a breath of 150 ms."""
    if not notes:
        return 0.0
    per_s = frame.ms_to_ticks(1000.0)
    longest, begin = 0.0, notes[0].start
    for before, note in pairwise(notes):
        if note.start - before.end >= 0.15 * per_s:
            longest, begin = max(longest, before.end - begin), note.start
    return max(longest, notes[-1].end - begin) / per_s
