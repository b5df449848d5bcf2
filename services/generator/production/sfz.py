"""SFZ instruments by sfizz (pysfizz), in a child process only: a file can hang or crash the player.

Measured (docs/sounds.md): onsets fall on the sample; nothing is added to the samples unless the file asks for effects; the same
text, samples and block size give the same samples in every process, once all samples are loaded whole (sfz_text.py).
"""

import importlib.metadata
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from contracts.errors import BadInput
from services.generator.production.curves import SAMPLE_RATE_HZ, Floats
from services.generator.production.events import BEND_RANGE, Event

BLOCK_FRAMES = 64
"""Fixed: envelopes are computed per block. Notes are placed inside of it."""
VOICES = 256
ALL_VOICES_S = 2.0
"""Silence between the phrase and the part, in which releases ring out."""


def available() -> bool:
    """Whether pysfizz is installed."""
    return importlib.util.find_spec("pysfizz") is not None


def version() -> str:
    """Version of the package."""
    return f"{importlib.metadata.version('pysfizz')} {BLOCK_FRAMES}"


def inspect(file: str) -> tuple[frozenset[int], tuple[str, ...]]:
    """The keys at which an instrument sounds, and its samples (beside it) that cannot be read. Raises BadInput for no instrument."""
    import soundfile

    synth = _loaded(file)
    broken = []
    for path in sorted(Path(file).parent.iterdir()):
        if path.suffix != ".sfz":
            try:
                readable = soundfile.info(str(path)).frames > 0
            except soundfile.LibsndfileError:
                readable = False
            broken += [] if readable else [path.name]
    return frozenset(synth.playable_keys), tuple(broken)


def play(file: str, phrase: list[Event], phrase_frames: int, events: list[Event], frames: int) -> tuple[Floats, Floats]:
    """The calibration phrase and the part, each [2, frames]."""
    synth = _loaded(file)
    heard = _render(synth, phrase, phrase_frames + round(ALL_VOICES_S * SAMPLE_RATE_HZ))
    synth._synth.all_sound_off()
    return heard[:, :phrase_frames], _render(synth, events, frames)


def _loaded(file: str) -> Any:
    import pysfizz

    synth = pysfizz.Synth(sample_rate=SAMPLE_RATE_HZ, block_size=BLOCK_FRAMES)
    synth._synth.set_num_voices(VOICES)
    if not synth.load_sfz_file(file):
        raise BadInput("sounds", Path(file).name, "an SFZ instrument", hint="sfizz finds no region in it that it can play.")
    return synth


def _render(synth: Any, events: list[Event], frames: int) -> Floats:
    native = synth._synth
    audio = np.zeros((2, -(-frames // BLOCK_FRAMES) * BLOCK_FRAMES), dtype=np.float32)
    waiting = iter(events)
    event = next(waiting, None)
    for start in range(0, audio.shape[1], BLOCK_FRAMES):
        while event is not None and event.sample < start + BLOCK_FRAMES:
            _send(native, max(event.sample - start, 0), event)
            event = next(waiting, None)
        audio[0, start : start + BLOCK_FRAMES], audio[1, start : start + BLOCK_FRAMES] = native.render_block()
    return audio[:, :frames].copy()


def _send(native: Any, delay: int, event: Event) -> None:
    match event.kind:
        case "on":
            native.note_on(delay, event.key, max(round(event.value), 1))
        case "off":
            native.note_off(delay, event.key, 0)
        case "cc":
            native.cc(delay, event.key, round(event.value))
        case "bend":
            native.pitch_wheel(delay, round(8191 * max(min(event.value / BEND_RANGE, 1.0), -1.0)))
