"""Hearing a reference that lies in the object store: from memory where it was heard before, else anew, with its stems for a job."""

from dataclasses import dataclass

from contracts.artifacts import Artifact
from contracts.features import Features
from services.analyzer.remembered import FOLDER, keep, key_of, recall
from services.analyzer.separation import How, method_here
from services.runtime.stores.describing import file_digest
from services.runtime.workbench import Workbench

HEARD_SHARE = 0.35
"""Share of a job's listening before the stems are separated."""


TRANSCRIPTS = "transcripts/"
"""Where what the stems play is kept: for as long as jobs may name it, whatever is forgotten of the analyses."""
_MIDI_HEAD = b"MThd"


@dataclass(frozen=True)
class HeardReference:
    """What was heard, the MIDI file of the stems where they were separated, and whether it was remembered."""

    features: Features
    transcript: Artifact | None = None
    notes: int = 0
    remembered: bool = False


def heard_features(reference: Artifact, bench: Workbench) -> Features:
    """The features of a stored sound file, without stems. Raises BadInput on field "reference" for what cannot be heard."""
    return heard_reference(reference, bench, "none").features


def heard_reference(reference: Artifact, bench: Workbench, how: How) -> HeardReference:
    """The features of a stored sound file, and what its stems play.

    Raises BadInput on field "reference" for what cannot be heard, on "separate" where Demucs is asked for and cannot work here.
    """
    path = bench.objects.local_path(reference)
    digest = file_digest(path)
    key = key_of(digest, method_here(how))
    written = _transcript_key(key)
    known = recall(bench.objects, key, digest)
    stored = _transcript(bench, written)
    if known is not None and (stored is not None or known.separation.method == "none"):
        return HeardReference(known, stored, remembered=True)
    from services.analyzer.hearing import hear_all
    from services.analyzer.stems import hear_stems

    heard = hear_all(path, lambda share, line: bench.progress(HEARD_SHARE * share, line))
    stems = hear_stems(heard, how, lambda share, line: bench.progress(HEARD_SHARE + (1 - HEARD_SHARE) * share, line))
    as_planned = method_here(how).startswith(stems.features.separation.method)
    if stems.midi:  # what stood in for Demucs once it failed is kept by its own name: a job's file never changes under it
        name = written if as_planned else _transcript_key(key_of(digest, stems.features.separation.method))
        stored = bench.objects.put_bytes(name, stems.midi, "audio/midi")
    if as_planned:
        keep(bench.objects, key, stems.features)
    return HeardReference(stems.features, stored if stems.midi else None, stems.notes)


def _transcript_key(key: str) -> str:
    """Where the transcript of an analysis lies that is kept under `key`."""
    return key.replace(FOLDER, TRANSCRIPTS, 1).removesuffix(".json") + ".mid"


def _transcript(bench: Workbench, key: str) -> Artifact | None:
    """A stored transcript; one that is no MIDI file is deleted."""
    stored = bench.objects.find(key)
    if stored is not None and not bench.objects.read(key).startswith(_MIDI_HEAD):
        bench.objects.delete(key)
        return None
    return stored
