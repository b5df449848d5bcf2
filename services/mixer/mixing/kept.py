"""What determines the samples of a channel and of a return, as digests: under them both are stored and found again.

A channel's digest knows nothing of other channels, so that editing the bass leaves the piano as it is.
"""

import hashlib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.sound import Operation
from services.mixer.effects.catalogue import effects
from services.mixer.effects.effect import Song
from services.mixer.mixing.channel import Channel, MixPlan, Return, Tone
from services.mixer.profiles import OF_A_SOURCE, Strip, Tape
from services.mixer.stored import digest

Audio = NDArray[np.float32]
Curve = NDArray[np.float32]

# Raise when the same dry stems would give other mixed ones.
VERSION = 6
OF_TONE = frozenset({"highpass_hz", "lowpass_hz", "eq", "compression", "saturation_db", "effects"})
OF_CHANNEL = OF_TONE | {"pre_gain_db", "target_lufs", "pan", "width", "spread", "duck_db"}
OF_RETURN = OF_TONE | {"level_db", "width", "duck_db"}


class Kept(Protocol):
    """Where mixed stems are kept between mixes."""

    def knows(self, name: str, key: str) -> bool:
        """Whether a stem was kept under a key."""

    def load(self, name: str, key: str) -> Audio:
        """The stem [2, frames] that was kept under a key."""


class NothingKept:
    """Every channel is mixed."""

    def knows(self, name: str, key: str) -> bool:  # noqa: ARG002 - the protocol's
        """Never."""
        return False

    def load(self, name: str, key: str) -> Audio:
        """Raises KeyError."""
        raise KeyError(name, key)


def curve_digest(curve: Curve) -> str:
    """Digest of a curve's samples."""
    return hashlib.sha256(np.ascontiguousarray(curve).data).hexdigest()


def _common(plan: MixPlan, rate: int, settings: Tone, fields: frozenset[str], envelope: str, song: Song) -> dict[str, Any]:
    ducked = getattr(settings, "duck_db", 0.0) > 0
    following = any(one.wants_song for operation in settings.effects if (one := effects().get(operation.effect)))
    return ({"song": song} if following else {}) | {
        "version": VERSION,
        "rate": rate,
        "settings": settings.model_dump(mode="json", include=set(fields)),
        "plugins": [identity(operation) for operation in settings.effects],
        "envelope": envelope if ducked else None,
        "mono_below_hz": plan.mono_below_hz,
        "remix": plan.remix,
    }


def channel_key(plan: MixPlan, channel: Channel, rate: int, *, dry: str, tape: Any, curve: str, envelope: str, song: Song) -> str:
    """Digest of a channel: its dry stem's digest, its settings, the tape, and the digests of the song's curve and ducking.

    The song's tempo and kicks count where an effect of the channel follows them.
    """
    common = _common(plan, rate, channel, OF_CHANNEL, envelope, song)
    if channel.fader_db is not None:
        common["fader_db"] = [channel.fader_db, channel.level_edit_db]
    return digest(**common, dry=dry, tape=tape, curve=curve, dc_block_hz=plan.dc_block_hz, heard=channel.is_heard)


def return_key(
    plan: MixPlan, settings: Return, rate: int, *, effect: Any, sends: list[tuple[str, Any]], fade: str, envelope: str, song: Song
) -> str:
    """Digest of a return: its effect's settings, and what is sent to it as (channel's digest, send level in dB or its curve's digest)."""
    return digest(**_common(plan, rate, settings, OF_RETURN, envelope, song), effect=effect, sends=sends, fade=fade)


def measured_key(dry: str, strip: Strip, tape: Tape, remix: float) -> str:
    """Digest of what is measured of a dry stem behind a strip."""
    return digest(version=VERSION, dry=dry, strip=strip.model_dump(mode="json", include=set(OF_A_SOURCE)), tape=tape, remix=remix)


def identity(operation: Operation) -> list[str]:
    """What tells a plugin or file of the user's from another of the same name: its version, or each file's size and time."""
    if operation.effect.startswith("plugin:"):
        found = [one for one in entry_points(group="houseband.effects") if one.name == operation.effect.removeprefix("plugin:")]
        return [f"{one.dist.name} {one.dist.version}" for one in found if one.dist]
    own = effects().get(operation.effect)
    named = {one.name for one in own.parameters if one.kind == "file"} if own else set()
    stated = {"": operation.effect} | {name: value for name, value in operation.parameters.items() if isinstance(value, str)}
    return [line for name, text in stated.items() if name in named or "/" in text or "\\" in text for line in _files(text)]


def _files(text: str) -> list[str]:
    """The files under a path; nothing for a word that is none."""
    try:
        path = Path(text).expanduser()
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files if file.is_file()]
    except (OSError, RuntimeError, ValueError):  # a name without end or with NUL, a user who does not exist
        return []
