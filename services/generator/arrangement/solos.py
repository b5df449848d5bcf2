"""Solos that change hands: players trade phrases of the written solo, as a band does."""

from services.generator.arrangement.band import Chair
from services.generator.arrangement.frame import Frame, Hit
from services.music.packs.instruments import instrument
from services.music.rng import rng

_LINES = ("answers", "stabs", "guide", "counter")


def trade(frame: Frame, band: list[Chair], hits: dict[str, list[Hit]]) -> tuple[dict[str, list[Hit]], str]:
    """Everybody's hits after the lead has given every other phrase of its solos to another line player; and a remark, or ""."""
    lead = next((c for c in band if c.manner == "lead"), None)
    others = [c for c in band if c.manner in _LINES and lead and c.instrument != lead.instrument]
    solos = [n for n in frame.score.sections if frame.function(n) in frame.pack.arrangement.hand_over]
    if lead is None or not others or not solos:
        return hits, ""
    out = dict(hits)
    turn = int(rng(frame.seed, "arrangement", "solos").integers(2))
    taken = set()
    for name in solos:
        section = frame.section(name)
        unit = 12 if section.bars % 12 == 0 else 8 if section.bars > 8 else max(section.bars, 1)
        for first in range(0, section.bars, unit):
            turn += 1
            if turn % 2:
                continue
            other = others[(turn // 2) % len(others)]
            start = (section.start_bar - 1 + first) * frame.bar_ticks
            end = start + min(unit, section.bars - first) * frame.bar_ticks
            out[lead.part], phrase = _parted(out[lead.part], start, end)
            own, _ = _parted(out[other.part], start, end)
            out[other.part] = sorted([*own, *_moved(phrase, other)])
            taken.add(instrument(other.instrument).name)
    return out, f"{' and '.join(sorted(taken))} {'takes' if len(taken) == 1 else 'take'} over phrases of the solo" if taken else ""


def _parted(hits: list[Hit], start: int, end: int) -> tuple[list[Hit], list[Hit]]:
    """Hits outside and inside a stretch; those that ring into it are cut."""
    inside = [h for h in hits if start <= h.tick < end]
    outside = [h._replace(length=min(h.length, start - h.tick)) if h.tick < start < h.tick + h.length else h
               for h in hits if not start <= h.tick < end]  # fmt: skip
    return outside, inside


def _moved(phrase: list[Hit], chair: Chair) -> list[Hit]:
    """A phrase in the octave where most of it suits the instrument, its edges folded in."""
    low, high = instrument(chair.instrument).comfort
    if not phrase:
        return []
    middle = sum(h.pitch for h in phrase) / len(phrase)
    octave = 12 * round(((low + high) / 2 - middle) / 12)
    out = []
    for hit in phrase:
        pitch = hit.pitch + octave
        pitch += 12 * max(0, -(-(low - pitch) // 12)) - 12 * max(0, -(-(pitch - high) // 12))
        out.append(hit._replace(pitch=pitch))
    return out
