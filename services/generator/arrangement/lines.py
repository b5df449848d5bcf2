"""Single-line players beside the lead: answers in its gaps, guide tones, stabs, doublings, a low line."""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from contracts.music import PPQ, Note
from services.generator.arrangement.bass import place
from services.generator.arrangement.frame import Bar, Frame, Hit
from services.generator.arrangement.metre import groups, held_steps, slot
from services.music.rng import rng

_STABS = {
    "low": ("x--- .... .... ....", ".... .... ..x. x-.."),
    "mid": ("x--. ...x .... ..x.", ".... ..x. x-.. ....", "X-.. .... ...x --..", ".... .... .xx. x-.."),
    "high": ("X--. ..x. ..X. ....", "X.x. ...x --.. ..x.", ".... X-.. ..x. XxX.", "X-.. ..xx --.. x-X."),
}
_ANSWERS = ("x-x- xx--", "..x- x-x- x---", "xx.x x---", "x-.x --x- ....", ".x-x x--- ....", "x--- --x- x-..")


@dataclass(frozen=True)
class Liner:
    """A line player's chair."""

    part: str
    manner: str
    low: int
    high: int
    polyphony: int
    seat: int = 0
    apart: bool = False
    """Whether the line begins its notes where the lead does not, as a counter-melody does."""


def play_line(frame: Frame, liner: Liner, active: dict[str, bool], quiet: frozenset[int]) -> list[Hit]:
    """The part of one line player in its manner; doublings and answers keep out of the lead's way."""
    manners = {
        "answers": _answers, "guide": _guide, "stabs": _stabs, "double": _double, "low": _low, "harmony": _harmony, "octave": _hooked,
    }  # fmt: skip
    hits: list[Hit] = []
    for name in frame.score.sections:
        bars = [bar for bar in frame.bars if bar.section == name and bar.number not in quiet]
        if not active[name] or not bars:
            continue
        manner = liner.manner if liner.manner == "octave" else frame.pack.arrangement.together.get(frame.function(name), liner.manner)
        played = manners[manner](frame, liner, bars)
        if manner == "answers" and len({(h.tick // frame.bar_ticks) for h in played}) * 3 < len(bars):
            busy = frame.lead_share(bars[0].tick, bars[-1].tick + frame.bar_ticks) > 0.25
            second = "harmony" if busy and frame.level(name) == "high" and not liner.apart else "guide"
            extra = manners[second](frame, liner, bars)
            extra = _apart(frame, extra) if liner.apart else extra
            played += [h for h in extra if not any(p.tick < h.tick + h.length and h.tick < p.tick + p.length for p in played)]
        hits += played
    return sorted(hits)


def _apart(frame: Frame, hits: list[Hit]) -> list[Hit]:
    """Notes that begin with one of the lead's wait for the first of the following eighths that the lead leaves free."""
    struck = sorted(n.start for n in frame.lead_notes)
    out = []
    for hit in hits:
        places = (hit.tick + k * PPQ // 2 for k in range(5))
        free = (p for p in places if p <= hit.tick + hit.length - PPQ and _struck_near(struck, p) is None)
        if (tick := next(free, None)) is not None:
            out.append(hit._replace(tick=tick, length=hit.length - (tick - hit.tick)))
    return out


def _struck_near(struck: list[int], tick: int) -> int | None:
    """The onset within a thirty-second of a tick."""
    place_in = bisect_left(struck, tick - PPQ // 8)
    return struck[place_in] if place_in < len(struck) and struck[place_in] <= tick + PPQ // 8 else None


def _centre(liner: Liner) -> int:
    return (liner.low + liner.high) // 2


def _level(frame: Frame, bar: Bar, base: float, tick: int) -> float:
    inside = tick - bar.tick
    return (
        frame.feeling.velocity
        + base
        + 16.0 * (frame.section(bar.section).energy - 0.6)
        + (3.0, 2.0, -4.0, -1.0, -2.0)[slot(inside, frame.meter, bar.number)]
    )


def _guide(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """Thirds and sevenths held from chord to chord by the smallest step; a second voice where the instrument has one."""
    hits: list[Hit] = []
    last = _centre(liner) - 5 * liner.seat + 3
    second = last - 8
    for bar in bars:
        energy = frame.section(bar.section).energy
        for span in frame.spans_in(bar.tick, bar.tick + frame.bar_ticks):
            classes = span.chord.pitch_classes
            tones = classes[1:4] if liner.seat == 0 else (classes[-1], classes[0], classes[min(2, len(classes) - 1)])
            options = [p for p in range(liner.low, liner.high + 1) if p % 12 in tones]
            if not options:
                continue
            centre = _centre(liner) - 5 * liner.seat
            last = min(options, key=lambda p: (abs(p - last) + 0.3 * abs(p - centre), p))
            hits.append(Hit(span.start, round((span.end - span.start) * 0.97), last, _level(frame, bar, 72.0, span.start), "line"))
            if liner.polyphony > 1 and energy > 0.55 and liner.seat == 0:
                below = [p for p in range(liner.low, last - 2) if p % 12 in classes]
                if below:
                    second = min(below, key=lambda p: (abs(p - second) + 0.4 * abs(last - p - 6), p))
                    level = _level(frame, bar, 64.0, span.start)
                    hits.append(Hit(span.start, round((span.end - span.start) * 0.97), second, level, "line"))
    return _moving(frame, liner, _tied(hits))


def _tied(hits: list[Hit]) -> list[Hit]:
    """Repeated pitches that touch become one note of at most two bars' length."""
    out: list[Hit] = []
    for hit in hits:
        back = next((i for i in range(len(out) - 1, max(len(out) - 4, -1), -1) if out[i].pitch == hit.pitch), None)
        if back is not None and 0 <= hit.tick - (out[back].tick + out[back].length) < 200 and out[back].length < 6 * PPQ:
            out[back] = out[back]._replace(length=hit.tick + hit.length - out[back].tick)
        else:
            out.append(hit)
    return out


def _moving(frame: Frame, liner: Liner, hits: list[Hit]) -> list[Hit]:
    """Long notes that step to the next through a scale tone, now and then."""
    out = list(hits)
    for index, (hit, following) in enumerate(pairwise(hits)):
        generator = rng(frame.seed, "arrangement", "line", liner.part, hit.tick)
        gap = following.pitch - hit.pitch
        if hit.length >= 3 * PPQ and 2 < abs(gap) <= 5 and generator.random() < 0.6:
            step = next((p for p in range(hit.pitch + (1 if gap > 0 else -1), following.pitch, 1 if gap > 0 else -1)
                         if p % 12 in frame.scale_at(hit.tick)), None)  # fmt: skip
            if step is not None:
                out[index] = hit._replace(length=hit.length - PPQ)
                out.append(Hit(hit.tick + hit.length - PPQ, round(PPQ * 0.95), step, hit.velocity - 4.0, "line"))
    return sorted(out)


def _stabs(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """Short hits of the section, each second bar, on a chord tone near the top of the chord."""
    hits: list[Hit] = []
    last = _centre(liner) + 3 - 4 * liner.seat
    for bar in bars:
        patterns = _STABS[frame.level(bar.section)]
        generator = rng(frame.seed, "arrangement", "stabs", frame.function(bar.section), bar.place % 4)
        pattern = patterns[int(generator.integers(len(patterns)))]
        if bar.place % 2 == 0 and frame.lead_share(bar.tick, bar.tick + frame.bar_ticks) > 0.55 and generator.random() < 0.7:
            continue
        for step in held_steps(pattern, frame.meter, bar.number):
            tick = bar.tick + step.tick
            classes = frame.span_at(tick).chord.pitch_classes
            tone = classes[(len(classes) - 1 - liner.seat) % len(classes)]
            last = place(tone, last, liner.low, liner.high)
            accent = 12.0 if step.char == "X" else 0.0
            hits.append(Hit(tick, round(step.length * frame.feeling.sounding(0.75)), last, _level(frame, bar, 84.0, tick) + accent, "line"))
    return hits


def _gaps(frame: Frame, bars: list[Bar]) -> list[tuple[int, int, Bar]]:
    """Stretches of a beat and a half and more in which the lead is silent, inside the given bars."""
    out = []
    for bar in bars:
        edges = [bar.tick]
        end = bar.tick + frame.bar_ticks
        sounding = sorted((max(n.start, bar.tick), min(n.end, end)) for n in frame.lead_notes if n.start < end and n.end > bar.tick)
        for start, stop in sounding:
            if start - edges[-1] >= 1.5 * PPQ:
                out.append((edges[-1], start, bar))
            edges.append(max(stop, edges[-1]))
        if end - edges[-1] >= 1.5 * PPQ:
            out.append((edges[-1], end, bar))
    return out


def _answers(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """Short phrases where the lead breathes: a figure of the section, steps between chord tones, the last note on one."""
    hits: list[Hit] = []
    pitch = _centre(liner)
    for start, end, bar in _gaps(frame, bars):
        function = frame.function(bar.section)
        generator = rng(frame.seed, "arrangement", "answer", liner.part, frame.memory(bar), bar.place)
        empty = end - start >= frame.bar_ticks
        whole = frame.lead_share(bar.tick - frame.bar_ticks, bar.tick) == 0.0 and empty
        if (whole and (bar.place + liner.seat) % 2) or (not empty and generator.random() < 0.15 + 0.15 * liner.seat):
            continue
        beats = [g for g in groups(frame.meter, bar.number) if start <= bar.tick + g.tick < end]
        if not beats:
            continue
        first = bar.tick + beats[0].tick
        home = rng(frame.seed, "arrangement", "answer", liner.part, function)
        draw = home if generator.random() < 0.6 else generator
        figure = _ANSWERS[int(draw.integers(len(_ANSWERS)))]
        notes = _figure_onsets(figure.replace(" ", ""), first, end)
        pitch = _sing(frame, liner, bar, notes, pitch, hits, int(generator.choice([-1, 1])))
    return hits


def _figure_onsets(figure: str, first: int, end: int) -> list[tuple[int, int]]:
    """Onsets and lengths of an answer's figure in eighth-and-sixteenth steps, clipped to the gap."""
    out: list[tuple[int, int]] = []
    for place_in, char in enumerate(figure):
        tick = first + place_in * (PPQ // 4)
        if tick + PPQ // 4 > end:
            break
        if char == "x":
            out.append((tick, PPQ // 4))
        elif char == "-" and out:
            out[-1] = (out[-1][0], tick + PPQ // 4 - out[-1][0])
    return out


def _sing(frame: Frame, liner: Liner, bar: Bar, notes: list[tuple[int, int]], pitch: int, hits: list[Hit], direction: int) -> int:
    """Pitches for an answer: scale steps in one direction, chord tones at its ends; returns the last pitch."""
    centre = _centre(liner)
    if pitch > centre + 6:
        direction = -1
    elif pitch < centre - 6:
        direction = 1
    for index, (tick, length) in enumerate(notes):
        tones = set(frame.span_at(tick).chord.pitch_classes)
        edge = index in (0, len(notes) - 1)
        allowed = tones if edge else tones | set(frame.scale_at(tick))
        options = [p for p in range(liner.low, liner.high + 1) if p % 12 in allowed]
        goal = pitch + (0 if index == 0 else direction * 2)
        pitch = min(options, key=lambda p: (abs(p - goal) + 0.05 * abs(p - centre), p)) if options else pitch
        arch = 6.0 * (1.0 - abs(2.0 * index / max(len(notes) - 1, 1) - 1.0))
        hits.append(Hit(tick, round(length * frame.feeling.sounding(0.9)), pitch, _level(frame, bar, 80.0, tick) + arch, "line"))
    return pitch


def _double(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """The lead's notes in the octave that suits the instrument, softer, slightly longer."""
    inside = {bar.number: bar for bar in bars}
    out: list[Note] = [n for n in frame.lead_notes if n.start // frame.bar_ticks in inside]
    if not out:
        return _guide(frame, liner, bars)
    middle = sum(n.pitch for n in out) / len(out)
    octave = 12 * round((_centre(liner) - middle) / 12)
    hits = []
    for note in out:
        pitch = note.pitch + octave
        while pitch > liner.high:
            pitch -= 12
        while pitch < liner.low:
            pitch += 12
        hits.append(Hit(note.start, note.duration, pitch, note.velocity - 12.0, "line"))
    return hits


def _hooked(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """The lead's notes an octave away, and nothing where it rests."""
    inside = {bar.number for bar in bars}
    return _double(frame, liner, bars) if any(n.start // frame.bar_ticks in inside for n in frame.lead_notes) else []


def _harmony(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """A second voice to the lead: the chord or scale tone a third to a sixth below, on its longer and stronger notes."""
    inside = {bar.number for bar in bars}
    hits: list[Hit] = []
    for note in frame.lead_notes:
        if note.start // frame.bar_ticks not in inside or (note.duration < PPQ // 3 and note.start % PPQ):
            continue
        chord, scale = set(frame.span_at(note.start).chord.pitch_classes), set(frame.scale_at(note.start))
        below = [note.pitch - step for step in (3, 4, 5, 8, 9, 7) if (note.pitch - step) % 12 in chord]
        below += [note.pitch - step for step in (3, 4) if (note.pitch - step) % 12 in scale]
        if below:
            pitch = place(below[0] % 12, min(max(below[0], liner.low), liner.high), liner.low, liner.high)
            hits.append(Hit(note.start, note.duration, pitch, note.velocity - 10.0, "line"))
    return hits


def _low(frame: Frame, liner: Liner, bars: list[Bar]) -> list[Hit]:
    """A tenor line: roots and fifths held, moving in halves when energy rises."""
    hits: list[Hit] = []
    last = liner.low + 10
    for bar in bars:
        busy = frame.level(bar.section) != "low"
        for span in frame.spans_in(bar.tick, bar.tick + frame.bar_ticks):
            chord = span.chord
            last = place(chord.bass_class, last, liner.low, min(liner.low + 19, liner.high))
            length = span.end - span.start
            fifth = place(chord.pitch_classes[min(2, len(chord.pitch_classes) - 1)], last, liner.low, liner.high)
            half = length // 2
            halves = [g.tick + bar.tick for g in groups(frame.meter, bar.number) if abs(g.tick + bar.tick - span.start - half) <= PPQ // 2]
            if busy and length >= 2 * PPQ and halves and bar.place % 2 == liner.seat % 2:
                cut = halves[0]
                hits.append(Hit(span.start, round((cut - span.start) * 0.96), last, _level(frame, bar, 74.0, span.start), "line"))
                hits.append(Hit(cut, round((span.end - cut) * 0.96), fifth, _level(frame, bar, 70.0, cut), "line"))
            else:
                hits.append(Hit(span.start, round(length * 0.97), last, _level(frame, bar, 74.0, span.start), "line"))
    return _tied(hits)
