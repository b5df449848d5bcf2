"""The console: runs stems through their channels in part order and collects the sends."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Score
from services.mixer.effects import chain
from services.mixer.effects.effect import Song
from services.mixer.mixing.automation import end_fade, end_fade_s, send_curve, song_curve
from services.mixer.mixing.channel import Channel, MixPlan, Tone
from services.mixer.mixing.ducking import duck_envelope, kick_hits
from services.mixer.mixing.kept import Kept, NothingKept, channel_key, curve_digest, return_key
from services.mixer.mixing.levelling import gain_to_target, shaped_by
from services.mixer.mixing.placement import place
from services.mixer.mixing.sending import add_sent
from services.mixer.mixing.spaces import echo, reverb
from services.mixer.mixing.stretches import OF_SENDS, moves_db, send_moved
from services.mixer.mixing.strip import NOMINAL_LUFS, shaped
from services.mixer.mixing.tape import wow
from services.mixer.profiles import Profile
from services.mixer.stored import whole
from services.music.audio.loudness import integrated_lufs

Audio = NDArray[np.float32]
Curve = NDArray[np.float32]
Load = Callable[[str], Audio]

SENDS = {"return_room": "room_db", "return_hall": "hall_db", "return_delay": "delay_db", "return_drums": "parallel_db"}
RETURNS = tuple(SENDS)
CONTROLS = {"return_hall": "reverb_send_db", "return_delay": "delay_send_db"}
NO_SEND_DB = -50.0
DRY_THROW_DB = -26.0
GATED_DECAY_S = 1.8
# Strips, meters and FFTs release the GIL. Two at a time: more would only cost memory.
THREADS = 2
NO_FOLDER = Path()
"""Where no plugin runs, nothing is written."""


class Console:
    """One mix of one song. `stems()` yields (name, mixed stem), parts in their order and then the returns; `total` is their sum.

    Stems whose digests `kept` knows are taken from there: `found` names them. `dry` are the digests of the dry stems by part, and
    `keys` those of the mixed ones; plugins write to `scratch`.
    """

    def __init__(
        self,
        score: Score,
        plan: MixPlan,
        profile: Profile,
        rate: int,
        frames: int,
        load: Load,
        *,
        dry: dict[str, str] | None = None,
        kept: Kept | None = None,
        scratch: Path = NO_FOLDER,
    ) -> None:
        self.score, self.plan, self.profile, self.rate, self.frames, self.load = score, plan, profile, rate, frames, load
        self.kept, self.scratch = kept or NothingKept(), scratch
        self.beat_s = 60.0 / score.tempo_bpm
        hits = kick_hits(score) if plan.duck_scale > 0 else []
        self.kicks = len(hits)
        self.song = Song(score.tempo_bpm, tuple(kick_hits(score)))
        self.envelope = duck_envelope(hits, profile.duck, self.beat_s, rate, frames)
        self.fade = end_fade(frames, rate, end_fade_s(score))
        self.curve = song_curve(score, plan.section_db, rate, frames) * self.fade
        self.curves = {name: self._curve(one) for name, one in plan.channels.items() if one.section_edit_db or one.stretches}
        heard = [bus for bus in SENDS if not plan.returns[bus].muted and plan.returns[bus].level_db > NO_SEND_DB]
        self.levels = {bus: self._levels(bus) for bus in heard}
        self.keys = self._keys(dry) if dry is not None else {}
        self.found = {name for name, key in self.keys.items() if self.kept.knows(name, key)}
        self.sends: dict[str, Audio] = {}
        self.total = np.zeros((2, frames), dtype=np.float32)

    def stems(self) -> Iterator[tuple[str, Audio]]:
        """Mixed stems in part order, then the returns that were sent to."""
        buses = [bus for bus, levels in self.levels.items() if levels]
        with ThreadPoolExecutor(THREADS) as pool:
            for name, audio in ordered(pool, self.channel, list(self.plan.channels)):
                for bus in buses:
                    if bus not in self.found and name in self.levels[bus]:
                        sent = self.sends.setdefault(bus, np.zeros((2, self.frames), dtype=np.float32))
                        add_sent(sent, audio, self.levels[bus][name])
                self.total += audio
                yield name, audio
            for name, audio in ordered(pool, self._return, buses):
                self.total += audio
                yield name, audio

    def _curve(self, settings: Channel) -> Curve:
        """The song's curve with what the user adds to one channel in single sections; faders move in the half beat before the bar line."""
        own = {name: settings.section_edit_db.get(name, 0.0) for name in self.score.sections}
        curve = self.curve * song_curve(self.score, own, self.rate, self.frames)
        moves = moves_db(self.score, settings.stretches, "level_db", self.rate, self.frames)
        return curve if moves is None else curve * np.float32(10) ** (moves / np.float32(20))

    def channel(self, name: str) -> Audio:
        """One mixed stem, [2, frames]: as it is kept, or mixed."""
        settings = self.plan.channels[name]
        if not settings.is_heard:
            return np.zeros((2, self.frames), dtype=np.float32)
        return self._kept(name) if name in self.found else self._mixed(name, settings)

    def _mixed(self, name: str, settings: Channel) -> Audio:
        tape = self.profile.tape
        wet = shaped_by(self.load(name), self.rate, settings, tape, self.plan.dc_block_hz)
        gain_db = gain_to_target(wet, self.rate, settings)
        wet = wow(self._inserted(wet, settings, name), self.rate, tape.wow_percent, tape.wow_hz)
        return place(
            wet,
            self.rate,
            curve=self.curves.get(name, self.curve),
            envelope=self.envelope,
            duck_db=settings.duck_db,
            gain_db=gain_db,
            pan=settings.pan,
            width=settings.width,
            spread=settings.spread,
            mono_below_hz=self.plan.mono_below_hz,
        )

    def share(self, names: list[str], load_mixed: Load) -> Iterator[tuple[str, Audio]]:
        """What the shared effects give for some of the mixed stems alone. Sends and spaces are linear: shares sum to the returns.

        The parallel compressor is not: its share is that of all the drums or of none of them.
        """
        for bus, levels in self.levels.items():
            senders = [name for name in names if name in levels]
            if senders:
                self.sends[bus] = sum((load_mixed(name) * levels[name] for name in senders), np.zeros((2, self.frames), dtype=np.float32))
                yield bus, self._return(bus)

    def _inserted(self, audio: Audio, tone: Tone, name: str) -> Audio:
        """After the user's own effects. They come behind the strip's level, so that a gain among them is heard."""
        if not tone.effects:
            return audio
        field = f"mix.channels.{name}.effects"
        return chain.run(audio, self.rate, tone.effects, field=field, scratch=self.scratch, song=self.song)

    def _levels(self, bus: str) -> dict[str, Curve | np.float32]:
        """What each channel sends to a bus, linear: a number, or a curve over time; channels that send nothing are left out."""
        found = {}
        for name, settings in self.plan.channels.items():
            level = self._send_level(name, settings, bus) if settings.is_heard else None
            if level is not None:
                found[name] = level
        return found

    def _send_level(self, name: str, settings: Channel, bus: str) -> Curve | np.float32 | None:
        """The strip's send, moved by the score's automation (dB relative to it), linear; None where nothing is sent."""
        level = self._strip_send(name, settings, bus)
        field = OF_SENDS.get(bus)
        moves = moves_db(self.score, settings.stretches, field, self.rate, self.frames) if field else None
        return level if moves is None else send_moved(level, moves, 10 ** (DRY_THROW_DB / 20))

    def _strip_send(self, name: str, settings: Channel, bus: str) -> Curve | np.float32 | None:
        level = float(getattr(settings, SENDS[bus]))
        points = self.score.parts[name].controls.get(CONTROLS.get(bus, ""))
        if points:
            # A throw is heard on a strip that is dry otherwise, too.
            return send_curve(self.score, points, self.rate, self.frames, max(level, DRY_THROW_DB))
        return np.float32(10 ** (level / 20)) if level > NO_SEND_DB else None

    def _return(self, bus: str) -> Audio:
        """What comes back from a shared effect, as it is kept or made. Section gains came with the sends."""
        if bus in self.found:
            return self._kept(bus)
        settings, send = self.plan.returns[bus], self.sends.pop(bus)
        wet, gain_db = self._effect(bus, send), settings.level_db
        if bus == "return_drums":
            gain_db += _loudness_or(send, self.rate, NOMINAL_LUFS) - _loudness_or(wet, self.rate, NOMINAL_LUFS)
        return place(
            self._inserted(wet, settings, bus),
            self.rate,
            curve=self.fade,
            envelope=self.envelope,
            duck_db=settings.duck_db,
            gain_db=gain_db,
            width=settings.width,
            # What comes from placed drums is one in the lows already; turned once more, it would not add to them.
            mono_below_hz=0.0 if bus == "return_drums" else self.plan.mono_below_hz,
        )

    def _effect(self, bus: str, send: Audio) -> Audio:
        settings = self.plan.returns[bus]
        if bus == "return_drums":
            return shaped(send, self.rate, settings, gain_db=NOMINAL_LUFS - _loudness_or(send, self.rate, NOMINAL_LUFS))
        space = self._space(bus)
        wet = echo(send, space, self.beat_s, self.rate) if bus == "return_delay" else reverb(send, bus, space, self.rate)
        return wet if settings.is_flat else shaped(wet, self.rate, settings)

    def _space(self, bus: str) -> Any:
        room = self.profile.room
        if self.plan.gate_ms:
            room = room.model_copy(update={"gate_ms": self.plan.gate_ms, "decay_s": max(room.decay_s, GATED_DECAY_S)})
        return {"return_room": room, "return_hall": self.profile.hall, "return_delay": self.profile.delay}.get(bus)

    def _keys(self, dry: dict[str, str]) -> dict[str, str]:
        """Digests of all stems that come out."""
        curve, envelope, fade = (curve_digest(one) for one in (self.curve, self.envelope, self.fade))
        curves = {name: curve_digest(own) for name, own in self.curves.items()}
        common: dict[str, Any] = {"envelope": envelope, "song": self.song}
        tape = self.profile.tape
        keys = {
            name: channel_key(self.plan, one, self.rate, dry=dry[name], tape=tape, curve=curves.get(name, curve), **common)
            for name, one in self.plan.channels.items()
        }
        for bus, levels in self.levels.items():
            sends = [(keys[name], curve_digest(level) if isinstance(level, np.ndarray) else float(level)) for name, level in levels.items()]
            effect = [bus, self.beat_s, self._space(bus)] if bus == "return_delay" else [bus, self._space(bus)]
            settings = self.plan.returns[bus]
            keys[bus] = return_key(self.plan, settings, self.rate, effect=effect, sends=sends, fade=fade, **common)
        return keys

    def _kept(self, name: str) -> Audio:
        return whole(name, self.kept.load(name, self.keys[name]), self.frames)


def _loudness_or(audio: Audio, rate: int, otherwise: float) -> float:
    """Integrated loudness in LUFS; `otherwise` for silence."""
    level = integrated_lufs(audio, rate)
    return level if np.isfinite(level) else otherwise


def ordered(pool: ThreadPoolExecutor, work: Callable[[str], Audio], names: list[str]) -> Iterator[tuple[str, Audio]]:
    """Results in the order of `names`, computed a few ahead and never all at once."""
    waiting = iter(names)
    running = [(name, pool.submit(work, name)) for name in islice(waiting, THREADS)]
    while running:
        name, future = running.pop(0)
        result = future.result()
        running += [(following, pool.submit(work, following)) for following in islice(waiting, 1)]
        yield name, result
