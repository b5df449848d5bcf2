"""What a request brings to build on, read and put together: notes of a file or a voice, the groove of taps."""

from collections.abc import Sequence
from pathlib import Path

from contracts.context import Options
from contracts.given import Given
from services.analyzer.midi_file import refused
from services.analyzer.midi_material import read_midi
from services.analyzer.tapping import read_tapping
from services.runtime.isolation import PluginFailed, isolated

READING_S = 30.0
READING_BYTES = 1 << 30
_SAME_TEMPO = 0.02


def bring(options: Options, midi: tuple[bytes, str] | None, hum: Path | None, taps_s: Sequence[float]) -> Given | None:
    """One Given of everything that was brought; None where nothing was. A stated meter or tempo is the grid of what has none.

    The notes are the file's where there is one, else the voice's; taps give the groove, and the tempo where no file names one.

    Raises:
        BadInput: on field "midi", "hum" or "taps", for what cannot be read.
    """
    given = _notes(*midi, options) if midi else None
    tapped = read_tapping(taps_s, options.meter or (given.meter if given else None), options.bpm) if taps_s else None
    if given is not None:
        return _joined(given, _hummed(hum, options, tapped or given) if hum else None, tapped)
    if hum is not None:
        return _joined(_hummed(hum, options, tapped), None, tapped)
    return tapped


def _notes(data: bytes, name: str, options: Options) -> Given:
    """What a MIDI file brings, read in a process that can die alone."""
    try:
        return isolated(
            read_midi, data, name, options.midi_as, timeout_s=READING_S, what="what reads MIDI files", memory_bytes=READING_BYTES
        )
    except PluginFailed as error:
        raise refused(name, f"it breaks what reads it, which {error.how}") from error


def _hummed(path: Path, options: Options, grid: Given | None) -> Given:
    from services.analyzer.humming import hear_tune

    bpm = options.bpm or (grid.tempo_bpm if grid else None)
    return hear_tune(path, bpm, options.meter or (grid.meter if grid else None))


def _joined(first: Given, voice: Given | None, tapped: Given | None) -> Given:
    """A file's notes, with the voice's melody in place of its own, and the taps' groove."""
    joined = first
    if voice:
        others = tuple(part for part in first.parts if part.role != "melody")
        remark = "the melody is the hummed one, chords and rhythm are the file's"
        joined = first.model_copy(
            update={"parts": (*voice.parts, *others), "bars": max(first.bars, voice.bars), "notes": (*first.notes, *voice.notes, remark)}
        )
    if tapped:
        notes = (*joined.notes, *(f"taps: {note}" for note in tapped.notes))
        tempo = joined.tempo_bpm if joined.source == "midi" and joined.tempo_bpm else tapped.tempo_bpm
        if tempo and tapped.tempo_bpm and abs(tapped.tempo_bpm / tempo - 1) > _SAME_TEMPO:
            notes += (f"the file's {tempo:g} bpm stand over the taps' {tapped.tempo_bpm:.5g}, which give the feel alone",)
        joined = joined.model_copy(update={"groove": tapped.groove, "tempo_bpm": tempo, "notes": notes})
    return joined
