"""Patches synthesised by Faust through DawDreamer: polyphonic by MIDI, mono and swept ones driven at audio rate.

Only for processes of their own: an engine made in one thread and used in another waits for ever (DawDreamer 0.9.0).
"""

import contextlib
import hashlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from contracts.errors import Unavailable
from contracts.music import Note, Part
from services.generator.production.curves import BLOCK, SAMPLE_RATE_HZ, Clock, Floats, curve
from services.generator.production.islands import Island, assembled, islands
from services.generator.production.sounds import Synth, patch_code

Render = Callable[[Island], Floats]
Key = Callable[[Island], object]
VOICES = 64
"""Fewer steal notes that still ring."""
FINE_BLOCK = 64
"""Block where sliders move: the engine reads automation once a block."""
CHUNK = 480_000
_MOVED = {"bend": "pitch_bend", "cc1": "cc1"}
"""Sliders of polyphonic patches and their effects (cc1: the speed of a rotating speaker), and the controls that move them."""
RETRIGGER_S = 0.0015
LEGATO_S = 0.012
"""Notes closer than this are slurred on mono patches."""
JOINED_S = 0.1
"""Notes of a bed closer than this are one."""
TURN_S = 0.003
"""How long before a stroke the velocity of a single voice begins to move to the new one: a step would be heard while it rings."""
DAMP_S = 0.006
"""How long before a stroke the finger lies on a string that rings."""


@cache
def available() -> bool:
    """Whether DawDreamer loads: it links to libGL and GLib, which a minimal system lacks."""
    try:
        import dawdreamer  # noqa: F401
    except ImportError:
        return False
    return True


def version() -> str:
    """Version of DawDreamer, which contains its Faust compiler and libraries."""
    return importlib.metadata.version("dawdreamer")


def play(part: Part, patch: str, sound: Synth, clock: Clock) -> Floats:
    """Play a part on a patch. Returns [2, frames]. Raises Unavailable where DawDreamer is missing."""
    if not available():
        raise Unavailable("DawDreamer", "install the extra 'generator' and the system packages libgl1 and libglib2.0-0")
    if sound.bed:
        part = _bed(part, sound, clock)
    with _quiet():
        render, key = _poly(part, patch, sound, clock) if sound.mode == "poly" else _mono(part, patch, sound, clock)
        audio = assembled(islands(part.notes, clock, sound.release_s), clock.frames, key, render)
        return render(Island(0, clock.frames, part.notes)) if audio is None else audio


def sweep(audio: Floats, cutoff: Floats) -> Floats:
    """Low-pass [2, frames] audio by a cutoff curve (0 closed, 1 open) of the same length."""
    with _quiet():
        return _through("sweep", np.vstack([audio, cutoff[None, :]]))


def _bed(part: Part, sound: Synth, clock: Clock) -> Part:
    """A bed of noise as notes that do not begin anew with every section, the last held until it dies with the end of the file."""
    joined: list[Note] = []
    for note in part.notes:
        if joined and clock.seconds(note.start) - clock.seconds(joined[-1].end) < JOINED_S and joined[-1].pitch == note.pitch:
            joined[-1] = joined[-1]._replace(duration=note.end - joined[-1].start)
        else:
            joined.append(note)
    if joined and clock.rings:
        last = joined[-1]
        dying = clock.tick(clock.frames - round(sound.release_s * SAMPLE_RATE_HZ))
        joined[-1] = last._replace(duration=max(last.duration, dying - last.start))
    return part.model_copy(update={"notes": tuple(joined)})


def _poly(part: Part, patch: str, sound: Synth, clock: Clock) -> tuple[Render, Key]:
    """How an island of a polyphonic patch is rendered, and what determines its sound."""
    moved = {label: curve(part, name, clock, default=0.0) for label, name in _MOVED.items() if name in part.controls}

    def strokes(island: Island) -> list[tuple[int, int, int, int]]:
        """(start, length, pitch, velocity) of each note, in samples from the island's beginning."""
        times = [(clock.sample(n.start), clock.sample(n.end), n) for n in island.notes]
        return [(start - island.start, max(end - start, 64), n.pitch, n.velocity) for start, end, n in times]

    def key(island: Island) -> object:
        curves = tuple((label, values[island.start : island.stop].tobytes()) for label, values in moved.items())
        return tuple(strokes(island)), island.stop - island.start, curves

    def render(island: Island) -> Floats:
        engine, graph = _engine(FINE_BLOCK if moved else BLOCK), list[tuple[Any, list[str]]]()
        synth = engine.make_faust_processor("voices")
        synth.num_voices = VOICES
        _compile(synth, patch)
        for start, length, pitch, velocity in strokes(island):
            synth.add_midi_note(pitch, velocity, (start + 0.5) / SAMPLE_RATE_HZ, length / SAMPLE_RATE_HZ)
        _automate(synth, moved, island)
        graph.append((synth, []))
        if sound.fx:
            effect = engine.make_faust_processor("effect")
            _compile(effect, sound.fx)
            _automate(effect, moved, island)
            graph.append((effect, ["voices"]))
        return _render(engine, graph, island.stop - island.start)

    return render, key


def _automate(processor: Any, moved: dict[str, Floats], island: Island) -> None:
    """Move a processor's sliders by curves: slider label -> value at every sample of the song."""
    for row in processor.get_parameters_description():
        if row["label"] in moved:
            processor.set_automation(row["name"], moved[row["label"]][island.start : island.stop])


def _mono(part: Part, patch: str, sound: Synth, clock: Clock) -> tuple[Render, Key]:
    """How an island of a patch of one voice is rendered, and what determines its sound."""
    notes = [n for i, n in enumerate(part.notes) if i + 1 == len(part.notes) or part.notes[i + 1].start > n.start]
    pitch, gate, velocity = _strings(notes, sound, clock)
    pitch += curve(part, "pitch_bend", clock, default=0.0)
    cutoff = np.clip(curve(part, "cutoff", clock, default=1.0), 0.0, 1.0)
    motion = _progress(notes, clock) if sound.mode == "sweep" else _wobble(part, clock)
    frequency = np.float32(440.0) * np.exp2((pitch - np.float32(69.0)) / np.float32(12.0))
    signals = np.stack([frequency, gate, velocity, cutoff, motion])
    del pitch, frequency, gate, velocity, cutoff, motion  # 23 MB each for a song of two minutes

    def render(island: Island) -> Floats:
        audio = _through(patch, signals[:, island.start : island.stop])
        return audio * _damping(signals[1, island.start : island.stop]) if sound.struck else audio

    def key(island: Island) -> object:
        return hashlib.sha256(np.ascontiguousarray(signals[:, island.start : island.stop]).data).digest()

    return render, key


def _strings(notes: list[Note], sound: Synth, clock: Clock) -> tuple[Floats, Floats, Floats]:
    """Pitch in semitones (with glide on slurs), gate and velocity of a single voice, at every sample."""
    frames = clock.frames
    pitch, gate, velocity = (np.zeros(frames, dtype=np.float32) for _ in range(3))
    previous: Note | None = None
    pitch[:] = notes[0].pitch if notes else 60
    for index, note in enumerate(notes):
        start, end = clock.sample(note.start), clock.sample(note.end)
        following = clock.sample(notes[index + 1].start) if index + 1 < len(notes) else frames
        slurred_on = following - end < LEGATO_S * SAMPLE_RATE_HZ and sound.glide_ms > 0 and index + 1 < len(notes)
        slurred = previous is not None and start - clock.sample(previous.end) < LEGATO_S * SAMPLE_RATE_HZ and sound.glide_ms > 0
        stop = following if slurred_on else min(end, following)
        pitch[start:] = note.pitch
        velocity[start:] = note.velocity / 127.0
        turn = min(round(TURN_S * SAMPLE_RATE_HZ), start) if previous else 0
        velocity[start - turn : start] += (velocity[start] - velocity[start - turn : start]) * np.linspace(0.0, 1.0, turn, dtype=np.float32)
        gate[start:stop] = 1.0
        overlap = previous is not None and previous.end > note.start
        if slurred and previous is not None and (overlap or sound.mode == "sweep") and previous.pitch != note.pitch:
            length = min(round(sound.glide_ms / 1000 * SAMPLE_RATE_HZ), max(following - start, 1), frames - start)
            ease = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, max(length, 1)))
            pitch[start : start + length] = previous.pitch + (note.pitch - previous.pitch) * ease
        elif slurred:
            gate[max(start - round(RETRIGGER_S * SAMPLE_RATE_HZ), 0) : start] = 0.0
        previous = note
    return pitch, gate, velocity


def _damping(gate: Floats) -> Floats:
    """Gain of a string of one player: down to nothing in the milliseconds before each stroke."""
    gain, length = np.ones_like(gate), round(DAMP_S * SAMPLE_RATE_HZ)
    ease = (0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, length))).astype(np.float32)
    for stroke in np.flatnonzero(np.diff(gate) > 0) + 1:
        start = max(int(stroke) - length, 0)
        gain[start:stroke] *= ease[start - int(stroke) :]
    return gain


def _wobble(part: Part, clock: Clock) -> Floats:
    """Phase of the wobble, 0 to 1: cycles per felt beat, summed over the beats, so that it never drifts from the bar."""
    rate = curve(part, "wobble_rate", clock, default=2.0)
    phase, done = np.zeros(clock.frames, dtype=np.float32), 0.0
    for start in range(0, clock.frames, CHUNK):
        stop = min(start + CHUNK, clock.frames)
        steps = rate[start:stop] * np.diff(clock.beats(np.arange(start, stop + 1, dtype=np.float64)))
        cycles = done + np.cumsum(steps)
        phase[start:stop] = (cycles - steps) % 1.0
        done = float(cycles[-1])
    return phase


def _progress(notes: list[Note], clock: Clock) -> Floats:
    """How far each note has got, 0 to 1."""
    progress = np.zeros(clock.frames, dtype=np.float32)
    for note in notes:
        start, end = clock.sample(note.start), min(clock.sample(note.end), clock.frames)
        progress[start:end] = np.linspace(0.0, 1.0, max(end - start, 0), dtype=np.float32)
        progress[end:] = 1.0
    return progress


def _engine(block: int = BLOCK) -> Any:
    import dawdreamer

    return dawdreamer.RenderEngine(SAMPLE_RATE_HZ, block)


def _compile(processor: Any, patch: str) -> None:
    if not processor.set_dsp_string(patch_code(patch)) or not processor.compile():
        raise Unavailable(f"Faust patch {patch}", "it does not compile with this Faust")


def _through(patch: str, signals: Floats) -> Floats:
    """Send [inputs, frames] through a Faust processor that is not polyphonic."""
    engine = _engine()
    source = engine.make_playback_processor("source", np.ascontiguousarray(signals, dtype=np.float32))
    effect = engine.make_faust_processor("effect")
    _compile(effect, patch)
    return _render(engine, [(source, []), (effect, ["source"])], signals.shape[1])


def _render(engine: Any, graph: list[tuple[Any, list[str]]], frames: int) -> Floats:
    engine.load_graph(graph)
    engine.render((frames + BLOCK) / SAMPLE_RATE_HZ)
    audio: Floats = engine.get_audio()[:2, :frames]  # voices without an effect have a third output, `alive`
    if audio.shape != (2, frames):
        raise Unavailable("DawDreamer", f"it rendered {audio.shape} in place of (2, {frames})")
    return np.ascontiguousarray(audio, dtype=np.float32)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the compiler's remarks off standard error."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as sink:  # noqa: PTH123 - a device, by descriptor
            os.dup2(sink.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
