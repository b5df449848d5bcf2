"""Breath and gesture: cc11 and cc2 of sustained instruments, the pedal, cutoff, wobble and gain curves."""

from itertools import pairwise

from contracts.music import PPQ, Note, Role
from services.generator.arrangement.band import Chair
from services.generator.arrangement.frame import BUILDING, Frame
from services.generator.arrangement.orchestration import Plan
from services.music.packs.instruments import instrument
from services.music.rng import rng

_BENDERS = frozenset({"saxophone", "trumpet", "electric_guitar", "violin", "vocals"})
_SCOOP_MS = 90.0
Curve = tuple[tuple[int, float], ...]
_BREATH = frozenset({"winds", "brass"})
_BOWED = frozenset({"strings", "vocal"})
_BUILDS = BUILDING | {"riser"}


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
        name = frame.score.section_at(span.start)
        if not name or not active[name] or frame.level(name) == "high" or span.end - span.start < PPQ:
            continue
        points += [(span.start + lift, 127.0), (span.end - 10, 0.0)]
    return tuple(points)


def controls(frame: Frame, chair: Chair, plan: Plan, notes: list[Note], *, pedal: bool) -> dict[str, Curve]:
    """All curves of a part."""
    out: dict[str, Curve] = {}
    entry = instrument(chair.instrument)
    if entry.family in _BREATH | _BOWED and notes:
        out["cc11"] = expression_curve(notes, frame.score.end_tick)
        if entry.family in _BREATH:
            out["cc2"] = out["cc11"]
    if chair.manner in ("lead", "counter", "answers") and entry.id in _BENDERS and frame.pack.arrangement.scoops:
        out["pitch_bend"] = scoops(frame, chair.part, notes)
    if pedal and notes:
        out["cc64"] = pedal_curve(frame, plan.active[chair.part])
    if entry.electronic and chair.role in (Role.PAD, Role.HARMONY, Role.BASS, Role.MELODY, Role.COUNTER):
        curve = _cutoff(frame)
        if curve:
            out["cutoff"] = curve
    if chair.role is Role.BASS and frame.pack.bass.manner == "wobble" and entry.electronic:
        out["wobble_rate"] = _wobble(frame)
    fade = _fades(frame)
    if fade:
        out["gain_db"] = fade
    throws = _throws(frame, chair)
    if throws:
        out[f"{frame.pack.arrangement.throws}_send_db"] = throws
    return {name: curve for name, curve in out.items() if curve}


def _cutoff(frame: Frame) -> Curve:
    """Filters follow energy; builds open, intros of electronic styles begin closed."""
    points: list[tuple[int, float]] = []
    for name, section in frame.score.sections.items():
        start = (section.start_bar - 1) * frame.bar_ticks
        end = (section.end_bar - 1) * frame.bar_ticks
        base = 0.35 + 0.55 * section.energy
        opens = frame.function(name) in _BUILDS or (frame.function(name) == "intro" and frame.pack.arrangement.risers)
        low, high = (base - 0.25, min(base + 0.2, 1.0)) if opens else (base, base)
        points += [(start, round(max(low, 0.1), 3)), (max(end - 1, start + 1), round(high, 3))]
    return tuple(points)


def _wobble(frame: Frame) -> Curve:
    """Cycles per beat, changing each beat or two in loud sections, in a two-bar question and answer."""
    rates = frame.pack.bass.wobble_rates
    points: list[tuple[int, float]] = []
    for bar in frame.bars:
        generator = rng(frame.seed, "arrangement", "wobble", frame.function(bar.section), bar.place % 4)
        if frame.level(bar.section) == "low":
            points.append((bar.tick, rates[0]))
            continue
        steps = 2 if bar.place % 2 == 0 else 4
        for step in range(steps):
            rate = rates[int(generator.integers(1 if step else 0, len(rates)))]
            points.append((bar.tick + step * frame.bar_ticks // steps, rate))
    held: list[tuple[int, float]] = []
    for tick, rate in points:
        if held:
            held.append((tick - 1, held[-1][1]))
        held.append((tick, rate))
    return tuple(held)


def _fades(frame: Frame) -> Curve:
    """Fade of the last section where the style fades, slow arrival where it drifts in."""
    if not frame.pack.arrangement.fade_out or not frame.bars:
        return ()
    first, last = next(iter(frame.score.sections.values())), list(frame.score.sections.values())[-1]
    rise = min(first.bars, 4) * frame.bar_ticks
    start, end = (last.start_bar - 1) * frame.bar_ticks, frame.score.end_tick
    return ((0, -12.0), (rise, 0.0), (max(start, rise + 1), 0.0), (max(end, rise + 2), -14.0))


def _throws(frame: Frame, chair: Chair) -> Curve:
    """A throw into reverb or delay on the lead's and the stabs' last notes of each section (dB against the strip's own send)."""
    if chair.manner not in ("lead", "stabs") or frame.pack.arrangement.throws == "none":
        return ()
    points: list[tuple[int, float]] = [(0, 0.0)]
    for section in frame.score.sections.values():
        end = (section.end_bar - 1) * frame.bar_ticks
        rise = end - frame.bar_ticks // 2
        if rise > points[-1][0]:
            points += [(rise, 0.0), (end - 1, 6.0), (end, 0.0)]
    return tuple(points)
