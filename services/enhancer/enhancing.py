"""The whole reading: offline always, with a language model on top where the user asks for it, and an edited brief over all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contracts.brief import Brief
from contracts.context import Options
from contracts.errors import BadInput
from contracts.features import Features, PictureFeatures
from contracts.given import Given
from contracts.preferences import Preferences
from services.enhancer.edited import check_edited
from services.enhancer.model.account import Account
from services.enhancer.model.cache import Answers
from services.enhancer.model.refining import Refined, refine
from services.enhancer.model.settings import LlmSettings
from services.enhancer.reading import read_prompt
from services.enhancer.reading.over import Over, stated_by
from services.enhancer.reading.steps import fields


@dataclass(frozen=True)
class Brought:
    """What stands beside the words: everything that a reading may lean on."""

    features: Features | None = None
    given: Given | None = None
    lyrics: str = ""
    preferences: Preferences | None = None
    picture: PictureFeatures | None = None


@dataclass(frozen=True)
class Reader:
    """Who reads beside the offline reader, and where its earlier answers are kept."""

    settings: LlmSettings = field(default_factory=LlmSettings)
    answers: Answers = field(default_factory=Answers)


@dataclass(frozen=True)
class Enhanced:
    """A brief, and what asking a model for it took (None: none was asked)."""

    brief: Brief
    account: Account | None = None


def enhanced(prompt: str, options: Options, brought: Brought | None = None, *, seed: int = 0, reader: Reader | None = None) -> Enhanced:
    """The brief of a prompt by the reader that `options.enhance` names, under the edited brief `options.brief`.

    A model that is missing, slow or wrong never fails a job: the offline brief stands and a note says so.

    Raises BadInput as `read_prompt` does, and for an edited brief that cannot be, naming `brief.<field>`.
    """
    brought = brought or Brought()
    edited = check_edited(options.brief) if options.brief is not None else None
    prompt = prompt if prompt.strip() or edited is None else edited.prompt
    plain = options.model_copy(update={"brief": None})
    read = partial(_read, prompt, plain, seed, brought, Over() if edited else None)
    refined = Refined(read())
    if options.enhance == "llm" and prompt.strip():
        reader = reader or Reader()
        rooted = _rooted(refined.brief, partial(_read, prompt, plain, seed, Brought(), None), brought)
        refined = refine(
            refined.brief,
            prompt,
            lambda over: read(over=over),
            reader.settings,
            reader.answers,
            rooted,
            is_whole=bool(edited and edited.is_whole),
        )
    brief = refined.brief
    over = edited.over(brief, stated_by(options)) if edited else None
    if over:
        brief = _overruled(brief, Over({**refined.over.fields, **over.fields}, over.title or refined.over.title), read)
        brief = refined.thought_over(brief)
    return Enhanced(brief.model_copy(update={"prompt": prompt}), refined.account)


def _read(prompt: str, options: Options, seed: int, brought: Brought, least: Over | None, over: Over | None = None) -> Brief:
    return read_prompt(
        prompt,
        options,
        brought.features,
        seed=seed,
        given=brought.given,
        lyrics=brought.lyrics,
        preferences=brought.preferences,
        picture=brought.picture,
        over=over or (least if not prompt.strip() else None),
    )


def _overruled(brief: Brief, over: Over, read: Callable[..., Brief]) -> Brief:
    """The reading around an edited brief, with what was noted about the reading before it."""
    try:
        made = read(over=over)
    except BadInput as error:
        raise over.renamed(error) from None
    notes = tuple(dict.fromkeys((*made.notes, *(note for note in brief.notes if "language model" in note or " proposed " in note))))
    return made.model_copy(update={"notes": notes})


def _rooted(brief: Brief, read_words_alone: Callable[[], Brief], brought: Brought) -> frozenset[str]:
    """Fields that would be others without what was brought: only the user's words move them."""
    if brought == Brought(lyrics=brought.lyrics):
        return frozenset()
    try:
        alone: dict[str, Any] = fields(read_words_alone())
    except BadInput:
        return frozenset(fields(brief))
    return frozenset(name for name, one in fields(brief).items() if name not in alone or alone[name].value != one.value)
