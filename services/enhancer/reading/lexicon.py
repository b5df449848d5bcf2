"""Finding phrases of a vocabulary in a text: longest match first, word by word, small misspellings forgiven."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from services.enhancer.reading.text import Text, words_of

Sense = tuple[str, str]
"""(kind, id), such as ("genre", "house")."""

_MARKS = ",;.!?:|\n()"
_FUZZY_MIN = 5
_FUZZY_TWO = 9


@dataclass(frozen=True)
class Match:
    """A phrase found: every sense it has, its place in characters and in words."""

    senses: tuple[Sense, ...]
    start: int
    end: int
    first: int
    last: int
    """First word and the one after the last."""
    misspelt: bool = False

    def ids(self, kind: str) -> tuple[str, ...]:
        """The ids of one kind of sense."""
        return tuple(name for k, name in self.senses if k == kind)


@dataclass
class Lexicon:
    """Phrases (as tuples of folded words) and their senses."""

    phrases: dict[tuple[str, ...], tuple[Sense, ...]] = field(default_factory=dict)
    ordinary: frozenset[str] = frozenset()
    """Words that lie close to a phrase by spelling and mean something else."""
    punctuated: set[tuple[str, ...]] = field(default_factory=set)
    """Phrases with a full stop or comma of their own, such as "Dr. Dre"."""
    _longest: dict[str, int] = field(default_factory=dict)
    """First word -> words of the longest phrase that begins so."""
    _by_start: dict[str, list[str]] = field(default_factory=dict)
    _fuzzy_cache: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def build(
        cls, entries: Iterable[tuple[str, Sense]], ordinary: Iterable[str] = (), forgivable: frozenset[str] = frozenset()
    ) -> "Lexicon":
        """From (phrase, sense) pairs. A phrase with several senses keeps them in the order given.

        Only phrases of one word with a sense of a `forgivable` kind may be misspelt, never the `ordinary` words.
        """
        lexicon = cls(ordinary=frozenset(ordinary))
        for phrase, sense in entries:
            words = words_of(phrase)
            if any(mark in _MARKS for mark in phrase):
                lexicon.punctuated.add(words)
            known = lexicon.phrases.get(words, ())
            if words and sense not in known:
                lexicon.phrases[words] = (*known, sense)
                lexicon._longest[words[0]] = max(lexicon._longest.get(words[0], 0), len(words))
        for words, senses in lexicon.phrases.items():
            if len(words) == 1 and len(words[0]) >= _FUZZY_MIN and words[0].isascii() and senses[0][0] in forgivable:
                lexicon._by_start.setdefault(words[0][0], []).append(words[0])
        return lexicon

    def find(self, text: Text) -> list[Match]:
        """All matches from left to right, none overlapping, where no reader has been yet."""
        return list(self._scan(text))

    def _scan(self, text: Text) -> Iterator[Match]:
        words = text.words
        index = 0
        while index < len(words):
            match = self._longest_at(text, index)
            if match:
                yield match
            index = match.last if match else index + 1

    def _longest_at(self, text: Text, first: int) -> Match | None:
        words = text.words
        longest = max(self._longest.get(words[first].form, 0), 1)
        for last in range(min(first + longest, len(words)), first, -1):
            forms = tuple(word.form for word in words[first:last])
            senses = self.senses(forms)
            start, end = words[first].start, words[last - 1].end
            if senses and text.is_free(start, end) and (forms in self.punctuated or not _broken(text, first, last)):
                return Match(senses, start, end, first, last)
        word = words[first]
        close = self.forgive(word.form) if text.is_free(word.start, word.end) else None
        if close:
            return Match(self.phrases[(close,)], word.start, word.end, first, first + 1, misspelt=True)
        return None

    def senses(self, forms: tuple[str, ...]) -> tuple[Sense, ...]:
        """Senses of a phrase as written or in the singular; () where it is unknown."""
        found = self.phrases.get(forms)
        if found or len(forms[-1]) < 4:
            return found or ()
        for ending in ("s", "es", "y"):
            if forms[-1].endswith(ending):
                singular = self.phrases.get((*forms[:-1], forms[-1][: -len(ending)]))
                if singular:
                    return singular
        return ()

    def forgive(self, word: str) -> str | None:
        """The one known word that a misspelt word must mean, or None. Ordinary words are never bent."""
        if len(word) < _FUZZY_MIN or not word.isascii() or word in self.ordinary or any(c.isdigit() for c in word):
            return None
        if word not in self._fuzzy_cache:
            self._fuzzy_cache[word] = self._closest(word)
        return self._fuzzy_cache[word]

    def _closest(self, word: str) -> str | None:
        best: list[tuple[int, str]] = []
        for known in self._by_start.get(word[0], ()):
            limit = 2 if min(len(known), len(word)) >= _FUZZY_TWO else 1
            if abs(len(known) - len(word)) <= limit:
                distance = edit_distance(word, known, limit)
                if distance <= limit:
                    best.append((distance, known))
        best.sort()
        if not best or (len(best) > 1 and best[0][0] == best[1][0] and self.phrases[(best[0][1],)] != self.phrases[(best[1][1],)]):
            return None
        return best[0][1]


def edit_distance(a: str, b: str, limit: int) -> int:
    """Optimal string alignment distance (insert, delete, replace, swap neighbours); limit + 1 where it is larger."""
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            cost = min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, previous = previous, current
    return previous[-1]


def entries(table: Mapping[str, Iterable[str]], kind: str) -> Iterator[tuple[str, Sense]]:
    """(phrase, sense) pairs of a table id -> phrases."""
    for name, phrases in table.items():
        for phrase in phrases:
            yield phrase, (kind, name)


def _broken(text: Text, first: int, last: int) -> bool:
    """Whether punctuation that ends a thought stands inside a phrase."""
    return any(any(mark in _MARKS for mark in text.between(text.words[i].end, text.words[i + 1].start)) for i in range(first, last - 1))
