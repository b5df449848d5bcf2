"""Finding phrases of a vocabulary in a text: longest match first, word by word, small misspellings forgiven."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from services.enhancer.reading.language import language_of
from services.enhancer.reading.text import Text, words_of

Sense = tuple[str, str]
"""(kind, id), such as ("genre", "house")."""

_SIBILANTS = ("ses", "shes", "ches", "xes", "zes", "oes", "res", "nes")
_MARKS = ",;.!?:|+\n()"
_HEADS = (
    "trio", "quartett", "quintett", "duo", "ballade", "balladen", "stück", "stuck", "musik", "song", "songs", "lied", "lieder", "beat", "beats",  # noqa: E501  a table of words or one pattern
    "sample", "samples", "loop", "loops", "solo", "melodie", "melodien", "riff", "riffs", "band", "sound", "sounds", "klange", "begleitung",
    "linie", "akkorde", "teppich", "teppiche", "ensemble", "nummer", "track", "tracks", "groove", "thema", "stil", "gruppe", "sektion",
    "satz", "spur", "part", "hymne", "party",
)  # fmt: skip
"""What German hangs on the name of a style or a player, folded."""
_COMPOUNDED = ("genre", "near", "instrument", "family", "stand_in")
_COMPOUND_MIN, _STEM_MIN = 7, 3
_FUZZY_MIN = 5
_FUZZY_TWO = 8
_FUZZY_PHRASE = 6


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
    _fuzzy_cache: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _by_word: dict[str, list[tuple[tuple[str, ...], int]]] = field(default_factory=dict)
    """Word -> (phrase of several words that may be misspelt, the word's place in it)."""
    _known: set[str] = field(default_factory=set)
    """Every word of every phrase."""
    foreign: dict[str, frozenset[str]] = field(default_factory=dict)
    """Single words that stand in tables of other languages only, and those languages: nothing is bent to them elsewhere."""
    marked: dict[str, frozenset[str]] = field(default_factory=dict)
    """Those of them that are written with marks ("stylé"): without the marks they count in these languages only."""

    @classmethod
    def build(
        cls,
        entries: Iterable[tuple[str, Sense]],
        ordinary: Iterable[str] = (),
        forgivable: frozenset[str] = frozenset(),
        forgivable_phrases: frozenset[str] = frozenset(),
    ) -> "Lexicon":
        """From (phrase, sense) pairs. A phrase with several senses keeps them in the order given.

        Only words with a sense of a `forgivable` kind may be misspelt, and one word of a phrase of a kind in `forgivable_phrases`,
        never the `ordinary` words. A short word is forgiven less: two letters swapped, one doubled or one of a pair left out.
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
            lexicon._known.update(words)
            kind, plain = senses[0][0], all(word.isascii() for word in words)
            if plain and kind in forgivable_phrases and len(words) > 1 and sum(map(len, words)) >= _FUZZY_PHRASE:
                for place, word in enumerate(words):
                    lexicon._by_word.setdefault(word, []).append((words, place))
            elif plain and kind in forgivable and len(words) == 1 and len(words[0]) >= _FUZZY_MIN - 1:
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
                if last == first + 1 and self._elsewhere(text, forms[0], start, end):
                    continue
                if last - first > 1 and senses[0][0] == "production" and self._overlapped(text, last):
                    continue
                longer = self._misspelt_phrase(text, first) if last == first + 1 else None
                return longer if longer and longer.last - first > 2 else Match(senses, start, end, first, last)
        if near := self._misspelt_phrase(text, first):
            return near
        word = words[first]
        if text.is_free(word.start, word.end) and (parts := self.compound(word.form)):
            return Match(parts, word.start, word.end, first, first + 1)
        close = self.forgive(word.form, text) if text.is_free(word.start, word.end) else None
        if close:
            return Match(self.phrases[(close,)], word.start, word.end, first, first + 1, misspelt=True)
        return None

    def _elsewhere(self, text: Text, form: str, start: int, end: int) -> bool:
        """Whether a word lacks the marks that it has in its own language, in a prompt of another one: "style" is no "stylé"."""
        languages = self.marked.get(form)
        return languages is not None and text.lower[start:end].isascii() and language_of(text) not in languages

    def _overlapped(self, text: Text, last: int) -> bool:
        """Whether the last word of a phrase begins a longer one: "heavy bass" in "heavy bass guitar"."""
        forms = tuple(word.form for word in text.words[last - 1 : last + 2])
        return any(
            any(kind == "instrument" for kind, _ in self.senses(forms[:length]))
            for length in range(2, len(forms) + 1)
            if not _broken(text, last - 1, last - 1 + length)
        )

    def _misspelt_phrase(self, text: Text, first: int) -> Match | None:
        """A phrase of several words here, one of which is a letter off: "drum n bas", "indei rock"."""
        words = text.words
        for index in range(first, min(first + 4, len(words))):
            for phrase, place in self._by_word.get(words[index].form, ()):
                last = first + len(phrase)
                if place != index - first or last > len(words):
                    continue
                said = [words[first + i].form for i in range(len(phrase))]
                wrong = [(form, known) for form, known in zip(said, phrase, strict=True) if form != known]
                if len(wrong) > 1 and wrong[-1][0] == wrong[-1][1] + "s":
                    wrong.pop()  # in the plural: "frnch horns"
                free = text.is_free(words[first].start, words[last - 1].end) and not _broken(text, first, last)
                strange = any(form not in self._known for form, _ in wrong)
                if self.phrases[phrase][0][0] == "instrument" and any(self.forgive(form, text) for form, _ in wrong):
                    continue  # "clasical guitar": the word by itself says more
                few = len(wrong) == 1 or (len(wrong) == 2 < len(phrase) and strange)
                if few and free and (len(phrase) > 2 or strange) and all(self._slip(*pair) for pair in wrong):
                    return Match(self.phrases[phrase], words[first].start, words[last - 1].end, first, last, misspelt=True)
        return None

    def _slip(self, word: str, known: str) -> bool:
        """Whether a word that means nothing else is one letter off a known one of three letters or more."""
        if min(len(word), len(known)) < 3 or word[0] != known[0] or word in self.ordinary or not word.isalpha() or word == known + "s":
            return False
        return _slight(word, known) if len(known) == 3 else edit_distance(word, known, 1) == 1

    def compound(self, word: str) -> tuple[Sense, ...]:
        """Senses of a word that is written together as German does: "jazztrio" is a jazz trio, "streichersample" are strings."""
        if len(word) < _COMPOUND_MIN or word in self._known or not word.isalpha():
            return ()
        if word.startswith("solo") and (alone := self._playing(word[4:])):
            return alone
        for head in _HEADS:
            stem = word.removesuffix(head)
            if stem == word or len(stem) < _STEM_MIN:
                continue
            for form in dict.fromkeys((stem, stem.removesuffix("s"), stem.removesuffix("n"), stem.removesuffix("en"), stem + "e")):
                if found := self.phrases.get((form, head), ()) or self._playing(form):
                    return found
        return ()

    def _playing(self, word: str) -> tuple[Sense, ...]:
        """The senses of a word that names a style or a player."""
        return tuple(sense for sense in self.senses((word,)) if sense[0] in _COMPOUNDED) if word else ()

    def inside(self, text: Text, match: Match, kind: str) -> tuple[str, ...]:
        """Ids of a kind that the first or the last words of a longer phrase have by themselves: "epic" in "epic trailer"."""
        words = tuple(word.form for word in text.words[match.first : match.last])
        for last in range(len(words) - 1, 0, -1):
            found = tuple(name for k, name in self.phrases.get(words[:last], ()) if k == kind)
            found = found or tuple(name for k, name in self.phrases.get(words[-last:], ()) if k == kind)
            if found:
                return found
        return ()

    def senses(self, forms: tuple[str, ...]) -> tuple[Sense, ...]:
        """Senses of a phrase as written or in the singular; () where it is unknown."""
        found = self.phrases.get(forms)
        if found or len(forms[-1]) < 4:
            return found or ()
        for ending in ("s", "es", "y"):
            if forms[-1].endswith(ending) and (ending != "es" or forms[-1].endswith(_SIBILANTS)):
                singular = self.phrases.get((*forms[:-1], forms[-1][: -len(ending)]))
                if singular:
                    return singular
        return ()

    def forgive(self, word: str, text: Text | None = None) -> str | None:
        """The one known word that a misspelt word must mean, or None. Ordinary words are never bent, nor is any to another language."""
        if len(word) < _FUZZY_MIN - 1 or not word.isascii() or word in self.ordinary or any(c.isdigit() for c in word):
            return None
        if word not in self._fuzzy_cache:
            self._fuzzy_cache[word] = self._closest(word)
        for close in self._fuzzy_cache[word]:
            languages = self.foreign.get(close)
            if languages is None or text is None or language_of(text) in languages:
                return close
        return None

    def _closest(self, word: str) -> tuple[str, ...]:
        """The known words that a misspelt one may mean, the closest first; of two that are as close, neither."""
        best: list[tuple[int, bool, bool, str]] = []
        for known in self._by_start.get(word[0], ()):
            shorter = min(len(known), len(word))
            limit = 2 if shorter >= _FUZZY_TWO else 1
            if abs(len(known) - len(word)) <= limit and (shorter >= _FUZZY_MIN or _slight(word, known)):
                distance = edit_distance(word, known, limit)
                if distance <= limit and (distance < 2 or shorter > _FUZZY_TWO or _consonants(word) == _consonants(known)):
                    best.append((distance, set(known) != set(word), self.phrases[(known,)][0][0] != "family", known))
        best.sort()
        return tuple(known for place, (*_, known) in enumerate(best) if not self._rivalled(best, place))

    def _rivalled(self, best: list[tuple[int, bool, bool, str]], place: int) -> bool:
        """Whether another known word is as close, means something else, and is at home in the same languages.

        A word that shares a sense means the same, and so does another spelling of the same word ("gitar" beside "guitar").
        """
        closeness, own = best[place][:2], best[place][-1]
        rivals = (one[-1] for one in best if one[:2] == closeness and one[-1] != own)
        return any(
            not set(self.phrases[(one,)]) & set(self.phrases[(own,)])
            and edit_distance(one, own, 1) > 1
            and self.foreign.get(one) == self.foreign.get(own)
            for one in rivals
        )


def _consonants(word: str) -> set[str]:
    return set(word) - set("aeiouy")


def _slight(word: str, known: str) -> bool:
    """Whether a short word differs by a swap, by a doubled letter, or by "ck" for "k" only: "rokc", "trapp", "bosa", "funck"."""
    if len(word) == len(known):
        return sorted(word) == sorted(known)
    longer, shorter = sorted((word, known), key=len, reverse=True)
    doubled = any(longer[i] == longer[i - 1] and longer[:i] + longer[i + 1 :] == shorter for i in range(1, len(longer)))
    return doubled or word.replace("ck", "k") == known or word + "e" == known


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
