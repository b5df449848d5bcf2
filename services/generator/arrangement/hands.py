"""What hands do with a chord: chords full and thin, strums down and up, muted strings, single voices, the left hand below."""

import numpy as np

from contracts.music import PPQ
from services.generator.arrangement.bass import member, place
from services.generator.arrangement.frame import Bar, Frame, Hit
from services.generator.arrangement.metre import Step, place_of, slot
from services.music.packs.rhythm import Texture
from services.music.theory.voicing import Voicing

_ACCENT = {"X": 12.0, "x": 0.0, "o": -18.0, "D": 12.0, "d": 0.0, "u": -7.0, "s": -30.0, "p": -9.0}
# Velocity by sixteenth of real accompaniment, against its mean: backbeats loudest, what follows beats 1 and 3 softest (POP909 piano,
# notes/craft 3).
_SLOTS = (0.7, -6.3, -7.3, -0.3, 3.7, 0.7, -0.3, 0.7, 0.7, -5.3, -4.3, 0.7, 5.7, 1.7, 0.7, -0.3)
_MUTED_TICKS = 70
# Share of the style's density that the first, second and third chord player may fill.
_SHARES = (1.0, 0.42, 0.25)


def gesture(frame: Frame, texture: Texture, bar: Bar, step: Step, notes: Voicing, generator: np.random.Generator) -> list[Hit]:
    """One movement of the hand: a chord, a strum, a single string."""
    tick, char = bar.tick + step.tick, step.char
    feel, beat = frame.feeling, slot(step.tick, frame.meter, bar.number)
    level = feel.velocity + texture.level + _ACCENT.get(char, -4.0) + 20.0 * (frame.section(bar.section).energy - 0.55)
    level += _SLOTS[place_of(step.tick, frame.meter, bar.number, 4)]
    if texture.kind != "pad":
        level += feel.accent if beat <= 1 else 0.0
    length = max(round(step.length * (texture.legato if texture.kind == "pad" else feel.sounding(texture.legato))), 80)
    if texture.kind == "boogie" and char in "dDu":
        notes = _boogie(frame, bar, step)
    if char.isdigit():
        index = int(char) - 1
        pitch = notes[index % len(notes)] + 12 * (index // len(notes))
        both = (pitch, pitch + 12) if texture.kind == "octaves" else (pitch,)
        return [Hit(tick, length, p, level - (4.0 if index else 0.0), "chord") for p in both]
    if char in "bv":
        return [Hit(tick, length, notes[0 if char == "b" else min(1, len(notes) - 1)], level + (4.0 if char == "b" else 2.0), "chord")]
    chosen = _reached(texture, char, beat, notes, generator)
    if char == "s":
        length = _MUTED_TICKS
    elif char == "p":
        length = min(round(step.length * 0.45), 160)
    gap = float(generator.uniform(*texture.spread_ms)) / max(len(chosen) - 1, 1)
    touch = generator.normal(0.0, 2.0, len(chosen))
    top = max(chosen)
    return [
        Hit(tick, length, pitch, level + float(touch[i]) + (3.0 if pitch == top else 0.0), "chord", i * gap)
        for i, pitch in enumerate(chosen)
    ]


def _reached(texture: Texture, char: str, beat: int, notes: Voicing, generator: np.random.Generator) -> tuple[int, ...]:
    """The notes that a stroke reaches, in the order in which they sound.

    Up-strokes catch the two or three high strings, down-strokes between the beats the middle ones, palm mutes the lowest two;
    a pianist's after-beats are mostly one or two notes of the chord.
    """
    if char == "t" and len(notes) > 2:
        notes = notes[1:]
    if char == "p":
        return notes[:2]
    if char in "us":
        many = 1 if char == "s" else 2 if generator.random() < 0.6 else 3
        return tuple(reversed(notes[-many:]))
    if char == "d" and len(notes) == 3:
        return notes[:2] if generator.random() < 0.7 else notes
    if char == "d" and len(notes) > 3:
        return notes[-3:] if beat > 1 else notes[: 4 if generator.random() < 0.6 else len(notes)]
    if char in "xo" and beat > 1 and len(notes) > 2 and generator.random() < texture.thinned:
        return (notes[-1],) if generator.random() < 0.45 else notes[-2:] if generator.random() < 0.5 else notes[:2]
    return notes


def _boogie(frame: Frame, bar: Bar, step: Step) -> Voicing:
    """Root with fifth and sixth in turn by beats, the flat seventh now and then on the third: the shuffle guitar's two strings."""
    chord = frame.span_at(bar.tick + step.tick).chord
    root = place(chord.bass_class, 44, 40, 52)
    above = (member(chord, 5), 9, 10 if bar.place % 4 == 3 else member(chord, 5), 9)[step.role]
    return (root, root + above)


def left_hand(frame: Frame, texture: Texture, bar: Bar, steps: list[Step], reach: tuple[int, int], *, with_bass: bool) -> list[Hit]:
    """The left hand: a bass figure where nobody else plays bass, a held tenor note where somebody does. `reach`: lowest, highest note."""
    low, high = reach
    hits = []
    for step in steps:
        if with_bass and step.char not in "158":
            continue
        chord = frame.span_at(bar.tick + step.tick).chord
        home = place(chord.bass_class, low + 5 + (5 if with_bass else 0), low, high)
        slash = chord.bass_class != chord.root_class
        add = 12 if step.char == "8" else 0 if slash or step.char not in "3567" else member(chord, int(step.char))
        level = frame.feeling.velocity + texture.level - 2.0 + 14.0 * (frame.section(bar.section).energy - 0.55)
        level += 0.5 * _SLOTS[place_of(step.tick, frame.meter, bar.number, 4)] - (8.0 if with_bass else 0.0)
        hits.append(Hit(bar.tick + step.tick, round(step.length * texture.legato), home + add, level, "chord"))
    return hits


def within_budget(frame: Frame, hits: list[Hit], rank: int) -> list[Hit]:
    """The part with thinner chords in sections where it plays more notes than an accompaniment of the style has.

    Inner notes go first, from the softest strokes on; then the softer half of the strokes keeps its highest note alone, except
    where the style plays bare fifths.
    """
    whole = frame.pack.comping.density * _SHARES[min(rank, len(_SHARES) - 1)]
    sections: dict[str, dict[int, list[Hit]]] = {}
    for hit in hits:
        name = frame.score.section_at(hit.tick)
        sections.setdefault(name or "", {}).setdefault(hit.tick, []).append(hit)
    out: list[Hit] = []
    for name, strokes in sections.items():
        energy = frame.section(name).energy if name else 0.5
        beats = (frame.section(name).bars if name else 1) * frame.bar_ticks / PPQ
        excess = sum(len(s) for s in strokes.values()) - round(whole * (0.6 + 0.5 * energy) * beats)
        ranked = sorted(strokes, key=lambda t: (max(h.velocity for h in strokes[t]), t))
        least = dict.fromkeys(ranked, 2)
        if frame.pack.comping.colour not in ("power", "drop"):
            least |= dict.fromkeys(ranked[: len(ranked) // 2], 1)
        for keep in (2, 1):
            for tick in ranked:
                stroke = sorted(strokes[tick], key=lambda h: h.pitch)
                drop = min(max(excess, 0), max(len(stroke) - max(keep, least[tick]), 0))
                excess -= drop
                low = stroke[: keep - 1]
                strokes[tick] = [*low, *stroke[drop + len(low) :]]
        out += [hit for stroke in strokes.values() for hit in stroke]
    return sorted(out)
