"""Human timing and dynamics after measured drummers: t = grid + swing + m(voice) + p(slot) + d(beat) + e(gesture).

d is an AR(1) per beat that the whole band shares in part; e belongs to a gesture (all notes struck together), never to single
notes. Spreads scale with the beat below 125 BPM (Groove MIDI, notes/genres 2.3 to 2.6).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from contracts.music import PPQ, Note
from services.generator.arrangement.frame import Frame, Hit
from services.generator.arrangement.metre import groups, slot
from services.music.packs.rhythm import FeelRow, playing
from services.music.rng import rng

DRIFT_MS = 12.9
GESTURE_MS = {"hat": 8.6, "ride": 8.6, "open": 8.6, "bell": 8.6, "pedal": 8.6}
GESTURE_DEFAULT_MS = 11.2
CLIP_MS = 45.0
# How much of the drummer's drift a player follows; the rest is the player's own.
FOLLOWS = {"drums": 1.0, "percussion": 0.85, "bass": 0.75, "harmony": 0.65, "melody": 0.5, "counter": 0.5, "vocal": 0.5, "pad": 0.35}


def tempo_scale(quarter_bpm: float) -> float:
    """Growth of the timing spread below 125 BPM: SD = 0.031 beat, against 16 ms above; at most what 50–80 BPM showed."""
    return float(min(max(1.0, 0.031 * 60_000.0 / quarter_bpm / 16.0), 1.5))


def jazz_ratio(bpm: float) -> float:
    """Swing ratio of ride and hats at a tempo (rule fitted on 17 takes; Friberg & Sundström 2002 for the short note's floor)."""
    return max(1.0, min(2.2 - 0.005 * max(0.0, bpm - 130.0), (60_000.0 / bpm - 92.0) / 92.0))


@dataclass(frozen=True)
class Groove:
    """The clock that the band shares."""

    frame: Frame

    @cached_property
    def ratio(self) -> float:
        """Long to short, with the player's own taste in styles that swing by tempo."""
        table = self.frame.pack.drums
        if self.frame.meter.is_compound and table.swing_unit == 8:
            return 1.0
        if not table.swing_by_tempo:
            return table.swing
        taste = float(np.clip(rng(self.frame.seed, "arrangement", "swing").normal(0.0, 0.15), -0.3, 0.3))
        return max(1.0, jazz_ratio(self.frame.score.tempo_bpm) + taste)

    @cached_property
    def row(self) -> FeelRow:
        """Measured row of the style over the row of all styles."""
        rows = playing().feel
        base, own = rows["all"], rows.get(self.frame.pack.drums.feel, rows["all"])
        merged = {name: getattr(base, name) | getattr(own, name) for name in ("mean_ms", "slot_ms", "level", "slot_level")}
        return FeelRow(phi=own.phi, **merged)

    @cached_property
    def _beats(self) -> int:
        return self.frame.score.end_tick // PPQ + 8

    def _walk(self, *purpose: str) -> np.ndarray:
        """AR(1) drift per quarter beat in ms [beats], unit scale of a normal player."""
        generator = rng(self.frame.seed, "arrangement", "drift", *purpose)
        phi = self.row.phi
        shocks = generator.normal(0.0, DRIFT_MS * np.sqrt(1.0 - phi * phi), self._beats)
        drift = np.empty(self._beats)
        drift[0] = shocks[0]
        for beat in range(1, self._beats):
            drift[beat] = phi * drift[beat - 1] + shocks[beat]
        return drift

    @cached_property
    def drummer(self) -> np.ndarray:
        """The leader's drift in ms per quarter beat."""
        return self._walk("band")

    def drift(self, player: str, role: str) -> np.ndarray:
        """A player's drift: partly the drummer's, partly the player's own."""
        follows = FOLLOWS.get(role, 0.5)
        if follows == 1.0:
            return self.drummer
        return follows * self.drummer + float(np.sqrt(1.0 - follows * follows)) * self._walk(player)

    def swung(self, tick: int, depth: float = 1.0) -> float:
        """A grid tick moved by the swing. Triplets of a swung beat follow its ratio; `depth` flattens it for soloists."""
        ratio = 1.0 + (self.ratio - 1.0) * depth
        if ratio < 1.005:
            return float(tick)
        bar, inside = divmod(tick, self.frame.bar_ticks)
        here = next(g for g in reversed(groups(self.frame.meter, bar)) if g.tick <= inside)
        if self.frame.pack.drums.swing_unit == 16:
            period, start = PPQ // 2, here.tick + (inside - here.tick) // (PPQ // 2) * (PPQ // 2)
        elif here.length == PPQ:
            period, start = PPQ, here.tick
        else:
            return float(tick)
        phase, share = (inside - start) / period, ratio / (1.0 + ratio)
        if period == PPQ and min(abs(phase - 1 / 3), abs(phase - 2 / 3)) < 0.004:
            phase = 0.25 if phase < 0.5 else 0.5
        bent = phase * 2 * share if phase <= 0.5 else share + (phase - 0.5) * 2 * (1 - share)
        return bar * self.frame.bar_ticks + start + bent * period


@dataclass(frozen=True)
class Player:
    """Who plays: part id, role, how tight, how late, whether drum velocities come from the feel table."""

    part: str
    role: str
    tightness: float
    lag_ms: float = 0.0
    swing_depth: float = 1.0
    spread: float = 6.0


def _slow(generator: np.random.Generator, count: int) -> np.ndarray:
    """Residual of unit variance: four fifths white, one fifth slow over about 16 hits."""
    white = generator.normal(0.0, np.sqrt(0.8), count)
    phi = float(np.exp(-1.0 / 16.0))
    shocks = generator.normal(0.0, np.sqrt(0.2 * (1.0 - phi * phi)), count)
    slow, value = np.empty(count), 0.0
    for index in range(count):
        value = phi * value + shocks[index]
        slow[index] = value
    return np.asarray(white + slow)


def perform(hits: Iterable[Hit], groove: Groove, player: Player) -> list[Note]:
    """Notes in time: hits moved by swing, measured offsets, drift and gesture; velocities with a player's residual."""
    ordered = sorted(hits)
    frame, row = groove.frame, groove.row
    drift = groove.drift(player.part, player.role)
    generator = rng(frame.seed, "arrangement", "gesture", player.part)
    gestures = generator.standard_normal(2 * len(ordered) + 1)
    residual = _slow(rng(frame.seed, "arrangement", "velocity", player.part), len(ordered))
    quarter = frame.score.tempo_bpm * frame.meter.ticks_per_beat / PPQ
    scale = player.tightness * tempo_scale(quarter)
    drums = player.role == "drums"
    notes, shared, previous = [], 0.0, None
    for index, hit in enumerate(ordered):
        inside = hit.tick % frame.bar_ticks
        place = slot(inside, frame.meter, hit.tick // frame.bar_ticks)
        spread = GESTURE_MS.get(hit.voice, GESTURE_DEFAULT_MS)
        if drums or hit.tick != previous:
            shared = float(gestures[index]) * spread
        previous = hit.tick
        random_ms = float(np.clip(scale * (drift[min(hit.tick // PPQ, len(drift) - 1)] + shared), -CLIP_MS, CLIP_MS))
        habit_ms = player.lag_ms
        if drums:
            offsets = row.slot_ms.get(hit.voice)
            habit_ms += min(player.tightness, 1.0) * (row.mean_ms.get(hit.voice, 0.0) + (offsets[place] if offsets else 0.0))
        start = groove.swung(hit.tick, player.swing_depth) + frame.ms_to_ticks(random_ms + habit_ms + hit.shift_ms, hit.tick)
        end = groove.swung(hit.tick + hit.length, player.swing_depth)
        spread_v = row.level[hit.voice][2] if drums and hit.voice in row.level else player.spread
        swell = 0.0 if player.role == "fx" else frame.swell(hit.tick)
        velocity = hit.velocity + swell + residual[index] * spread_v * min(max(player.tightness, 0.35), 1.0)
        first = max(round(start), 0)
        notes.append(Note(first, max(round(end) - round(groove.swung(hit.tick, player.swing_depth)), 30), hit.pitch, _velocity(velocity)))
    return notes


def _velocity(value: float) -> int:
    return int(min(max(round(value), 1), 127))
