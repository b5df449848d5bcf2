"""What a song keeps of an earlier one: in kept sections every note and curve, in returning ones the lead."""

from contracts.music import Note, Part, Role, Score, Section

_LEADS = frozenset({"melody", "counter"})
Curve = tuple[tuple[int, float], ...]


def with_kept(fresh: Score, base: Score) -> Score:
    """The fresh score with the notes, lyrics and curves of the base where its sections say so (`Section.source`, `kept`)."""
    stretches = [_Stretch(fresh, base, section) for section in fresh.sections.values() if section.source]
    names = [*fresh.parts, *(name for name in base.parts if name not in fresh.parts)]
    parts = {}
    for name in names:
        ours, theirs = fresh.parts.get(name), base.parts.get(name)
        if theirs is None:
            part = _silenced(fresh.parts[name], stretches)
        else:
            mine = ours or theirs.model_copy(update={"notes": (), "controls": {}, "lyrics": ()})
            part = _merged(mine, theirs, [s for s in stretches if s.kept or _leads(name, theirs)])
        if part.notes:
            parts[name] = part
    return fresh.model_copy(update={"parts": parts})


class _Stretch:
    """Ticks of a section and of the stretch of the base that it takes."""

    def __init__(self, fresh: Score, base: Score, section: Section) -> None:
        bar = fresh.meter_value.ticks_per_bar
        self.start, self.end = fresh.bar_tick(section.start_bar), fresh.bar_tick(section.end_bar)
        origin = base.bar_tick(base.sections[section.source].start_bar) + section.source_bar * bar
        self.shift = self.start - origin
        self.origin, self.until = origin, origin + self.end - self.start
        self.kept = section.kept

    def holds(self, tick: int) -> bool:
        """Whether a tick of the new song lies in it."""
        return self.start <= tick < self.end


def _leads(name: str, part: Part) -> bool:
    return name in _LEADS or part.role is Role.VOCAL


def _silenced(part: Part, stretches: list[_Stretch]) -> Part:
    """A player whom the base does not know is silent in what is kept."""
    kept = [s for s in stretches if s.kept]
    return part.model_copy(update={"notes": tuple(n for n in part.notes if not any(s.holds(n.start) for s in kept))})


def _merged(mine: Part, theirs: Part, stretches: list[_Stretch]) -> Part:
    notes = [n for n in mine.notes if not any(s.holds(n.start) for s in stretches)]
    lyrics = [line for line in mine.lyrics if not any(s.holds(line[0]) for s in stretches)]
    for s in stretches:
        notes += [Note(n.start + s.shift, n.duration, n.pitch, n.velocity) for n in theirs.notes if s.origin <= n.start < s.until]
        lyrics += [(tick + s.shift, text) for tick, text in theirs.lyrics if s.origin <= tick < s.until]
    curves = {
        name: _curve(mine.controls.get(name, ()), theirs.controls.get(name, ()), stretches) for name in {*mine.controls, *theirs.controls}
    }
    return theirs.model_copy(
        update={"notes": tuple(sorted(notes)), "lyrics": tuple(sorted(lyrics)), "controls": {k: v for k, v in sorted(curves.items()) if v}}
    )


def _curve(mine: Curve, theirs: Curve, stretches: list[_Stretch]) -> Curve:
    """Breakpoints of both, each in its own stretches, with the value in force set at every border."""
    points = {tick: value for tick, value in mine if not any(s.holds(tick) for s in stretches)}
    for s in stretches:
        points |= {tick + s.shift: value for tick, value in theirs if s.origin <= tick < s.until}
        entering, leaving = _value(theirs, s.origin), _value(mine, s.end)
        if entering is not None:
            points.setdefault(s.start, entering)
        if leaving is not None:
            points.setdefault(s.end, leaving)
    return tuple(sorted(points.items()))


def _value(curve: Curve, tick: int) -> float | None:
    """The last value set at or before a tick."""
    return next((value for at, value in reversed(curve) if at <= tick), curve[0][1] if curve else None)
