"""The offline reader of instructions: clause by clause to edits, contradictions refused, the unread told."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from contracts.edits import Edit, Instructed, LyricsEdit, Outline
from contracts.errors import BadInput
from services.enhancer.instructing.absent import absent
from services.enhancer.instructing.bands import add, keep, remove, rewrite, swap
from services.enhancer.instructing.clause_facts import Facts
from services.enhancer.instructing.clauses import Clause, clauses_of
from services.enhancer.instructing.forms import form, length
from services.enhancer.instructing.items import WORD, Item, items_of
from services.enhancer.instructing.lexicon import FILLER, MARK, VERB
from services.enhancer.instructing.placing import NTH as ORDINALS
from services.enhancer.instructing.placing import places
from services.enhancer.instructing.scoping import WHY, differing, entering, is_beyond, is_loose, opening, taken_back
from services.enhancer.instructing.settling import protected, settled
from services.enhancer.instructing.sounds import level, master, mix, pan, space
from services.enhancer.instructing.telling import told
from services.enhancer.instructing.values import ending, energy, feel, harmony, key, mood, tempo
from services.enhancer.instructing.wording import wording
from services.enhancer.reading.text import Text

MOST_CHARS = 2000
EXAMPLES = (
    "a change that music can make, such as 'drums quieter in the second verse', 'in G minor', 'swap the piano for a Rhodes', "
    "'longer intro', 'another bass line', 'wider and louder', 'fade out at the end'"
)
_READERS: tuple[Callable[[Facts], Iterator[Edit]], ...] = (
    harmony, tempo, key, ending, master, opening, entering, swap, feel, form, length, pan, remove,
    add, rewrite, level, mood, energy, space, mix,
)  # fmt: skip

_HUGE = re.compile(r"(?<![\w.,:])\d{5,}(?!\d*(?:[.,]\d+)?\s*hz)", re.IGNORECASE)


@dataclass
class Read:
    """What came of an instruction before it is checked as a whole."""

    edits: list[Edit] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    missing: list[Item] = field(default_factory=list)
    """Names of parts and sections that the song does not have."""
    why: dict[str, str] = field(default_factory=dict)
    """Why nothing was made of some of the unread words."""

    def explained(self, unread: Iterable[str]) -> tuple[str, ...]:
        """Unread words as they are told, with the reason where one is known."""
        return tuple(f"{words} — {self.why[words]}" if words in self.why else words for words in unread)


def read_instruction(instruction: str, outline: Outline) -> Instructed:
    """The edits that an instruction asks for over a song.

    Raises BadInput for nothing understood, for a value that cannot be, and for contradictions.
    """
    read = read_clauses(instruction, outline)
    if not read.edits:
        raise nothing_read(instruction, read, outline)
    return Instructed(edits=tuple(read.edits), told=told(read.edits, outline), unread=read.explained(read.unread))


def read_clauses(instruction: str, outline: Outline) -> Read:
    """The edits of an instruction, maybe none. Raises BadInput as `read_instruction` does, but for nothing understood."""
    if not instruction.strip() or len(instruction) > MOST_CHARS:
        raise BadInput("instruction", instruction[:80], f"1 to {MOST_CHARS:,} characters: {EXAMPLES}")
    if huge := _HUGE.search(instruction):
        raise BadInput("instruction", huge.group(), "numbers up to 9999, and Hz up to 20000", hint="No music has so much of anything.")
    text = Text.quoted(instruction)
    said = wording(text, outline, lambda words: places(items_of(Text.quoted(words), outline), outline).sections)
    read = Read(edits=list(said.edits), unread=list(said.unread), why=dict(said.why))
    kept: list[str] = []
    earlier: list[str] = []
    for clause in clauses_of(_items(text, outline)):
        facts = Facts(differing(clause), outline, tuple(earlier))
        kept += keep(facts)
        made = [] if facts.used else _made(facts, text)
        if not made and clause.is_place and facts.where.sections and _sings_there(read.edits, facts):
            facts.use(*facts.items)
        if made or facts.used:
            earlier += facts.who.parts
        read.edits += made
        left = _unread(facts, text, bool(made))
        read.unread += left
        read.why |= dict.fromkeys(left, facts.why) if facts.why else {}
        gone = facts.who.missing[:1] if facts.verb("swap") else facts.who.missing  # who is to come need not be there
        if not made and (missing := [*gone, *facts.where.missing]):
            read.missing += missing
            read.why |= dict.fromkeys(left, absent(missing, outline))
    read.edits = settled(protected(read.edits, kept, outline), outline)
    return read


def _sings_there(edits: list[Edit], facts: Facts) -> bool:
    """Whether a place by itself is that of words to sing: "in the chorus, change 'boats' to 'planes'". They are narrowed to it."""
    at = [index for index, edit in enumerate(edits) if isinstance(edit, LyricsEdit) and not edit.sections]
    for index in at:
        edits[index] = edits[index].model_copy(update={"sections": facts.where.sections})
    return bool(at)


def nothing_read(instruction: str, read: Read, outline: Outline, besides: str = "") -> BadInput:
    """The error for an instruction that changes nothing, with what the song has where a name was of nothing in it."""
    hint = "; ".join(dict.fromkeys(read.why[words] for words in read.unread if words in read.why))
    hint = hint[:1].upper() + hint[1:]
    if read.missing:
        reason = absent(read.missing, outline)
        hint = f"{reason[0].upper()}{reason[1:]}. Its sections: {', '.join(outline.sections)}; its parts: {', '.join(outline.parts)}"
    return BadInput(
        "instruction", instruction[:200], EXAMPLES, hint=". ".join(one for one in (hint, besides[:1].upper() + besides[1:]) if one)
    )


def _items(text: Text, outline: Outline) -> list[Item]:
    try:
        return items_of(text, outline)
    except BadInput as error:
        raise _as_instruction(error) from None


def _as_instruction(error: BadInput) -> BadInput:
    """An error of a prompt's reader, told of the instruction."""
    own = BadInput("instruction", "", error.allowed, hint=error.hint)
    own.value = error.value
    own.args = (str(error).replace(f"{error.field}:", "instruction:", 1),)
    return own


def _made(facts: Facts, text: Text) -> list[Edit]:
    made: list[Edit] = []
    if facts.refuses:
        facts.use(*facts.items)
        return made
    facts.why = _withdrawn(facts, text) or (WHY if is_beyond(facts, text.lower[: facts.items[0].start]) else "")
    if facts.why:
        return made
    for reader in _READERS:
        made += reader(facts)
    if made and is_loose(facts, made):
        facts.used.clear()
        facts.why = WHY
        return []
    if not made and facts.used:
        facts.use_names()
    words = _words(facts.clause, text)
    return [edit.model_copy(update={"words": words}) for edit in made]


def _withdrawn(facts: Facts, text: Text) -> str:
    """Why a clause before or behind a "no," that takes something back is not read; "" where it is."""
    (first, last), start = taken_back(text.lower), facts.items[0].start
    if first <= start < last:
        return 'the "no" takes it back'
    return 'nobody is named behind the "no"' if start >= last > 0 and not (facts.who.named or facts.where.named) else ""


def _words(clause: Clause, text: Text) -> str:
    return text.quote(clause.items[0].start, clause.items[-1].end)


def _unread(facts: Facts, text: Text, made: bool) -> list[str]:
    """Runs of words that nothing was made of; the whole clause where it asked for something and nothing came of it."""
    if not facts.used and not made:
        return [_words(facts.clause, text)] if any(_matters(item) for item in facts.items) else []
    runs: list[list[Item]] = []
    near = False
    for item in facts.items:
        if _matters(item) and not facts.is_used(item):
            if near:
                runs[-1].append(item)
            else:
                runs.append([item])
            near = True
        elif not item.is_idle:
            near = False
    return [text.quote(run[0].start, run[-1].end) for run in runs]


def _matters(item: Item) -> bool:
    """Whether an item should have changed something."""
    if item.kind != WORD:
        return True
    if not item.senses or item.means(MARK, "cannot"):
        return not item.text.isdigit()
    if item.means(MARK, *ORDINALS) and not item.means(FILLER):
        return True
    kinds = {kind for kind, _ in item.senses}
    return not (FILLER in kinds or kinds <= {MARK} or item.means(VERB, "light", "play", "keep"))


__all__ = ["EXAMPLES", "MOST_CHARS", "Read", "nothing_read", "read_clauses", "read_instruction"]
