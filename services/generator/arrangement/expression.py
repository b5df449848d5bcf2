"""Breath and gesture: cc11 and cc2 of sustained instruments, slides into notes, the pedal."""

from itertools import pairwise

from contracts.music import PPQ, Note
from services.generator.arrangement.frame import Frame
from services.music.rng import rng

_SCOOP_MS = 90.0
Curve = tuple[tuple[int, float], ...]


def expression_curve(notes: list[Note], end: int) -> Curve:
    """cc11 by phrase: swells on long notes, an arch over a phrase, falls at its end. Held between points."""
    points: dict[int, float] = {0: 90.0}
    phrase: list[Note] = []
    for index, note in enumerate(notes):
        phrase.append(note)
        following = notes[index + 1].start if index + 1 < len(notes) else end
        if following - note.end > PPQ or index + 1 == len(notes):
            _arch(points, phrase)
            phrase = []
    return tuple((tick, round(value, 1)) for tick, value in sorted(points.items()))


def _arch(points: dict[int, float], phrase: list[Note]) -> None:
    start, end = phrase[0].start, phrase[-1].end
    span = max(end - start, 1)
    for note in phrase:
        for step in range(0, max(note.duration, 1), PPQ // 4):
            place = (note.start + step - start) / span
            arch = 1.0 - (2.0 * place - 0.9) ** 2 * 0.8
            inside = step / note.duration
            swell = (1.0 - (2.0 * inside - 0.9) ** 2) * 9.0 if note.duration >= 1.5 * PPQ else 3.0
            points[note.start + step] = min(max(84.0 + 22.0 * arch + swell, 50.0), 127.0)


def scoops(frame: Frame, part: str, notes: list[Note]) -> Curve:
    """Bends of half a semitone to a semitone up into long notes after a rest or a leap, released within 90 ms."""
    points: list[tuple[int, float]] = [(0, 0.0)]
    for before, note in pairwise([None, *notes]):
        if note is None or note.duration < PPQ * 2 // 3:
            continue
        free = before is None or note.start - before.end > PPQ // 8 or abs(note.pitch - before.pitch) >= 3
        generator = rng(frame.seed, "arrangement", "scoop", part, note.start)
        if not free or generator.random() >= frame.pack.arrangement.scoops or note.start - 2 <= points[-1][0]:
            continue
        depth = -round(float(generator.uniform(0.5, 1.1)), 2)
        length = max(round(frame.ms_to_ticks(_SCOOP_MS * float(generator.uniform(0.7, 1.3)), note.start)), 20)
        points += [(note.start - 1, 0.0), (note.start, depth), (note.start + length, 0.0)]
    return tuple(points) if len(points) > 1 else ()


def pedal_curve(frame: Frame, active: dict[str, bool]) -> Curve:
    """cc64 of a pianist: down just after each chord change, up just before the next."""
    points: list[tuple[int, float]] = []
    lift = max(round(frame.ms_to_ticks(45.0)), 20)
    for span in frame.spans:
        name = frame.section_at(span.start)
        if not name or not active[name] or frame.level(name) == "high" or span.end - span.start < PPQ:
            continue
        points += [(span.start + lift, 127.0), (span.end - 10, 0.0)]
    return tuple(points)
