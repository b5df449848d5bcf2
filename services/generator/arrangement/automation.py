"""All curves of a part: gestures of its player, and what a producer would automate - filters, fades, sends into the spaces."""

from contracts.music import Note, Role
from services.generator.arrangement.band import Chair
from services.generator.arrangement.ending import ending_of
from services.generator.arrangement.expression import Curve, expression_curve, pedal_curve, scoops
from services.generator.arrangement.frame import BUILDING, Frame
from services.generator.arrangement.orchestration import Plan
from services.music.packs.instruments import instrument
from services.music.rng import rng

_BENDERS = frozenset({"saxophone", "trumpet", "electric_guitar", "violin", "vocals"})
_BREATH = frozenset({"winds", "brass"})
_BOWED = frozenset({"strings", "vocal"})
_BUILDS = BUILDING | {"riser"}
_OPEN_AIR = frozenset({"breakdown", "break", "bridge", "interlude"})
_FILTERED = frozenset({Role.PAD, Role.HARMONY, Role.BASS, Role.MELODY, Role.COUNTER})
_AIR_DB = 3.0
_THROW_DB = 6.0
_SNARE_THROW_DB = 9.0


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
    if entry.electronic and chair.role in _FILTERED:
        out["cutoff"] = cutoff(frame)
    if chair.role is Role.BASS and frame.pack.bass.manner == "wobble" and entry.electronic:
        out["wobble_rate"] = _wobble(frame)
    if entry.id == "organ" and frame.pack.patches.get("organ") != "chip_pulse":
        out["cc1"] = _rotor(frame)
    out["gain_db"] = _drift(frame)
    out |= _sends(frame, chair, plan)
    return {name: curve for name, curve in out.items() if curve}


def cutoff(frame: Frame) -> Curve:
    """Filters follow energy; builds open them, breakdowns begin to, intros of electronic styles start closed, their outros close.

    Where no drums bring the top, filters stand further open.
    """
    risers, least = frame.pack.arrangement.risers, 0.35 if frame.pack.drums.play else 0.58
    points: list[tuple[int, float]] = []
    for name, section in frame.score.sections.items():
        start, end = (section.start_bar - 1) * frame.bar_ticks, (section.end_bar - 1) * frame.bar_ticks
        function, base = frame.function(name), least + (0.9 - least) * section.energy
        low = high = base
        if function in _BUILDS or (function == "intro" and risers):
            low, high = base - 0.25, min(base + 0.2, 1.0)
        elif function in ("breakdown", "break") and risers:
            low, high = base - 0.1, base + 0.12
        elif function == "outro" and risers and end == frame.score.end_tick and ending_of(frame) == "natural":
            low, high = base, base - 0.2
        points += [(start, round(max(low, 0.1), 3)), (max(end - 1, start + 1), round(max(high, 0.1), 3))]
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


def _rotor(frame: Frame) -> Curve:
    """The organist's hand at the rotating speaker: slow, fast in loud sections and from half a bar before them."""
    points: list[tuple[int, float]] = [(0, 0.0)]
    for name, section in frame.score.sections.items():
        start, end = (section.start_bar - 1) * frame.bar_ticks, (section.end_bar - 1) * frame.bar_ticks
        speed = 127.0 if frame.level(name) == "high" else 0.0
        turn = max(start - (frame.bar_ticks // 2 if speed else 0), 0)
        if turn > points[-1][0] and speed != points[-1][1]:
            points += [(turn - 1, points[-1][1]), (turn, speed)]
        elif start == 0:
            points = [(0, speed)]
        if frame.function(name) == "outro" and speed and end - 2 * frame.bar_ticks - 1 > points[-1][0]:
            points += [(end - 2 * frame.bar_ticks - 1, speed), (end - 2 * frame.bar_ticks, 0.0)]
    return tuple(points)


def _drift(frame: Frame) -> Curve:
    """Fade of the last section where the style fades, slow arrival where it drifts in."""
    if not frame.pack.arrangement.fade_out or not frame.bars or ending_of(frame) in ("loop", "cut"):
        return ()
    first, last = next(iter(frame.score.sections.values())), list(frame.score.sections.values())[-1]
    rise = min(first.bars, 4) * frame.bar_ticks
    start, end = (last.start_bar - 1) * frame.bar_ticks, frame.score.end_tick
    out = ((0, -12.0), (rise, 0.0), (max(start, rise + 1), 0.0))
    return out if ending_of(frame) == "fade" else (*out, (max(end, rise + 2), -14.0))


def _sends(frame: Frame, chair: Chair, plan: Plan) -> dict[str, Curve]:
    """Sends in dB against the strip's own: throws on last notes, more space around chords where few play, the snare of a break."""
    throws = frame.pack.arrangement.throws
    if throws == "none":
        return {}
    if chair.manner in ("lead", "stabs", "doubling"):
        return {f"{throws}_send_db": _throws(frame)}
    if chair.role in (Role.PAD, Role.HARMONY):
        return {"reverb_send_db": _air(frame, plan)}
    if chair.manner == "drums" and plan.quiet:
        return {"reverb_send_db": _in_break(frame, plan)}
    return {}


def _throws(frame: Frame) -> Curve:
    """A throw on the last half bar of each section; a song that runs into its beginning throws nothing over its end."""
    points: list[tuple[int, float]] = [(0, 0.0)]
    for section in frame.score.sections.values():
        end = (section.end_bar - 1) * frame.bar_ticks
        rise = end - frame.bar_ticks // 2
        if rise > points[-1][0] and not (end == frame.score.end_tick and ending_of(frame) != "natural"):
            points += [(rise, 0.0), (end - 1, _THROW_DB), (end, 0.0)]
    return tuple(points) if len(points) > 1 else ()


def _air(frame: Frame, plan: Plan) -> Curve:
    """Chords and pads stand further back in breakdowns and bridges, and ring into the hall where the band breaks off."""
    points: list[tuple[int, float]] = []
    for name, section in frame.score.sections.items():
        start, end = (section.start_bar - 1) * frame.bar_ticks, (section.end_bar - 1) * frame.bar_ticks
        level = _AIR_DB if frame.function(name) in _OPEN_AIR else 0.0
        points += [(start, level), (end - 1, level)]
        broken = next((b * frame.bar_ticks for b in plan.quiet if start <= b * frame.bar_ticks < end), None)
        if broken is not None and broken > start:
            points[-1:] = [(broken - 1, level), (broken, level + _THROW_DB), (end - 1, level + _THROW_DB)]
    return tuple(points) if any(value for _, value in points) else ()


def _in_break(frame: Frame, plan: Plan) -> Curve:
    """The drummer's bar alone goes into the hall."""
    points: list[tuple[int, float]] = [(0, 0.0)]
    for bar in sorted(plan.quiet):
        start, end = bar * frame.bar_ticks, (bar + 1) * frame.bar_ticks
        points += [(start, 0.0), (start + frame.bar_ticks // 4, _SNARE_THROW_DB), (end - 1, _SNARE_THROW_DB), (end, 0.0)]
    return tuple(points)
