"""Who plays: players more and fewer, other instruments and sounds, and who joins or rests in which section."""

from collections import defaultdict
from collections.abc import Iterator

from contracts.music import Part, Role, Score
from services.music.comparing.songs import Difference, listed, places, said, sound, ticks_of

EARLY = 110
_ALIKE = 0.7
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def pairs_of(before: Score, after: Score) -> dict[str, str]:
    """Part of the old song -> part of the new one: by id, else who plays the same rhythm in the same role on another instrument."""
    out = {name: name for name in before.parts if name in after.parts}
    for name, part in before.parts.items():
        if name in out:
            continue
        taken = set(out.values())
        for candidate, new in after.parts.items():
            if candidate not in taken and candidate not in before.parts and new.role is part.role and _alike(part, new):
                out[name] = candidate
                break
    return out


def _alike(one: Part, other: Part) -> bool:
    ours, theirs = {n.start for n in one.notes}, {n.start for n in other.notes}
    return len(ours & theirs) >= _ALIKE * max(len(ours), len(theirs), 1)


def of_players(before: Score, after: Score) -> Iterator[Difference]:
    """Joined, gone, changed."""
    pairs = pairs_of(before, after)
    for name, now in pairs.items():
        one, other = before.parts[name], after.parts[now]
        if (one.instrument, one.patch) != (other.instrument, other.patch):
            a, b = _short(one, other), _short(other, one)
            yield Difference("instrument", f"{said(name)}: {a} → {b}", {"part": now, "before": sound(one), "after": sound(other)})
    for name, part in after.parts.items():
        if name not in pairs.values():
            where = places(after, [n for n in after.sections if plays(after, part, n)])
            yield Difference("player", f"{said(name)} joins in {where}", {"part": name, "instrument": part.instrument})
    for name, part in before.parts.items():
        if name not in pairs and any(plays(before, part, n) for n in before.sections if n in after.sections):
            yield Difference("player", f"without {said(name)}", {"part": name, "instrument": part.instrument})


def _short(part: Part, other: Part) -> str:
    """What tells a sound from another: the patch alone where the instrument is the same."""
    if part.instrument == other.instrument and part.patch:
        return said(part.patch)
    return sound(part)


def of_sections(before: Score, after: Score) -> Iterator[Difference]:
    """Who of those in both songs joins or rests in a section that both have; sections with the same change are told together."""
    pairs = pairs_of(before, after)
    changes: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for name in after.sections:
        if name not in before.sections:
            continue
        joins, rests = [], []
        for old, new in pairs.items():
            if before.parts[old].role is Role.FX:
                continue
            played, playing = plays(before, before.parts[old], name), plays(after, after.parts[new], name)
            if playing and not played:
                joins.append(said(new))
            if played and not playing:
                rests.append(said(new))
        if joins or rests:
            changes[tuple(joins), tuple(rests)].append(name)
    for (more, fewer), names in changes.items():
        texts = [f"{_count(who)} {word} ({listed(list(who))})" for who, word in ((more, "more"), (fewer, "fewer")) if who]
        yield Difference(
            "layers", f"{places(after, names)}: {', '.join(texts)}", {"sections": names, "joins": list(more), "rests": list(fewer)}
        )


def _count(who: tuple[str, ...]) -> str:
    number = _NUMBERS[len(who)] if len(who) < len(_NUMBERS) else str(len(who))
    return f"{number} player{'s' if len(who) > 1 else ''}"


def plays(score: Score, part: Part, section: str) -> bool:
    """Whether a part begins a note in a section."""
    start, end = ticks_of(score, score.sections[section])
    return any(start - EARLY <= note.start < end - EARLY for note in part.notes)
