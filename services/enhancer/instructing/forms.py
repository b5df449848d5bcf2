"""What a clause changes in the form: sections longer or shorter, repeated, moved, taken out, put in."""

from collections.abc import Iterator

from contracts.edits import Edit, FormEdit, LengthEdit
from contracts.errors import BadInput
from contracts.music import Meter
from services.enhancer.instructing.amounts import BARS, SECONDS
from services.enhancer.instructing.clause_facts import NONE, Facts
from services.enhancer.instructing.items import Item
from services.enhancer.instructing.lexicon import ATTRIBUTE, DEGREE, MARK, SECTION, VERB

_MOST_BARS = 512
_MOST_OF_SECTION = 128
"""Bars that a song may change by, and that a section may have."""
_REPEATED = ("verse", "chorus", "drop", "bridge", "breakdown", "build", "prechorus", "postchorus", "head", "vamp", "groove")
"""Of these "another one" is one more; another solo or intro is a different one."""
_WITHIN = frozenset(
    ["it", "them", "es", "sie", "lo", "to", "zu", "zum", "zur", "al", "à", "au", "in", "from", "of", "during", "within", "inside", "aus",
     "im", "vom", "von", "en", "del", "dans"]
)  # fmt: skip
"""Words between a verb of taking away and a section that make the section the place, and not what goes."""
_BASE_LONG = frozenset(["long", "lang", "larga", "largo", "longue", "longues", "in length", "extended"])
_SONG_STEP = {"small": 4, "": 8, "large": 16}
_ANOTHER = frozenset(
    ["another", "otra", "otro", "autre", "noch ein", "noch eine", "noch einen", "encore un", "encore une", "one more", "altra"]
)


def form(facts: Facts) -> Iterator[Edit]:
    """A section repeated, moved, taken out, or put in."""
    counted = any(item.text.lower().rstrip().endswith(("s", "takte")) for item in facts.of(BARS))
    if facts.who.named or facts.turned or facts.mark("cannot") or (facts.of(BARS) and (counted or not facts.verb("add"))):
        return
    if facts.mark("instead") or (facts.verb("remove") and _is_within(facts)):
        return
    action = _action(facts) if any(item.means(SECTION) for item in facts.items) or facts.clause.scope else ""
    if action == "insert":
        yield from _inserted(facts)
        return
    sections = facts.where.sections
    if facts.where.edge and any(item.means(SECTION) for item in facts.where.read):  # "double chorus at the end"
        sections = tuple(name for name in sections if facts.outline.sections[name].label in _spoken(facts))
    ended = action == "remove" and facts.where.edge  # "no chorus at the end" is one of them, or none
    if not action or not sections or facts.where.missing or ended:
        return
    if action == "remove" and set(sections) == set(facts.outline.sections):
        raise BadInput("instruction", "no section at all", "at least one section must be left")
    if facts.where.anchor and action == "remove":
        sections = tuple(name for name in sections if name != facts.where.anchor)
    chosen = sections[-1:] if action == "repeat" and not _is_every(facts) else sections
    after = _after(facts)
    _use(facts)
    for section in chosen:
        yield FormEdit(action=action, section=section, after=after if action in ("repeat", "move") else None)


def _is_within(facts: Facts) -> bool:
    """Whether something in a section goes and not the section: "cut to the chorus", "lose the tension in the bridge"."""
    cut = facts.verb("remove")
    at = facts.items.index(cut) if cut else 0
    section = next((place for place, item in enumerate(facts.items) if place > at and item.means(SECTION)), at)
    between = {word for item in facts.items[at + 1 : section] for word in item.text.lower().split()}
    between |= {"of"} if cut and cut.text.lower().endswith(" of") and cut.text.lower() != "get rid of" else set()
    partly = any(item.means(DEGREE, "half", "small") for item in facts.items)
    return partly or bool(facts.unknown) or bool(between & _WITHIN)


def _action(facts: Facts) -> str:
    if facts.verb("move") and facts.where.anchor:
        return "move"
    doubled = any(item.means(DEGREE, "twice") and item.text.lower() in ("double", "doble") for item in facts.items) and facts.where.edge
    if facts.verb("repeat") or doubled or (_another(facts) and _labels(facts) & set(_REPEATED)):
        return "repeat"
    if facts.verb("remove") and not facts.verb("keep"):
        return "remove"
    if facts.verb("add") or (facts.where.missing and facts.verb("rewrite")):
        return "insert"
    alone = not facts.verb("rewrite", "keep", "swap", "harmony", "play")
    named = next(item for item in facts.items if item.means(SECTION)) if _spoken(facts) else None
    refuses = facts.refused is not None and (named is None or facts.refused.start < named.start)  # "the verse without ..." is there
    return "remove" if refuses and alone else ""


def _another(facts: Facts) -> bool:
    return any(item.text.lower() in _ANOTHER for item in facts.items if item.means(VERB))


def _spoken(facts: Facts) -> set[str]:
    return {label for item in facts.items for label in item.ids(SECTION)}


def _is_every(facts: Facts) -> bool:
    """Whether several are meant: "the chorus" with "repeat" is the last one of them."""
    return facts.mark("every", "first", "second", "third", "last") is not None or any(
        item.means(SECTION) and item.text.lower().endswith("s") and item.text.lower() != "chorus" for item in facts.items
    )


def _labels(facts: Facts) -> set[str]:
    return {facts.outline.sections[name].label for name in facts.where.sections}


def _inserted(facts: Facts) -> Iterator[Edit]:
    """A new section: behind its anchor, at an end of the song, else before the last section."""
    new = [item for item in facts.items if item.means(SECTION) and not _is_anchor(item, facts)]
    bars = facts.amount(BARS)
    if len(new) != 1 or facts.unknown or not facts.outline.sections:
        return
    order = list(facts.outline.sections)
    after: str | None = _after(facts) or (order[-2] if len(order) > 1 and facts.where.edge != "end" else order[-1])
    if facts.where.edge == "start" or (facts.where.side == "before" and facts.where.anchor == order[0]):
        after = None
    _use(facts)
    facts.use(*new, *facts.of(BARS))
    yield FormEdit(action="insert", section=new[0].id(SECTION), after=after, bars=int(bars.value) if bars else None)


def _is_anchor(item: Item, facts: Facts) -> bool:
    if not facts.where.anchor:
        return False
    marks = [i for i, one in enumerate(facts.items) if one.means(MARK, "before", "after")]
    following = next((one for one in facts.items[marks[0] :] if one.means(SECTION)), None) if marks else None
    return following is not None and following.start == item.start


def _after(facts: Facts) -> str | None:
    """The section behind which it is to come."""
    order = list(facts.outline.sections)
    if not facts.where.anchor:
        return None
    at = order.index(facts.where.anchor) - (facts.where.side == "before")
    return order[at] if at >= 0 else None


def _use(facts: Facts) -> None:
    facts.use(*facts.where.read)
    facts.use_where(lambda item: item.means(VERB) or item.means(MARK) or item.means(DEGREE))


def length(facts: Facts) -> Iterator[Edit]:
    """Sections or the song longer or shorter. Raises BadInput where nothing would be left, or more than 512 bars."""
    bars, seconds, long = facts.amount(BARS), facts.amount(SECONDS), facts.turn("long")
    scaled = facts.degree in ("twice", "half") and facts.where.sections and not facts.turned and not facts.used
    if facts.who.named or facts.where.missing or facts.where.ranges or not (bars or seconds or long or scaled):
        return
    if (long and long.sign == NONE) or (facts.where.anchor and not facts.turned):
        return
    if not (bars or seconds) and not facts.is_clear:
        return
    bar_s = Meter.parse(facts.outline.meter).bar_seconds(facts.outline.tempo_bpm)
    count = abs(bars.value) if bars else seconds.value / bar_s if seconds else None
    sections = facts.where.sections if not _is_song(facts) else ()
    sign = _sign(facts)
    facts.use(*facts.of(BARS, SECONDS), *(long.items if long else ()))
    facts.use_names()
    facts.use_where(lambda item: item.means(ATTRIBUTE, "long", "long+", "long-") or item.means(VERB, "add", "remove", "repeat", "light"))
    if not sections:
        yield LengthEdit(bars=_song_bars(facts, count, sign))
    for name in sections:
        old = facts.outline.sections[name].bars
        new = _section_bars(facts, old, count, sign)
        if not 1 <= new <= _MOST_OF_SECTION:
            raise BadInput("instruction", f"{name} of {new} bars", f"1 to {_MOST_OF_SECTION} bars")
        yield LengthEdit(section=name, bars=new)


def _is_song(facts: Facts) -> bool:
    """Whether only an end of the song was named: "four more bars at the end"."""
    return bool(facts.where.edge) and not any(item.means(SECTION) for item in facts.where.read)


def _sign(facts: Facts) -> int:
    """1 or -1 where it says by how much; 0 where it says how long."""
    amount = facts.amount(BARS)
    long = facts.turn("long")
    if _is_aim(facts):
        return 0
    if amount and amount.signed:
        return 1 if amount.value > 0 else -1
    counted = facts.of(BARS, SECONDS)
    if long and (not counted or facts.mark("too")):
        return long.sign
    if long and not any(item.text.lower() in _BASE_LONG for item in long.items):
        return long.sign
    if facts.direction:
        return facts.direction
    if facts.verb("remove"):
        return -1
    text = " ".join(item.text.lower() for item in facts.of(BARS))
    more = any(word in text.split() for word in ("more", "extra", "additional", "further", "another", "mehr", "weitere", "zusätzliche"))
    return 1 if more or facts.verb("add", "repeat") else 0


def _is_aim(facts: Facts) -> bool:
    """Whether "to" stands before the amount: "cut it down to 90 seconds"."""
    seconds = facts.amount(SECONDS)
    if seconds and not facts.where.sections and seconds.value >= facts.outline.duration_s / 2:
        return True
    at = next((i for i, item in enumerate(facts.items) if item.kind in (BARS, SECONDS)), 0)
    return at > 0 and facts.items[at - 1].text.lower() in ("to", "auf", "a", "à", "at")


def _song_bars(facts: Facts, count: float | None, sign: int) -> int:
    total = sum(section.bars for section in facts.outline.sections.values())
    if count is None:
        step = {"twice": total, "half": total // 2}.get(facts.degree) or _SONG_STEP.get(facts.degree, 8)
        change = (sign or 1) * step
    else:
        change = round(count) * sign if sign else round(count) - total
    if not total + change >= 1 or abs(change) > _MOST_BARS:
        raise BadInput("instruction", f"{change:+d} bars", f"a song of 1 to {total + _MOST_BARS} bars; it has {total}")
    return change


def _section_bars(facts: Facts, old: int, count: float | None, sign: int) -> int:
    if count is not None:
        return old + sign * round(count) if sign else round(count)
    if facts.degree == "twice" or (facts.degree == "large" and sign > 0):
        return old * 2
    if facts.degree == "half" or sign < 0:
        least = old * 3 // 4 if facts.degree == "small" else old // 2
        return max(1, least - least % 2 if least > 2 else least)
    more = old / 4 if facts.degree == "small" else old / 2
    return old + max(2 if facts.degree == "small" or old < 4 else 4, int(-(-more // 4) * 4) if old >= 8 else 0)
