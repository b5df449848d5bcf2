"""Adjectives as their languages bend them: one entry of a table stands for "traurig", "trauriger" and "traurigen"."""

import re
from collections.abc import Iterable, Iterator

Sense = tuple[str, str]
_GERMAN = re.compile(r"[a-zäöüß-]+(?:ig|isch|lich|voll|sam|haft|nd|bar|los|rt|nt|cht|us|los|ft|mm|lt|ll|er|el|il|tt|st)")
_SOUTHERN = re.compile(r"[a-záéíóúâêôãõçñ]{3,}[oa]")
_FRENCH = re.compile(r"[a-zàâçéèêëîïôûùü]{4,}")


def inflected(language: str, pairs: Iterable[tuple[str, Sense]]) -> Iterator[tuple[str, Sense]]:
    """The phrases of a table with the usual endings of a language's adjectives beside them."""
    name = language.rpartition("/")[2]
    for phrase, sense in pairs:
        yield phrase, sense
        for form in _forms(name, phrase.lower()):
            yield form, sense


def _forms(language: str, word: str) -> tuple[str, ...]:
    if " " in word:
        return ()
    if language == "de" and _GERMAN.fullmatch(word):
        return tuple(word + ending for ending in ("e", "er", "es", "en", "em"))
    if language in ("es", "pt", "it") and _SOUTHERN.fullmatch(word):
        plural = ("i", "e") if language == "it" else ("os", "as")
        return tuple(word[:-1] + ending for ending in ("o", "a", *plural))
    if language == "fr" and _FRENCH.fullmatch(word) and not word.endswith(("e", "s", "x")):
        return (word + "e", word + "es")
    return ()
