"""The prompt as the readers see it: its characters, its words with their places, and which of them are already taken."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from contracts.context import MAX_PROMPT_CHARS
from contracts.errors import BadInput

# Scripts written without spaces, and pictographs: each character is a word of its own.
_SINGLE = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_WORD = re.compile(rf"[{_SINGLE}]|[^\W_{_SINGLE}]+|&")
_SPACES = re.compile(r"\s{2,}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufe0e\ufe0f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]")
"""What a terminal would obey (ECMA-48): colours, titles, cursor."""
_TYPOGRAPHY = str.maketrans(
    {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}  # full-width forms
    | {"\u00a0": " ", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "、": ",", "。": ";", "　": " "}  # noqa: E501  a table of words or one pattern
)  # fmt: skip

_HUMP, _TAG_MIN = re.compile(r"(?<=[a-z0-9])[A-Z]"), 5
_SHORTENED = {"s": "sem", "c": "com", "p": "para"}
_LABEL = re.compile(
    r"[\"'][A-Za-z_ ]{2,24}[\"']\s*[:=](?=\s*[\"'\[{\d-]|\s*(?:true|false|null)\b)|[a-z]{2,12}_[a-z]{2,12}\s*[:=]|\\n[a-z_]{2,16}\s*[:=]"
)
_DATA = str.maketrans({'"': " ", "{": " ", "}": "\n", "[": " ", "]": " ", "\\": "\n"})


@dataclass(frozen=True)
class Word:
    """One word: its folded form and its place in the text."""

    form: str
    start: int
    end: int


@dataclass
class Text:
    """A prompt with the marks of what was read. Evidence is quoted from it as written, but for runs of spaces."""

    original: str
    lower: str
    words: tuple[Word, ...]
    taken: bytearray = field(repr=False)
    language: str | None = field(default=None, repr=False)
    """Set by `language_of` once it is asked."""
    shown: str = ""
    """As written, before typographic and full-width characters became plain ones; of the same length as `original`."""

    @classmethod
    def of(cls, prompt: str) -> "Text":
        """From raw input. Raises BadInput for an empty prompt or one of more than 10,000 characters."""
        if len(prompt) > MAX_PROMPT_CHARS:
            raise BadInput("prompt", f"{len(prompt)} characters", f"1 to {MAX_PROMPT_CHARS:,} characters")
        if not prompt.strip():
            raise BadInput("prompt", prompt, f"1 to {MAX_PROMPT_CHARS:,} characters, such as 'warm lo-fi hip hop, 80 bpm, no drums'")
        return cls.quoted(prompt)

    @classmethod
    def quoted(cls, raw: str) -> "Text":
        """From any string, an option's value for instance, without checking its length."""
        original = unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", _ESCAPES.sub(" ", raw)))
        shown = _SPACES.sub(lambda run: "\n" if "\n" in run.group() else " ", _CONTROL.sub(" ", original))
        original = _unlabelled(shown.translate(_TYPOGRAPHY))
        lower = "".join(_lower(char) for char in original)
        words = tuple(Word(_full(lower, m, first, last), first, last) for m in _WORD.finditer(lower) for first, last in _parts(original, m))
        return cls(original, lower, words, bytearray(len(original)), shown=shown)

    def quote(self, start: int, end: int) -> str:
        """The very words of a span."""
        return (self.shown or self.original)[start:end].strip()

    def take(self, start: int, end: int) -> None:
        """Mark a span as read: what says "6/8" is not asked for a duration again."""
        self.taken[start:end] = b"\x01" * (end - start)

    def is_free(self, start: int, end: int) -> bool:
        """Whether no reader took any character of a span."""
        return self.taken.find(1, start, end) < 0

    def untaken(self) -> str:
        """The lower-case text with spaces where a reader has been."""
        return "".join(" " if taken else char for char, taken in zip(self.lower, self.taken, strict=True))

    def between(self, left: int, right: int) -> str:
        """The lower-case characters between two places."""
        return self.lower[left:right]


def whole(raw: str) -> str:
    """A text that can be encoded: halves of surrogate pairs become replacement characters."""
    return _SURROGATE.sub("\ufffd", raw)


def _unlabelled(written: str) -> str:
    """A prompt in the form of data ('{"key": "A minor"}') without its quotes, brackets and underscores, of the same length."""
    if not _LABEL.search(written):
        return written
    written = _LABEL.sub(lambda label: label.group().replace("_", " "), written)
    return written.translate(_DATA)


def _parts(original: str, match: re.Match[str]) -> list[tuple[int, int]]:
    """Where a word begins and ends; of a hashtag that is written together ("#noVocals") its words."""
    start, end = match.span()
    if original[max(0, start - 1) : start] != "#" or end - start < _TAG_MIN:
        return [(start, end)]
    cuts = [start, *(m.start() for m in _HUMP.finditer(original, start + 1, end)), end]
    return list(pairwise(cuts))


def _full(lower: str, match: re.Match[str], start: int, end: int) -> str:
    """The folded form of a word; of a preposition that Portuguese and Spanish shorten with a stroke ("s/ bateria") the whole one."""
    if (start, end) != match.span():
        return fold(lower[start:end])
    short = _SHORTENED.get(match.group())
    if short and lower[match.end() : match.end() + 1] == "/" and (match.start() == 0 or lower[match.start() - 1] in " ,;(\n"):
        return (
            short if lower[match.end() + 1 : match.end() + 2].strip() or lower[match.end() + 1 : match.end() + 2] == " " else match.group()
        )
    return fold(match.group())


def fold(word: str) -> str:
    """Compatibility form without case and diacritics: "Baterías" and "baterias" are one word."""
    if word == "&":
        return "and"
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    if any("\u3040" <= char <= "\u30ff" for char in decomposed):  # voicing marks are letters in kana
        return unicodedata.normalize("NFKC", word)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@lru_cache(maxsize=65536)
def words_of(phrase: str) -> tuple[str, ...]:
    """The folded words of a phrase: hyphens, apostrophes and spaces all separate."""
    if phrase.isascii() and phrase.isprintable():  # nothing to decompose; the tables hold twenty thousand of them
        return tuple("and" if word == "&" else word for word in _WORD.findall(phrase.lower()))
    return tuple(word.form for word in Text.quoted(phrase).words)


def _lower(char: str) -> str:
    small = char.lower()
    return small if len(small) == 1 else char
