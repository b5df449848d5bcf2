"""Tempo, key, meter, ending, length and form."""

from collections.abc import Iterator

from contracts.music import Score
from services.music.comparing.players import EARLY
from services.music.comparing.songs import Difference, Song, arrow, places, said, ticks_of

_SECOND = 0.5
_SPEED = 0.005
_SHOWN = 60


def of_facts(one: Song, other: Song) -> Iterator[Difference]:
    """What a title page would say."""
    if one.score is None or other.score is None:
        return
    before, after = one.score, other.score
    if one.title != other.title:
        yield Difference("title", f"title {arrow(one.title or 'none', other.title or 'none')}", {"before": one.title, "after": other.title})
    for topic, a, b in (
        ("tempo", round(before.tempo_bpm, 2), round(after.tempo_bpm, 2)),
        ("key", before.key, after.key),
        ("meter", before.meter, after.meter),
        ("style", said(before.genre), said(after.genre)),
        ("ending", before.ending, after.ending),
    ):
        if a != b:
            yield Difference(topic, f"{topic} {arrow(a, b)}", {"before": a, "after": b})
    if one.moods != other.moods:
        a, b = ", ".join(one.moods) or "none", ", ".join(other.moods) or "none"
        yield Difference("mood", f"mood {arrow(a, b)}", {"before": list(one.moods), "after": list(other.moods)})


def of_places(before: Score, after: Score) -> Iterator[Difference]:
    """Sections that differ from the rest of their song otherwise than they did: in their key, in their tempo; and what they sing."""
    both = [name for name in after.sections if name in before.sections]
    keys: dict[tuple[str, str], list[str]] = {}
    speeds: dict[tuple[float, float], list[str]] = {}
    for name in both:
        a, b = before.sections[name].key or before.key, after.sections[name].key or after.key
        if (a == before.key) != (b == after.key) or (b not in (after.key, a) and before.key == after.key):
            keys.setdefault((a, b), []).append(name)
        tempos = _tempo(before, name), _tempo(after, name)
        if abs(tempos[0] / before.tempo_bpm - tempos[1] / after.tempo_bpm) > _SPEED:
            speeds.setdefault(tempos, []).append(name)
    for (a, b), names in keys.items():
        yield Difference("key", f"{places(after, names)}: key {arrow(a, b)}", {"sections": names, "before": a, "after": b})
    for (slow, fast), names in speeds.items():
        text = f"{places(after, names)}: tempo {arrow(round(slow, 2), round(fast, 2))}"
        yield Difference("tempo", text, {"sections": names, "before": slow, "after": fast})
    for name in both:
        old, new = _sung(before, name), _sung(after, name)
        if old != new:
            text = f"{said(name)} sings {_quoted(new)} in place of {_quoted(old)}" if new and old else f"{said(name)} sings {_quoted(new)}"
            yield Difference(
                "lyrics", text if new else f"{said(name)} sings no words any more", {"section": name, "before": old, "after": new}
            )


def _tempo(score: Score, section: str) -> float:
    tick = score.bar_tick(score.sections[section].start_bar)
    return next((bpm for start, bpm in reversed(score.tempo_map) if start <= tick), score.tempo_bpm)


def _sung(score: Score, section: str) -> str:
    """The words of a section as they are sung."""
    start, end = ticks_of(score, score.sections[section])
    words = [text for part in score.parts.values() for tick, text in part.lyrics if start - EARLY <= tick < end - EARLY]
    return " ".join(words).replace("- ", "")


def _quoted(words: str) -> str:
    return f'"{words[:_SHOWN]}…"' if len(words) > _SHOWN else f'"{words}"'


def of_form(before: Score, after: Score) -> Iterator[Difference]:
    """Sections longer or shorter, new, gone and moved; then the whole."""
    for name, section in after.sections.items():
        known = before.sections.get(name)
        if known is None:
            names = list(after.sections)
            at = names.index(name)
            place = f"after {said(names[at - 1])}" if at else "at the beginning"
            yield Difference("form", f"{said(name)} is new: {section.bars} bars {place}", {"section": name, "after": section.bars})
        elif known.bars != section.bars:
            text = f"{said(name)} {known.bars} → {section.bars} bars"
            yield Difference("form", text, {"section": name, "before": known.bars, "after": section.bars})
    for name, section in before.sections.items():
        if name not in after.sections:
            yield Difference("form", f"without {said(name)} ({section.bars} bars)", {"section": name, "before": section.bars})
    both = [name for name in after.sections if name in before.sections]
    order = [name for name in before.sections if name in after.sections]
    if both != order:
        moved = _moved(order, both)
        text = f"{said(moved)} comes {'later' if both.index(moved) > order.index(moved) else 'earlier'}"
        yield Difference("form", text, {"before": order, "after": both})
    if before.bars != after.bars:
        yield Difference("length", f"{before.bars} → {after.bars} bars", {"before": before.bars, "after": after.bars})
    a, b = round(before.duration_s, 1), round(after.duration_s, 1)
    if abs(a - b) >= _SECOND:
        yield Difference("length", f"{_time(a)} → {_time(b)} long", {"before_s": a, "after_s": b})


def _moved(before: list[str], after: list[str]) -> str:
    """The section that went furthest."""
    return max(before, key=lambda name: abs(after.index(name) - before.index(name)))


def _time(seconds: float) -> str:
    return f"{int(seconds + 0.5) // 60}:{int(seconds + 0.5) % 60:02d}"
