"""What a clause changes in the band: who plays, on what, where, and another take of it."""

from collections.abc import Iterator, Sequence

from contracts.edits import AddEdit, Edit, InstrumentEdit, RemoveEdit, RewriteEdit
from contracts.errors import BadInput
from services.enhancer.instructing.clause_facts import NONE, Facts
from services.enhancer.instructing.clauses import AS_IT_IS, BUT
from services.enhancer.instructing.items import Item
from services.enhancer.instructing.lexicon import ATTRIBUTE, DIRECTION, MARK, PIECE, ROLE, SECTION, VERB
from services.enhancer.instructing.naming import instrument_named, parts_named
from services.enhancer.instructing.scoping import only_of
from services.music.packs.instruments import instruments

_IN_ITS_PLACE = ("instead", "stattdessen", "en su lugar", "à la place")
_SOLE = ("bass", "drums", "percussion")
"""Roles that one player has: somebody else named instead can mean nobody but them."""
_OF_DENSITY = ("spars", "dens", "bus", "fewer", "less", "weniger", "menos", "moins", "dichter", "spar")
_DENSITY_STEP = {"small": 0.25, "": 0.5, "large": 0.8, "twice": 0.8, "half": 0.5}


def swap(facts: Facts) -> Iterator[Edit]:
    """Parts on another instrument."""
    if facts.where.sections or facts.where.ranges or facts.who.pieces:
        return
    old, new = _exchanged(facts)
    if not old and not new and (named := _instead(facts)):
        yield named
        return
    if not old or not new:
        return
    if facts.verb("swap") and _is_mutual(facts, old, new):
        yield from _mutual(facts, old[0], new[0])
        return
    found = instrument_named(new[0], facts.outline)
    parts = _old_parts(old, facts)
    if found is None or not parts:
        return
    facts.use(*old, new[0])
    facts.use_where(
        lambda item: item.means(VERB, "swap", "play", "light", "rewrite") or item.means(MARK, "instead", "into", "into_first", "only")
    )
    yield InstrumentEdit(parts=parts, instrument=found[0], patch=found[1])


def _instead(facts: Facts) -> Edit | None:
    """Of "acid bass instead" whoever has that part in the band now."""
    said = next((item for item in facts.items if item.text.lower() in _IN_ITS_PLACE), None)
    who = [item for item in facts.items if item.is_player]
    named = instrument_named(who[0], facts.outline) if said and len(who) == 1 and not facts.unknown and not facts.turned else None
    role = instruments()[named[0]].roles[0] if named else ""
    parts = tuple(name for name, part in facts.outline.parts.items() if part.role == role) if role in _SOLE else ()
    if named is None or not parts:
        return None
    facts.use(said, who[0])
    facts.use_names()
    return InstrumentEdit(parts=parts, instrument=named[0], patch=named[1])


def _is_mutual(facts: Facts, old: Sequence[Item], new: Sequence[Item]) -> bool:
    """Whether two who both play change places: "swap guitar and piano"."""
    between = [item for item in facts.items if old[0].start < item.start < new[0].start]
    alone = len(old) == len(new) == 1 and not any(item.means(MARK, "into", "instead") for item in between)
    return alone and bool(parts_named(old[0], facts.outline) and parts_named(new[0], facts.outline))


def _mutual(facts: Facts, one: Item, other: Item) -> Iterator[Edit]:
    facts.use(one, other)
    facts.use_where(lambda item: item.means(VERB, "swap", "light"))
    for old, new in ((one, other), (other, one)):
        named = instrument_named(new, facts.outline)
        if named:
            yield InstrumentEdit(parts=_old_parts([old], facts), instrument=named[0], patch=named[1])


def _old_parts(old: Sequence[Item], facts: Facts) -> tuple[str, ...]:
    named = {name for item in old for name in parts_named(item, facts.outline)}
    return tuple(name for name in facts.outline.parts if name in named)


def _exchanged(facts: Facts) -> tuple[list[Item], list[Item]]:
    """The players that go, and those that come."""
    who = [item for item in facts.items if item.is_player and not item.means(SECTION)]
    instead = facts.mark("instead")
    if instead is not None and len(who) >= 2:
        first = [item for item in who if item.start < instead.start]
        rest = [item for item in who if item.start > instead.start]
        return (rest, first) if first else (rest[:1], rest[1:])
    verb = facts.verb("swap")
    if verb is not None and len(who) >= 2:
        return _parted(facts, who, verb)
    use = facts.verb("play")
    if facts.turn("busy"):
        return [], []
    if use is not None and len(who) == 2:
        mark = next((i for i in facts.items if i.means(MARK, "into") or i.text.lower() in ("on", "auf", "sur", "as")), None)
        if mark is not None and who[0].start < mark.start < who[1].start:
            using = use.text.lower() not in ("play", "plays", "played", "spiele", "spiel", "spielt", "toca", "joue", "joué", "jouer")
            return ([who[1]], [who[0]]) if using else ([who[0]], [who[1]])
    if len(who) == 2 and facts.verb("light") and not facts.turned and _has_article(facts, who[1]) and parts_named(who[0], facts.outline):
        return [who[0]], [who[1]]
    return [], []


def _parted(facts: Facts, who: Sequence[Item], verb: Item) -> tuple[list[Item], list[Item]]:
    """Before and after "for", "with", "durch", "por", "par"."""
    for item in facts.items:
        if item.means(MARK, "into") and who[0].start < item.start < who[-1].start and item.start > verb.start:
            return [one for one in who if one.start < item.start], [one for one in who if one.start > item.start]
    return [who[0]], [who[1]]


def _has_article(facts: Facts, item: Item) -> bool:
    before = [one for one in facts.items if one.start < item.start][-1:]
    return bool(before) and before[0].text.lower() in ("a", "an", "ein", "eine", "einen", "un", "une", "una", "into", "to")


def rewrite(facts: Facts) -> Iterator[Edit]:
    """Another take; busier or sparser."""
    verb, busy = facts.verb("rewrite"), facts.turn("busy")
    if facts.where.ranges or not facts.is_clear or (busy and not facts.who.named) or (not verb and not busy):
        return
    if not facts.who.named and not facts.where.sections and not _is_take(facts):
        return
    if busy and (busy.sign == NONE or _is_of_harmony(facts, busy.items[0])):
        return
    facts.use(verb, *(busy.items if busy else ()))
    facts.use_names()
    density = round(busy.sign * _DENSITY_STEP[facts.degree], 2) if busy else 0.0
    yield RewriteEdit(parts=facts.parts, sections=facts.where.sections, density=density)


def _is_of_harmony(facts: Facts, busy: Item) -> bool:
    """Whether the chords themselves are to be simpler or richer, not those who play them: "simpler chords" are others."""
    chords = any(item.means(ROLE, "chords") for item in facts.items)
    others = any(item.is_player and not item.means(ROLE, "chords") for item in facts.items)
    return chords and not others and not busy.text.lower().startswith(_OF_DENSITY)


def _is_take(facts: Facts) -> bool:
    """Whether the song as a whole is meant: "another take", "try again"."""
    said = {item.text.lower() for item in facts.items}
    whole = said & {"take", "takes", "version", "song", "track", "everything", "all", "lied", "stück", "canción", "morceau", "chanson"}
    phrases = ("another take", "a different take", "regenerate", "recompose", "redo", "re-do", "rewrite")
    return bool(whole or said & set(phrases)) and facts.is_clear


def remove(facts: Facts) -> Iterator[Edit]:
    """Parts that fall silent, or all but some. Raises BadInput where nobody would be left in the song."""
    verb, refused, only = facts.verb("remove"), facts.refused, facts.mark("only")
    if facts.turned or not facts.who.named or facts.who.missing or facts.where.missing or facts.mark("too", "enough"):
        return
    but_one = facts.mark("except") and facts.who.pieces  # all drums but one of them: nobody's edit
    ended = facts.where.anchor and facts.who.all  # "cut everything after the bridge": the song is to end there
    blank = (
        not (but_one or ended)
        and not facts.verb("add", "rewrite", "swap", "repeat", "move")
        and not facts.of("db")
        and not _is_directed(facts)
    )
    if not blank:
        return
    elsewhere: tuple[str, ...] = ()
    if verb or refused:
        if verb and refused and refused.start < verb.start:
            return  # "don't drop the drums"
        parts = facts.who.parts
    elif only and any(item.means(MARK, "since") for item in facts.where.read):  # "strings only from the bridge on"
        parts = facts.who.parts
    elif only and facts.where.sections and only_of(facts, only) == "place" and facts.who.parts and not facts.who.all:
        parts = facts.who.parts
        elsewhere = tuple(name for name in facts.outline.sections if name not in facts.where.sections)
        if facts.mark("late"):  # "erst im Refrain" is silent before it
            elsewhere = elsewhere[: list(facts.outline.sections).index(facts.where.sections[0])]
    elif only and not facts.verb("keep") and facts.clause.joint != BUT:
        parts = tuple(name for name in facts.outline.parts if name not in facts.who.parts)
    else:
        return
    pieces = facts.who.pieces
    if not facts.where.named and not pieces and set(parts) >= set(facts.outline.parts):
        raise BadInput("instruction", "nobody playing", "at least one part must be left to play")
    facts.use(verb, refused, only)
    facts.use_where(lambda item: item.means(VERB, "remove"))
    facts.use_names()
    facts.use_where(lambda item: item.means(PIECE) or item.means(MARK, "every", "except", "all_but"))
    for sections, bars in ((elsewhere, None),) if elsewhere else facts.where.spots:
        for some, drums in facts.groups if pieces else ((parts, ()),):
            yield RemoveEdit(parts=some, sections=sections, bars=bars, pieces=drums)


def _is_directed(facts: Facts) -> bool:
    """Whether a direction speaks of them: "drums down". "Out" and "off" with a verb are none."""
    return any(item.means(DIRECTION) for item in facts.items) and not facts.verb("remove")


def add(facts: Facts) -> Iterator[Edit]:
    """A player more: asked for by a verb, or more of somebody who does not play yet."""
    verb = facts.verb("add")
    if not verb and _is_wished(facts):
        named = instrument_named(facts.who.missing[0], facts.outline)
        if named:
            facts.use(facts.who.missing[0])
            facts.use_names()
            yield AddEdit(instrument=named[0], sections=facts.where.sections)
        return
    if facts.turned or facts.where.missing or facts.where.ranges or facts.who.pieces or (facts.unknown and not verb):
        return
    more = facts.direction > 0 and not facts.who.parts
    if not verb and not more:
        return
    if facts.mark("not", "except", "too") or facts.verb("remove", "swap"):
        return
    shared = facts.clause.shared.get("parts", ())
    wanted = [
        item for item in (*facts.items, *shared) if item.is_player and not item.means(SECTION) and not item.means(MARK, "else", "all")
    ]
    for item in wanted:
        named = instrument_named(item, facts.outline)
        if named is None or (not verb and item.means(ROLE)) or _is_more_of_it(facts, item):
            continue
        facts.use(item, verb)
        facts.use_names()
        facts.use_where(lambda one: one.means(VERB, "add"))
        yield AddEdit(instrument=named[0], sections=facts.where.sections)


def _is_wished(facts: Facts) -> bool:
    """Whether somebody who does not play is named with a place, and nothing else: "gospel choir in the last chorus"."""
    plain = not facts.direction and not facts.turned and not facts.mark("not", "only", "too", "instead", "except")
    verbs = any(item.means(VERB) and not item.means(VERB, "light") and not item.means(SECTION) for item in facts.items)
    one = len(facts.who.missing) == 1 and not facts.who.parts
    return plain and not verbs and one and bool(facts.where.sections) and not facts.where.missing and not facts.unknown


def _is_more_of_it(facts: Facts, item: Item) -> bool:
    """Whether somebody who plays shall be louder: "add more bass", "add some drums" where there are drums is another matter."""
    return bool(parts_named(item, facts.outline)) and facts.direction != 0


def keep(facts: Facts) -> tuple[str, ...]:
    """Parts that are to stay as they are, where the clause says nothing else."""
    verb = facts.verb("keep") or next((item for item in facts.items if item.text.lower() in AS_IT_IS and facts.who.named), None)
    if verb is None or any(one.noun is False for one in facts.turned) or facts.verb("remove", "swap", "add", "rewrite", "repeat", "move"):
        return ()
    facts.use(verb)
    facts.use_names()
    facts.use_where(lambda item: item.means(ATTRIBUTE) or item.means(ROLE) or item.means(MARK, "only", "same", "not", "else"))
    return () if facts.who.all or facts.mark("else") else facts.who.parts
