"""The whole reading: offline always, and with a language model on top where the user asks for it."""

from contracts.brief import Brief
from contracts.context import Options
from contracts.features import Features
from contracts.given import Given
from contracts.preferences import Preferences
from services.enhancer.llm import LlmSettings, refine
from services.enhancer.reading import read_prompt


def enhance(
    prompt: str,
    options: Options,
    features: Features | None = None,
    *,
    seed: int = 0,
    given: Given | None = None,
    lyrics: str = "",
    preferences: Preferences | None = None,
    settings: LlmSettings | None = None,
) -> Brief:
    """The brief of a prompt by the reader that `options.enhance` names. Raises BadInput as `read_prompt` does.

    A model that is missing, slow or wrong never fails a job: the offline brief stands and a note says so.
    """
    brief = read_prompt(prompt, options, features, seed=seed, given=given, lyrics=lyrics, preferences=preferences)
    if options.enhance != "llm":
        return brief
    return refine(brief, prompt, settings or LlmSettings(), seed)
