"""Why nothing can be made of a name: what the song has in its place."""

from collections.abc import Iterable

from contracts.edits import Outline
from services.enhancer.instructing.amounts import RANGE
from services.enhancer.instructing.items import Item
from services.enhancer.instructing.lexicon import PIECE, SECTION


def absent(names: Iterable[Item], outline: Outline) -> str:
    """What the song has not, of names that it was asked for: "the song has one verse: verse_1; the song has no saxophone"."""
    return "; ".join(dict.fromkeys(f"the song has {_has(item, outline)}" for item in names))


def _has(item: Item, outline: Outline) -> str:
    if piece := item.id(PIECE):
        there = [f"{name} strike {', '.join(part.pieces)}" for name, part in outline.parts.items() if part.pieces]
        return f"no {piece}: {'; '.join(there)}" if there else f"no {piece}"
    if item.kind == RANGE:
        return f"{sum(section.bars for section in outline.sections.values())} bars"
    there = [name for name, section in outline.sections.items() if section.label in item.ids(SECTION)]
    if not there:
        return f"no {item.text}"
    label = outline.sections[there[0]].label.replace("_", " ")
    several = f"{len(there)} {label}{'es' if label.endswith('s') else 's'}"
    return f"{several if len(there) > 1 else f'one {label}'}: {', '.join(there)}"
