"""An instruction as a row of items: amounts, stated values, words of change, names, and words that mean nothing here."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from contracts.edits import Outline
from contracts.music import Key
from services.enhancer.instructing.amounts import amounts
from services.enhancer.instructing.lexicon import (
    ATTRIBUTE,
    DIRECTION,
    FILLER,
    MARK,
    PLAYERS,
    ROLE,
    SECTION,
    SOUND,
    VERB,
    lexicon,
    whole_word,
)
from services.enhancer.instructing.tongues import native, tongue_of
from services.enhancer.reading.chords import read_chords, resolved
from services.enhancer.reading.endings import read_ending
from services.enhancer.reading.findings import Finding
from services.enhancer.reading.keys import read_key
from services.enhancer.reading.lexicon import Sense
from services.enhancer.reading.tempo import read_tempo
from services.enhancer.reading.text import Text
from services.enhancer.reading.vocabulary import MOOD

KEY, MODE, TEMPO, ENDING, CHORDS, WORD = "key", "mode", "tempo", "ending", "chords", "word"
VALUES = (KEY, MODE, TEMPO, ENDING, CHORDS)
_MODE = re.compile(
    r"(?<![a-zà-ÿ])(?:(?:in|into|to|a|in|nach|auf|en|zu)\s+)?(?:the |a )?(?:(?P<kin>relative|parallel|parallele[ns]?)\s+)?"
    r"(?P<mode>major|minor|dorian|phrygian|lydian|mixolydian|locrian|dur|moll|mayor|menor|majeur|mineur|dorisch|phrygisch|lydisch|mixolydisch|dorien|phrygien|lydien)"
    r"(?: key| mode| scale)?(?![a-zà-ÿ])"
)
_MODES = {"dur": "major", "mayor": "major", "majeur": "major", "moll": "minor", "menor": "minor", "mineur": "minor"}
_STEMS = {"dor": "dorian", "phr": "phrygian", "lyd": "lydian", "mix": "mixolydian"}
_MOST_ENDINGS = 3
_MOST_VALUES = 3
_IDLE = ((FILLER, ""),)
_ASKING = ("give", "i", "i'd", "could", "can", "please", "we", "let's", "with")
_FROM_TEMPO = re.compile(
    r"(?<!\w)(?P<was>(?:from|von|de|desde)\s+(?P<n>\d{2,3}(?:\.\d+)?)(?:\s*bpm)?)\s+"
    r"(?:up to|down to|to|auf|a|à|hasta)\s+(?P<to>\d{2,3}(?:\.\d+)?)(?:\s*bpm)?(?![\w.:]|\s*(?:bars?|takte|db|%|sec))"
)
"""From the tempo that the song has to another."""
_ALIASES = {"chorus": "drop"}
"""What stands for a section where a song has none of that name."""
_ENGLISH_ARTICLE = re.compile(r"(?<!\w)(?:a|an) (?:major|minor) (?=[a-z])")


@dataclass(frozen=True)
class Item:
    """A stretch of the instruction and what it may mean. `value` where it is an amount or a stated value."""

    kind: str
    start: int
    end: int
    text: str
    value: Any = None
    senses: tuple[Sense, ...] = ()
    misspelt: bool = False
    before: str = field(default="", compare=False)
    """The characters between the item before and this one."""

    def ids(self, *kinds: str) -> tuple[str, ...]:
        """The ids of its senses of some kinds."""
        return tuple(name for kind, name in self.senses if kind in kinds)

    def id(self, kind: str) -> str:
        """The first id of a kind, "" without one."""
        return next(iter(self.ids(kind)), "")

    def means(self, kind: str, *names: str) -> bool:
        """Whether it has a sense of a kind, one of the names where some are given."""
        found = self.ids(kind)
        return bool(found) and (not names or any(name in found for name in names))

    @property
    def is_player(self) -> bool:
        """Whether it can name somebody who plays."""
        return any(kind in (*PLAYERS, ROLE, SOUND) for kind, _ in self.senses) and not self.means(MARK, "cannot")

    @property
    def is_idle(self) -> bool:
        """Whether it means nothing here."""
        return self.kind == WORD and bool(self.senses) and all(kind == FILLER for kind, _ in self.senses)


def items_of(text: Text, outline: Outline) -> list[Item]:
    """All items in order; every word belongs to one. Raises BadInput for a tempo that cannot be."""
    found = [Item(one.kind, one.start, one.end, text.quote(one.start, one.end), one) for one in amounts(text)]
    found += _stated(text, outline)
    tongue = tongue_of(text)
    for match in lexicon().find(text):
        quoted = text.quote(match.start, match.end)
        own = native(tongue, tuple(word.form for word in text.words[match.first : match.last])) if tongue else None
        senses = _here(own or match.senses, outline)
        found.append(Item(WORD, match.start, match.end, quoted, senses=senses, misspelt=match.misspelt and not own))
        text.take(match.start, match.end)
    for word in text.words:
        if text.is_free(word.start, word.end):
            near = native(tongue, (word.form,)) or lexicon().phrases.get((whole_word(word.form),), ())
            found.append(
                Item(WORD, word.start, word.end, text.quote(word.start, word.end), senses=_here(near, outline), misspelt=bool(near))
            )
    return _but_not_except(_placed(text, found))


def _but_not_except(items: list[Item]) -> list[Item]:
    """Items in which "everything but" before a verb is everything, and then "but": "keep everything but give me another bass line"."""
    out: list[Item] = []
    for at, item in enumerate(items):
        following = items[at + 1] if at + 1 < len(items) else None
        verb = following is not None and (following.means(VERB) or following.text.lower() in _ASKING)
        if item.means(MARK, "all_but") and item.text.lower().endswith(" but") and verb:
            cut = item.end - len("but")
            whole = replace(item, end=cut - 1, text=item.text[: -len(" but")], senses=((MARK, "all"),))
            out += [whole, replace(item, start=cut, text="but", senses=((MARK, "break"),), before=" ")]
        else:
            out.append(item)
    return out


def _placed(text: Text, found: Iterable[Item]) -> list[Item]:
    placed: list[Item] = []
    end = 0
    for item in sorted(found, key=lambda item: item.start):
        placed.append(
            Item(item.kind, item.start, item.end, item.text, item.value, item.senses, item.misspelt, text.between(end, item.start))
        )
        end = item.end
    return placed


def _stated(text: Text, outline: Outline) -> list[Item]:
    """Chords, key, mode, tempo and ending as the reader reads them in a prompt."""
    found: list[Item] = []
    free = bytes(text.taken)
    chords = read_chords(text)
    if chords:
        found += _taken(text, free, CHORDS, resolved(chords, Key.parse(outline.key)))
    for match in _FROM_TEMPO.finditer(text.lower):
        if abs(float(match["n"]) - outline.tempo_bpm) < 1:
            found.append(_idle(text, *match.span("was")))
            text.take(*match.span("to"))
            value = Finding(float(match["to"]), text.quote(*match.span("to")))
            found.append(Item(TEMPO, *match.span("to"), text.quote(*match.span("to")), value))
    keys = list(_several(text, KEY, lambda: read_key(text).key))
    aims = [item for item in keys if item.kind != KEY or Key.parse(item.value.value) != Key.parse(outline.key)]
    found += keys if not any(item.kind == KEY for item in aims) else [i if i in aims else replace(i, kind=WORD, senses=_IDLE) for i in keys]
    if not keys and (mode := _mode(text, outline)):
        found.append(mode)
    found += _several(text, TEMPO, lambda: read_tempo(text))
    return found + _endings(text)


def _endings(text: Text) -> list[Item]:
    """How it is to end; what is ruled out beside it ("without a fade, just stop") is read with it."""
    found: list[Item] = []
    for _ in range(_MOST_ENDINGS):
        free = bytes(text.taken)
        ending = read_ending(text)
        where = text.lower.find((ending.evidence or "").lower()) if ending else -1
        if ending is None or where < 0:
            break
        text.take(where, where + len(ending.evidence or ""))
        found += [_other_ending(item, ending.value) for item in _taken(text, free, ENDING, ending)]
    first = next((item for item in found if item.kind == ENDING and item.value.value != "natural"), None)
    if first is None:
        return found
    others = {item.value.value for item in found if item.kind == ENDING} - {"natural", first.value.value}
    if others:  # a song cannot fade out and go round: whoever settles the edits says so
        return found
    return [item if item is first else Item(WORD, item.start, item.end, item.text, senses=((FILLER, ""),)) for item in found]


def _other_ending(item: Item, first: str) -> Item:
    """What was taken beside an ending, as the ending that it is: "stop dead" beside "fade out"."""
    other = read_ending(Text.quoted(item.text)) if item.kind == WORD else None
    return replace(item, kind=ENDING, value=other, senses=()) if other and other.value not in ("natural", first) else item


def _several(text: Text, kind: str, read: Callable[[], Finding[Any] | None]) -> Iterator[Item]:
    """Every value that is stated: two of them are for whoever reads the whole to refuse."""
    for _ in range(_MOST_VALUES):
        free = bytes(text.taken)
        value = read()
        if value is None:
            return
        yield from _taken(text, free, kind, value)


def _idle(text: Text, start: int, end: int) -> Item:
    text.take(start, end)
    return Item(WORD, start, end, text.quote(start, end), senses=_IDLE)


def _taken(text: Text, before: bytes, kind: str, value: Any) -> list[Item]:
    """The value as items, one for each stretch that was taken for it; only the first one carries it."""
    spans: list[tuple[int, int]] = []
    for place, (old, new) in enumerate(zip(before, text.taken, strict=True)):
        if old != new:
            if spans and spans[-1][1] == place:
                spans[-1] = (spans[-1][0], place + 1)
            else:
                spans.append((place, place + 1))
    last = kind in (KEY, TEMPO)
    carrier = spans[-1] if last and spans else spans[0] if spans else (0, 0)
    return [
        Item(kind, start, end, text.quote(start, end), value)
        if (start, end) == carrier
        else Item(WORD, start, end, text.quote(start, end), senses=((FILLER, ""),))
        for start, end in spans
    ]


def _mode(text: Text, outline: Outline) -> Item | None:
    """Another mode without a tonic: the same tonic, or the relative's."""
    for match in reversed(list(_MODE.finditer(text.lower))):
        if not text.is_free(*match.span("mode")) or _ENGLISH_ARTICLE.match(text.lower, match.start("mode") - 2):
            continue
        word = match["mode"]
        mode = _MODES.get(word) or _STEMS.get(word[:3]) or word
        now = Key.parse(outline.key)
        if match["kin"] == "relative":
            name = now.spell((now.tonic_class + (3 if now.is_minor else 9)) % 12)
            key = str(Key(name, mode))
        else:
            key = str(Key(now.tonic, mode))
        if now.mode == mode and match["kin"] != "relative":
            continue
        text.take(*match.span())
        return Item(MODE, match.start(), match.end(), text.quote(*match.span()), Finding(key, text.quote(*match.span())))
    return None


def _here(senses: Sequence[Sense], outline: Outline) -> tuple[Sense, ...]:
    """The senses that a phrase can have over this song: a section that is not there yields to any other sense."""
    labels = {section.label for section in outline.sections.values()}
    if any(kind == FILLER for kind, _ in senses):
        senses = [sense for sense in senses if sense[0] != MOOD]
    senses = [
        (kind, _ALIASES[name]) if kind == SECTION and name in _ALIASES and name not in labels else (kind, name) for kind, name in senses
    ]
    kept = [sense for sense in senses if sense[0] != SECTION or sense[1] in labels]
    spoken = [sense for sense in senses if sense[0] in (SECTION, FILLER)]
    return tuple(kept if any(kind not in (FILLER,) for kind, _ in kept) else spoken)


def is_change(item: Item) -> bool:
    """Whether an item is a word of change rather than a name."""
    return any(kind in (ATTRIBUTE, DIRECTION, VERB, MARK) for kind, _ in item.senses)


__all__ = ["CHORDS", "ENDING", "KEY", "MODE", "TEMPO", "VALUES", "WORD", "Item", "is_change", "items_of"]
