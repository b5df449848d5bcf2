"""Bands that words count: a duo, a piano trio, a wind quintet, an adagio for strings. Nobody else joins them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.enhancer.reading.lexicon import Match
from services.enhancer.reading.tables import table
from services.enhancer.reading.text import Text
from services.enhancer.reading.vocabulary import FAMILY, INSTRUMENT
from services.music.packs.instruments import instruments

Named = tuple[Match, tuple[str, ...]]
"""A phrase that names players, and their ids."""

STRINGS = frozenset({"violin", "viola", "cello"})
_SIZES = {"duo": 2, "duet": 2, "trio": 3, "quartet": 4, "quintet": 5}
_COUNTED = re.compile(r"(?<!\w)(duos?|duets?|trios?|quartets?|quintets?)(?!\w)")
_BESIDE = re.compile(r"(?<!\w)(?:with|plus|and|over|featuring|by)\s+(?:an?\s+|the\s+)?(?:[\w-]+\s+)?$")
_JOINED = re.compile(r"\s*(?:with|plus|and|\+|feat\.?|featuring)\s")
_COPIES = re.compile(r"\s*(?:for|of)\s+(?:(?:two|three|four|five|[2-5])\s+)?")
_PIECE = re.compile(
    r"(?<!\w)(?:adagio|larghetto|largo|andante|allegro|elegy|serenade|divertimento|romance|sonata|fantasia|bagatelle|canon|fugue|nocturne)"
    r"(?:\s+in\s+[a-g](?:[#b]|\s+sharp|\s+flat)?(?:\s+(?:major|minor))?)?,?\s+for\s+(?:the\s+|solo\s+)?"
)
_SOLO = re.compile(
    r"\s+solo(?:\s+piece)?\s*(?:$|[,.;:]|(?:in|at|of|en|em|à la|à|al estilo|ao estilo|im stil|wie|like|style|façon|comme|como)\s)"
)
_ARTICLE = re.compile(
    r"(?:(?:an?|une?|una?|uma?|eine?|ein)\s+)?(?:(?:(?:sad|slow|short|calm|soft|simple|little)\s+)?(?:piece|music|song|track|morceau|pièce|musique|pieza|música|canción|peça|stück|musik)\s+(?:of|for|de|para|pour|für)\s+)?"
)
_ELECTRIC = frozenset({"drum_kit", "bass_guitar", "electric_guitar"})


@dataclass(frozen=True)
class Ensemble:
    """Everybody who plays, the words that say so, and the style that such a band is at home in."""

    players: tuple[str, ...]
    words: str
    style: str | None = None
    closed: bool = True
    """False where a guest was added to a band: others may join as well."""


def find_ensemble(text: Text, named: Sequence[Named], genre_ids: Sequence[str]) -> Ensemble | None:
    """The band that the words count out; None where they leave it open to others."""
    own = next((entry for entry in named if _family(entry[0]).get("ensemble")), None)
    if own:
        return _known_band(text, own, [entry for entry in named if entry is not own], genre_ids)
    named = _without_adjective(text, named)
    names = _distinct(named, genre_ids)
    piece = _PIECE.search(text.lower)
    if piece and named and named[0][0].start == piece.end():
        strings = set(names) <= {*STRINGS, "string_ensemble"} and "string_ensemble" in names
        players = ("string_ensemble",) if strings else names
        return Ensemble(players, text.quote(piece.start(), named[-1][0].end), "classical")
    if (
        len(names) == 1
        and _ARTICLE.fullmatch(text.lower[: named[0][0].start].strip() + " " * bool(named[0][0].start))
        and _SOLO.match(text.lower, named[0][0].end)
    ):
        return Ensemble(names, f"{text.quote(named[0][0].start, named[0][0].end)} solo")
    word = _COUNTED.search(text.lower)
    if word is None or not names:
        return None
    size = _SIZES[word.group(1).rstrip("s")]
    few_strings = set(names) <= STRINGS and len(names) < size
    one_kind = len(named) == 1 and len(names) == 1 and _counts(text, word, named[0][0])
    if len(names) == size or few_strings or one_kind:
        return Ensemble(names, text.quote(*word.span()))
    return None


def _known_band(text: Text, own: Named, others: Sequence[Named], genre_ids: Sequence[str]) -> Ensemble | None:
    """A band with a name of its own. In a fixed one nobody is exchanged; in a style's band who is named takes a chair."""
    family, (match, players) = _family(own[0]), own
    quote = text.quote(match.start, match.end)
    guests = tuple(dict.fromkeys(name for entry in others for name in _seats(entry, players)))
    style = family.get("style")
    joined = _JOINED.match(text.lower, match.end)
    if joined and guests and all(instruments()[name].family == "vocal" or name in players for name in guests) and "vocals" in guests:
        return Ensemble(tuple(dict.fromkeys((*players, *guests))), quote, style)
    if joined and guests and set(guests) <= set(players):
        return Ensemble(tuple(players), quote, style, len(guests) > 1)
    if family["ensemble"] == "fixed":
        beside = bool(genre_ids) and genre_ids[0] != style and _BESIDE.search(text.lower[: match.start])
        return None if beside or set(guests) - set(players) else Ensemble(players, quote, style)
    if len(guests) > len(players):
        return None
    kinds = {instruments()[name].family for name in guests}
    kept = [name for name in players if name in guests or instruments()[name].family not in kinds]
    free = [name for name in kept if name not in guests]
    room = len(players) - len(guests)
    seated = (*guests, *free[len(free) - room :]) if room else guests
    return Ensemble(tuple(seated), quote, style) if len(seated) == len(players) else None


def _seats(entry: Named, players: Sequence[str]) -> tuple[str, ...]:
    """Who a phrase names beside a band: "bass" in a jazz trio is the trio's own double bass."""
    match, names = entry
    if match.ids(INSTRUMENT) and not match.ids(FAMILY):
        return names
    same = tuple(name for name in players if name in _family(match).get("without", ()))
    return same or names


def _without_adjective(text: Text, named: Sequence[Named]) -> list[Named]:
    """Without "acoustic" as in "acoustic duo for violin and piano", which says how they sound, not who plays."""
    plain = [entry for entry in named if text.quote(entry[0].start, entry[0].end).lower() != "acoustic"]
    return plain or list(named)


def _distinct(named: Sequence[Named], genre_ids: Sequence[str]) -> tuple[str, ...]:
    """Everybody once. A "guitar" among players of a chamber, where no style was named, is an acoustic one."""
    names = tuple(dict.fromkeys(name for _, ids in named for name in ids))
    guitars = [ids for match, ids in named if "guitar" in match.ids(FAMILY) and not match.ids(INSTRUMENT)]
    chamber = len(names) > 1 and not any(instruments()[name].electronic or name in _ELECTRIC for name in names if name != "electric_guitar")
    if genre_ids or not guitars or not chamber:
        return names
    return tuple(dict.fromkeys("acoustic_guitar" if name == "electric_guitar" else name for name in names))


def _counts(text: Text, word: re.Match[str], match: Match) -> bool:
    """Whether the word counts this one kind of player: "sax quartet", "duet for two violins"."""
    if match.end <= word.start():
        return not text.lower[match.end : word.start()].strip()
    return _COPIES.fullmatch(text.lower[word.end() : match.start]) is not None


def _family(match: Match) -> dict[str, Any]:
    families: dict[str, dict[str, Any]] = table("instruments_extra")["families"]
    return next((families[name] for name in match.ids(FAMILY)), {})
