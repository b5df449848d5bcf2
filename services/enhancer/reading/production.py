"""Words of production, of energy, and of what the music is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from services.enhancer.reading.lexicon import Lexicon, Match
from services.enhancer.reading.scope import reached
from services.enhancer.reading.tables import table
from services.enhancer.reading.text import Text
from services.enhancer.reading.vocabulary import INSTRUMENT, PRODUCTION, USE, scope_words, vocabulary

_COLOURS = frozenset({"distorted", "gated reverb"})
"""What the name of a player may say of the sound: "distorted guitar", "gated drums"."""


@dataclass(frozen=True)
class Sound:
    """How it shall sound, what it is for, and how much energy the words ask for (-1 low, +1 high)."""

    production: tuple[str, ...] = ()
    production_evidence: str | None = None
    uses: tuple[str, ...] = ()
    use_evidence: str | None = None
    energy: float | None = None
    energy_evidence: str | None = None


def read_sound(text: Text, matches: Sequence[Match]) -> Sound:
    """Production, use and energy of a prompt."""
    sound = [m for m in matches if m.ids(PRODUCTION)]
    refused = {i for scope in reached(text, sound, "negation", lambda _: False) for i in scope.items}
    sound = [m for i, m in enumerate(sound) if i not in refused]
    played = [m for m in matches if m.ids(INSTRUMENT) and not m.ids(PRODUCTION) and m.last - m.first > 1]
    inner = {m: vocabulary().inside(text, m, PRODUCTION)[:1] for m in played if not _is_refused_near(text, m)}
    coloured = [m for m, names in inner.items() if set(names) & _COLOURS]
    uses = [m for m in matches if m.ids(USE)]
    energy, words = _energy(text)
    return Sound(
        tuple(dict.fromkeys([*(m.ids(PRODUCTION)[0] for m in sound), *(inner[m][0] for m in coloured)])),
        _quotes(text, [*sound, *coloured]),
        tuple(dict.fromkeys(m.ids(USE)[0] for m in uses)),
        _quotes(text, uses),
        energy,
        words,
    )


def _is_refused_near(text: Text, match: Match) -> bool:
    """Whether a refusal stands right before a player: "no distorted guitar"."""
    before = text.words[match.first - 1].form if match.first else ""
    return any(kind == "negation" for kind, _ in scope_words().senses((before,))) if before else False


def _quotes(text: Text, matches: Sequence[Match]) -> str | None:
    return ", ".join(dict.fromkeys(text.quote(m.start, m.end) for m in matches)) or None


@cache
def _levels() -> Lexicon:
    words = table("words")["energy"]
    return Lexicon.build([(w, ("energy", "high")) for w in words["high"]] + [(w, ("energy", "low")) for w in words["low"]])


def _energy(text: Text) -> tuple[float | None, str | None]:
    matches = [m for m in _levels().find(text) if not m.misspelt]
    refused = {i for scope in reached(text, matches, "negation", lambda _: False) for i in scope.items}
    for index, match in enumerate(matches):
        level = 1.0 if ("energy", "high") in match.senses else -1.0
        return (-level if index in refused else level), text.quote(match.start, match.end)
    return None, None
