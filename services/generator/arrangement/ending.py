"""How a song ends: everybody lands on the last chord together and lets it ring, or fades, or stops at the bar line, or goes on.

A song that loops has no last chord: the band plays through its last bar as through any other, and nothing sounds beyond it, so
that its end is followed by its beginning. One that is cut does the same and just stops.
"""

from contracts.music import Role
from services.generator.arrangement.band import Chair
from services.generator.arrangement.bass import place
from services.generator.arrangement.frame import Frame, Hit
from services.music.packs.rhythm import DRUM_VOICES

_ROLL_MS = 28.0


def ending_of(frame: Frame) -> str:
    """natural, loop, cut or fade: what the composer planned for."""
    return frame.score.ending


def landing_tick(frame: Frame) -> int | None:
    """Where the last chord is struck: its start if it lies in the last bar, else the last bar line.

    None where nobody lands: in styles that fade, and in songs that fade, are cut off or run into their beginning.
    """
    if frame.pack.arrangement.fade_out or frame.score.bars < 2 or ending_of(frame) != "natural":
        return None
    return max(frame.spans[-1].start, frame.score.end_tick - frame.bar_ticks)


def land(frame: Frame, chair: Chair, hits: list[Hit]) -> list[Hit]:
    """A part's hits with its landing: one stroke on the last chord, held to the last bar line."""
    tick = landing_tick(frame)
    if tick is None or chair.manner in ("lead", "counter") or chair.role is Role.FX:
        return hits
    after = [h for h in hits if h.tick >= tick]
    if not after:
        return hits
    end = frame.score.end_tick
    kept = [h._replace(length=min(h.length, max(tick - h.tick, 60))) for h in hits if h.tick < tick]
    if chair.manner in ("drums", "percussion"):
        return [*kept, *_last_stroke(frame, chair, after, tick)]
    if chair.manner in ("bass", "sub"):
        first = after[0]
        pitch = place(frame.spans[-1].chord.bass_class, first.pitch, first.pitch - 6, first.pitch + 6)
        return [*kept, first._replace(tick=tick, length=end - tick, pitch=pitch, velocity=first.velocity + 4.0)]
    return [*kept, *_last_chord(frame, chair, after, tick, end)]


def _last_stroke(frame: Frame, chair: Chair, after: list[Hit], tick: int) -> list[Hit]:
    """Kick and crash for the kit, the first stroke for hand percussion."""
    loudest = max(h.velocity for h in after)
    if chair.manner == "percussion":
        return [after[0]._replace(tick=tick, velocity=loudest)]
    level = min(max(loudest - 6.0, 60.0), 104.0)
    cymbal = "crash" if frame.pack.drums.crash else "ride" if any(h.voice == "ride" for h in after) else "hat"
    kick = Hit(tick, 120, DRUM_VOICES["kick"], level, "kick")
    return [kick, Hit(tick, 480, DRUM_VOICES[cymbal], level, cymbal)]


def _last_chord(frame: Frame, chair: Chair, after: list[Hit], tick: int, end: int) -> list[Hit]:
    """The last bar's notes as one chord, rolled where they were broken; a line player's last chord tone."""
    classes = set(frame.spans[-1].chord.pitch_classes)
    start = after[0].tick
    struck = [h for h in after if h.tick == start] if chair.manner == "chords" else after[:1]
    broken = chair.manner == "chords" and len(struck) == 1
    chosen = list({h.pitch: h for h in sorted(after, key=lambda h: (h.pitch, h.tick))}.values()) if broken else struck
    chosen = [h for h in chosen if h.pitch % 12 in classes] or chosen[:1]
    ordered = sorted(chosen, key=lambda h: h.pitch)[:6]
    return [
        h._replace(tick=tick, length=end - tick, shift_ms=i * _ROLL_MS if broken else h.shift_ms, velocity=max(h.velocity, 58.0))
        for i, h in enumerate(ordered)
    ]
