"""The analysis stage: what is in the reference."""

from pathlib import PurePosixPath

from contracts.context import AnalysisSection, Context
from contracts.errors import BadInput
from contracts.features import Features
from contracts.pipeline import Stage
from services.analyzer.hearing import hear, warm
from services.runtime.workbench import Workbench


def warm_up() -> None:
    """Load librosa and let numba compile it: half a minute the first time on a machine, three seconds after that."""
    warm()


def _in_words(features: Features) -> str:
    """What was heard, in a line."""
    tempo = f"about {features.tempo_bpm.value:.0f} bpm" if features.tempo_bpm else "no clear pulse"
    key = features.key or "no clear key"
    loudness = f"{features.loudness_lufs.value:.1f} LUFS" if features.loudness_lufs else "silent"
    return f"{tempo}, {key}, {loudness}"


def analyze(context: Context, bench: Workbench) -> Context:
    """Hear the reference and store its features. Raises BadInput where there is none, or where it is no sound."""
    reference = context.request.reference
    if reference is None:
        raise BadInput("reference", None, "an uploaded sound file")
    bench.progress(0.0, "Listening to the reference")
    try:
        features = hear(bench.objects.local_path(reference))
    except BadInput as error:
        name = PurePosixPath(reference.key).name
        raise BadInput("reference", name, error.allowed, hint=error.hint) from error
    bench.progress(1.0, f"Heard {_in_words(features)}")
    section = AnalysisSection(features=features, reference_name=PurePosixPath(reference.key).name)
    analyzed = context.model_copy(update={"analysis": section})
    why = "; ".join(features.notes) or "measured from the audio; it guides what the prompt leaves open"
    return analyzed.decide(Stage.ANALYSIS, "reference", _in_words(features), why)
