"""How far "no", "without", "only" and "just" reach: over lists of items, through adjectives, never past the thought."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.enhancer.reading.lexicon import Match
from services.enhancer.reading.text import Text
from services.enhancer.reading.vocabulary import scope_words

_STOP = re.compile(r"[.;!?:\n()|]|\s-\s")
_OR = ("or", "nor", "ou", "oder", "o", "ni", "noch", "或")
_YES = re.compile(r"(?<!\w)(?:yes|s[ií]|ja|oui|sim|yep|yeah)(?!\w)")
_FIELD = re.compile(r"\s*[:=?]\s*|\s+-\s+")
_LEAVE = re.compile(r"(?:(?<!\w)(?:leave|leaving|left|keep|kept|take|cut|turn|filter|lass\w*|deja|deixa)(?!\w))\W+(?:\w+\W+){0,6}$")
_PARTICLES = (
    "は",
    "を",
    "が",
    "も",
    "の",
    "are",
    "is",
    "be",
    "should",
    "were",
    "sind",
    "ist",
    "es",
    "sont",
    "都",
    "全",
    "도",
    "은",
    "는",
    "를",
)
_NOUNS = ("mutes", "cuts", "axes", "swaps", "skips", "zeros")
"""Verbs of refusal in the plural are things: "palm mutes", "jump cuts"."""
_EXCEPTING = frozenset([
    "except", "except for", "but", "excepto", "salvo", "sauf", "hormis", "excepte", "exceto", "tranne",
    "eccetto", "behalve", "ausser", "bis auf", "apart from", "aside from", "other than", "excluding", "кроме", "除了",
])  # fmt: skip
"""After a refusal they take back a part of it: "no guitars except acoustic guitar"."""
_REACH = 4
"""Words that may stand between "no" and its item."""


@dataclass(frozen=True)
class Scope:
    """Which of the items a word reaches, and the words themselves."""

    items: tuple[int, ...]
    start: int
    end: int


def reached(text: Text, items: Sequence[Match], kind: str, is_adjective: Callable[[int], bool], *, moderate: bool = True) -> list[Scope]:
    """The items that words of `kind` ("negation" or "only") reach, one Scope per such word.

    `is_adjective` says whether the word at an index may be skipped on the way, as "heavy" in "no heavy drums". Where `moderate` is
    false, words such as "not too much" and "less" reach nothing: fewer drums are not none.
    """
    by_first = {item.first: index for index, item in enumerate(items)}
    by_last = {item.last: index for index, item in enumerate(items)}
    words = [m for m in scope_words().find(text) if not m.misspelt]
    at = {m.first: m for m in words}
    scopes: list[Scope] = []
    excused: set[int] = set()
    for word in words:
        places = word.ids(kind)
        if (word.ids("moderate") and not moderate) or _is_other(text, word, kind):
            continue
        if "field" in places and (answered := _answered(text, word, items)):
            scopes.append(answered)
            continue
        if "out" in places:
            found = (
                _backward(text, word, kind, items, by_last, at) if _LEAVE.search(text.lower[max(0, word.start - 60) : word.start]) else []
            )
        elif "before" in places and not (kind == "only" and "after" in places and text.lower[word.end : word.end + 1] in (",", ".", ";")):
            found = _forward(text, word, kind, items, by_first, at, is_adjective)
        elif "after" in places:
            found = _backward(text, word, kind, items, by_last, at)
        else:
            continue
        if not found and "before" in places and "after" in places:
            found = _backward(text, word, kind, items, by_last, at)
            found = found or _forward(text, word, kind, items, by_first, at, is_adjective)
        if found and kind == "negation" and _excepts(text, word, scopes):
            excused.update(found)
        elif found:
            start = min(word.start, *(items[i].start for i in found))
            end = max(word.end, *(items[i].end for i in found))
            scopes.append(Scope(tuple(found), start, end))
    if not excused:
        return scopes
    left = (Scope(tuple(i for i in scope.items if i not in excused), scope.start, scope.end) for scope in scopes)
    return [scope for scope in left if scope.items]


def _excepts(text: Text, word: Match, scopes: Sequence[Scope]) -> bool:
    """Whether a word follows right upon what was refused and takes a part of it back."""
    said = " ".join(one.form for one in text.words[word.first : word.last])
    return bool(scopes) and said in _EXCEPTING and not text.between(scopes[-1].end, word.start).strip(" ,(")


def _forward(
    text: Text,
    word: Match,
    kind: str,
    items: Sequence[Match],
    by_first: dict[int, int],
    at: dict[int, Match],
    is_adjective: Callable[[int], bool],
) -> list[int]:
    found: list[int] = []
    pending: list[int] = []
    strict = bool(word.ids("strict"))
    article = word.last < len(text.words) and text.words[word.last].form in ("a", "an", "any")
    index, skipped, comma, joined = word.last, 0, False, True
    last_end = word.end
    while index < len(text.words):
        gap = text.between(last_end, text.words[index].start)
        if _STOP.search(gap):
            break
        comma = comma or "," in gap
        if comma and kind == "negation" and index == word.last and not word.ids("moderate"):
            break  # "no, piano": nothing was refused
        if index in by_first:
            if not (joined or comma) and not _touching(gap):
                break
            item = items[by_first[index]]
            (pending if comma and found and not joined else found).append(by_first[index])
            index, last_end, skipped, comma, joined = item.last, item.end, 0, False, False
            continue
        scope_word = at.get(index)
        if scope_word and scope_word.ids("joiner") and (found or pending):
            meaning = text.quote(scope_word.start, scope_word.end).lower()
            if pending and (meaning in _OR or not strict):
                found, pending = found + pending, []
            if meaning not in _OR and kind == "negation" and not article and _opens_anew(text, scope_word.last):
                break
            joined, comma = not pending, comma and bool(pending)
            index, last_end = scope_word.last, scope_word.end
            continue
        if (found or pending) and not (joined or comma):
            break
        if comma and not found:
            break
        describes = kind == "negation" and not found and _describes(text.words[index].form) and index + 1 in by_first
        allowed = scope_word and _may_be_skipped(scope_word, kind, bool(found or pending))
        if skipped >= _REACH or not (is_adjective(index) or allowed or describes):
            break
        if comma and scope_word and text.words[index].form in _ANEW:
            break
        step = scope_word.last if scope_word else index + 1
        index, last_end, skipped = step, text.words[step - 1].end, skipped + 1
    return found


def _describes(form: str) -> bool:
    """Whether a word looks like an adjective: "no pitched strings", "no cheesy synths"."""
    return form.endswith(("ed", "y", "al", "ic", "ish", "ous")) and len(form) > 4


def _may_be_skipped(word: Match, kind: str, begun: bool) -> bool:
    """Whether a word may stand between a refusal and what it refuses: "no real drums", "no solo vocals"."""
    alone = kind == "negation" and word.ids("only") and not word.ids("negation") and not begun
    return bool(word.ids("filler") or word.ids("more") or alone)


_ANEW = (
    "add",
    "with",
    "use",
    "using",
    "include",
    "including",
    "keep",
    "have",
    "want",
    "need",
    "feature",
    "featuring",
    "real",
    "usar",
    "verwenden",
    "quiero",
    "quero",
    "using",
    "put",
    "mit",
    "con",
    "com",
    "avec",
)


def _opens_anew(text: Text, index: int) -> bool:
    """Whether the words after "and" begin something else: "no drums and a flute", "no drums and only strings"."""
    return index < len(text.words) and text.words[index].form in (
        "a",
        "an",
        "some",
        "lots",
        "only",
        "just",
        "with",
        "plenty",
        "eine",
        "ein",
        "un",
        "une",
        "una",
        "uma",
        "um",
        "unos",
        "muito",
        "viel",
        "add",
        "keep",
    )


_ARTICLES = frozenset(
    ["the", "a", "an", "el", "la", "los", "las", "le", "les", "der", "die", "das", "den", "o", "os", "as", "un", "une", "ein", "eine"]
)


def _touching(gap: str) -> bool:
    return gap in ("", "/")


def _is_other(text: Text, word: Match, kind: str) -> bool:
    """Whether a word only looks like one of scope: the end of "bass-less", an English "so" where Portuguese says "só"."""
    written = text.lower[word.start : word.end]
    plucked = word.first > 0 and text.words[word.first - 1].form == "palm"
    several = text.words[word.first].form in _NOUNS
    return (
        (written in ("mute", "muted") and plucked)
        or several
        or (written == "less" and text.lower[max(0, word.start - 1) : word.start] == "-")
        or (kind == "only" and written == "so")
    )


def _answered(text: Text, word: Match, items: Sequence[Match]) -> Scope | None:
    """An item as in a form that was filled in: "drums: none", "vocals = no"."""
    item = next((i for i, item in enumerate(items) if item.last == word.first), None)
    after = text.lower[word.end : word.end + 2].strip()
    if item is None:
        return None
    gap = text.between(items[item].end, word.start)
    if not (_FIELD.fullmatch(gap) or (gap == " " and _YES.search(text.lower))) or (after and after[0] not in ",.;!)|/]}"):
        return None
    return Scope((item,), items[item].start, word.end)


def _backward(text: Text, word: Match, kind: str, items: Sequence[Match], by_last: dict[int, int], at: dict[int, Match]) -> list[int]:
    """The list of items that ends right before the word: "piano and strings only", "ドラムとベースなし", "drums are not needed".

    "Only" reaches back over commas; a refusal does not.
    """
    found: list[int] = []
    joiners = {m.last: m for m in at.values() if m.ids("joiner")}
    end, right = word.first, word.start
    for _ in range(2):
        if end not in by_last and end and text.words[end - 1].form in _PARTICLES:
            end -= 1
            right = text.words[end].start
    while end in by_last:
        item = items[by_last[end]]
        if _STOP.search(text.between(item.end, right)) or (not found and "," in text.between(item.end, right)):
            break
        found.append(by_last[end])
        end, right = item.first, item.start
        if end - 1 in joiners and text.words[end - 1].form in _ARTICLES:
            end, right = end - 1, text.words[end - 1].start  # "the violin and the piano only"
        if end in joiners:
            end, right = joiners[end].first, joiners[end].start
        elif not found or kind == "negation" or "," not in text.between(text.words[end - 1].end if end else 0, right):
            break
    return found
