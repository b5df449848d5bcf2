"""The optional second reader: a language model behind any OpenAI-compatible address, which may fill what was not stated."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.brief import Brief, SectionPlan, Source, Stated
from contracts.errors import BadInput
from contracts.music import Key, Meter
from services.enhancer.reading.sections import canonical_label
from services.enhancer.reading.steps import fields, told
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from services.music.packs.moods import moods


class LlmSettings(BaseSettings):
    """Where the model is: `HOUSEBAND_LLM_BASE_URL`, `_MODEL`, `_API_KEY`, `_TIMEOUT_S`. Without an address it is not asked."""

    model_config = SettingsConfigDict(env_prefix="HOUSEBAND_LLM_", extra="ignore", frozen=True)

    base_url: str | None = None
    model: str = "gpt-4o-mini"
    api_key: SecretStr = SecretStr("none")
    timeout_s: float = Field(default=20.0, gt=0, description="seconds to wait for the connection, and for each part of the answer")


class Section(BaseModel):
    """A section that the model proposes."""

    model_config = ConfigDict(extra="forbid")
    label: str
    bars: int | None


class Suggestion(BaseModel):
    """What the model may propose: the brief's fields without their sources. None: no proposal."""

    model_config = ConfigDict(extra="forbid")

    tempo_bpm: float | None
    key: str | None
    meter: str | None
    genres: list[str] | None
    moods: list[str] | None
    energy: float | None
    valence: float | None
    instruments_with: list[str] | None
    structure: list[Section] | None
    production: list[str] | None
    title: str | None
    why: str


class Unusable(Exception):
    """The model gave no usable answer; the message says why in a few words."""


def refine(brief: Brief, prompt: str, settings: LlmSettings, seed: int) -> Brief:
    """The offline brief with the model's proposals where nothing was stated; the offline brief and a note where it fails."""
    if not settings.base_url:
        return _noted(brief, "No language model is set up (HOUSEBAND_LLM_BASE_URL); the offline reader's brief stands.")
    try:
        suggestion = ask(brief, prompt, settings, seed)
    except Unusable as problem:
        return _noted(brief, f"The language model gave no usable answer ({problem}); the offline reader's brief stands.")
    return merge(brief, suggestion, settings.model)


def ask(brief: Brief, prompt: str, settings: LlmSettings, seed: int) -> Suggestion:
    """One question over the chat completions protocol with a JSON schema. Raises Unusable."""
    import openai

    client = openai.OpenAI(
        base_url=settings.base_url, api_key=settings.api_key.get_secret_value() or "none", timeout=settings.timeout_s, max_retries=0
    )
    try:
        with client:
            answer = client.chat.completions.create(
                model=settings.model,
                seed=seed % 2**31,
                temperature=0,
                messages=[{"role": "system", "content": _instructions(brief)}, {"role": "user", "content": prompt}],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "brief", "strict": True, "schema": Suggestion.model_json_schema()},
                },
            )
    except openai.APITimeoutError:
        raise Unusable(f"no answer within {settings.timeout_s:g} s") from None
    except openai.OpenAIError as error:
        raise Unusable(type(error).__name__) from None
    except ValueError:
        raise Unusable("the answer is not JSON") from None
    return _parsed(answer)


def _parsed(answer: Any) -> Suggestion:
    """The suggestion in an answer. Whatever a server sends that is not the protocol's shape is Unusable."""
    choices = getattr(answer, "choices", None)
    content = getattr(getattr(choices[0], "message", None), "content", None) if isinstance(choices, list) and choices else None
    if not isinstance(content, str):
        raise Unusable("the answer holds no text")
    try:
        return Suggestion.model_validate_json(content)
    except ValidationError as error:
        raise Unusable(f"the answer does not fit the schema, {error.error_count()} errors") from None


def _instructions(brief: Brief) -> str:
    stated = {name: field.value for name, field in fields(brief).items() if field.is_stated}
    return (
        "You are a record producer who writes briefs for a band. Read the user's wish and fill the schema. Use null where you have nothing better. "  # noqa: E501  a table of words or one pattern
        f"Facts that the user stated and that you must respect: {stated}. The offline reading: {brief.text} "
        f"Genres: {', '.join(genres())}. Moods: {', '.join(moods())}. Instruments: {', '.join(instruments())}. "
        "Keys such as 'F minor' or 'D dorian'. Energy and valence from 0 to 1. Tempo in BPM of the felt beat, 30 to 300. "
        "The title names no artist. Say why in one sentence."
    )


def merge(brief: Brief, suggestion: Suggestion, model: str) -> Brief:
    """Proposals that make sense replace inferred fields; stated fields are never touched."""
    reason = f"suggested by {model}: {suggestion.why.strip()[:200]}"
    changes: dict[str, Any] = {}
    for name, value in _sensible(suggestion, brief).items():
        field: Stated[Any] = getattr(brief, name)
        if not field.is_stated and value not in (None, ()):
            changes[name] = type(field)(value=value, source=Source.INFERRED, confidence=0.6, reason=reason)
    if brief.chords.value:
        changes.pop("key", None)
    if suggestion.title and suggestion.title.strip():
        changes["title"] = suggestion.title.strip()[:60]
    noted = f"{model} proposed {', '.join(sorted(changes)) or 'nothing'}; what was stated stands."
    return told(brief.model_copy(update={**changes, "notes": (*brief.notes, noted)}))


def _sensible(suggestion: Suggestion, brief: Brief) -> dict[str, Any]:
    """The proposals in the brief's types; None for what cannot be."""
    without = brief.instruments_without.value
    return {
        "tempo_bpm": suggestion.tempo_bpm if suggestion.tempo_bpm and 30 <= suggestion.tempo_bpm <= 300 else None,
        "key": _parsed_or_none(Key.parse, suggestion.key),
        "meter": _parsed_or_none(Meter.parse, suggestion.meter),
        "genres": tuple(dict.fromkeys(g for g in suggestion.genres or () if g in genres()))[:3],
        "moods": tuple(dict.fromkeys(m for m in suggestion.moods or () if m in moods()))[:4],
        "energy": suggestion.energy if suggestion.energy is not None and 0 <= suggestion.energy <= 1 else None,
        "valence": suggestion.valence if suggestion.valence is not None and 0 <= suggestion.valence <= 1 else None,
        "instruments_with": tuple(dict.fromkeys(i for i in suggestion.instruments_with or () if i in instruments() and i not in without)),
        "structure": _plan(suggestion.structure or []),
        "production": tuple(word[:40] for word in suggestion.production or ())[:8],
    }


def _plan(sections: list[Section]) -> tuple[SectionPlan, ...]:
    plan = [(canonical_label(section.label), section.bars) for section in sections[:24]]
    if len(plan) < 2 or any(not label or (bars is not None and not 1 <= bars <= 128) for label, bars in plan):
        return ()
    return tuple(SectionPlan(label=label, bars=bars) for label, bars in plan)


def _parsed_or_none(parse: Any, text: str | None) -> str | None:
    try:
        return str(parse(text)) if text else None
    except BadInput:
        return None


def _noted(brief: Brief, note: str) -> Brief:
    return told(brief.model_copy(update={"notes": (*brief.notes, note)}))
