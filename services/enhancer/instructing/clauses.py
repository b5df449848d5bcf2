"""An instruction taken apart: one clause for each thing that is asked, with what it shares with its neighbours."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.enhancer.instructing.amounts import BARS, BPM, CEILING, COUNTED, DB, INTERVAL, LUFS, PERCENT, RANGE, SECONDS
from services.enhancer.instructing.items import TEMPO, VALUES, WORD, Item
from services.enhancer.instructing.lexicon import (
    ATTRIBUTE,
    DEGREE,
    DIRECTION,
    FILLER,
    MARK,
    MARKING,
    PIECE,
    SECTION,
    TARGET,
    VERB,
)
from services.enhancer.instructing.senses import settled_senses
from services.enhancer.reading.vocabulary import MOOD

_HARD = re.compile(r"[.;!?\n]")
_SOFT = re.compile(r"[,:()]|\s[-/]\s")
QUANTITIES = frozenset(["more", "less", "fewer", "mehr", "weniger", "más", "menos", "plus", "moins", "plus de", "moins de"])
"""Directions that say how much of something, and stand before it."""
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
    "last", "every", "other",
)  # fmt: skip
_ASKING = (*VALUES, BARS, BPM, CEILING, DB, INTERVAL, LUFS, PERCENT, SECONDS)
_AMOUNTS = (BARS, BPM, DB, PERCENT, SECONDS, TEMPO)
_PRONOUNS = ("one", "it", "them", "him", "her", "they", "sie", "ihn", "lo", "los", "las", "les")
AS_IT_IS = frozenset(["as is", "as it is", "as they are", "as it was", "unchanged", "untouched", "unverändert", "tel quel", "tels quels"])
_SPLIT_VERBS = frozenset(["bring", "turn", "push", "pull", "dial", "crank", "move", "take", "put", "dreh", "drehe", "mach"])
_LIGHT = ("light", "play")
HARD, COMMA, AND, BUT = "hard", "comma", "and", "but"


@dataclass(frozen=True)
class Clause:
    """One thing that is asked. `joint` says how it follows the one before; `scope` are sections said in front of several clauses."""

    items: tuple[Item, ...]
    joint: str = HARD
    scope: tuple[Item, ...] = ()
    shared: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    """Items of a neighbour that hold for this clause, too: "parts" and "sections"."""

    @property
    def asks(self) -> bool:
        """Whether it says what is to change."""
        return any(_asks(item) for item in self.items)

    @property
    def of_tempo(self) -> bool:
        """Whether it says beats per minute."""
        return any(item.kind in (BPM, TEMPO) for item in self.items)

    @property
    def names(self) -> bool:
        """Whether it names parts or sections."""
        return any(_names(item) for item in self.items)

    @property
    def is_place(self) -> bool:
        """Whether it names nothing but sections or bars, and asks nothing."""
        named = [item for item in self.items if _names(item)]
        return not self.asks and bool(named) and all(is_place(item) for item in named)


def is_place(item: Item) -> bool:
    """Whether an item is a section, a range of bars, or an end of the song."""
    return item.kind == RANGE or item.means(SECTION) or item.means(MARK, "start", "end")


def _names(item: Item) -> bool:
    return is_place(item) or item.is_player or item.means(PIECE) or item.means(MARK, "all", "all_but", "else")


def _asks(item: Item) -> bool:
    if item.kind in _ASKING:
        return True
    if item.means(MARK, "same") and item.text.lower() in AS_IT_IS:
        return True
    verb = any(name not in _LIGHT for name in item.ids(VERB))
    marked = item.means(MARK, "not", "instead", "only", "left", "right", "middle", "too")
    return (
        verb
        or marked
        or any(item.means(kind) for kind in (ATTRIBUTE, DIRECTION, MOOD, MARKING, TARGET))
        or item.means(DEGREE, "twice", "half")
    )


def clauses_of(items: Sequence[Item]) -> list[Clause]:
    """The clauses in order."""
    return _shared(_joined(_split(items)))


def _split(items: Sequence[Item]) -> list[Clause]:
    clauses: list[Clause] = []
    run: list[Item] = []
    joint = HARD
    for place, item in enumerate(items):
        mark = _mark(items, place) or _begins_anew(run, item)
        if mark and run:
            clauses.append(Clause(tuple(run), joint))
            run, joint = [], mark
        elif mark and mark != COMMA:
            joint = BUT if mark == BUT else mark if joint != HARD else joint
        if not (_is_joint(items, place)):
            run.append(item)
    clauses += [Clause(tuple(run), joint)] if run else []
    return [replace(clause, items=tuple(settled_senses(clause.items))) for clause in clauses]


def _begins_anew(run: Sequence[Item], item: Item) -> str:
    """Where a second amount begins without a word between: "less drums more piano"."""
    counted = item.means(DIRECTION) and item.text.lower() in QUANTITIES
    asked = next((place for place, one in enumerate(run) if one.means(DIRECTION) and one.text.lower() in QUANTITIES), None)
    return COMMA if counted and asked is not None and any(_names(one) for one in run[asked + 1 :]) else ""


def _mark(items: Sequence[Item], place: int) -> str:
    item = items[place]
    if _HARD.search(item.before):
        return HARD
    if _is_joint(items, place):
        return BUT if item.means(MARK, "break") else AND
    return COMMA if _SOFT.search(item.before) else ""


def _is_joint(items: Sequence[Item], place: int) -> bool:
    """Whether a word joins two clauses: not between two ordinals, nor where "but" takes something out of all."""
    item = items[place]
    if item.kind != WORD or not item.means(MARK, "join", "break"):
        return False
    before = items[place - 1] if place else None
    after = next((one for one in items[place + 1 :] if not (one.means(FILLER) and not one.means(MARK))), None)
    if before and after and before.means(MARK, *_ORDINALS) and after.means(MARK, *_ORDINALS):
        return False
    return not (before is not None and item.means(MARK, "except"))


def _joined(parts: Sequence[Clause]) -> list[Clause]:
    """Clauses that only name something, with the one that says what is to become of it."""
    joined: list[Clause] = []
    scope: tuple[Item, ...] = ()
    for place, clause in enumerate(parts):
        before = joined[-1] if joined else None
        if clause.joint == HARD:
            scope = ()
        if before is None or clause.joint == HARD:
            joined.append(clause)
        elif not before.asks and before.is_place and clause.joint == AND and clause.asks and _begins_with_place(clause):
            joined[-1] = Clause((*before.items, *clause.items), before.joint)
        elif not before.asks and before.is_place and clause.joint in (COMMA, AND) and clause.asks:
            scope = before.items
            joined[-1] = replace(clause, joint=before.joint)
        elif (
            (before.asks and _limits(clause) and not places_of(before))
            or _is_exchange(before, clause)
            or (clause.joint in (COMMA, AND) and _is_one(before, clause, parts[place + 1 :]))
        ):
            joined[-1] = Clause((*before.items, *clause.items), before.joint)
        else:
            joined.append(clause)
        if scope:
            joined[-1] = replace(joined[-1], scope=scope)
    return joined


def _begins_with_place(clause: Clause) -> bool:
    """Whether a place is the first thing that it names: "the last chorus" before "and the outro a tone up"."""
    first = next((item for item in clause.items if not item.is_idle and not item.means(MARK, *_ORDINALS)), None)
    return first is not None and first.means(SECTION)


def _is_one(before: Clause, clause: Clause, following: Sequence[Clause]) -> bool:
    """Whether two clauses ask for one thing: a name and what is to become of it, a change and by how much."""
    if clause.joint == COMMA and _is_amount(clause) and before.asks and not _has_amount(before):
        return not clause.of_tempo or any(item.means(ATTRIBUTE, "fast", "fast+", "fast-") for item in before.items)
    if clause.joint == AND and _waits(before) and clause.names and any(item.means(DIRECTION) for item in clause.items):
        return not any(item.means(VERB) for item in clause.items)
    return (not before.asks and before.names) or (not clause.asks and _belongs_before(clause, before, following))


def _is_exchange(before: Clause, clause: Clause) -> bool:
    """Whether what is exchanged stands in front: "instead of the bridge, another verse"."""
    return clause.joint == COMMA and before.items[0].means(MARK, "instead") and clause.asks


def _limits(clause: Clause) -> bool:
    """Whether it only says where alone: "but just in the choruses"."""
    only = any(item.means(MARK, "only") for item in clause.items)
    plain = all(is_place(item) or item.is_idle or item.means(MARK) or item.means(FILLER) for item in clause.items)
    return only and plain and any(is_place(item) for item in clause.items)


def _waits(clause: Clause) -> bool:
    """Whether a verb still waits for its "up" or "down": "bring the kick" before "and the snare up"."""
    told = any(item.means(DIRECTION) or item.means(ATTRIBUTE) or item.kind != WORD for item in clause.items)
    return not told and clause.names and any(item.text.lower() in _SPLIT_VERBS for item in clause.items)


def _is_amount(clause: Clause) -> bool:
    """Whether it says nothing but how much: "shorter, about two minutes"."""
    return _has_amount(clause) and all(item.kind in _AMOUNTS or item.is_idle for item in clause.items)


def _has_amount(clause: Clause) -> bool:
    return any(item.kind in _AMOUNTS for item in clause.items)


def _belongs_before(clause: Clause, before: Clause, following: Sequence[Clause]) -> bool:
    """Whether a name without a verb goes with what was said before it: "no drums, bass", and not "piano louder, drums and bass softer"."""
    if _exhausted(clause):
        return False
    if not clause.names:
        return bool(before.names)
    nexts = following[0] if following else None
    if clause.joint == AND and nexts is not None and nexts.joint == COMMA:
        return True
    if nexts is None or nexts.joint not in (COMMA, AND) or not nexts.asks:
        return True
    named = [place for place, item in enumerate(before.items) if _names(item)]
    asked = [place for place, item in enumerate(before.items) if _asks(item)]
    return not (named and asked and min(named) < max(asked)) and not clause.is_place


def _exhausted(clause: Clause) -> bool:
    """Whether it holds a word that is in no table."""
    return any(not item.senses and item.kind == WORD and not item.text.isdigit() for item in clause.items)


_PARTED = (ATTRIBUTE, DIRECTION)
_WHOLE = ("fast", "high", "long")


def _shared(clauses: Sequence[Clause]) -> list[Clause]:
    """What neighbours share: "drums quieter and drier", "quieter in the verse and louder in the chorus", "there"."""
    done: list[Clause] = []
    for place, clause in enumerate(clauses):
        shared: dict[str, tuple[Item, ...]] = {}
        before = done[-1] if done else None
        following = clauses[place + 1] if place + 1 < len(clauses) else None
        if before is not None and clause.joint in (AND, BUT, COMMA):
            shared |= _from_before(clause, before)
        if following is not None and following.joint == AND and "sections" not in shared and _shares_place(clause, following):
            shared["sections"] = places_of(following)
        done.append(replace(clause, shared=shared))
    return done


def _from_before(clause: Clause, before: Clause) -> dict[str, tuple[Item, ...]]:
    shared: dict[str, tuple[Item, ...]] = {}
    parts = players_of(before) or before.shared.get("parts", ())
    places = places_of(before) or before.shared.get("sections", ()) or before.scope
    close = clause.joint in (AND, BUT) or bool(places_of(clause))
    if parts and close and not players_of(clause) and _is_parted(clause) and _is_parted(before) and not _is_parallel(clause, before):
        shared["parts"] = parts
    if parts and not players_of(clause) and _is_of_players(clause) and any(item.text.lower() in _PRONOUNS for item in clause.items):
        shared["parts"] = parts
    there = any(item.means(MARK, "there") for item in clause.items)
    same_parts = "parts" in shared or (not players_of(clause) and not players_of(before))
    sized = any(item.means(ATTRIBUTE) and item.id(ATTRIBUTE).rstrip("+-") in ("big", "busy", "long", "loud") for item in clause.items)
    if places and not places_of(clause) and (there or (clause.joint == AND and same_parts and sized)):
        shared["sections"] = places
    return shared


def _is_parallel(clause: Clause, before: Clause) -> bool:
    """Whether both count things: "more bass and less treble" does not speak of the bass's treble."""
    counted = [any(item.text.lower() in QUANTITIES for item in one.items) for one in (clause, before)]
    noun = any(item.means(ATTRIBUTE) and item.id(ATTRIBUTE)[-1] not in "+-" for item in clause.items)
    return all(counted) and noun and not any(item.means(ATTRIBUTE) for item in before.items)


def _is_parted(clause: Clause) -> bool:
    """Whether what it asks can be asked of single parts."""
    found = [item.id(ATTRIBUTE).rstrip("+-") for item in clause.items if item.means(ATTRIBUTE)]
    directed = any(item.means(DIRECTION) for item in clause.items)
    return bool(found or directed) and not set(found) & set(_WHOLE)


def _shares_place(clause: Clause, following: Clause) -> bool:
    """Whether a place at the end holds for both: "drums quieter and bass louder in the second verse"."""
    if places_of(clause) or clause.scope or not places_of(following) or not players_of(clause) or not players_of(following):
        return False
    trailing = _names(following.items[-1]) and is_place(following.items[-1])
    kinds = [_is_parted(clause) and _is_parted(following), _is_muting(clause) and _is_muting(following)]
    return trailing and any(kinds)


def _is_of_players(clause: Clause) -> bool:
    return any(item.means(VERB, "remove", "add", "rewrite") for item in clause.items)


def _is_muting(clause: Clause) -> bool:
    return any(item.means(VERB, "remove", "add") or item.means(MARK, "not") for item in clause.items)


def players_of(clause: Clause) -> tuple[Item, ...]:
    """Its items that name players."""
    return tuple(i for i in clause.items if i.is_player or i.means(PIECE) or i.means(MARK, "all", "all_but", "else", "except"))


def places_of(clause: Clause) -> tuple[Item, ...]:
    """Its items that name places, with the ordinals before them."""
    found: list[Item] = []
    for place, item in enumerate(clause.items):
        if is_place(item) or item.means(MARK, *_ORDINALS) or item.kind == COUNTED or item.text.isdigit():
            found.append(clause.items[place])
    return tuple(found) if any(is_place(item) for item in found) else ()


__all__ = ["Clause", "clauses_of", "is_place", "places_of", "players_of"]
