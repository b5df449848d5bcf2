"""Chord players: textures from the pack as small cells that keep changing, voiced by smallest movement or as guitar shapes."""

from dataclasses import dataclass

from contracts.music import PPQ
from services.generator.arrangement.arpeggio import Arpeggiator
from services.generator.arrangement.colouring import Hand, coloured
from services.generator.arrangement.divisi import DESKS, divided
from services.generator.arrangement.fingerstyle import fingered
from services.generator.arrangement.frame import Bar, Frame, Hit, Level
from services.generator.arrangement.hands import gesture, left_hand, within_budget
from services.generator.arrangement.metre import Step, held_steps
from services.generator.arrangement.voicings import strummed
from services.music.packs.rhythm import Texture, playing
from services.music.rng import rng
from services.music.theory.voicing import Voicing, VoicingRules, voice_progression


@dataclass(frozen=True)
class Comper:
    """A chord player's chair: the part, its textures from calm to busy, its limits."""

    part: str
    textures: tuple[str, ...]
    low: int
    high: int
    polyphony: int
    colour: str
    guitar: bool
    shift: int = 0
    rank: int = 0
    company: frozenset[str] = frozenset()
    """Sections in which at least two others play chords as well."""
    instrument: str = ""

    @property
    def divided(self) -> bool:
        """Whether these are the desks of a section, each with a voice of its own."""
        return self.instrument in DESKS


# How bars of four follow each other: which of a section's variants each bar takes. With the changed cells on top, about 28 % of
# the bars repeat the one before, as real accompaniments do (POP909).
_SCHEMES = ((0, 0, 1, 0), (0, 1, 0, 2), (0, 0, 1, 1), (0, 1, 1, 0), (0, 0, 1, 2), (0, 1, 1, 2), (0, 1, 0, 1))
# Of players in styles that vary little.
_STEADY_SCHEMES = ((0, 0, 1, 0), (0, 0, 0, 1), (0, 0, 1, 1), (0, 0, 0, 2))
_STEADY = 0.3


def texture_at(comper: Comper, level: Level) -> Texture:
    """The texture for a level of energy: calm first, busy last."""
    names = comper.textures
    index = {"low": 0, "mid": len(names) // 2, "high": len(names) - 1}[level]
    return playing().texture[names[min(index, len(names) - 1)]]


def _own_level(frame: Frame, comper: Comper, section: str) -> Level:
    """The player's level: those who support another chord player stay calmer until everything is open."""
    level, energy = frame.level(section), frame.section(section).energy
    if comper.rank == 0 or level == "low" or comper.divided:
        return level
    if comper.rank == 1:
        return level if energy > 0.9 else "mid" if level == "high" else "low"
    return "mid" if energy > 0.9 else "low"


def _mixed(frame: Frame, comper: Comper, bar: Bar, variants: tuple[str, ...]) -> str:
    """This bar's pattern: the section's variants in a scheme of four bars, now and then a cell of another variant."""
    function = frame.function(bar.section)
    home = rng(frame.seed, "arrangement", "comping", comper.part, function, frame.level(bar.section))
    order = [int(i) for i in home.permutation(len(variants))]
    schemes = _STEADY_SCHEMES if frame.pack.comping.variation <= _STEADY else _SCHEMES
    scheme = schemes[int(home.integers(len(schemes)))]
    pattern = variants[order[scheme[bar.place % 4] % len(order)]]
    here = rng(frame.seed, "arrangement", "comping", comper.part, frame.memory(bar), "bar", bar.place)
    chance = frame.pack.comping.variation * (1.1 if bar.place % 4 == 3 or bar.last else 0.6)
    cells = pattern.split()
    if len(cells) != 4:
        return pattern
    other = variants[int(here.integers(len(variants)))].split()
    if here.random() < chance and len(other) == 4:
        beat = int(here.integers(4))
        cells[beat] = other[beat]
    if here.random() < 0.8 * chance:
        beat = int(here.integers(4))
        level = frame.level(bar.section)
        cells[beat] = _breathing(cells[beat], fuller=level == "high" or (level == "mid" and beat > 0 and here.random() < 0.5))
    return " ".join(cells)


def _breathing(cell: str, *, fuller: bool) -> str:
    """A beat with an eighth put in or, where it has one, a sixteenth that leads on; or with its second eighth left out."""
    if len(cell) != 4 or cell[0] not in "xdDXo":
        return cell
    stroke = "u" if cell[0] in "dD" else "x"
    if fuller and cell[2] in "-." and cell[3] in "-.":
        return cell[:2] + stroke + ("-" if cell[2] == "-" else ".")
    if fuller and cell[3] in "-.":
        return cell[:3] + stroke
    if not fuller and cell[2] in "xduo":
        return cell[:2] + ("-" if cell[1] == "-" else ".") + cell[3]
    return cell


def _heard_from(frame: Frame, tick: int, *, push: bool) -> int:
    """Tick whose chord a stroke plays: its own, or the change that it anticipates by an eighth at most."""
    span = frame.span_at(tick)
    early = push and tick > span.start and span.end - tick <= PPQ // 2 and span.end < frame.score.end_tick
    return span.end if early else tick


def _restruck(frame: Frame, bar: Bar, steps: list[Step], *, push: bool = False) -> list[Step]:
    """Held steps cut where the chord changes and struck again; a stroke that anticipates the change holds over it."""
    out: list[Step] = []
    for step in steps:
        tick, end = bar.tick + step.tick, bar.tick + step.tick + step.length
        if _heard_from(frame, tick, push=push) != tick:
            out.append(step)
            continue
        for span in frame.spans_in(tick, end):
            char = step.char if span.start == tick else ("x" if step.char in "Xxodu" else step.char)
            if span.end - span.start >= 120:
                out.append(Step(span.start - bar.tick, span.end - span.start, char, step.role, step.phase))
    return out


def play_chords(frame: Frame, comper: Comper, active: dict[str, bool], quiet: frozenset[int], *, with_bass: dict[str, bool]) -> list[Hit]:
    """The part of one chord player."""
    hits: list[Hit] = []
    voicings = _voicings(frame, comper, active)
    for bar in frame.bars:
        if not active[bar.section]:
            continue
        hits += _bar(frame, comper, bar, quiet, voicings, with_bass=with_bass[bar.section])
    if comper.divided:
        return hits
    kinds = {name: texture_at(comper, _own_level(frame, comper, name)).kind for name in frame.score.sections if active[name]}
    return coloured(frame, Hand(comper.part, comper.rank, kinds, comper.high), within_budget(frame, hits, comper.rank), quiet)


def _bar(
    frame: Frame, comper: Comper, bar: Bar, quiet: frozenset[int], voicings: dict[tuple[int, str], Voicing], *, with_bass: bool
) -> list[Hit]:
    """One bar of a chord player."""
    hits: list[Hit] = []
    level = _own_level(frame, comper, bar.section)
    texture = texture_at(comper, level)
    generator = rng(frame.seed, "arrangement", "comping", comper.part, "touch", bar.number)
    if texture.kind == "pad":
        steps = _pad_steps(frame, bar, texture, level)
    else:
        pattern = _mixed(frame, comper, bar, texture.at(level))
        steps = _restruck(frame, bar, held_steps(pattern, frame.meter, bar.number, keep_time=True), push=texture.push)
    if bar.number in quiet:
        steps = [s._replace(length=min(s.length, PPQ // 2)) for s in steps if s.tick == 0]
    if texture.kind == "arpeggiator":
        chords = {bar.tick + s.tick: voicings[frame.span_at(bar.tick + s.tick).start, bar.section] for s in steps}
        hits += Arpeggiator(frame, texture, comper.part).play(bar, steps, chords, comper.high)
        return hits
    for step in steps:
        own = voicings[frame.span_at(bar.tick + step.tick).start, bar.section]
        heard = _heard_from(frame, bar.tick + step.tick, push=texture.push)
        ahead = (frame.span_at(heard).start, frame.score.section_at(heard) or bar.section)
        hits += gesture(frame, texture, bar, step, voicings.get(ahead, own), generator)
    crowded = bar.section in comper.company and with_bass
    if texture.left and bar.number not in quiet and texture.kind == "two_hands" and not crowded:
        reach = (max(texture.left_register[0], comper.low), max(texture.left_register[1], comper.low + 14))
        hits += left_hand(frame, texture, bar, _left_steps(frame, comper, texture, bar), reach, with_bass=with_bass)
    return hits


def _voicings(frame: Frame, comper: Comper, active: dict[str, bool]) -> dict[tuple[int, str], Voicing]:
    """The voicing of each chord (by its start and section): a smooth chain through each section, joined to the one before."""
    out: dict[tuple[int, str], Voicing] = {}
    before: Voicing | None = None
    for name, section in frame.score.sections.items():
        if not active[name]:
            continue
        start, end = (section.start_bar - 1) * frame.bar_ticks, (section.end_bar - 1) * frame.bar_ticks
        spans = frame.spans_in(start, end)
        texture = texture_at(comper, _own_level(frame, comper, name))
        count = min(round(texture.voices[0] + (texture.voices[1] - texture.voices[0]) * section.energy), comper.polyphony)
        if name in comper.company and texture.kind in ("chords", "two_hands"):
            count = max(count - 1, 3 if comper.colour == "rootless" else 2)
        shift = comper.shift + frame.feeling.register
        window = (max(texture.window[0] + shift, comper.low), min(texture.window[1] + shift, comper.high))
        tops = [_ceiling(frame, span.start, span.end) for span in spans]
        if comper.divided:
            chain = divided([s.chord for s in spans], comper.instrument, tops, before)
            before = chain[-1] if chain else before
        elif comper.guitar and texture.kind == "fingers":
            chain = []
            for span in spans:
                before = fingered(span.chord, window, before)
                chain.append(before)
        elif comper.guitar and texture.kind in ("strum", "arp"):
            colour = comper.colour if texture.kind == "strum" and (comper.colour != "power" or frame.level(name) != "low") else "open"
            chain = []
            for span in spans:
                ceiling = _ceiling(frame, span.start, span.end) or window[1]
                below = (window[0], min(window[1], max(ceiling, window[0] + 12)))  # under the lead where a shape lies there
                before = strummed(span.chord, below, colour, before)
                chain.append(before[:count] if (window[0] < 48 or colour == "drop") and texture.kind == "strum" else before[-count:])
        else:
            rules = VoicingRules(
                span=17, rootless=comper.colour == "rootless", strict=frame.pack.id == "classical" and texture.kind == "pad"
            )
            room = [t for t in tops if t is not None]
            low = max(min(window[0], window[1] - 14, min(room, default=99) - 10), min(window[0], max(comper.low, 50)))
            window = (low, min(window[1], max([*room, low + 12]) + 2 if room else window[1]))
            same = before if before and len(before) == count else None
            chain = voice_progression([s.chord for s in spans], low, window[1], count, rules=rules, top=tops, previous=same)
            before = chain[-1] if chain else before
        out |= {(frame.span_at(span.start).start, name): notes for span, notes in zip(spans, chain, strict=True)}
    return out


def _ceiling(frame: Frame, start: int, end: int) -> int | None:
    """Highest note that leaves the lead its room: a third below its lowest note of the stretch."""
    notes = [n.pitch for n in frame.lead_notes if start <= n.start < end]
    return max(min(notes) - 3, 60) if notes else None


def _pad_steps(frame: Frame, bar: Bar, texture: Texture, level: Level) -> list[Step]:
    """One long note per chord; where the texture has figures beyond it, they are played on top of the change."""
    pattern = texture.at(level)
    spans = frame.spans_in(bar.tick, bar.tick + frame.bar_ticks)
    generator = rng(frame.seed, "arrangement", "pad", frame.function(bar.section), bar.place)
    if len(pattern) > 1 and len(spans) == 1 and generator.random() < 0.5:
        return held_steps(pattern[int(generator.integers(len(pattern)))], frame.meter, bar.number)
    out = []
    for span in spans:
        whole = frame.span_at(span.start)
        section_end = (frame.section(bar.section).end_bar - 1) * frame.bar_ticks
        if whole.start == span.start or bar.place == 0 or len(pattern) > 1:
            end = min(whole.end, section_end) if len(pattern) == 1 else span.end
            out.append(Step(span.start - bar.tick, end - span.start, "x", 0, 0.0))
    return out


def _left_steps(frame: Frame, comper: Comper, texture: Texture, bar: Bar) -> list[Step]:
    """The left hand's figure for two bars at a time; the calmest only holds."""
    generator = rng(frame.seed, "arrangement", "left", comper.part, frame.function(bar.section), bar.place // 2)
    choices = texture.left[:1] if frame.level(bar.section) == "low" else texture.left
    pattern = choices[int(generator.integers(len(choices)))]
    return _restruck(frame, bar, held_steps(pattern, frame.meter, bar.number))
