"""What one drummer can play: two hands, two feet, and no hand faster than hands are."""

from services.generator.arrangement.frame import Frame, Hit
from services.music.packs.rhythm import DRUM_VOICES

FEET = frozenset({DRUM_VOICES["kick"], DRUM_VOICES["pedal"]})
# Least time between two strokes of one hand (doubles and rolls) and of one foot on the kick, in ms.
HAND_MS = 80.0
ROLL_MS = 52.0
FOOT_MS = 95.0
DOUBLE_PEDAL_MS = 60.0
_WEIGHT = {"crash": 9.0, "snare": 8.0, "tom": 7.0, "rim": 6.5, "ghost": 2.0, "bell": 5.0, "open": 5.0, "ride": 4.0, "hat": 3.0}


def _weight(hit: Hit) -> float:
    name = "tom" if hit.voice.startswith("tom") else hit.voice
    return _WEIGHT.get(name, 6.0) + hit.velocity / 200.0


def playable(frame: Frame, hits: list[Hit], *, double_pedal: bool) -> list[Hit]:
    """The strokes that two hands and two feet can play; of too many the lightest are left out. Machines play everything."""
    per_ms = frame.ms_to_ticks(1.0)
    foot_gap = (DOUBLE_PEDAL_MS if double_pedal else FOOT_MS) * per_ms
    ready = [-1e9, -1e9]
    last_kick = last_pedal = -1e9
    last_drum = [0, 0]
    out: list[Hit] = []
    for tick, together in _by_tick(hits):
        chosen: dict[int, Hit] = {}
        for hit in together:
            if hit.pitch not in chosen or hit.velocity > chosen[hit.pitch].velocity:
                chosen[hit.pitch] = hit
        for hit in (h for h in chosen.values() if h.pitch in FEET):
            if hit.pitch == DRUM_VOICES["kick"] and tick - last_kick >= foot_gap - 1:
                last_kick = tick
                out.append(hit)
            elif hit.pitch == DRUM_VOICES["pedal"] and tick - last_pedal >= foot_gap - 1:
                last_pedal = tick
                out.append(hit)
        for hit in sorted((h for h in chosen.values() if h.pitch not in FEET), key=_weight, reverse=True)[:2]:
            gaps = [(ROLL_MS if last_drum[i] == hit.pitch else HAND_MS) * per_ms for i in (0, 1)]
            free = [i for i in (0, 1) if tick - ready[i] >= gaps[i] - 1]
            if free:
                hand = min(free, key=lambda i, h=hit: (last_drum[i] != h.pitch and last_drum[1 - i] == h.pitch, ready[i]))  # type: ignore[misc]
                ready[hand], last_drum[hand] = tick, hit.pitch
                out.append(hit)
    return out


def _by_tick(hits: list[Hit]) -> list[tuple[int, list[Hit]]]:
    found: dict[int, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.tick, []).append(hit)
    return sorted(found.items())
