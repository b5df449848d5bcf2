"""Moods: named, negated, by synonym or by emoji; and how strongly."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.enhancer.reading.lexicon import Match
from services.enhancer.reading.scope import reached
from services.enhancer.reading.text import Text
from services.enhancer.reading.vocabulary import GENRE, MOOD, scope_words, vocabulary

_COLOURS = frozenset({"epic", "dark", "sad", "euphoric", "uplifting", "relaxed", "heroic"})
"""Moods that the name of a style may carry before it: "epic trailer", "dark trap", "chill beats"."""


@dataclass(frozen=True)
class Feelings:
    """Moods in the order of their mention, those that were refused, and the words."""

    moods: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    evidence: str | None = None
    intensity: float = 1.0
    misspelt: bool = False


def read_feelings(text: Text, matches: Sequence[Match]) -> Feelings:
    """The moods of a prompt. "not sad" refuses; "very" and "slightly" weigh."""
    items = [m for m in matches if m.ids(MOOD)]
    refused_items = {i for scope in reached(text, items, "negation", lambda _: False) for i in scope.items}
    kept = [m for i, m in enumerate(items) if i not in refused_items]
    refused = dict.fromkeys(name for i in refused_items for name in items[i].ids(MOOD))
    named = dict.fromkeys(name for m in kept for name in _felt(text, m) if name not in refused)
    inner = {m: vocabulary().inside(text, m, MOOD)[:1] for m in matches if m.ids(GENRE) and m.last - m.first > 1}
    coloured = [m for m, names in inner.items() if set(names) & _COLOURS and not set(names) & {*named, *refused}]
    named.update(dict.fromkeys(inner[m][0] for m in coloured))
    evidence = ", ".join(
        dict.fromkeys(text.quote(m.start, m.end) for m in (*kept, *coloured) if not m.ids(MOOD) or _felt(text, m)[0] in named)
    )
    return Feelings(tuple(named), tuple(refused), evidence or None, _intensity(text, kept), any(m.misspelt for m in kept))


def _felt(text: Text, match: Match) -> tuple[str, ...]:
    """The mood that a word names; of several the darker one in French, where "sombre" speaks of light before it speaks of grief."""
    names = match.ids(MOOD)
    return ("dark",) if names[:2] == ("sad", "dark") and text.quote(match.start, match.end).lower().startswith("sombre") else names[:1]


def _intensity(text: Text, kept: Sequence[Match]) -> float:
    words = {m.last: m for m in scope_words().find(text) if m.ids("more") or m.ids("less")}
    for mood in kept:
        word = words.get(mood.first)
        if word:
            return 1.35 if word.ids("more") else 0.6
    return 1.0
