"""The offline brief with what a language model proposes where nothing was stated; the offline brief and a note where it fails."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from contracts.brief import Brief, ReasoningStep
from contracts.errors import BadInput
from services.enhancer.model.account import Account, Meter
from services.enhancer.model.asking import Failed, ask
from services.enhancer.model.cache import Answers, digest_of
from services.enhancer.model.instructions import question
from services.enhancer.model.proposals import Proposals, proposals
from services.enhancer.model.schema import brief_schema
from services.enhancer.model.settings import LlmSettings
from services.enhancer.reading.over import Over
from services.enhancer.reading.steps import fields, told

Reread = Callable[[Over], Brief]


@dataclass(frozen=True)
class Refined:
    """A brief, the facts that were laid over the reading for it, and what the asking took (None: nobody was asked)."""

    brief: Brief
    over: Over = Over()  # noqa: RUF009 - frozen
    account: Account | None = None
    thoughts: tuple[ReasoningStep, ...] = ()

    def thought_over(self, brief: Brief) -> Brief:
        """Another brief of the same prompt, with what the model thought at each of the six steps."""
        if not self.thoughts or self.account is None:
            return brief
        texts = {step.name: f" {self.account.model} thought: “{step.text}”" for step in self.thoughts}
        steps = (step.model_copy(update={"text": step.text + texts.get(step.name, "")}) for step in brief.steps)
        return brief.model_copy(update={"steps": tuple(steps)})


def refine(
    brief: Brief,
    prompt: str,
    reread: Reread,
    settings: LlmSettings,
    answers: Answers,
    rooted: Collection[str] = (),
    *,
    is_whole: bool = False,
) -> Refined:
    """Ask the model, or find what it answered to the same question. Never raises: what fails is a note.

    Args:
        brief: the offline brief.
        prompt: the words.
        reread: reads them once more, with facts laid over.
        settings: where the model is.
        answers: those that were given before.
        rooted: fields that something brought has set: only words move them.
        is_whole: an edited brief says every field; nobody is asked for what would be overruled.
    """
    if not settings.base_url:
        return Refined(_noted(brief, "No language model is set up (HOUSEBAND_LLM_BASE_URL); the offline reader's brief stands."))
    model, messages, schema = settings.model, question(prompt, brief), brief_schema()
    digest = digest_of(model, messages, schema)
    answer = answers.find(digest)
    if answer is not None:
        account = Meter(settings, model).account(from_cache=True)
    elif is_whole:
        return Refined(_noted(brief, "The edited brief says every field; the language model was not asked."))
    else:
        try:
            answer, account = ask(settings, model, messages, schema)
        except Failed as failed:
            why = f"The language model gave no usable answer ({failed.why}); the offline reader's brief stands."
            return Refined(_noted(brief, why), account=failed.account)
        answers.keep(digest, answer)
    return _merged(brief, proposals(answer, brief, prompt, model, rooted), reread, account)


def _merged(brief: Brief, found: Proposals, reread: Reread, account: Account) -> Refined:
    """The brief read again around the proposals. What was stated is laid over, too: it stands whatever was proposed beside it."""
    stated = {name: field for name, field in fields(brief).items() if field.is_stated}
    over = Over({**found.fields, **stated}, found.title)
    try:
        merged = reread(over)
    except BadInput:
        why = f"What {account.model} proposed does not go together with what was stated; the offline reader's brief stands."
        return Refined(_noted(brief, why), account=account)
    parts = [f"{account.model} proposed {', '.join(sorted(found.fields)) or 'nothing that was open'}; what was stated stands"]
    if found.kept:
        parts.append(f"not taken, since they were stated, brought or not said: {', '.join(sorted(found.kept))}")
    if found.dropped:
        parts.append(f"not possible: {', '.join(sorted(found.dropped))}")
    refined = Refined(_noted(merged, "; ".join(parts) + "."), over, account, found.thoughts)
    return replace(refined, brief=refined.thought_over(refined.brief))


def _noted(brief: Brief, note: str) -> Brief:
    return told(brief.model_copy(update={"notes": (*brief.notes, note)}))
