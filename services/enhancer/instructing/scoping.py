"""Words that limit, turn or measure a change: read as such, or nothing is made of the clause that they stand in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from contracts.edits import Edit, FormEdit, RemoveEdit
from services.enhancer.instructing.amounts import INTERVAL
from services.enhancer.instructing.clause_facts import Facts
from services.enhancer.instructing.clauses import Clause, is_place
from services.enhancer.instructing.items import WORD, Item
from services.enhancer.instructing.lexicon import DEGREE, FILLER, MARK, PIECE, SECTION, VERB
from services.enhancer.instructing.naming import parts_named
from services.enhancer.instructing.placing import NTH

_THINGS = ("fade", "loop", "modulation")
_LIMITS = ("until", "before", "after", "instead", "except", "close")
_DIFFERENT = frozenset(
    [
        "different",
        "differs",
        "differ",
        "andere",
        "anderer",
        "anderes",
        "anderen",
        "diferente",
        "distinta",
        "distinto",
        "différent",
        "différente",
    ]
)
_FROM = frozenset(["from", "than", "to", "als", "von", "de", "del", "a", "que", "du"])
_EARLIER = re.compile(r"(?:undo|revert|cancel|restore|reverse|rückgängig|deshaz|annule[rz]?)\s+(?:\w+\s+){0,2}$")
_BETWEEN = frozenset(["between", "in between", "zwischen", "entre", "tra"])
WHY = "no edit can follow what it is limited or measured by, and without that it would be another wish"
_CORRECTED = re.compile(r"[,;.…–-]\s*(?:no|nein|nope|non|não)\s*,\s*(?=\w)", re.IGNORECASE)
_DOUBLED = ("double", "doubling", "verdopple", "dobla")
_BEHIND = ("alone", "allein", "alleine", "solely", "a solas", "seule", "seul", "seuls", "seules")
_OPENING = re.compile(
    r"\b(?:starts?|begins?|opens?|kicks? off|anfangen|fang|beginnen?|empieza|empezar|commencer?)\b[\w' ]*?"
    r"\b(?:straight|right away|immediately|directly|right|direkt|gleich|sofort|directamente|directement|tout de suite)\b[\w' ]*?"
    r"\b(?:with|on|mit|con|avec|par)\b"
)


def taken_back(said: str) -> tuple[int, int]:
    """From where to where a sentence is taken back by its last "no,": "the drums louder, no, the bass louder"; (0, 0) where none is."""
    match = max(_CORRECTED.finditer(said), key=lambda one: one.end(), default=None)
    if match is None:
        return 0, 0
    return max(said.rfind(mark, 0, match.start()) for mark in (". ", ";", "!", "?", "\n")) + 1, match.end()


def differing(clause: Clause) -> Clause:
    """A clause without what something is to differ from: "verse 2 different from verse 1" is about verse 2."""
    anew = next((at for at, item in enumerate(clause.items) if item.text.lower() in _DIFFERENT), None)
    if anew is None:
        return clause
    cut = next((at for at in range(anew + 1, len(clause.items)) if clause.items[at].text.lower() in _FROM), None)
    if cut is None or not any(item.means(SECTION) or item.is_player for item in clause.items[cut:]):
        return clause
    return replace(clause, items=clause.items[:cut])


def is_beyond(facts: Facts, before: str) -> bool:
    """Whether the clause asks what no edit does: a measure taken from elsewhere, an earlier state, a doubled voice. `before`: the text."""
    doubled = any(item.text.lower().startswith(_DOUBLED) for item in facts.items)
    voiced = doubled and bool(facts.of(INTERVAL)) and (facts.who.named or facts.verb("add"))
    between = any(item.text.lower() in _BETWEEN for item in facts.items) and any(item.means(SECTION) for item in facts.items)
    return facts.measures or between or bool(voiced) or bool(_EARLIER.search(before))


def is_loose(facts: Facts, made: Sequence[Edit]) -> bool:
    """Whether a word that limits or turns what was made has had no part in it."""
    formed = any(isinstance(edit, FormEdit) and edit.action != "remove" for edit in made)
    for at, item in enumerate(facts.items):
        if item.means(MARK, "close") and not formed and not facts.where.ranges:
            return True
        if item.means(MARK, "except") and not _names_next(facts.items[at + 1 :]):
            return True
        if facts.is_used(item):
            continue
        following = facts.items[at + 1] if at + 1 < len(facts.items) else None
        if item.means(MARK, *_LIMITS) and not item.means(VERB) and following is not None:
            return True
        if item.means(MARK, *_THINGS) or item.means(VERB, "remove") or item.means(DEGREE, "half"):
            return True
    return False


def _names_next(items: Sequence[Item]) -> bool:
    """Whether the first word that means something is a name."""
    first = next((item for item in items if not (item.is_idle or item.means(FILLER) or item.means(MARK, *NTH, "every", "other"))), None)
    return first is not None and (_is_name(first) or first.kind != WORD)


def entering(facts: Facts) -> Iterator[Edit]:
    """Players that come in somewhere are silent before: "the drums enter in the second verse"."""
    verb = facts.verb("enter") or _brought_in(facts)
    if not verb or facts.who.missing or facts.where.missing or facts.where.ranges or facts.turned or not facts.is_clear:
        return
    order, sections = list(facts.outline.sections), facts.where.sections
    if not facts.who.parts or facts.who.all or facts.who.pieces or not sections or facts.mark("close"):
        return
    since, until = (any(item.means(MARK, name) for item in facts.where.read) for name in ("since", "until"))
    refused, before = facts.mark("not"), facts.where.side == "before"
    if (refused and (until or before)) or (since and facts.mark("only")):
        silent = sections
    elif refused or until or before or (len(sections) > 1 and not since and facts.where.side != "after"):
        return
    else:
        silent = tuple(order[: order.index(sections[0])])
    if not silent:
        return
    facts.use(verb)
    facts.use_names()
    facts.use_where(lambda item: item.means(VERB, "light", "enter", "add") or item.means(MARK, "not", "only", "onward", "since"))
    yield RemoveEdit(parts=facts.who.parts, sections=silent)


def _brought_in(facts: Facts) -> Item | None:
    """The verb of "bring the drums in at the first chorus", where they play already."""
    at = next((i for i, item in enumerate(facts.items) if item.text.lower() in ("bring", "bring in", "let", "have")), None)
    if at is None:
        return None
    players = [item for item in facts.items if item.is_player and not item.means(SECTION)]
    there = bool(players) and all(parts_named(item, facts.outline) for item in players)
    words = [item.text.lower() for item in facts.items[at:]]
    split = any(one == "in" and two in ("at", "in", "on", "from", "for", "with", "only") for one, two in pairwise(words))
    return facts.items[at] if there and (split or words[0] == "bring in") else None


def opening(facts: Facts) -> Iterator[Edit]:
    """The song begins with a section: what stands before it goes, where that is the smaller part of the song."""
    said = " ".join(item.text.lower() for item in facts.items)
    match = _OPENING.search(said)
    turned = [one for one in facts.turned if one.items[0].text.lower() != "straight"]
    if not match or facts.who.named or turned or facts.unknown or facts.where.missing or facts.mark("not", "before", "after", "only"):
        return
    length, behind = 0, list[Item]()
    for item in facts.items:
        if length >= match.end():
            behind.append(item)
        length += len(item.text) + 1
    labels = [item for item in behind if item.means(SECTION)]
    if len(labels) != 1 or labels[0].means(MARK, "start"):
        return
    order, sections = list(facts.outline.sections), facts.outline.sections
    named = [name for name in order if sections[name].label in labels[0].ids(SECTION) and name in facts.where.sections]
    gone = order[: order.index(named[0])] if named else []
    if not gone or 2 * sum(sections[name].bars for name in gone) > sum(section.bars for section in sections.values()):
        return
    facts.use(*facts.items)
    for name in gone:
        yield FormEdit(action="remove", section=name)


def only_of(facts: Facts, only: Item) -> str:
    """What "only" is said of: "place" ("the guitar only in verse 1", "only in verse 1 guitar") or "players" ("only the guitar")."""
    after = next((item for item in facts.items if item.start > only.start and _is_name(item)), None)
    before = next((item for item in reversed(facts.items) if item.start < only.start and _is_name(item)), None)
    if (
        only.text.lower() == "solo"
        and only.is_player is False
        and any(i.text.lower() == "in" and i.start > only.start for i in facts.items)
    ):
        return "players"  # "a piano solo in the bridge"
    named = (before or after) if only.text.lower() in _BEHIND else (after or before)
    return "place" if named is not None and is_place(named) else "players"


def _is_name(item: Item) -> bool:
    return is_place(item) or item.is_player or item.means(PIECE) or item.means(MARK, "all", "else")
