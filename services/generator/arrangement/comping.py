"""Chord players: textures from the pack as small cells that keep changing, voiced by smallest movement or as guitar shapes."""

from dataclasses import dataclass

import numpy as np

from contracts.music import PPQ
from services.generator.arrangement.bass import member, place
from services.generator.arrangement.divisi import DESKS, divided
from services.generator.arrangement.frame import Bar, Frame, Hit, Level
from services.generator.arrangement.metre import Step, held_steps, slot
from services.generator.arrangement.voicings import strummed
from services.music.packs.rhythm import Texture, playing
from services.music.rng import rng
from services.music.theory.voicing import Voicing, VoicingRules, voice_progression

_ACCENT = {"X": 12.0, "x": 0.0, "o": -18.0, "D": 12.0, "d": 0.0, "u": -7.0, "s": -30.0}
# Velocity by slot of real accompaniment: backbeats loudest, the "e" softest (POP909 piano, notes/craft 3).
_SLOTS = (1.0, 4.0, -6.0, -2.0, -3.0)


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
_SCHEMES = ((0, 0, 1, 0), (0, 0, 0, 1), (0, 0, 1, 1), (0, 1, 1, 0), (0, 0, 1, 2), (0, 1, 1, 2), (0, 1, 0, 1))


def texture_at(comper: Comper, level: Level) -> Texture:
    """The texture for a level of energy: calm first, busy last."""
    names = comper.textures
    index = {"low": 0, "mid": len(names) // 2, "high": len(names) - 1}[level]
    return playing().texture[names[min(index, len(names) - 1)]]


def _own_level(frame: Frame, comper: Comper, section: str) -> Level:
    """The player's level: those who support another chord player stay calmer until everything is open."""
    level, energy = frame.level(section), frame.section(section).energy
    if comper.rank == 0 or level == "low":
        return level
    if comper.rank == 1:
        return level if energy > 0.9 else "mid" if level == "high" else "low"
    return "mid" if energy > 0.9 else "low"


def _mixed(frame: Frame, comper: Comper, bar: Bar, variants: tuple[str, ...]) -> str:
    """This bar's pattern: the section's variants in a scheme of four bars, now and then a cell of another variant."""
    function = frame.function(bar.section)
    home = rng(frame.seed, "arrangement", "comping", comper.part, function, frame.level(bar.section))
    order = [int(i) for i in home.permutation(len(variants))]
    scheme = _SCHEMES[int(home.integers(len(_SCHEMES)))]
    pattern = variants[order[scheme[bar.place % 4] % len(order)]]
    here = rng(frame.seed, "arrangement", "comping", comper.part, frame.memory(bar), "bar", bar.place)
    chance = frame.pack.comping.variation * (1.1 if bar.place % 4 == 3 or bar.last else 0.3)
    cells = pattern.split()
    if len(cells) != 4 or here.random() >= chance:
        return pattern
    other = variants[int(here.integers(len(variants)))].split()
    if len(other) == 4:
        beat = int(here.integers(4))
        cells[beat] = other[beat]
    return " ".join(cells)


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
        for step in steps:
            own = voicings[frame.span_at(bar.tick + step.tick).start, bar.section]
            heard = _heard_from(frame, bar.tick + step.tick, push=texture.push)
            ahead = (frame.span_at(heard).start, frame.score.section_at(heard) or bar.section)
            hits += _gesture(frame, texture, bar, step, voicings.get(ahead, own), generator)
        crowded = bar.section in comper.company and with_bass[bar.section]
        if texture.left and bar.number not in quiet and texture.kind == "two_hands" and not crowded:
            hits += _left_hand(frame, comper, texture, bar, with_bass=with_bass[bar.section])
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


def _gesture(frame: Frame, texture: Texture, bar: Bar, step: Step, notes: tuple[int, ...], generator: np.random.Generator) -> list[Hit]:
    """One movement of the hand: a chord, a strum, a single string."""
    tick = bar.tick + step.tick
    energy, feel = frame.section(bar.section).energy, frame.feeling
    level = (
        feel.velocity
        + texture.level
        + _ACCENT.get(step.char, -4.0)
        + _SLOTS[slot(step.tick, frame.meter, bar.number)]
        + 20.0 * (energy - 0.55)
    )
    if texture.kind != "pad":
        level += feel.accent if slot(step.tick, frame.meter, bar.number) <= 1 else 0.0
    length = max(round(step.length * (texture.legato if texture.kind == "pad" else feel.sounding(texture.legato))), 80)
    char = step.char
    if texture.kind == "boogie" and char in "dDu":
        notes = _boogie(frame, bar, step)
    if char.isdigit():
        index = int(char) - 1
        pitch = notes[index % len(notes)] + 12 * (index // len(notes))
        both = (pitch, pitch + 12) if texture.kind == "octaves" else (pitch,)
        return [Hit(tick, length, p, level - (4.0 if index else 0.0), "chord") for p in both]
    if char == "b":
        return [Hit(tick, length, notes[0], level + 4.0, "chord")]
    if char == "v":
        return [Hit(tick, length, notes[min(1, len(notes) - 1)], level + 2.0, "chord")]
    total = float(generator.uniform(*texture.spread_ms))
    chosen = notes[1:] if char == "t" and len(notes) > 2 else notes
    if char in "us":
        chosen = tuple(reversed(chosen[-(1 if char == "s" else 3) :]))
    elif char == "d" and slot(step.tick, frame.meter, bar.number) > 1:
        chosen = chosen[-4:]  # between the beats the pick does not reach every string
    if char == "s":
        length = 70
    gap = total / max(len(chosen) - 1, 1)
    touch = generator.normal(0.0, 2.0, len(chosen))
    top = max(chosen)
    return [
        Hit(tick, length, pitch, level + float(touch[i]) + (3.0 if pitch == top else 0.0), "chord", i * gap)
        for i, pitch in enumerate(chosen)
    ]


def _boogie(frame: Frame, bar: Bar, step: Step) -> Voicing:
    """Root with fifth and sixth in turn by beats, the flat seventh now and then on the third: the shuffle guitar's two strings."""
    chord = frame.span_at(bar.tick + step.tick).chord
    root = place(chord.bass_class, 44, 40, 52)
    above = (member(chord, 5), 9, 10 if bar.place % 4 == 3 else member(chord, 5), 9)[step.role]
    return (root, root + above)


def _left_hand(frame: Frame, comper: Comper, texture: Texture, bar: Bar, *, with_bass: bool) -> list[Hit]:
    """The left hand: bass figure where nobody else plays bass, a held tenor note where somebody does."""
    low, high = texture.left_register
    low, high = max(low, comper.low), max(high, comper.low + 14)
    generator = rng(frame.seed, "arrangement", "left", comper.part, frame.function(bar.section), bar.place // 2)
    choices = texture.left[:1] if frame.level(bar.section) == "low" else texture.left
    pattern = choices[int(generator.integers(len(choices)))]
    hits = []
    for step in _restruck(frame, bar, held_steps(pattern, frame.meter, bar.number)):
        if with_bass and step.char not in "158":
            continue
        chord = frame.span_at(bar.tick + step.tick).chord
        home = place(chord.bass_class, low + 5 + (5 if with_bass else 0), low, high)
        slash = chord.bass_class != chord.root_class
        add = 12 if step.char == "8" else 0 if slash or step.char not in "3567" else member(chord, int(step.char))
        level = (
            frame.feeling.velocity + texture.level - 2.0 + 14.0 * (frame.section(bar.section).energy - 0.55) - (8.0 if with_bass else 0.0)
        )
        hits.append(Hit(bar.tick + step.tick, round(step.length * texture.legato), home + add, level, "chord"))
    return hits
