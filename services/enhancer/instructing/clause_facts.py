"""One clause over one song: who, where, which verbs, how much, and which way each attribute is to go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from contracts.edits import Outline
from services.enhancer.instructing.amounts import DB, Amount
from services.enhancer.instructing.clauses import Clause
from services.enhancer.instructing.items import WORD, Item
from services.enhancer.instructing.lexicon import ATTRIBUTE, DEGREE, DIRECTION, FILLER, MARK, PIECE, SECTION, VERB
from services.enhancer.instructing.naming import Players, drummers_of, players
from services.enhancer.instructing.placing import Places, places
from services.enhancer.reading.vocabulary import MOOD

NONE = 0
"""The direction of an attribute that is to go away altogether."""
_DO_NOT = frozenset(
    ["don't", "dont", "do not", "never", "doesn't", "does not", "should not", "shouldn't", "nicht", "niemals", "ne", "ne pas"]
)
"""Refusals of doing something; "no", "without" and "not" refuse a thing."""
_OF_DOING = _DO_NOT | {"isn't", "is not", "aren't", "are not", "can't", "cannot", "not", "pas", "won't", "doesn’t"}
_THAN = frozenset(["than", "as", "als", "wie", "que", "do que", "di", "del", "della"])
_TIMED = ("fast", "long", "time", "high", "swing")
"""Attributes that say for themselves what half of them is."""
_LIKE = frozenset(["than", "like", "comme", "unlike"])
_AS = frozenset(["as", "wie", "als", "como", "que"])
_ADDED = ("reverb", "echo", "distort", "compress", "pump", "swing", "punch", "lows")
"""Nouns that ask for more of themselves: "reverb on the vocals". Of others ("the tempo") it must be said which way."""
_COMPLAINTS = ("mud", "harsh")


@dataclass(frozen=True)
class Turned:
    """An attribute, the way it is to go (1, -1; NONE: away), and the items that say so."""

    name: str
    sign: int
    items: tuple[Item, ...]
    noun: bool = False


@dataclass
class Facts:
    """What a clause says, and which of its items have been made something of."""

    clause: Clause
    outline: Outline
    earlier: Sequence[str] = ()
    """Parts that were named before."""
    used: list[Item] = field(default_factory=list)
    why: str = ""
    """Why nothing may be made of it, though it could be read."""

    def __post_init__(self) -> None:
        self.items = self.clause.items

    @cached_property
    def where(self) -> Places:
        """The sections and bars that it is about."""
        own = places(self.items, self.outline)
        if own.named:
            return own
        shared = self.clause.shared.get("sections") or self.clause.scope
        return places(shared, self.outline) if shared else own

    @cached_property
    def who(self) -> Players:
        """The parts that it is about."""
        own = players(self.items, self.outline, self.earlier)
        if own.named or "parts" not in self.clause.shared:
            return own
        return players(self.clause.shared["parts"], self.outline, self.earlier)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts, () for all of them."""
        return () if self.who.all else self.who.parts

    @property
    def groups(self) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        """Parts with the drums of them that are meant: "bass drum and bass" are a drum, and somebody who strikes none."""
        if not self.who.pieces:
            return ((self.parts, ()),)
        struck = {name for piece in self.who.pieces for name in drummers_of(piece, self.outline) or ()}
        others = tuple(name for name in self.who.parts if name not in struck)
        drums = tuple(name for name in self.who.parts if name in struck)
        return ((drums or self.parts, self.who.pieces), *(((others, ()),) if drums and others else ()))

    @property
    def is_clear(self) -> bool:
        """Whether nobody and no place is named that the song does not have, and no word is unknown."""
        return not (self.who.missing or self.where.missing or self.unknown)

    @property
    def lowering(self) -> bool:
        """Whether a verb of taking away says by how many decibels: "cut the bass by 3 dB"."""
        return self.verb("remove") is not None and any(not item.value.signed for item in self.of(DB))

    @property
    def compared(self) -> bool:
        """Whether it measures somebody by somebody else, which no edit does: "the hats louder than the snare"."""
        than = next((item.start for item in self.items if item.text.lower() in _THAN), None)
        return than is not None and any(item.start > than and (item.is_player or item.means(PIECE)) for item in self.items)

    @property
    def measures(self) -> bool:
        """Whether it measures by a place or by somebody: "as loud as in the chorus", "like verse 1", "different than verse 1"."""
        for at, item in enumerate(self.items):
            word = item.text.lower()
            doubled = word in _AS and any(one.text.lower().split()[-1] in _AS or one.means(MARK, "same", "so") for one in self.items[:at])
            if word in _LIKE or doubled:
                following = next((one for one in self.items[at + 1 :] if not (one.means(FILLER) or one.means(MARK))), None)
                if following is not None and (following.means(SECTION) or following.is_player or following.means(PIECE)):
                    return True
        return False

    @property
    def refuses(self) -> bool:
        """Whether it only says what is not to be done: "don't make the drums louder"; "not so loud" asks for something."""
        refusal = next((item for item in self.items if item.means(MARK, "not") and item.text.lower() in _DO_NOT), None)
        doing = self.verb("light", "add", "swap", "rewrite", "remove", "repeat", "move", "harmony") or any(
            item.means(ATTRIBUTE) or item.means(MOOD) for item in self.items
        )
        return refusal is not None and bool(doing) and not self.mark("so", "too", "enough") and not self.verb("enter")

    @property
    def refused(self) -> Item | None:
        """The word that refuses a thing: "no", "without", "not a fan of"; "the drums aren't tight" refuses nobody."""
        return next((item for item in self.items if item.means(MARK, "not") and item.text.lower() not in _OF_DOING), None)

    @property
    def unknown(self) -> tuple[Item, ...]:
        """Words that are in no table, and what no edit can change."""
        return tuple(
            item
            for item in self.items
            if item.kind == WORD
            and item not in self.where.read
            and ((not item.senses and not item.text.isdigit()) or item.means(MARK, "cannot"))
        )

    def verb(self, *names: str) -> Item | None:
        """The first of its verbs of these names that nothing was made of yet."""
        return next((item for item in self.items if item.means(VERB, *names) and not self.is_used(item)), None)

    def mark(self, *names: str) -> Item | None:
        """The first of its marks of these names."""
        return next((item for item in self.items if item.means(MARK, *names)), None)

    def amount(self, kind: str) -> Amount | None:
        """The first amount of a kind."""
        return next((item.value for item in self.items if item.kind == kind), None)

    def of(self, *kinds: str) -> tuple[Item, ...]:
        """Its items of these kinds."""
        return tuple(item for item in self.items if item.kind in kinds)

    def is_used(self, item: Item) -> bool:
        """Whether something was made of an item."""
        return any(one.start == item.start for one in self.used)

    def use(self, *items: Item | None) -> None:
        """Something was made of these items."""
        self.used += [item for item in items if item is not None]

    def use_where(self, test: Callable[[Item], bool]) -> None:
        """Something was made of every item that passes."""
        self.used += [item for item in self.items if test(item)]

    def use_names(self) -> None:
        """Something was made of the parts and places."""
        self.used += [*self.who.read, *self.where.read]
        self.use_where(lambda item: item.means(DEGREE) or item.means(DIRECTION) or item.means(VERB, "light", "play"))
        self.use_where(lambda item: item.means(MARK, "there", "too", "so", "enough", "same", "into", "into_first", "only", "hard", "else"))

    @property
    def degree(self) -> str:
        """small, large, twice, half or ""."""
        found = [item.id(DEGREE) for item in self.items if item.means(DEGREE)]
        return next((name for name in ("twice", "half", "small", "large") if name in found), "")

    @property
    def direction(self) -> int:
        """The way that its words of direction go: 1, -1, or 0 where there are none."""
        signs = [_sign(item.id(DIRECTION)) for item in self.items if item.means(DIRECTION)]
        if not signs:
            return 0
        if {"push", "back"} <= {item.text.lower() for item in self.items}:
            return -1
        return -1 if -1 in signs else 1

    @cached_property
    def turned(self) -> tuple[Turned, ...]:
        """Its attributes with the way each is to go; those that are only ruled out ("not louder") are used up and left out."""
        found = []
        for at, item in enumerate(self.items):
            if item.means(ATTRIBUTE) and (one := self._turned(at)):
                found.append(one)
        return tuple(found)

    def turn(self, *names: str) -> Turned | None:
        """The first of its attributes of these names."""
        return next((one for one in self.turned if one.name in names), None)

    def _turned(self, at: int) -> Turned | None:
        item = self.items[at]
        name = "distort" if item.text.lower() == "drive" and self.who.parts else item.id(ATTRIBUTE)
        base = _sign(name[-1]) if name[-1] in "+-" else 0
        name = name.rstrip("+-")
        if at and self.items[at - 1].means(MARK, "instead"):
            self.use(item, self.items[at - 1])
            return None
        said = [item, *_modifiers(self.items[:at][::-1]), *_modifiers(self.items[at + 1 :], after=base == 0)]
        refused = any(one.means(MARK, "not") for one in said)
        excess = any(one.means(MARK, "too") for one in said)
        short = any(one.means(MARK, "enough") for one in said)
        so = any(one.means(MARK, "so") for one in said)
        directions = [_sign(one.id(DIRECTION)) for one in said if one.means(DIRECTION)]
        if name in _COMPLAINTS:
            return Turned(name, -1, tuple(said))
        if base == 0:
            return self._of_noun(name, said, directions, refused=refused, excess=excess, short=short)
        if self.verb("remove") and name in _ADDED and not self.who.pieces:
            return Turned(name, NONE, (*said, *filter(None, [self.verb("remove")])))
        sign = base * (-1 if -1 in directions else 1) * (-1 if self.degree == "half" and name not in _TIMED else 1)
        if refused and short:
            return Turned(name, sign, tuple(said))
        if excess or (refused and so) or (so and self.mark("why")):
            return Turned(name, -sign, tuple(said))
        if refused:
            self.use(*said)
            return None
        return Turned(name, sign, tuple(said))

    def _of_noun(
        self, name: str, said: Sequence[Item], directions: Sequence[int], *, refused: bool, excess: bool, short: bool
    ) -> Turned | None:
        if refused and short:
            return Turned(name, 1, tuple(said), noun=True)
        if excess:
            return Turned(name, -1, tuple(said), noun=True)
        if self.lowering and not refused:
            return Turned(name, -1, (*said, *filter(None, [self.verb("remove")])), noun=True)
        if refused or self.verb("remove"):
            return Turned(name, NONE, (*said, *filter(None, [self.verb("remove")])), noun=True)
        every = directions or ([self.direction] if self.direction else [])
        if not every and name not in _ADDED and self.degree not in ("twice", "half"):
            return None
        if every:
            return Turned(name, -1 if -1 in every else 1, tuple(said), noun=True)
        return Turned(name, -1 if self.degree == "half" else 1, (*said, *filter(None, [self.verb("add")])), noun=True)


def _sign(text: str) -> int:
    return 1 if text == "+" else -1


def _modifiers(row: Sequence[Item], *, after: bool = True) -> list[Item]:
    """The words beside an attribute that turn it: too, not, so, less; behind it "enough", and behind a noun a direction."""
    found = []
    for item in row:
        if item.means(ATTRIBUTE) or item.is_player or item.means(SECTION):
            break
        turning = item.means(MARK, "too", "not", "so") or item.means(DIRECTION) or item.means(DEGREE, "small", "large")
        if item.means(MARK, "enough") or (turning and after):
            found.append(item)
        elif not (item.means(FILLER) or item.means(VERB, "light", "play")):
            break
    return found
