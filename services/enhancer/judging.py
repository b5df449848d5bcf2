"""What the enhancer answers about taste: a judgement learned, a model told in words."""

from typing import Any

from contracts.base import Document
from contracts.errors import BadInput
from contracts.preferences import Facts, Feedback, Preferences
from contracts.upgrades import read_context
from services.enhancer.taste.facts import facts_of
from services.enhancer.taste.learning import learn
from services.enhancer.taste.telling import told
from services.runtime.workbench import Workbench


class Song(Document):
    """A judged song: a revision of its context in the store, or its facts."""

    revision: str | None = None
    facts: Facts | None = None


def judge(arguments: dict[str, Any], bench: Workbench) -> dict[str, Any]:
    """The model after one more judgement, the judgement as it is kept, and the model in words.

    `preferences`; `kind`, `rating`, `liked`, `other` as in Feedback, each song a Song; `about`, kept as it is.
    Raises BadInput for a judgement that is not whole.
    """
    before = Preferences.model_validate(arguments.get("preferences") or {})
    other = arguments.get("other")
    feedback = Feedback(
        kind=arguments["kind"],
        rating=arguments.get("rating"),
        liked=_facts("liked", arguments.get("liked"), bench),
        other=_facts("other", other, bench) if other else None,
        about=arguments.get("about") or {},
    )
    after = learn(before, feedback)
    return {"preferences": after.model_dump(mode="json"), "feedback": feedback.model_dump(mode="json"), "told": list(told(after))}


def taste(arguments: dict[str, Any], _bench: Workbench) -> list[str]:
    """What a model believes, in words."""
    return list(told(Preferences.model_validate(arguments.get("preferences") or {})))


def _facts(field: str, value: Any, bench: Workbench) -> Facts:
    song = Song.model_validate(value or {})
    if song.facts is not None:
        return song.facts
    if song.revision is None:
        raise BadInput(field, value, "a song, by composition and version or by its facts")
    return facts_of(read_context(bench.objects.read(song.revision)))
