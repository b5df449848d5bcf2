"""Arpeggiators: an order of a chord's voices over octaves, driven by the onsets of a pattern, with a gate and a cycle of its own."""

from services.generator.arrangement.frame import Bar, Frame, Hit
from services.generator.arrangement.metre import SIXTEENTH, Step, place_of
from services.music.packs.rhythm import Texture
from services.music.rng import rng
from services.music.theory.voicing import Voicing


def ordered(notes: Voicing, order: str, octaves: int) -> list[int]:
    """One round of an order: up, down, updown (ends struck once) or converge (outside in)."""
    ladder = [pitch + 12 * octave for octave in range(octaves) for pitch in notes]
    if order == "down":
        return ladder[::-1]
    if order == "updown":
        return ladder + ladder[-2:0:-1]
    if order == "converge":
        pairs = [p for i in range((len(ladder) + 1) // 2) for p in (ladder[i], ladder[-1 - i])]
        return pairs[: len(ladder)]
    return ladder


class Arpeggiator:
    """Carries the order's position through a section."""

    def __init__(self, frame: Frame, texture: Texture, part: str) -> None:
        self.frame, self.texture, self.part = frame, texture, part

    def play(self, bar: Bar, steps: list[Step], voicing_at: "dict[int, Voicing]", ceiling: int) -> list[Hit]:
        """A bar. `voicing_at`: tick of a step -> the chord's notes; notes above `ceiling` come an octave lower."""
        texture, frame = self.texture, self.frame
        generator = rng(frame.seed, "arrangement", "arpeggio", self.part, frame.memory(bar), bar.place)
        cycle = texture.cross * SIXTEENTH
        origin = bar.tick - (bar.place % 4) * frame.bar_ticks if cycle else bar.tick
        energy = frame.section(bar.section).energy
        index, wander, out = 0, 0, []
        for step in steps:
            tick = bar.tick + step.tick
            line = ordered(voicing_at[tick], texture.order, texture.octaves)
            if cycle:
                index = ((tick - origin) % cycle) // SIXTEENTH
            wander = max(0, min(wander + int(generator.choice([-2, -1, 1, 1, 2])), len(line) - 1))
            pitch = line[wander if texture.order == "random" else index % len(line)]
            if pitch > ceiling:
                pitch -= 12
            first = index % (len(line) if not cycle else 99) == 0
            place = place_of(step.tick, frame.meter, bar.number, 4)
            level = frame.feeling.velocity + texture.level + (10.0 if step.char == "X" else -12.0 if step.char == "o" else 0.0)
            level += (4.0 if first else 0.0) + (2.0, -3.0, 0.0, -3.0)[place % 4] + 16.0 * (energy - 0.55)
            out.append(Hit(tick, max(round(step.length * texture.legato), 60), pitch, level, "chord"))
            index += 1
        return out
