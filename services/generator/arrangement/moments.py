"""What happens inside sections and where they meet: entries, thinning before the climax, the bar in which the band breaks off."""

from itertools import pairwise

from contracts.music import PPQ, Role
from services.generator.arrangement.band import Chair
from services.generator.arrangement.frame import BUILDING, Frame, Hit
from services.generator.arrangement.layers import LINES, may_play, threshold
from services.generator.arrangement.orchestration import BIG, Plan, summit
from services.music.packs.instruments import instrument
from services.music.rng import rng

_STILL = frozenset({"intro", "outro", "breakdown", "break", "interlude"})
_LONG_BARS = 12


def plan_moments(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Entries and silences by bars, added to a plan."""
    _stagger(frame, band, plan)
    _grow_into(frame, band, plan)
    _enter_halfway(frame, band, plan)
    _beat_joins(frame, band, plan)
    _clear_builds(frame, band, plan)
    _thin(frame, band, plan)
    plan.quiet = _break(frame, band, plan)


def _stagger(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Long intros open player by player, long outros of club styles close so."""
    names = list(frame.score.sections)
    edges = [(names[0], True)] if names else []
    edges += [(names[-1], False)] if len(names) > 1 and frame.pack.arrangement.risers and not frame.pack.arrangement.fade_out else []
    for name, opening in edges:
        section = frame.section(name)
        if section.bars < 6 or frame.function(name) not in _STILL:
            continue
        playing = [c for c in band if plan.active[c.part][name] and c.role is not Role.FX and c.manner != "lead"]
        late = sorted((c for c in playing if _comes_late(frame, c)), key=lambda c: threshold(frame, c))[: max(len(playing) - 1, 0)]
        for place, chair in enumerate(late):
            share = (place + 1) / (len(late) + 1)
            turn = 2 * max(1, round(section.bars * share / 2))
            first = section.start_bar - 1
            if turn >= section.bars:
                continue
            if opening:
                plan.rest(chair.part, range(first, first + turn))
                plan.remarks.append(f"{called(chair)} enters in bar {first + turn + 1} of the {frame.function(name)}")
            else:
                plan.rest(chair.part, range(first + section.bars - turn, first + section.bars))
                plan.remarks.append(f"{called(chair)} leaves after bar {first + section.bars - turn}")


def _grow_into(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """A long intro that one or two play gains a voice halfway: one that plays in the section it leads to."""
    names = list(frame.score.sections)
    if len(names) < 2 or frame.function(names[0]) != "intro" or frame.section(names[0]).bars < 8 or frame.closed:
        return
    intro, following = names[:2]
    here = [c for c in band if plan.active[c.part][intro] and c.role is not Role.FX and c.manner != "lead"]
    coming = [c for c in band if plan.active[c.part][following] and not plan.active[c.part][intro] and may_play(frame, c, intro)]
    coming = [c for c in coming if c.manner not in ("counter", "drums", "doubling") and c.role is not Role.FX]
    if len(here) >= 3 or not coming:
        return
    joins, section = min(coming, key=lambda c: threshold(frame, c)), frame.section(intro)
    half = section.start_bar - 1 + 4 * (section.bars // 8)
    plan.active[joins.part][intro] = True
    plan.rest(joins.part, range(section.start_bar - 1, half))
    plan.remarks.append(f"{called(joins)} enters in bar {half + 1} of the {intro}")


def _comes_late(frame: Frame, chair: Chair) -> bool:
    """Who waits in an intro: the beat in styles that are not for dancing, bass, lines and later chord players."""
    if chair.manner == "drums":
        return not frame.pack.arrangement.risers
    return chair.manner in {*LINES, "bass", "sub", "percussion"} or (chair.manner == "chords" and chair.rank > 0)


def _enter_halfway(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """In long sections voices join one after another, every eight bars in the longest, so that they are not one picture."""
    seen: set[str] = set()
    for name in frame.score.sections:
        section, function = frame.section(name), frame.function(name)
        first = function not in seen
        seen.add(function)
        bare = function in ("breakdown", "break")
        if section.bars < _LONG_BARS or frame.closed or not (first or bare) or function in (BIG | _STILL) - {"breakdown", "break"}:
            continue
        turns = 1 if section.bars < 2 * _LONG_BARS else min(section.bars // 8 - 1, 3)
        joining = _waiting(frame, band, plan, name) if bare else _colours(frame, band, plan, name)[-turns:]
        start = section.start_bar - 1
        for turn, chair in enumerate(joining[:turns], start=1):
            bar = start + 4 * (section.bars // 8) if turns == 1 else start + 8 * turn
            plan.active[chair.part][name] = True
            plan.rest(chair.part, range(start, bar))
            plan.remarks.append(f"{called(chair)} joins in bar {bar + 1}, inside {name}")


def _beat_joins(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """A section that the drummer could play already and leaves to the others gets its beat halfway: a verse gathers, it does not wait."""
    drums = next((c for c in band if c.manner == "drums"), None)
    if drums is None:
        return
    for name in frame.score.sections:
        section, function = frame.section(name), frame.function(name)
        if plan.active[drums.part][name] or section.bars < 8 or function in _STILL | BUILDING or not may_play(frame, drums, name):
            continue
        if threshold(frame, drums) > section.energy:
            continue
        first = section.start_bar - 1
        half = 4 * (section.bars // 8)
        plan.active[drums.part][name] = True
        plan.rest(drums.part, range(first, first + half))
        plan.remarks.append(f"{called(drums)} joins in bar {first + half + 1}, inside {name}")


def _colours(frame: Frame, band: list[Chair], plan: Plan, name: str) -> list[Chair]:
    """Who plays in a section and could join later, in the order of joining."""
    names = list(frame.score.sections)
    before = names[names.index(name) - 1] if name != names[0] else None  # who has just played does not stop to join later
    found = [c for c in band if plan.active[c.part][name] and _is_colour(c) and not (before and plan.active[c.part][before])]
    return sorted(found, key=lambda c: threshold(frame, c))


def _waiting(frame: Frame, band: list[Chair], plan: Plan, name: str) -> list[Chair]:
    """Chord and line players who have a bare section off: one of them brings it back to life."""
    found = [c for c in band if not plan.active[c.part][name] and _is_colour(c) and c.manner != "percussion" and may_play(frame, c, name)]
    return sorted(found, key=lambda c: threshold(frame, c))


def _is_colour(chair: Chair) -> bool:
    return chair.manner in LINES or chair.role is Role.PAD or chair.manner == "percussion" or (chair.manner == "chords" and chair.rank > 0)


def _clear_builds(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Where there are risers, the bass leaves the second half of a build, so that the drop brings the low end back."""
    if not frame.pack.arrangement.risers:
        return
    for name, following in pairwise(frame.score.sections):
        section = frame.section(name)
        if frame.function(name) not in BUILDING or frame.function(following) not in BIG or section.bars < 4:
            continue
        start = section.start_bar - 1
        gone = [c for c in band if c.manner in ("bass", "sub") and plan.active[c.part][name]]
        for chair in gone:
            plan.rest(chair.part, range(start + section.bars // 2, start + section.bars))
        if gone:
            plan.remarks.append(f"no bass from bar {start + section.bars // 2 + 1} of {name}: the low end returns with {following}")


def _thin(frame: Frame, band: list[Chair], plan: Plan) -> None:
    """Before the biggest section two bars are played by fewer: the low end or a layer waits, as often as the style does that."""
    top, names = summit(frame), list(frame.score.sections)
    if top is None or names.index(top) == 0 or frame.closed:
        return
    before = names[names.index(top) - 1]
    section = frame.section(before)
    draw = rng(frame.seed, "arrangement", "thin").random()
    if section.bars < 6 or draw >= frame.pack.arrangement.thins or frame.function(before) in BUILDING | BIG:
        return
    start = section.start_bar - 1 + section.bars - 2
    here = [c for c in band if plan.active[c.part][before]]
    holders = sorted((c for c in here if c.role in (Role.HARMONY, Role.PAD)), key=lambda c: (c.role is not Role.PAD, c.rank))
    layers = [c for c in here if c.manner in ("percussion", "sub", "bass") or (c.manner == "chords" and c in holders[1:])]
    layers = layers if holders else []
    if len(layers) < 2:
        return
    for chair in layers:
        plan.rest(chair.part, range(start, start + 2))
    plan.remarks.append(f"{' and '.join(called(c) for c in layers)} wait in bars {start + 1} and {start + 2}, before {top}")


def _break(frame: Frame, band: list[Chair], plan: Plan) -> frozenset[int]:
    """The last bar before the biggest chorus or drop, in which the band breaks off where the style does that and a chord can ring."""
    top, names = summit(frame), list(frame.score.sections)
    if top is None or names.index(top) == 0:
        return frozenset()
    if rng(frame.seed, "arrangement", "drop").random() >= frame.pack.arrangement.drop_before:
        return frozenset()
    bar = frame.section(top).start_bar - 2
    before = names[names.index(top) - 1]
    rings = any(c.manner == "chords" and plan.plays(c.part, before, bar) for c in band)
    if bar < 1 or frame.section(before).bars < 2 or not rings:
        return frozenset()
    plan.remarks.append(f"the band breaks off in bar {bar + 1}, before {top}; what was struck rings on")
    return frozenset({bar})


def called(chair: Chair) -> str:
    """A player as a musician would name it."""
    return "the " + instrument(chair.instrument).name.lower()


def in_their_bars(frame: Frame, plan: Plan, part: str, hits: list[Hit]) -> list[Hit]:
    """A part's hits without the bars in which it waits; what rings into them ends there."""
    waits = plan.silent.get(part)
    if not waits:
        return hits
    out = []
    for hit in hits:
        bar = hit.tick // frame.bar_ticks
        if bar in waits:
            continue
        cut = next(
            ((b * frame.bar_ticks) - hit.tick for b in sorted(waits) if hit.tick < b * frame.bar_ticks < hit.tick + hit.length), None
        )
        out.append(hit if cut is None else hit._replace(length=cut))
    return out


def ringing(frame: Frame, plan: Plan, chair: Chair, hits: list[Hit]) -> list[Hit]:
    """In the bar where the band breaks off, chords are struck on its first beat and ring to its end: air, not a hole."""
    if not plan.quiet or chair.role not in (Role.HARMONY, Role.PAD) or chair.manner != "chords":
        return hits
    out = list(hits)
    for number in sorted(plan.quiet):
        start, end = number * frame.bar_ticks, (number + 1) * frame.bar_ticks
        section = frame.section_at(start)
        if section is None or not plan.plays(chair.part, section, number):
            continue
        struck = [h for h in out if start - PPQ // 2 <= h.tick <= start and h.tick + h.length > start]
        others = [h for h in out if h not in struck and not start <= h.tick < end]
        rung = [h._replace(length=max(h.length, end - h.tick - 60)) for h in struck] or _stroke(frame, out, start, end)
        out = sorted([*others, *rung])
    return out


def _stroke(frame: Frame, hits: list[Hit], start: int, end: int) -> list[Hit]:
    """A chord on a bar's first beat in the register of what was played before it."""
    before = [h for h in hits if start - 2 * frame.bar_ticks <= h.tick < start]
    classes = frame.span_at(start).chord.pitch_classes
    if not before:
        return []
    near = sorted({h.pitch for h in before})[-4:]
    pitches = {min((p + d for d in range(-5, 7)), key=lambda q: (q % 12 not in classes, abs(q - p))) for p in near}
    level = max(h.velocity for h in before)
    return [Hit(start, end - start - 60, pitch, level, "chord") for pitch in sorted(pitches)]
