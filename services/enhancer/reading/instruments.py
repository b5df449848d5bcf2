"""Instruments wanted and unwanted: families, negation, "only", and who stands in for what the catalogue lacks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contracts.errors import BadInput
from services.enhancer.reading.ensembles import Ensemble, find_ensemble
from services.enhancer.reading.language import language_of
from services.enhancer.reading.lexicon import Match
from services.enhancer.reading.scope import Scope, reached
from services.enhancer.reading.sections import NAME
from services.enhancer.reading.tables import table
from services.enhancer.reading.text import Text
from services.enhancer.reading.vocabulary import (
    FAMILY,
    GENRE,
    HYBRID,
    INSTRUMENT,
    MOOD,
    NEAR,
    PRODUCTION,
    STAND_IN,
    near_genres,
    packs_of,
    vocabulary,
)
from services.music.packs.instruments import instruments

_KINDS = (INSTRUMENT, FAMILY, STAND_IN)
_LESS = re.compile(r"(?<!\w)(drum|beat|bass|vocal|guitar|piano|synth|percussion)s?[ -]?less(?!\w)")
_LESS_FAMILY = {
    "drum": "drums",
    "beat": "drums",
    "bass": "bass",
    "guitar": "guitar",
    "piano": "piano",
    "synth": "synths",
    "percussion": "percussion",
}
_INSTRUMENTAL = re.compile(
    r"(?<!\w)(?:instrumentals?(?! solo| break| section)|no singing|without (?:any )?(?:singing|lyrics|words)|without to sing|nobody (?:sings|singing)|no (?:lyrics|words)|(?:lyrics?|words?)[- ]free|sans paroles|sin letra|sem letra|ohne (?:worte|text)|senza parole|instrumental music|纯音乐|純音樂|无人声|インスト(?:ゥルメンタル)?|歌なし)(?!\w)"  # noqa: E501  a table of words or one pattern
)
_A_CAPPELLA = re.compile(
    r"(?<![a-z])(?:(?:a|à)[ -]?capp?ell?a|voices only|vocals only|unaccompanied (?:voices?|singing|choir)|nothing but (?:voices|vocals)|s[oó] vozes|solo voces|nur stimmen|que des voix)(?![a-z])|アカペラ|無伴奏合唱|无伴奏|無伴奏|阿卡贝拉|清唱|아카펠라|а капелла"  # noqa: E501  a table of words or one pattern
)
_NO_INSTRUMENTS = re.compile(
    r"(?<!\w)(?:without (?:any )?(?:musical )?instruments?|no (?:musical )?instruments?|zero instruments|sin instrumentos|ohne instrumente|sans instruments?|sem instrumentos|没有乐器|楽器なし)(?!\w)"  # noqa: E501  a table of words or one pattern
)
_NO_ELECTRONICS = re.compile(
    r"(?<!\w)(?:nothing|not|no|zero|nada|nichts|rien d'|niente) ?(?:too )?(?:electronic|synthetic|electr[oó]nico|eletr[oô]nico|elektronisches?|[eé]lectronique|elettronico)(?!\w|[ -]?\w*(?:drum|beat|kit|perc|danc|music))"  # noqa: E501  a table of words or one pattern
)
_ELSE = re.compile(
    r"(?<!\w)(?:(?:and )?nothing else|no other instruments?|no other sounds?|no one else|(?:and |(?<=[,.;:-] ))(?:that's|thats|that is) (?:it|all)(?=\s*(?:$|[.,;!)\n]))|that's it(?=\s*(?:$|[.!)\n]))|(?:sem|sin) (?:mais|m[aá]s) nada|(?:das ist|das war's|das war es|das wär's)(?: alles)?(?=\s*(?:$|[.!)\n]))|c'est tout|eso es todo|y ya est[aá]|y punto|[eé] s[oó] isso|e s[oó](?=\s*(?:$|[.!)\n]))|è tutto|(?:und )?sonst nichts|nichts anderes|y nada m[aá]s|nada m[aá]s|et rien d'autre|rien d'autre|e nada mais|nada mais|e basta)(?!\w)|ほかの楽器なし|他の楽器なし|それだけ|其他都不要|别的都不要|不要其他乐器"  # noqa: E501  a table of words or one pattern
)
_STYLE_WORDS = (
    "bass",
    "drums",
    "synths",
    "percussion",
    "bass_guitar",
    "drum_kit",
    "synthesizer",
    "synth_bass",
    "choir",
    "vocals",
    "music_box",
    "pluck_synth",
)
"""Players whose names are parts of styles' names."""
_LIMITED = re.compile(
    rf"\s*(?:until|till|before|in|during|for|at|through(?:out)?|bis zum|im|hasta|en|pendant|avant|até|no)\s+(?:the\s+|el\s+|la\s+|le\s+|l'|o\s+|a\s+)?(?:first\s+|opening\s+|last\s+|second\s+|\d+\s+)*(?:beginning|start|half|bars|seconds|{NAME})(?!\w)"  # noqa: E501  a table of words or one pattern
)
_KIT_PARTS = frozenset([
    "cymbal", "cymbals", "crash", "crashes", "ride", "rides", "snare", "snares", "kick",
    "kicks", "hat", "hats", "hihat", "hihats", "tom", "toms", "rimshot", "rimshots",
    "rim", "rims", "clap", "claps", "platillo", "platillos", "redoblante", "becken", "pratos",
    "prato", "cymbale", "cymbales", "piatti", "rullante",
])  # fmt: skip
_SOLO_PLAYER = re.compile(r"solo(?=\w{4})")
"""Written together in German: "Soloklavier"."""
_A_BEAT = re.compile(r"(?<!\w)(?:(?:an?|uno?|ein(?:en)?|um|type|this|my|the|some|make|me|faz|hazme|fais|mach)\s+)(?:[\w-]+\s+){0,2}$")
"""What makes a beat the piece: "a chill beat", "type beat"."""
_SOLO = re.compile(r"solo(?:ist)?\b")
_LEADS = re.compile(
    r",?\s+(?:over|above|against|on top of|backed by|accompanied by|in front of|with (?:an? )?(?:orchestra|strings?|band|choir|piano|organ|backing)|über|vor|sobre|acompa[nñ]ad[oa]|acompanhad[oa]|sur|accompagnée?)\s*"  # noqa: E501  a table of words or one pattern
)
"""What makes a solo the lead of others: "solo oboe over strings"."""
_BLUES_KIND = re.compile(r"[\s,(-]*(?:the |a |of the )?blues(?:y)?[ -](?:kind|type|sort|one|style)")
_SOUND_DESIGN = ("pad_synth", "synthesizer", "pluck_synth", "synth_bass", "riser")


@dataclass(frozen=True)
class Players:
    """Who plays and who must not, with the words and what had to be decided."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    evidence_wanted: str | None = None
    evidence_unwanted: str | None = None
    exclusive: bool = False
    notes: tuple[str, ...] = ()
    misspelt: bool = False
    style: str | None = None
    """The style that a band such as a string quartet is at home in."""
    counted: bool = False
    """Whether nobody was refused by a word: a band that was counted out leaves no chair."""


def read_players(text: Text, matches: Sequence[Match], genre_ids: Sequence[str]) -> Players:
    """The instruments of a prompt. Raises BadInput where everything in the catalogue is excluded by name."""
    items = [_spoken(text, m) for m in matches if any(m.ids(kind) for kind in _KINDS) and not _is_feeling(text, m)]
    items = [m for m in items if not _is_piece(text, m, matches) and not _is_shy_player(text, m, matches)]
    items = sorted([*items, *_in_styles(text, matches)], key=lambda item: item.first)
    forms = {word.form for word in text.words}
    acoustic = not forms.isdisjoint(table("instruments_extra")["acoustic_words"]["words"])
    adjectives = {i for m in matches if m.ids(MOOD) or m.ids(PRODUCTION) for i in range(m.first, m.last)}
    banned = reached(text, items, "negation", adjectives.__contains__, moderate=False)
    banned = [scope for scope in banned if not _LIMITED.match(text.lower, scope.end)]
    only = [s for s in reached(text, items, "only", adjectives.__contains__) if not _in_passing(text, s)]
    banned_items = {i for scope in banned for i in scope.items}
    parts = [i for i in sorted(banned_items) if _is_part_of_kit(text, items[i])]
    wanted_items = [i for i in range(len(items)) if i not in banned_items]
    only_items = {i for scope in only for i in scope.items} - banned_items
    unwanted = [name for i in sorted(banned_items.difference(parts)) for name in _unwanted(items[i])]
    words_against = [text.quote(scope.start, scope.end) for scope in banned if not set(scope.items) <= set(parts)]
    if only_items:
        wanted_items = sorted({*only_items, *(i for i in wanted_items if i > min(only_items))})
    wanted = [name for i in wanted_items for name in _wanted(items[i], genre_ids, acoustic=acoustic)]
    players = _special_words(text, items, wanted, unwanted, words_against)
    players[3].extend(f"'{text.quote(items[i].start, items[i].end)}' is a part of the drum kit, which plays as a whole." for i in parts)
    band = find_ensemble(text, [(items[i], _wanted(items[i], genre_ids, acoustic=acoustic)) for i in wanted_items], genre_ids)
    if band and not _A_CAPPELLA.search(text.lower):
        players[0][:] = [name for name in band.players if name not in unwanted]
    if only_items and not genre_ids and set(players[0]) == {"electric_guitar", "vocals"} and "electric_guitar" in _loosely(items):
        players[0][:] = ["acoustic_guitar" if name == "electric_guitar" else name for name in players[0]]
    return _settled(text, items, wanted_items, only_items, only, players, band)


def _special_words(
    text: Text, items: Sequence[Match], wanted: list[str], unwanted: list[str], words: list[str]
) -> tuple[list[str], list[str], list[str], list[str], bool]:
    """Words that are whole sentences: drumless, instrumental, a cappella, without instruments."""
    notes: list[str] = []
    exclusive = False
    for match in _LESS.finditer(text.lower):
        stem = match.group(1)
        unwanted += ["vocals"] if stem == "vocal" else table("instruments_extra")["families"][_LESS_FAMILY[stem]]["without"]
        words.append(text.quote(*match.span()))
    if a_cappella := _A_CAPPELLA.search(text.lower):
        wanted[:] = ["choir"] if "choir" in wanted else ["vocals"]
        words.append(text.quote(*a_cappella.span()))
        exclusive = True
    if plain := _NO_ELECTRONICS.search(text.lower):
        unwanted += table("instruments_extra")["families"]["electronics"]["without"]
        words.append(text.quote(*plain.span()))
    alone = len(items) == 1 and wanted
    if alone and (_SOLO_PLAYER.match(text.lower, items[0].start, items[0].end) or _is_southern_solo(text, items[0])):
        words.append(text.quote(items[0].start, items[0].end))
        exclusive = True
    if (closed := _ELSE.search(text.lower)) and wanted:
        words.append(text.quote(*closed.span()))
        exclusive = True
    instrumental = _INSTRUMENTAL.search(text.lower)
    if instrumental and "vocals" not in wanted:
        unwanted.append("vocals")
        words.append(text.quote(*instrumental.span()))
    if silent := _NO_INSTRUMENTS.search(text.lower):
        evidence = text.quote(*silent.span())
        words.append(evidence)
        if not wanted:
            unwanted += [name for name in instruments() if name not in _SOUND_DESIGN]
            wanted += ["pad_synth", "synthesizer"]
            notes.append(f"'{evidence}' would be silence; it is read as: nothing that a player holds, only synthesised sound.")
    return wanted, unwanted, words, notes, exclusive


def _settled(
    text: Text,
    items: Sequence[Match],
    wanted_items: Sequence[int],
    only_items: set[int],
    only: Sequence[Scope],
    found: tuple[list[str], list[str], list[str], list[str], bool],
    band: Ensemble | None,
) -> Players:
    wanted, unwanted, words, notes, exclusive = found
    named_against = tuple(dict.fromkeys(unwanted))
    wanted = list(dict.fromkeys(wanted))
    clash = [name for name in wanted if name in named_against and not _family_only(name, items, wanted_items)]
    if clash:
        notes.append(f"{', '.join(clash)}: both asked for and excluded; the exclusion holds.")
    kept = [name for name in wanted if name not in clash]
    against = [name for name in named_against if name not in kept]
    counted = bool(band and band.closed) and not exclusive and not only_items and not against
    exclusive = exclusive or bool(only_items) or bool(band and band.closed)
    if exclusive and kept:
        against = [name for name in instruments() if name not in kept]
    if set(against) >= set(instruments()):
        raise BadInput("instruments", "; ".join(words), "at least one instrument must be left to play", hint=", ".join(instruments()))
    for i in wanted_items:
        for name in items[i].ids(STAND_IN):
            if not items[i].ids(INSTRUMENT):
                word = text.quote(items[i].start, items[i].end)
                notes.append(f"'{word}' is not in the catalogue yet: {_name(name)} stands in for it.")
    evidence = [text.quote(items[i].start, items[i].end) for i in wanted_items]
    if band and not any(band.words in words for words in evidence):
        evidence.append(band.words)
    return Players(
        tuple(kept),
        tuple(against),
        ", ".join(dict.fromkeys(evidence)) or (words[0] if kept and words else None),
        "; ".join(dict.fromkeys(words)) or (_scope_words(text, only) if exclusive else None),
        exclusive,
        tuple(notes),
        any(items[i].misspelt for i in wanted_items),
        band.style if band else None,
        counted,
    )


def _loosely(items: Sequence[Match]) -> set[str]:
    """Players that only the name of their family asks for."""
    return {name for m in items if not m.ids(INSTRUMENT) for name in _wanted(m, ())}


def _scope_words(text: Text, only: Sequence[Scope]) -> str | None:
    return "; ".join(text.quote(scope.start, scope.end) for scope in only) or None


def _family_only(name: str, items: Sequence[Match], wanted_items: Sequence[int]) -> bool:
    """Whether a wanted instrument was named itself, so that "no guitar, but acoustic guitar" keeps it."""
    return any(name in items[i].ids(INSTRUMENT) for i in wanted_items)


def _in_passing(text: Text, scope: Scope) -> bool:
    """Whether "only" or "solo" speaks of a moment: "not only piano", "piano only in the intro", "starting with solo cello"."""
    before, after = text.lower[max(0, scope.start - 10) : scope.start], text.lower[scope.end : scope.end + 12]
    if re.search(
        rf"(?<!\w){NAME}\s*[,:(-]?\s*(?:is |with |of |ist |con |avec |com |mit )?$", text.lower[max(0, scope.start - 30) : scope.start]
    ):
        return True  # "a quiet intro, just piano"
    moment = re.match(r"\s+(?:in|at|during|for|on|until|before|after)\b", after) and text.quote(scope.start, scope.end).lower().endswith(
        ("only", "alone")
    )
    return bool(
        moment
        or re.search(r"\bnot\s+$", before)
        or re.match(r"\s*,?\s*(?:(?:and |und |y |et )?then|later|followed by|dann|luego|puis|depois)\b", after + " ")
        or (re.search(r"\bwith (?:an? )?$", before) and text.lower.startswith("solo", scope.start))
        or (_SOLO.match(text.lower, scope.start) and _LEADS.match(text.lower, scope.end))
    )


def _is_feeling(text: Text, match: Match) -> bool:
    """Whether "vibes" are a feeling ("good vibes only") and no vibraphone ("vibes and upright bass")."""
    if match.last - match.first > 1 or text.words[match.first].form != "vibes":
        return False
    before = text.words[match.first - 1] if match.first else None
    beside = before is not None and not text.between(before.end, match.start).strip(" -")
    named = (
        not beside
        or before is None
        or before.form in ("and", "with", "plus", "on", "the", "some", "play", "featuring", "no", "without", "jazz", "add")
    )
    return not named or bool(re.match(r"\s+(?:of|that|like|from|please)\b", text.lower[match.end :]))


def _is_piece(text: Text, match: Match, matches: Sequence[Match]) -> bool:
    """Whether a "beat" is the music itself: "a trap beat", "lofi hip hop beats to study to", "brass over a house beat"."""
    if text.words[match.last - 1].form not in ("beat", "beats") or match.last - match.first > 1:
        return False
    if match.first and text.words[match.first - 1].form in ("just", "only") and not text.lower[match.end :].strip(" .,!"):
        return True  # "no singing, just beat"
    if _A_BEAT.search(text.lower[max(0, match.start - 40) : match.start]):
        return True
    before = next((m for m in matches if m.last == match.first), None)
    styled = before is not None and bool(before.ids(GENRE) or before.ids(NEAR) or before.ids(HYBRID))
    after = text.words[match.last].form if match.last < len(text.words) else ""
    return styled or after in ("the", "my", "him", "her", "them")


def _is_shy_player(text: Text, match: Match, matches: Sequence[Match]) -> bool:
    """Whether an everyday word stands alone that names a player beside others only: "bones" after "trumpets", "歌" before "だけ"."""
    if match.last - match.first > 1 or text.words[match.first].form not in table("instruments_extra")["shy"]["words"]:
        return False
    if any(
        text.lower[match.end :].lstrip(": はが").startswith(word)
        for word in ("いらない", "要らない", "いりません", "不要", "入れない", "抜き", "だけ", "のみ", "なし", "あり", "入り", "无")
    ):
        return False
    if text.words[match.first].form == "tenor":
        return not any(name == "jazz" for m in matches for name in m.ids(GENRE)) or bool(
            re.match(r"\s+(?:voice|singer|aria)", text.lower[match.end :])
        )
    others = [m for m in matches if m is not match and any(m.ids(kind) for kind in _KINDS)]
    return not any(len(text.between(m.end, match.start).strip()) <= 3 and m.last <= match.first for m in others)


def _is_southern_solo(text: Text, item: Match) -> bool:
    """Whether Spanish or Italian words let one player be alone: "balada a piano solo"."""
    before = re.search(r"(?<!\w)(?:a|al|para|per|de)\s+$", text.lower[max(0, item.start - 6) : item.start])
    return bool(before and re.match(r"\s+sol[oa](?!\w)", text.lower[item.end :]) and language_of(text) in ("es", "it"))


def _in_styles(text: Text, matches: Sequence[Match]) -> list[Match]:
    """Players at the end of a style's name: "balkan brass", "disco strings"; not "drum and bass", not "lofi beats"."""
    found = []
    for match in matches:
        word = text.words[match.last - 1]
        if match.ids(PRODUCTION) and match.last - match.first > 1 and word.form in ("drums", "snare", "kick", "hats", "bass"):
            senses = tuple(s for s in vocabulary().senses((word.form,)) if s[0] in (INSTRUMENT, FAMILY))
            found.append(Match(senses, word.start, word.end, match.last - 1, match.last))
            continue
        styled = match.ids(GENRE) or match.ids(NEAR)
        if styled and match.last - match.first > 1 and not any(match.ids(kind) for kind in _KINDS):
            senses = tuple(s for s in vocabulary().senses((word.form,)) if s[0] in (INSTRUMENT, FAMILY) and s[1] not in _STYLE_WORDS)
            found += [Match(senses, word.start, word.end, match.last - 1, match.last)] if senses else []
    return found


def _spoken(text: Text, match: Match) -> Match:
    """A word that names another player in the language of the prompt: "timbales" are timpani in French."""
    words = " ".join(word.form for word in text.words[match.first : match.last])
    if words == "harp" and _BLUES_KIND.match(text.lower, match.end):
        return replace(match, senses=((INSTRUMENT, "harmonica"),))
    if "-" in text.lower[match.start : match.end] and words == "e piano":
        return match  # "piano e piano" may be Italian, "E-Piano" is not
    names = table("instruments_extra")["by_language"].get(words)
    name = names.get("all") or names.get(language_of(text)) if names else None
    return replace(match, senses=((INSTRUMENT, name),)) if name else match


def _wanted(item: Match, genre_ids: Sequence[str], *, acoustic: bool = False) -> tuple[str, ...]:
    named = item.ids(INSTRUMENT) or item.ids(STAND_IN)
    if named:
        return named[:1]
    names: list[str] = []
    for family_id in item.ids(FAMILY):
        names += _of_style(
            table("instruments_extra")["families"][family_id], genre_ids[0] if genre_ids else "", acoustic and family_id == "guitar"
        )
    return tuple(names)


def _of_style(family: Mapping[str, Any], style: str, acoustic: bool) -> Sequence[str]:
    """Who of a family plays in a style: whom its own band has, else whom the packs that play it are at home with."""
    near = near_genres().get(style)
    kinds: list[Sequence[str]] = [family[kind] for kind in ("with", "acoustic", "electronic") if family.get(kind)]
    own = [kind for kind in kinds if near and set(kind) <= set(near.band)]
    homes = {style, *packs_of(style)[:1]}
    if family.get("acoustic") and (acoustic or style in family.get("acoustic_in", ())):
        return kinds[1]
    if own:
        return own[0]
    if family.get("acoustic") and homes & set(family.get("acoustic_in", ())):
        return kinds[1]
    return family["electronic"] if homes & set(family.get("electronic_in", ())) else kinds[0]


def _unwanted(item: Match) -> tuple[str, ...]:
    for family_id in item.ids(FAMILY):
        return tuple(table("instruments_extra")["families"][family_id]["without"])
    return item.ids(INSTRUMENT)[:1] or item.ids(STAND_IN)[:1]


def _is_part_of_kit(text: Text, item: Match) -> bool:
    """Whether a refused word names a piece of a drum kit only: "no snare" leaves the kit, "no drums" does not."""
    return item.ids(INSTRUMENT)[:1] == ("drum_kit",) and text.words[item.last - 1].form in _KIT_PARTS


def _name(instrument_id: str) -> str:
    return instruments()[instrument_id].name.lower()
