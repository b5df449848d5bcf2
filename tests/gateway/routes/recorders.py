"""Players whose record can be heard and opened: a second of sound, a MIDI file of its parts, a DAW project."""

import io
import zipfile

import mido
import numpy as np
import soundfile

from contracts.artifacts import Artifact
from contracts.context import Context
from contracts.pipeline import Stage
from tests.gateway.versions.players import Players


class Recorders(Players):
    """Players with files as the real band delivers them."""

    def _work(self, context: Context, stage: Stage) -> Context:
        made = super()._work(context, stage)
        if stage is not Stage.MASTERING or made.mastering is None:
            return made
        at = f"compositions/{made.composition_id}/toy/{made.job_id}"
        sound = self.objects.put_bytes(f"{at}/heard.wav", _sound(), "audio/wav")
        heard = made.mastering.master.model_copy(update=sound.model_dump())
        files: dict[str, Artifact] = {
            **made.artifacts,
            "master.wav": heard,
            "song.mid": self.objects.put_bytes(f"{at}/song.mid", _midi(list(made.mastering.stems)), "audio/midi"),
            "project.dawproject": self.objects.put_bytes(f"{at}/p.dawproject", _project(), "application/vnd.dawproject"),
        }
        mastering = made.mastering.model_copy(update={"master": heard})
        return made.model_copy(update={"mastering": mastering, "artifacts": files})


def _sound() -> bytes:
    out = io.BytesIO()
    tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(48_000) / 48_000)
    soundfile.write(out, np.stack([tone, tone], axis=1), 48_000, format="WAV", subtype="PCM_24")
    return out.getvalue()


def _midi(parts: list[str]) -> bytes:
    file = mido.MidiFile(type=1, ticks_per_beat=960)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=600_000)]))
    for name in parts:
        note = [mido.Message("note_on", note=60, velocity=90), mido.Message("note_off", note=60, time=960)]
        file.tracks.append(mido.MidiTrack([mido.MetaMessage("track_name", name=name), *note]))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _project() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("project.xml", '<Project><File path="stems/bass.wav" external="true" /></Project>')
        archive.writestr("metadata.xml", "<MetaData />")
    return out.getvalue()
