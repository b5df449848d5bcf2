"""Human timing and dynamics after measured drummers: t = grid + swing + m(voice) + p(slot) + d(step) + e(stroke).

d is a drift that the whole band shares in part and that carries over from step to step; e is a stroke's own. What players
strike together moves together because they ride on one drift, not because noise is copied. All numbers are a style's row of
the learned table (`grooves`); spreads grow with the beat below 125 BPM. Machines neither drift nor hurry: only their own
small spread times their tightness remains, and their swing is exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from contracts.music import PPQ, Note
from services.generator.arrangement.frame import Frame, Hit
from services.generator.arrangement.grooves import GrooveRow, groove_row, tempo_scale
from services.generator.arrangement.heard_groove import HeardGroove
from services.generator.arrangement.metre import SIXTEENTH, groups, place_of
from services.generator.arrangement.tapped import Tapped
from services.music.rng import rng

MACHINE = 0.3
GESTURE_MS = 9.0
CLIP_MS = 45.0
# Share of the measured velocity spread at a place of the bar that is chance: the rest are accents, which patterns write out.
KEPT = 0.6
LOUD, LOUD_ROOM = 112.0, 14.0
"""Velocity from which louder strokes are held back, and the most that lies above it."""
# How much of the drummer's drift a player follows; the rest is the player's own.
FOLLOWS = {"drums": 1.0, "percussion": 0.85, "bass": 0.75, "harmony": 0.65, "melody": 0.5, "counter": 0.5, "vocal": 0.5, "pad": 0.35}


def jazz_ratio(bpm: float) -> float:
    """Swing ratio of ride and hats at a tempo (rule fitted on 17 takes; Friberg & Sundström 2002 for the short note's floor)."""
    return max(1.0, min(2.2 - 0.005 * max(0.0, bpm - 130.0), (60_000.0 / bpm - 92.0) / 92.0))


@dataclass(frozen=True)
class Groove:
    """The clock that the band shares. `tapped`: a groove that the user tapped, which everybody follows; `heard`: a reference's."""

    frame: Frame
    tapped: Tapped | None = None
    heard: HeardGroove | None = None

    @cached_property
    def ratio(self) -> float:
        """Long to short, with the player's own taste in styles that swing by tempo."""
        table = self.frame.pack.drums
        if self.tapped:
            return 1.0
        if self.heard and self.heard.ratio is not None:
            return self.heard.ratio
        if self.frame.meter.is_compound and table.swing_unit == 8:
            return 1.0
        if not table.swing_by_tempo:
            return table.swing
        taste = float(np.clip(rng(self.frame.seed, "arrangement", "swing").normal(0.0, 0.15), -0.3, 0.3))
        return max(1.0, jazz_ratio(self.frame.score.tempo_bpm) + taste)

    @property
    def swing_unit(self) -> int:
        """Which notes swing: 8 or 16."""
        if self.heard and self.heard.ratio is not None and self.heard.ratio > 1.0:
            return self.heard.unit
        return self.frame.pack.drums.swing_unit

    @cached_property
    def row(self) -> GrooveRow:
        """The style's measured drummers."""
        table = self.frame.pack.drums
        return groove_row(table.feel, table.tightness <= MACHINE)

    def _walk(self, *purpose: str) -> np.ndarray:
        """Drift in ms per sixteenth [steps], carried over by the style's phi per beat."""
        generator = rng(self.frame.seed, "arrangement", "drift", *purpose)
        phi = self.row.phi**0.25
        count = self.frame.score.end_tick // SIXTEENTH + 32
        shocks = generator.normal(0.0, self.row.drift_ms * np.sqrt(1.0 - phi * phi), count).tolist()
        drift, value = [], float(generator.normal(0.0, self.row.drift_ms))
        for shock in shocks:
            value = phi * value + shock
            drift.append(value)
        return np.array(drift)

    @cached_property
    def drummer(self) -> np.ndarray:
        """The leader's drift in ms per sixteenth."""
        return self._walk("band")

    def drift(self, player: str, role: str) -> np.ndarray:
        """A player's drift: partly the drummer's, partly the player's own."""
        follows = FOLLOWS.get(role, 0.5)
        if follows == 1.0:
            return self.drummer
        return follows * self.drummer + float(np.sqrt(1.0 - follows * follows)) * self._walk(player)

    def tapped_ms(self, tick: int) -> float:
        """Lateness that a tapped groove gives to a grid tick."""
        return self.tapped.at(round(tick / SIXTEENTH)) if self.tapped else 0.0

    def heard_ms(self, voice: str, tick: int) -> float:
        """Lateness of a drum on a grid tick in the reference."""
        return self.heard.late(voice, tick % self.frame.bar_ticks, self.frame.bar_ticks) if self.heard and not self.tapped else 0.0

    def swung(self, tick: int, depth: float = 1.0) -> float:
        """A grid tick moved by the swing. Triplets of a swung beat follow its ratio; `depth` flattens it for soloists."""
        ratio = 1.0 + (self.ratio - 1.0) * depth
        if ratio < 1.005:
            return float(tick)
        bar, inside = divmod(tick, self.frame.bar_ticks)
        here = next(g for g in reversed(groups(self.frame.meter, bar)) if g.tick <= inside)
        if self.swing_unit == 16:
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


def _carried(generator: np.random.Generator, count: int, acf: tuple[float, ...]) -> np.ndarray:
    """Residual of unit variance [count]: white, a slow part, and the alternation of two hands (lag 2 above lag 1)."""
    slow, hands = max((acf[0] + acf[1]) / 2, 0.0) / 0.92, max(acf[1] - acf[0], 0.0) / 2 / 0.92
    out = generator.normal(0.0, np.sqrt(max(1.0 - slow - hands, 0.3)), count)
    phi = float(np.exp(-1.0 / 16.0))
    for share, sign in ((slow, 1.0), (hands, -1.0)):
        value = 0.0
        series = []
        for shock in generator.normal(0.0, np.sqrt(share * (1.0 - phi * phi)), count).tolist():
            value = phi * value + shock
            series.append(value)
        out = out + np.array(series) * sign ** np.arange(count)
    return np.asarray(out)


def perform(hits: Iterable[Hit], groove: Groove, player: Player) -> list[Note]:
    """Notes in time: hits moved by swing, measured offsets, drift and gesture; velocities with a player's residual."""
    ordered = sorted(hits)
    frame, row = groove.frame, groove.row
    machine = player.tightness <= MACHINE
    drift = np.zeros(1) if machine else groove.drift(player.part, player.role)
    gestures = rng(frame.seed, "arrangement", "gesture", player.part).standard_normal(len(ordered) + 1)
    residual = _carried(rng(frame.seed, "arrangement", "velocity", player.part), len(ordered), row.velocity_acf)
    scale = player.tightness * tempo_scale(frame.score.tempo_bpm * frame.meter.ticks_per_beat / PPQ)
    drums = player.role in ("drums", "percussion")
    notes, shared, previous = [], 0.0, None
    for index, hit in enumerate(ordered):
        if drums or hit.tick != previous:
            shared = float(gestures[index]) * (row.own_ms.get(hit.voice, GESTURE_MS) if drums else GESTURE_MS)
        previous = hit.tick
        step = min(round(hit.tick / SIXTEENTH), len(drift) - 1)
        random_ms = float(np.clip(scale * (drift[step] + shared), -CLIP_MS, CLIP_MS))
        habit_ms = player.lag_ms + groove.tapped_ms(hit.tick)
        if drums and groove.tapped is None and hit.voice:
            place = place_of(hit.tick % frame.bar_ticks, frame.meter, hit.tick // frame.bar_ticks, row.grid)
            heard_ms = groove.heard_ms(hit.voice, hit.tick)
            habit_ms += heard_ms or min(player.tightness, 1.0) * (row.mean_ms.get(hit.voice, 0.0) + row.at(row.slot_ms, hit.voice, place))
        held = groove.swung(hit.tick, player.swing_depth)
        start = held + frame.ms_to_ticks(random_ms + habit_ms + hit.shift_ms, hit.tick)
        end = groove.swung(hit.tick + hit.length, player.swing_depth)
        spread = row.loudness(hit.voice)[2] * (1.0 if hit.voice == "ghost" else KEPT) if drums else player.spread
        swell = 0.0 if player.role == "fx" else frame.swell(hit.tick)
        loud = hit.velocity + swell + residual[index] * spread * min(max(player.tightness, 0.35), 1.0)
        notes.append(Note(max(round(start), 0), max(round(end) - round(held), 30), hit.pitch, _velocity(loud)))
    return notes


def _velocity(value: float) -> int:
    """What is struck harder than `LOUD` grows ever less, so that accents stay accents where everybody plays out."""
    if value > LOUD:
        value = LOUD + LOUD_ROOM * (1.0 - np.exp((LOUD - value) / LOUD_ROOM))
    return int(min(max(round(value), 1), 127))
