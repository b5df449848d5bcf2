"""From the notes of a part to strokes: when each is played, on which sample, how hard, how bright, slurred or short."""

from dataclasses import dataclass, replace

import numpy as np

from contracts.music import Note, Part
from services.generator.production.curves import Clock
from services.generator.production.kits import HATS
from services.generator.production.phrasing import NONE, Times, leaving, slurs
from services.generator.production.sounds import Preset, Sampled, measured_keys
from services.music.packs.sound_table import Legato
from services.music.rng import rng

CHOKES = ((HATS, 42), (frozenset({71, 72}), 71), (frozenset({73, 74}), 73), (frozenset({78, 79}), 78), (frozenset({80, 81}), 80))
"""What chokes each other, which soundfonts do within one channel (exclusive class), and the pitch that the channel is named by."""
TURNS = 3
"""Channels that the strokes of one pitch take in turn."""
HAND_S = 0.3
"""Strokes that follow each other faster than this are played by both hands in turn."""
WEAK_TONE_CENTS, WEAK_LEVEL_DB, WEAK_TUNE_CENTS = -140.0, -0.9, 3.0
FULL = 115.0
"""Velocity from which the tone is fully open."""
SHORTEST_S = 0.02


def choked_with(pitch: int) -> frozenset[int]:
    """The keys that share a channel with the one by which it is named."""
    return next((group for group, leader in CHOKES if leader == pitch), frozenset({pitch}))


Voice = tuple[int, int, str]
"""What has a channel of its own: pitch, turn, way of playing."""


@dataclass(frozen=True)
class Stroke:
    """One note as it is played: `key` may be a neighbour's, which `tune` (cents) makes up for; `tone` in cents of the low-pass."""

    note: Note
    start_s: float
    end_s: float
    voice: Voice
    key: int
    velocity: int
    tone: float
    tune: float
    draws: np.ndarray
    short: bool = False
    before: Note | None = None
    out: bool = False

    @property
    def length_s(self) -> float:
        """Time from its start to its end."""
        return self.end_s - self.start_s


class Player:
    """The hands of one player: they know the instrument, and what they played last."""

    def __init__(self, sound: Sampled, preset: Preset, *, drums: bool) -> None:
        self.sound, self.preset, self.drums = sound, preset, drums
        self._turns: dict[tuple[int, str], int] = {}
        self._hands: dict[int, tuple[float, bool]] = {}
        self._keys = measured_keys(preset.label)

    def strokes(self, part_id: str, part: Part, clock: Clock) -> list[Stroke]:
        """All notes of a part, in its order."""
        times, bowed = Times.of(part.notes, clock), self.sound.expression != "struck"
        origin = [NONE] * len(part.notes) if self.drums else slurs(part.notes, times, self.sound.legato, struck=not bowed)
        out = leaving(origin)
        draws = rng(0, "production", part_id, "touch").standard_normal((len(part.notes), 6))
        strokes = []
        for i, note in enumerate(part.notes):
            start_s, end_s = float(times.start[i]), float(times.end[i])
            single = origin[i] == NONE and not out[i]
            stroke = self._stroke(note, start_s, end_s, draws[i], single=single)
            before = part.notes[origin[i]] if origin[i] != NONE else None
            if self.sound.legato and not single:
                stroke = _slurred(stroke, self.sound.legato, before, start_s, bowed=bowed, out=out[i])
            strokes.append(stroke)
        return strokes

    def _stroke(self, note: Note, start_s: float, end_s: float, draws: np.ndarray, *, single: bool) -> Stroke:
        """A note by itself: its channel, its sample, and what was drawn for it."""
        sound, rule = self.sound, self.sound.variation
        short = single and not self.drums and sound.staccato is not None and end_s - start_s < sound.staccato.below_s
        way = self._way(note, short=short)
        weak = rule.hands and self._weak(note.pitch, start_s)
        voice, key = self._voice(note.pitch, way)
        tone = -sound.tone_cents * max(1.0 - note.velocity / FULL, 0.0) + rule.tone_cents * (float(draws[0]) - 1.0)
        wander = float(np.clip(draws[1] * rule.tune_cents / 2, -rule.tune_cents, rule.tune_cents)) * (0.25 if self.drums else 1.0)
        tune = wander + self._keys.tune(key) * self.sound.corrected + 100.0 * (note.pitch - key)
        begin_s = max(start_s - (0.0 if self.drums else sound.lead_ms / 1000), 0.0)
        end_s = max(min(end_s, begin_s + sound.longest_s), begin_s + SHORTEST_S)
        return Stroke(
            note, begin_s, end_s, voice, key, self._velocity(note, draws, way, short=short, weak=weak),
            min(tone + WEAK_TONE_CENTS * weak, 0.0), tune + WEAK_TUNE_CENTS * weak, draws, short,
        )  # fmt: skip

    def _velocity(self, note: Note, draws: np.ndarray, way: str, *, short: bool, weak: bool) -> int:
        sound = self.sound
        level_db = sound.variation.level_db * float(np.clip(draws[2], -2.0, 2.0)) + WEAK_LEVEL_DB * weak
        if way == "accent" and sound.accent:
            level_db += sound.accent.level_db
        share = (note.velocity / 127.0) ** sound.dynamics * 10.0 ** (level_db / 40.0)  # SoundFont 2.04: 40 dB for a tenth of velocity
        if short and sound.staccato:
            share *= 1.0 + sound.staccato.accent
        return int(np.clip(round(127.0 * share), 1, 127))

    def _voice(self, pitch: int, way: str) -> tuple[Voice, int]:
        """The channel of the next stroke of a pitch, and the key whose sample it takes."""
        leader = next((first for group, first in CHOKES if pitch in group), None) if self.drums else None
        if leader is not None:
            return (leader, 0, way), pitch
        turn = (self._turns.get((pitch, way), -1) + 1) % TURNS
        self._turns[pitch, way] = turn
        return (pitch, turn, way), pitch + self._neighbour(pitch, turn)

    def _neighbour(self, pitch: int, turn: int) -> int:
        """Which key beside its own a turn takes the sample of: above, then below, where they sound alike."""
        if self.drums or not self.sound.variation.neighbours or turn == 0:
            return 0
        return (0, 1, -1)[turn] if self._keys.alike(pitch) & turn else 0

    def _weak(self, pitch: int, start_s: float) -> bool:
        """Whether the weaker hand makes this stroke: in quick rows every other one."""
        last, was_weak = self._hands.get(pitch, (-1.0, True))
        weak = start_s - last < HAND_S and not was_weak
        self._hands[pitch] = (start_s, weak)
        return weak

    def _way(self, note: Note, *, short: bool) -> str:
        """By which preset a note is played: the main one, that of short notes, that of accents."""
        accent, staccato = self.sound.accent, self.sound.staccato
        if accent and note.velocity >= accent.from_velocity and of_the_same(accent.presets, self.preset):
            return "accent"
        return "staccato" if short and staccato and of_the_same(staccato.presets, self.preset) else ""

    def own_preset(self, way: str) -> Preset | None:
        """The preset of a way of playing, None for the main one."""
        rule = {"accent": self.sound.accent, "staccato": self.sound.staccato}.get(way)
        return of_the_same(rule.presets, self.preset) if rule else None


def of_the_same(presets: tuple[Preset, ...], main: Preset) -> Preset | None:
    """An articulation's preset in the soundfont that plays."""
    return next((one for one in presets if one.soundfont == main.soundfont and one.breath == main.breath), None)


def _slurred(stroke: Stroke, rule: Legato, before: Note | None, written_s: float, *, bowed: bool, out: bool) -> Stroke:
    """A stroke as part of a slur: it begins within the note before, or lasts into the next."""
    if not bowed:
        return replace(stroke, before=before, velocity=max(round(stroke.velocity * (1.0 - rule.softer * (before is not None))), 1))
    half = rule.fade_ms / 2000
    start_s = max(written_s - half, 0.0) if before else stroke.start_s
    end_s = max(stroke.end_s, start_s + SHORTEST_S) + (half if out else 0.0)
    return replace(stroke, before=before, out=out, start_s=start_s, end_s=end_s)
