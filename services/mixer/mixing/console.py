"""The console: runs stems through their channels in part order and collects the sends."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from contracts.music.score import Score
from services.mixer.mixing import strip as strips
from services.mixer.mixing.automation import end_fade, end_fade_s, send_curve, song_curve
from services.mixer.mixing.ducking import duck_envelope, kick_hits
from services.mixer.mixing.placement import place
from services.mixer.mixing.plan import Channel, MixPlan
from services.mixer.mixing.spaces import echo, reverb
from services.mixer.mixing.tape import wow
from services.mixer.profiles import Profile
from services.music.audio.loudness import integrated_lufs

Audio = NDArray[np.float32]
Curve = NDArray[np.float32]
Load = Callable[[str], Audio]

SENDS = {"return_room": "room_db", "return_hall": "hall_db", "return_delay": "delay_db"}
CONTROLS = {"return_hall": "reverb_send_db", "return_delay": "delay_send_db"}
NO_SEND_DB = -50.0
DRY_THROW_DB = -26.0
# Strips, meters and FFTs release the GIL. Two at a time: more would only cost memory.
THREADS = 2


class Console:
    """One mix of one song. `stems()` yields (part id, mixed stem), parts in their order and then the returns; `total` is their sum."""

    def __init__(self, score: Score, plan: MixPlan, profile: Profile, rate: int, frames: int, load: Load) -> None:
        self.score, self.plan, self.profile, self.rate, self.frames, self.load = score, plan, profile, rate, frames, load
        self.beat_s = 60.0 / score.tempo_bpm
        hits = kick_hits(score) if plan.duck_scale > 0 else []
        self.kicks = len(hits)
        self.envelope = duck_envelope(hits, profile.duck, self.beat_s, rate, frames)
        self.fade = end_fade(frames, rate, end_fade_s(score))
        self.curve = song_curve(score, plan.section_db, rate, frames) * self.fade
        self.sends: dict[str, Audio] = {}
        self.total = np.zeros((2, frames), dtype=np.float32)

    def channel(self, name: str) -> Audio:
        """One mixed stem, [2, frames]."""
        settings, audio = self.plan.channels[name], self.load(name)
        if settings.silent:
            return np.zeros((2, self.frames), dtype=np.float32)
        chain = strips.chain(settings.strip, self.profile.tape, settings.cuts, settings.pre_gain_db, self.plan.dc_block_hz)
        wet = strips.process(audio, self.rate, chain)
        wet = wow(wet, self.rate, self.profile.tape.wow_percent, self.profile.tape.wow_hz)
        level = integrated_lufs(wet, self.rate)
        gain_db = min(max(settings.target_lufs - level, -60.0), 24.0) if np.isfinite(level) else 0.0
        return place(
            wet,
            self.rate,
            curve=self.curve,
            envelope=self.envelope,
            duck_db=settings.duck_db,
            gain_db=gain_db,
            pan=settings.pan,
            width=settings.width,
            spread=settings.spread,
            mono_below_hz=self.plan.mono_below_hz,
        )

    def stems(self) -> Iterator[tuple[str, Audio]]:
        """Mixed stems in part order, then the returns that were sent to."""
        with ThreadPoolExecutor(THREADS) as pool:
            for name, audio in ordered(pool, self.channel, list(self.plan.channels)):
                self._send(name, audio)
                self.total += audio
                yield name, audio
            for name, audio in ordered(pool, self._return, [name for name in SENDS if name in self.sends]):
                self.total += audio
                yield name, audio

    def _send(self, name: str, audio: Audio) -> None:
        settings = self.plan.channels[name]
        if settings.silent:
            return
        for bus in SENDS:
            level = self._send_level(name, settings, bus)
            if level is not None:
                sent = self.sends.setdefault(bus, np.zeros((2, self.frames), dtype=np.float32))
                sent += audio * level

    def _send_level(self, name: str, settings: Channel, bus: str) -> Curve | np.float32 | None:
        """The strip's send, moved by the score's automation (dB relative to it), linear; None where nothing is sent."""
        level = float(getattr(settings, SENDS[bus]))
        points = self.score.parts[name].controls.get(CONTROLS.get(bus, ""))
        if points:
            # A throw is heard on a strip that is dry otherwise, too.
            return send_curve(self.score, points, self.rate, self.frames, max(level, DRY_THROW_DB))
        return np.float32(10 ** (level / 20)) if level > NO_SEND_DB else None

    def _return(self, bus: str) -> Audio:
        send = self.sends.pop(bus)
        if bus == "return_delay":
            wet, duck_db = echo(send, self.profile.delay, self.beat_s, self.rate), self.profile.delay.duck_db
        else:
            space = self.profile.room if bus == "return_room" else self.profile.hall
            wet, duck_db = reverb(send, bus, space, self.rate), space.duck_db
        # Section gains came with the sends.
        return place(
            wet,
            self.rate,
            curve=self.fade,
            envelope=self.envelope,
            duck_db=duck_db * self.plan.duck_scale,
            mono_below_hz=self.plan.mono_below_hz,
        )


def ordered(pool: ThreadPoolExecutor, work: Callable[[str], Audio], names: list[str]) -> Iterator[tuple[str, Audio]]:
    """Results in the order of `names`, computed a few ahead and never all at once."""
    waiting = iter(names)
    running = [(name, pool.submit(work, name)) for name in islice(waiting, THREADS)]
    while running:
        name, future = running.pop(0)
        result = future.result()
        running += [(following, pool.submit(work, following)) for following in islice(waiting, 1)]
        yield name, result
