"""How long each section is where something that was brought needs its bars."""

from contracts.given import Given
from contracts.music import Section
from services.generator.composition.functions import HOOKS, function_of

_SEGMENT_BARS = 8


def roomy(labels: list[str], hook: str, needed: int, bars: int) -> list[str]:
    """Section labels of which the hooks can have `needed` bars and the others four: frames go first, then the last returns."""

    def length(label: str) -> int:
        return needed if label == hook else 1 if label in ("intro", "outro") else 4

    kept = list(labels)
    while sum(map(length, kept)) > bars and len(kept) > 1:
        spare = next((i for i in (len(kept) - 1, 0) if kept[i] in ("intro", "outro")), None)
        if spare is None:
            returns = [i for i in range(len(kept)) if kept[i] in kept[:i]]
            others = [i for i, label in enumerate(kept) if label != hook]
            spare = returns[-1] if returns else others[-1] if others else len(kept) - 1
        kept.pop(spare)
    return kept


def shared(labels: list[str], hook: str, needed: int, bars: int) -> list[int | None]:
    """Bars of each section: the hooks what they need, the rest in fours; frames, or the last of the rest, take what is over (None)."""
    frames = [label in ("intro", "outro") for label in labels]
    others = [i for i, label in enumerate(labels) if label != hook and not frames[i]]
    left = bars - needed * labels.count(hook) - sum(frames)
    lengths: list[int | None] = [needed if label == hook else None for label in labels]
    for turn, index in enumerate(others):
        share = left // (len(others) - turn)
        own = max(4, min(16, share // 4 * 4))
        if turn == len(others) - 1 and not any(frames):
            break
        lengths[index], left = own, left - own
    return lengths


def own_sections(given: Given) -> list[tuple[str, int]]:
    """Labels and bars of a brought song, whole: by its sections, else in stretches of eight."""
    sections: list[Section] = sorted(given.sections.values(), key=lambda s: s.start_bar)
    if not sections:
        whole, rest = divmod(given.bars, _SEGMENT_BARS)
        return [("verse", _SEGMENT_BARS)] * whole + ([("outro", rest)] if rest else [])
    starts = [s.start_bar - 1 for s in sections]
    ends = [*starts[1:], max(given.bars, starts[-1] + 1)]
    out = [("intro", starts[0])] if starts[0] > 0 else []
    return out + [(s.label, end - start) for s, start, end in zip(sections, starts, ends, strict=True) if end > start]


def as_long(sections: list[tuple[str, int]], bars: int) -> list[tuple[str, int | None]]:
    """A brought form cut or continued to so many bars: returns come before its end."""
    total = sum(n for _, n in sections)
    if abs(bars - total) <= 1:
        return list(sections)
    if bars < total:
        return _shortened(sections, bars)
    body, close = (sections[:-1], sections[-1:]) if len(sections) > 1 and sections[-1][0] in ("outro", "coda", "end") else (sections, [])
    cycle = [s for s in body if s[0] not in ("intro",)] or body
    more, index = bars - total, 0
    returns: list[tuple[str, int | None]] = []
    while more > 0:
        label, length = cycle[index % len(cycle)]
        returns.append((label, min(length, more)))
        more, index = more - length, index + 1
    return [*body, *returns, *close]


def _shortened(sections: list[tuple[str, int]], bars: int) -> list[tuple[str, int | None]]:
    """A brought form in fewer bars: returns go first, from the end, then bridges and frames; what is over is cut from one that went."""
    kept = list(range(len(sections)))
    while sum(sections[i][1] for i in kept) > bars and len(kept) > 1:
        names = [sections[i][0] for i in kept]
        returns = [k for k in range(len(kept)) if names[k] in names[:k]]
        lesser = [k for k in range(len(kept)) if names[k] in ("bridge", "solo", "intro", "outro")]
        kept.pop(returns[-1] if returns else lesser[-1] if lesser else len(kept) - 1)
    over = bars - sum(sections[i][1] for i in kept)
    if over < 0:
        return [(sections[kept[0]][0], bars)]
    lengths = {i: sections[i][1] for i in kept}
    gone = sorted((i for i in range(len(sections)) if i not in lengths), key=lambda i: function_of(sections[i][0]) not in HOOKS)
    if over > 1 and gone:
        longest = next((i for i in gone if sections[i][1] >= over), max(gone, key=lambda i: sections[i][1]))
        lengths[longest] = min(over, sections[longest][1])
    return [(sections[i][0], lengths[i]) for i in sorted(lengths)]
