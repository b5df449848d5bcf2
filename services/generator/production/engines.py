"""The registry of engines: who can play what, and which one plays a part."""

import importlib.metadata
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np

from contracts.errors import BadInput, Unavailable
from contracts.music import Part, Score
from services.generator.production import drum_machine, faust, fluidsynth, tiny
from services.generator.production.body import embodied
from services.generator.production.curves import Clock, Floats
from services.generator.production.own import ENGINES as OWN_ENGINES
from services.generator.production.own import PATCH, Own
from services.generator.production.own_engines import play_own
from services.generator.production.own_engines import version as own_version
from services.generator.production.own_files import Look
from services.generator.production.own_files import available as plays_own
from services.generator.production.performance import perform
from services.generator.production.piece_levels import by_force, moved_together, piece_gains
from services.generator.production.shelf import COMMERCIAL, FILES, LICENCES, PACKAGES, PLAYED_INSTEAD, Shelf
from services.generator.production.sounds import Kit, Preset, Sampled, Synth, is_drum_part, sounds, stand_in_name
from services.generator.production.strokes import choked_with

ASKED = ("auto", "sampled", "fluidsynth", "tinysoundfont", "neural")
"""What the option `engine` may name."""


@dataclass(frozen=True)
class Choice:
    """Who plays a part: an engine and what it plays on (a preset's label, a Faust patch, a kit, a file of the user's own)."""

    engine: str
    patch: str
    source: str
    preset: Preset | None = None
    own: Own | None = None

    @property
    def licence(self) -> str:
        """Licence of the sounds."""
        if self.own:
            return self.own.licence
        return LICENCES[self.preset.soundfont] if self.preset else "synthesised by Houseband: yours"


@dataclass(frozen=True)
class Task:
    """One part to play."""

    score: Score
    part_id: str
    part: Part
    choice: Choice
    shelf: Shelf
    clock: Clock


class Engine(Protocol):
    """One way of making sound."""

    name: str

    def available(self) -> bool:
        """Whether it can play here."""

    def version(self) -> str:
        """What its sound depends on: versions of libraries, and the CPU where code is compiled for it."""

    def render(self, task: Task) -> Floats:
        """The raw stem, [2, frames] at 48 kHz, without trim and automation of level."""


class _SoundfontEngine:
    def __init__(
        self, name: str, player: "Callable[..., Floats]", is_available: Callable[[], bool], get_version: Callable[[], str]
    ) -> None:
        self.name, self._play, self.available, self._version = name, player, is_available, get_version

    def version(self) -> str:
        return f"{self.name} {self._version()}"

    def render(self, task: Task) -> Floats:
        sound = sounds()[task.choice.patch]
        preset = task.choice.preset
        assert isinstance(sound, Sampled) and preset is not None  # noqa: S101, PT018 - the chooser made it so
        drums = is_drum_part(task.part)
        events, channels = perform(task.part_id, task.part, sound, preset, task.clock, drums=drums)
        count = max(channels.values(), default=0) + 1
        audio = self._play(task.shelf.path(preset.soundfont), preset, events, count, task.clock.frames)
        for keys, gain in moved_together(piece_gains(task.part, task.clock)) if drums else ():
            heard = {channel for voice, channel in channels.items() if keys & choked_with(voice[0])}
            alone = [event for event in events if event.kind != "on" or event.channel in heard]
            audio += self._play(task.shelf.path(preset.soundfont), preset, alone, count, task.clock.frames) * (gain - np.float32(1.0))
        return embodied(audio, sound.body, task.part, task.clock)


class _FaustEngine:
    name = "faust"

    def available(self) -> bool:
        return faust.available()

    def version(self) -> str:
        return f"dawdreamer {faust.version()} {cpu_target()}"

    def render(self, task: Task) -> Floats:
        sound = sounds()[task.choice.patch]
        assert isinstance(sound, Synth)  # noqa: S101 - the chooser made it so
        return faust.play(task.part, task.choice.patch, sound, task.clock)


class _DrumEngine:
    name = "drum_machine"

    def available(self) -> bool:
        return True

    def version(self) -> str:
        return f"numpy {np.__version__} scipy {importlib.metadata.version('scipy')} {cpu_target()}"

    def render(self, task: Task) -> Floats:
        return drum_machine.play(task.part_id, task.part, task.choice.patch, task.clock, task.score.key_value.tonic_class)


class _OwnEngine:
    """Files of the user's own, of one kind."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self._kind = name, kind

    def available(self) -> bool:
        return plays_own(self._kind)

    def version(self) -> str:
        return own_version(self._kind)

    def render(self, task: Task) -> Floats:
        own = task.choice.own
        assert own is not None  # noqa: S101 - the chooser made it so
        return play_own(own, task.part_id, by_force(task.part), task.clock, task.shelf.places.all)


_ALL: tuple[Engine, ...] = (
    _SoundfontEngine("fluidsynth", fluidsynth.play, fluidsynth.available, fluidsynth.version),
    _SoundfontEngine("tinysoundfont", tiny.play, tiny.available, tiny.version),
    _FaustEngine(),
    _DrumEngine(),
    *(_OwnEngine(name, kind) for kind, name in OWN_ENGINES.items()),
)
ENGINES: dict[str, Engine] = {engine.name: engine for engine in _ALL}


@cache
def cpu_target() -> str:
    """What compiled code and numpy's kernels are chosen by: machine and SIMD extensions."""
    found = np.show_config(mode="dicts").get("SIMD Extensions", {})  # type: ignore[call-overload, unused-ignore]
    return f"{platform.machine()} {'+'.join([*found.get('baseline', []), *found.get('found', [])])}"


def choose(patch: str, shelf: Shelf, *, engine: str = "auto", commercial: bool = False) -> Choice:
    """Who plays a patch: the best soundfont that is here, by the best engine that can play it.

    Raises BadInput for an engine that does not exist, Unavailable where nothing here may or can play the patch.
    """
    if engine not in ASKED:
        raise BadInput("engine", engine, ", ".join(ASKED))
    if engine == "neural":
        raise Unavailable("the neural engine", "no neural worker is installed; use engine=auto")
    sound = sounds()[patch]
    if isinstance(sound, Synth):
        if ENGINES["faust"].available():
            return Choice("faust", patch, patch)
        patch = stand_in_name(patch)
        sound = sounds()[patch]
    if isinstance(sound, Kit):
        return Choice("drum_machine", patch, patch)
    assert isinstance(sound, Sampled)  # noqa: S101 - a stand-in is
    players = [name for name in ("fluidsynth", "tinysoundfont") if engine in {"auto", "sampled", name} and ENGINES[name].available()]
    for preset in candidates(sound):
        if preset.soundfont not in shelf.fonts or (commercial and preset.soundfont not in COMMERCIAL):
            continue
        for player in players:
            if player == "tinysoundfont" and preset.soundfont == "MuseScore_General":
                continue
            return Choice(player, patch, preset.label, preset)
    raise _nothing_plays(patch, shelf, players, commercial=commercial)


def choose_own(look: Look) -> Choice:
    """A file of the user's own, as it was found."""
    return Choice(OWN_ENGINES[look.own.kind], PATCH, look.own.label, own=look.own)


def candidates(sound: Sampled) -> tuple[Preset, ...]:
    """The presets of a patch, then the same General MIDI program of the other soundfonts, or what plays for it there."""
    last = sound.presets[-1]
    bank = 128 if last.bank == 128 else 0
    instead = {} if bank else PLAYED_INSTEAD
    programs = {name: instead.get(name, {}).get(last.program, last.program) for name in FILES}
    general = (Preset(soundfont=name, bank=bank, program=program) for name, program in programs.items())
    named = {preset.soundfont for preset in sound.presets}
    return (*sound.presets, *(preset for preset in general if preset.soundfont not in named))


def _nothing_plays(patch: str, shelf: Shelf, players: list[str], *, commercial: bool) -> Unavailable:
    if not players:
        return Unavailable("a soundfont player", "install libfluidsynth3, or tinysoundfont with pip --no-deps")
    if commercial and shelf.fonts:
        return Unavailable(
            f"a soundfont for {patch} that is free for commercial use",
            f"TimGM6mb is GPL-2; install {PACKAGES['MuseScore_General']} and {PACKAGES['FluidR3_GM']} with libfluidsynth3",
        )
    return Unavailable(f"a soundfont for {patch}", f"install {PACKAGES['FluidR3_GM']} or pretty_midi, or set HOUSEBAND_SOUNDFONTS")


def providers() -> dict[str, dict[str, object]]:
    """The engines for the catalogue: whether each can play here, and what it plays."""
    told = {
        "fluidsynth": "soundfonts (MuseScore_General, FluidR3_GM) with a tone for every note",
        "tinysoundfont": "soundfonts where FluidSynth is not installed",
        "faust": "synthesisers: leads, pads, plucks, basses, organs, electric pianos, effects",
        "drum_machine": "electronic drum kits",
        "own_soundfont": "soundfonts of your own: FILE.sf2, FILE.sf3",
        "own_sfz": "SFZ instruments of your own: FILE.sfz",
        "own_vst3": "VST3 instruments of your own: FILE.vst3",
    }
    rows: dict[str, dict[str, object]] = {
        name: {"kind": "sampled", "available": engine.available(), "plays": told[name]} for name, engine in ENGINES.items()
    }
    return rows | {"neural": {"kind": "neural", "available": False, "plays": "no neural worker is installed"}}
