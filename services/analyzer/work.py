"""The analysis stage: what is in the reference, and in what was brought to build on."""

import hashlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TypeVar

from contracts.artifacts import Artifact
from contracts.context import AnalysisSection, Context
from contracts.errors import BadInput
from contracts.features import Features
from contracts.given import Given
from contracts.pipeline import Stage
from services.runtime.workbench import Workbench

T = TypeVar("T")


def warm_up() -> None:
    """Load librosa and let numba compile it: half a minute the first time on a machine, three seconds after that."""
    from services.analyzer.hearing import warm

    warm()


def analyze(context: Context, bench: Workbench) -> Context:
    """Hear the reference and read what was brought; both are stored. Raises BadInput for what cannot be heard or read."""
    request = context.request
    if not (request.reference or request.midi or request.hum or request.taps or request.image):
        raise BadInput("reference", None, "an uploaded sound file, a MIDI file, taps or a picture")
    analyzed = context
    if request.reference:
        analyzed = _heard(analyzed, request.reference, bench)
    if request.image:
        analyzed = _seen(analyzed, request.image, bench)
    if request.midi or request.hum or request.taps:
        analyzed = _brought(analyzed, bench)
    return analyzed


def _heard(context: Context, reference: Artifact, bench: Workbench) -> Context:
    from services.analyzer.reference import heard_reference

    bench.progress(0.0, "Listening to the reference")
    within = Workbench(bench.objects, bench.scratch, lambda share, line: bench.progress(0.7 * share, line), bench.cancelled)
    heard = _named(reference, lambda: heard_reference(reference, within, context.request.options.separate))
    features = heard.features
    bench.progress(0.7, f"Heard {_in_words(features)}" + (" (as before)" if heard.remembered else ""))
    name = PurePosixPath(reference.key).name
    section = AnalysisSection(features=features, reference_name=name, transcript=heard.transcript)
    why = "; ".join(features.notes) or "measured from the audio; it guides what the prompt leaves open"
    analyzed = context.model_copy(update={"analysis": section})
    if features.separation.method != "none":
        stems = f"{', '.join(features.separation.stems)} by {features.separation.method}"
        analyzed = analyzed.decide(Stage.ANALYSIS, "reference's stems", stems, features.separation.why)
    if form := form_in_words(features):
        analyzed = analyzed.decide(Stage.ANALYSIS, "reference's form", form, "sections that begin on bar lines; a letter for what repeats")
    return analyzed.decide(Stage.ANALYSIS, "reference", _in_words(features), why)


def _seen(context: Context, image: Artifact, bench: Workbench) -> Context:
    from services.analyzer.picture import see

    bench.progress(0.72, "Looking at the picture")
    picture = see(bench.objects.read(image.key), PurePosixPath(image.key).name)
    section = (context.analysis or AnalysisSection()).model_copy(update={"picture": picture})
    why = "; ".join(picture.notes) or "measured from its pixels; it leans what words, notes and recordings leave open"
    return context.model_copy(update={"analysis": section}).decide(Stage.ANALYSIS, "picture", picture.text, why)


def _brought(context: Context, bench: Workbench) -> Context:
    from services.analyzer.bringing import bring

    request = context.request
    bench.progress(0.75, "Reading what was brought")
    midi = (bench.objects.read(request.midi.key), PurePosixPath(request.midi.key).name) if request.midi else None
    hum = bench.objects.local_path(request.hum) if request.hum else None
    given = _named(request.hum, lambda: bring(request.options, midi, hum, request.taps))
    if given is None:
        return context
    data = given.to_json()
    stored = bench.objects.put_bytes(f"given/{hashlib.sha256(data).hexdigest()}.json", data, "application/json")
    bench.progress(1.0, f"Read {given_in_words(given)}")
    section = (context.analysis or AnalysisSection()).model_copy(update={"given": stored})
    analyzed = context.model_copy(update={"analysis": section})
    why = "; ".join(given.notes) or "the song is built on it"
    return analyzed.decide(
        Stage.ANALYSIS, "brought", given_in_words(given), why, parts=[f"{p.role}: {len(p.notes)} notes" for p in given.parts]
    )


def _named(file: Artifact | None, read: Callable[[], T]) -> T:
    """What a reader reads; a refusal names the file as the user called it, not where it is kept."""
    try:
        return read()
    except BadInput as error:
        if file is None or error.field not in ("reference", "hum"):
            raise
        raise BadInput(error.field, PurePosixPath(file.key).name, error.allowed, hint=error.hint) from error


def _in_words(features: Features) -> str:
    """What was heard, in a line."""
    tempo = f"about {features.tempo_bpm.value:.0f} bpm" if features.tempo_bpm else "no clear pulse"
    key = features.key or "no clear key"
    loudness = f"{features.loudness_lufs.value:.1f} LUFS" if features.loudness_lufs else "silent"
    players = ", ".join(guess.value for guess in features.families)
    style = f"perhaps {features.genres[0].value.replace('_', ' ')}" if features.genres else ""
    return "; ".join(filter(None, [f"{tempo}, {key}, {loudness}", players, style]))


def form_in_words(features: Features) -> str:
    """Sections with their letters and bars, in a line; empty where none were heard."""
    return ", ".join(
        f"{section.letter} {section.label}" + (f" {section.bars} bars" if section.bars else "") for section in features.sections
    )


def given_in_words(given: Given) -> str:
    """What was brought, in a line."""
    parts = ", ".join(f"{part.role} ({len(part.notes)} notes)" for part in given.parts) or "a groove"
    facts = [f"{given.tempo_bpm:g} bpm" if given.tempo_bpm else "", given.meter or "", given.key or ""]
    bars = f"{given.bars} bars" if given.bars else ""
    return ", ".join(filter(None, [parts, bars, *facts]))
