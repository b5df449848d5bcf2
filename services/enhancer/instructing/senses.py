"""Words that can be a verb, a name or a mark, settled by what stands beside them."""

from collections.abc import Sequence
from dataclasses import replace

from services.enhancer.instructing.items import Item
from services.enhancer.instructing.lexicon import ATTRIBUTE, DIRECTION, FILLER, MARK, MARKING, PIECE, SECTION, VERB


def settled_senses(items: Sequence[Item]) -> list[Item]:
    """Items that can be a verb, a name or a mark, settled by what stands beside them."""
    settled: list[Item] = []
    for at, item in enumerate(items):
        senses = item.senses
        before = settled[-1] if settled else None
        after = items[at + 1] if at + 1 < len(items) else None
        if item.means(SECTION) and item.means(VERB, "remove", "repeat", "move", "harmony", "add"):
            opens = all(one.means(FILLER) or one.means(MARK, "not", "join", "break", "start") or one.means(SECTION) for one in settled)
            as_verb = opens and after is not None and (_is_article(after) or after.is_player or after.means(PIECE) or after.means(SECTION))
            qualified = before is not None and (_is_article(before) or before.means(MARK, "first", "second", "third", "last", "every"))
            senses = _without(senses, SECTION) if as_verb and not qualified else _without(senses, VERB)
        if item.means(SECTION, "outro", "intro") and item.means(MARK, "last", "first", "start"):
            beside = [one for one in (before, after) if one is not None and one.means(SECTION)]
            senses = _without(senses, SECTION if beside or item.means(MARK, "start") else MARK)
        if item.means(SECTION) and item.means(MARK, "only"):
            placed = before is not None and (_is_article(before) or before.means(VERB) or before.means(MARK, "first", "second", "last"))
            senses = _without(senses, MARK) if placed or (after is not None and not after.is_player) else _without(senses, SECTION)
        if (
            item.text.lower() == "back"
            and before is not None
            and (pulled := next((one for one in settled if one.text.lower() == "pull"), None))
        ):
            settled[settled.index(pulled)] = replace(pulled, senses=((FILLER, ""),))
            senses = ((DIRECTION, "-"),)
        if item.text.lower() in ("off", "away") and any(
            one.text.lower() in ("take", "taken", "turn", "switch", "strip") for one in settled
        ):
            senses = ((VERB, "remove"),)
        if item.means(MARKING) and item.means(ATTRIBUTE):
            senses = _without(senses, MARKING)
        settled.append(item if senses == item.senses else replace(item, senses=senses))
    return settled


def _is_article(item: Item) -> bool:
    return item.means(FILLER) and item.text.lower() in (
        "the", "a", "an", "my", "our", "that", "this", "der", "die", "das", "den", "dem", "el", "la", "los", "las", "le", "les", "un", "une",  # noqa: E501  a table of words or one pattern
        "una", "ein", "eine", "einen", "du", "all",
    )  # fmt: skip


def _without(senses: Sequence[tuple[str, str]], kind: str) -> tuple[tuple[str, str], ...]:
    return tuple(sense for sense in senses if sense[0] != kind)
