"""Genres: packs, styles that packs play, and mixtures of several."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.enhancer.reading.corrections import regretted
from services.enhancer.reading.lexicon import Match
from services.enhancer.reading.scope import reached
from services.enhancer.reading.tables import table
from services.enhancer.reading.text import Text, words_of
from services.enhancer.reading.vocabulary import GENRE, HYBRID, INSTRUMENT, MOOD, NEAR, PRODUCTION, Near, near_genres, packs_of, vocabulary
from services.music.packs.genres import genres

_KINDS = (GENRE, NEAR, HYBRID)
MOST_GENRES = 3
_FLAVOUR = re.compile(r"[ -](?:flavou?red|tinged|inspired|influenced|infused|leaning|ish|esque|touched|angehaucht\w*)\b")


@dataclass(frozen=True)
class Styles:
    """Packs in order of weight, the styles behind them, and the words."""

    genres: tuple[str, ...] = ()
    near: tuple[Near, ...] = ()
    """Styles without a pack of their own; the first one leads where `leads` says so."""
    near_leads: bool = False
    evidence: str | None = None
    refused: tuple[str, ...] = ()
    misspelt: bool = False
    roles: tuple[tuple[str, str, str], ...] = ()
    """(role, genre, words) where a style stands right before what it plays: "dubstep bass", "jazz chords"."""

    plays: str | None = None
    """The words of a kind of the leading style that has no pack of its own: "liquid dnb"."""
    hinted: tuple[tuple[str, str], ...] = ()
    """(genre, words) that the name of a player carries: "gospel choir", "trap hats"."""

    @property
    def lead(self) -> Near | None:
        """The style without a pack that leads, if one does."""
        return self.near[0] if self.near and self.near_leads else None


def read_styles(text: Text, matches: Sequence[Match]) -> Styles:
    """The genres of a prompt. In "orchestral dubstep" the head noun leads; in "house with dubstep bass" the first one."""
    items = [m for m in matches if any(m.ids(kind) for kind in _KINDS) and not _is_shy(text, m) and not _in_kana_word(text, m, matches)]
    adjectives = {i for m in matches if m.ids(MOOD) or m.ids(PRODUCTION) for i in range(m.first, m.last)}
    refused_items = {i for scope in reached(text, items, "negation", adjectives.__contains__) for i in scope.items}
    refused = [name for i in sorted(refused_items) for name in _packs(items[i])]
    past = regretted(text)
    refused_items |= {i for i, m in enumerate(items) if any(first <= m.start and m.end <= last for first, last in past)}
    kept = _ordered(text, [m for i, m in enumerate(items) if i not in refused_items])
    packs = [name for m in kept for name in _packs(m)]
    refused = [name for name in refused if name not in packs]
    near = tuple(near_genres()[name] for m in kept for name in m.ids(NEAR) if name in near_genres() and not m.ids(GENRE))
    leads = bool(kept and near and not kept[0].ids(GENRE) and not kept[0].ids(HYBRID))
    evidence = ", ".join(dict.fromkeys(text.quote(m.start, m.end) for m in kept))
    return Styles(
        tuple(dict.fromkeys(packs))[:MOST_GENRES],
        near,
        leads,
        evidence or None,
        tuple(dict.fromkeys(refused)),
        any(m.misspelt for m in kept),
        tuple(_roles(text, kept)),
        _kind_of(text, kept),
        () if kept else tuple(_hinted(text, matches)),
    )


_PLAIN = frozenset({"music", "song", "track", "beat", "beats", "style", "musik", "musique", "musica", "and", "n", "the"})


def _kind_of(text: Text, kept: Sequence[Match]) -> str | None:
    """The words that name a kind of a pack's style: a synonym that says more than the pack's own name."""
    if not kept or not kept[0].ids(GENRE):
        return None
    own = genres()[kept[0].ids(GENRE)[0]]
    usual = {*words_of(own.name), *words_of(own.id.replace("_", " ")), *_PLAIN}
    said = [word.form for word in text.words[kept[0].first : kept[0].last] if word.form not in usual]
    told = text.quote(kept[0].start, kept[0].end)
    return told if len(said) > 0 and kept[0].last - kept[0].first > 1 and told.isascii() else None


def _hinted(text: Text, matches: Sequence[Match]) -> list[tuple[str, str]]:
    players = [m for m in matches if m.ids(INSTRUMENT) and m.last - m.first > 1]
    found = [(vocabulary().inside(text, m, GENRE), m) for m in players]
    return [(names[0], text.quote(m.start, m.end)) for names, m in found if names and names[0] in genres()]


def _roles(text: Text, kept: Sequence[Match]) -> list[tuple[str, str, str]]:
    """What each style plays, where the next word says so."""
    words = table("words")["roles"]
    found = []
    for match in kept:
        next_to = match.last < len(text.words) and not text.between(match.end, text.words[match.last].start).strip(" -")
        own = match.last > match.first + 1  # "dubstep bass" is one entry of the lexicon
        for index in (match.last - 1,) * own + (match.last,) * next_to:
            role = next((name for name, forms in words.items() if text.words[index].form in forms), None)
            if role:
                found += [(role, pack, text.quote(match.start, text.words[index].end)) for pack in _packs(match)[:1]]
                break
    return found


def _packs(match: Match) -> tuple[str, ...]:
    if match.ids(GENRE):
        return match.ids(GENRE)[:1]
    for phrase in match.ids(HYBRID):
        return tuple(dict.fromkeys(pack for style in table("hybrids")[phrase] for pack in packs_of(style)[:1]))
    return tuple(pack for name in match.ids(NEAR) for pack in packs_of(name))


def _ordered(text: Text, kept: list[Match]) -> list[Match]:
    """Neighbours without a word between are one noun phrase: its last word, the head, comes first."""
    groups: list[list[Match]] = []
    for match in kept:
        previous = groups[-1][-1] if groups else None
        if previous and previous.last == match.first and re.fullmatch(r"[ -]?", text.between(previous.end, match.start)):
            groups[-1].append(match)
        else:
            groups.append([match])
    ordered = []
    for group in groups:
        heads = [m for m in group if not m.ids(INSTRUMENT)] or group
        ordered += [heads[-1], *(m for m in group if m is not heads[-1])]
    plain = [m for m in ordered if not m.ids(INSTRUMENT)]
    plain = [*(m for m in plain if not _flavours(text, m)), *(m for m in plain if _flavours(text, m))]
    return [*plain, *(m for m in ordered if m.ids(INSTRUMENT))]


def _flavours(text: Text, match: Match) -> bool:
    """Whether a style only colours what follows: "arabic flavoured trap", "jazz-influenced house"."""
    return _FLAVOUR.match(text.lower, match.end) is not None


def _after_player(text: Text, index: int) -> bool:
    """Whether the word before names a player: "hurdy gurdy drone" is a part, no style."""
    forms = (tuple(word.form for word in text.words[max(0, index - size) : index]) for size in (2, 1))
    return any(kind in (INSTRUMENT, "family", "stand_in") for words in forms for kind, _ in vocabulary().senses(words))


_KANA = re.compile(r"[ァ-ヺー]+")
_KANA_HEADS = re.compile(
    r"バンド|トリオ|カルテット|クインテット|デュオ|ソング|ミュージック|ナンバー|チューン|ビート|サウンド|トラック|テイスト|アレンジ|バラード|スタイル|ベース|ギター|ドラム|ピアノ|ボーカル|ループ|グルーヴ|フィール|パーティ|クラブ|ライク|オペラ|ワルツ|ロール|ヒップホップ|ポップ|ロック|ジャズ|ファンク|ソウル|ハウス|コア|ステップ|メタル|ディスコ"
)


def _in_kana_word(text: Text, match: Match, matches: Sequence[Match]) -> bool:
    """Whether a style's name is a part of a longer word in katakana that nobody here knows: "ロックアイス", "ハウスダスト"."""
    named = text.lower[match.start : match.end]
    if not _KANA.fullmatch(named):
        return False
    after, before = _KANA.match(text.lower, match.end), text.lower[match.start - 1 : match.start]
    goes_on = after is not None and not _KANA_HEADS.match(text.lower, match.end) and not any(m.start == match.end for m in matches)
    begins_before = bool(_KANA.fullmatch(before)) and not any(m.end == match.start for m in matches)
    return goes_on or begins_before


_MONTH_BEFORE = re.compile(r"(?<!\w)(?:in|of|by|until|till|since|this|next|last|early|late|mid|every|on|\d{1,2}(?:st|nd|rd|th)?)[ -]+$")
_MONTH_AFTER = re.compile(r",?\s+(?:\d{1,2}(?:st|nd|rd|th)?|20\d\d)(?!\d| ?bpm)")


def _is_month(text: Text, start: int, end: int) -> bool:
    """Whether March is the month: "in March", "March 3rd"; not "a march", "slow march"."""
    return bool(
        _MONTH_BEFORE.search(text.lower[max(0, start - 12) : start])
        or (text.original[start] == "M" and _MONTH_AFTER.match(text.lower, end))
    )


def _is_society(text: Text, match: Match) -> bool:
    """Whether a club is one of sailors or readers: a word without a style's or a feeling's sense stands right before it."""
    if not match.first or text.between(text.words[match.first - 1].end, match.start).strip(" -"):
        return False
    before = text.words[match.first - 1].form
    kinds = {kind for kind, _ in vocabulary().senses((before,))}
    return before not in ("a", "the", "for", "in", "and", "big", "late", "night", "berlin", "ibiza", "dark") and not kinds & {
        *_KINDS,
        MOOD,
        PRODUCTION,
        "use",
    }


def _is_shy(text: Text, match: Match) -> bool:
    """Whether an everyday word ("the house", "my country") is no style here."""
    shy = table("words")["shy_genres"]
    word = text.words[match.first]
    styled = match.first and text.words[match.first - 1].form in (
        "folk",
        "slow",
        "peasant",
        "court",
        "village",
        "barn",
        "country",
        "last",
        "first",
    )
    if word.form in ("dance", "dances") and match.last == match.first + 1 and (styled or word.form == "dances"):
        return True
    if word.form == "march" and match.last == match.first + 1 and _is_month(text, word.start, word.end):
        return True
    if word.form == "folks" and match.last == match.first + 1:
        return True
    if word.form == "trance" and re.search(r"(?<!\w)(?:in|into|like|as if in) an? $", text.lower[: word.start]):
        return match.last >= len(text.words) or text.words[match.last].form not in (*shy["music"], *genres())
    if word.form in ("club", "clubs") and match.last == match.first + 1 and _is_society(text, match):
        return True
    if word.form in ("drone", "drones") and match.first and _after_player(text, match.first):
        return True
    if match.last != match.first + 1 or word.form not in shy["words"] or match.first == 0:
        return False
    before = text.words[match.first - 1]
    if not (before.form in shy["determiners"] or before.form.isdigit()) or text.between(before.end, word.start).strip():
        return False
    if match.last >= len(text.words) or text.between(word.end, text.words[match.last].start).strip(" -"):
        return True
    return text.words[match.last].form not in (*shy["music"], *genres())
