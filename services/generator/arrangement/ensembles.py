"""Small ensembles: as many players as were asked for, each with two hands. Who plays tune and chords plays them as one person."""

from bisect import bisect_left

from contracts.music import PPQ
from services.generator.arrangement.band import Chair
from services.generator.arrangement.bass import place
from services.generator.arrangement.frame import Frame, Hit
from services.music.packs.instruments import instrument

FINGERS = {"guitar": 5, "plucked": 5}
"""Strings that a hand reaches at once; everybody else has ten fingers."""
_THUMB = (40, 52)
"""Notes of the bass strings."""
_REACH = 16
"""Semitones that a hand spans."""
_UNDER = 3
_UNDER_LEVEL = -3.0


def alone(frame: Frame, band: list[Chair]) -> tuple[Chair, Chair] | None:
    """The lead and its own accompaniment, where one player plays both: in a closed band, on one instrument of many voices."""
    lead = next((c for c in band if c.manner == "lead"), None)
    if not frame.closed or lead is None:
        return None
    chords = next((c for c in band if c.manner == "chords" and c.instrument == lead.instrument), None)
    return (lead, chords) if chords else None


def fingered(frame: Frame, band: list[Chair], chair: Chair) -> tuple[str, ...]:
    """The textures of a guitar that has no bass player beside it in a small ensemble: thumb and fingers; () for anybody else."""
    entry = instrument(chair.instrument)
    if not frame.closed or entry.family != "guitar" or any(c.manner == "bass" for c in band):
        return ()
    return ("fingerstyle",) if frame.pack.identity.energy < 0.5 else ("fingerstyle", "travis")


def small_band(frame: Frame, band: list[Chair], hits: dict[str, list[Hit]]) -> dict[str, list[Hit]]:
    """A closed band's hits as its few players can play them: answers by who accompanies, tune and chords by one person."""
    if not frame.closed:
        return hits
    out = dict(hits)
    counter = frame.score.parts.get("counter")
    if counter and not any(c.manner == "counter" for c in band):
        who = next((c for c in band if c.instrument == counter.instrument and c.manner != "lead"), None)
        if who and instrument(who.instrument).polyphony <= 2:
            written = [Hit(n.start, n.duration, n.pitch, float(n.velocity), "line") for n in counter.notes]
            out[who.part] = _answered(out[who.part], written)
    for chair in band:
        if chair.manner == "chords" and fingered(frame, band, chair):
            out[chair.part] = _on_the_bass(frame, out[chair.part])
    pair = alone(frame, band)
    return one_player(band, *pair, out) if pair else out


def _on_the_bass(frame: Frame, hits: list[Hit]) -> list[Hit]:
    """The thumb begins each chord on its bass note: a shape's lowest string may be another tone."""
    out = sorted(hits)
    for span in frame.spans:
        inside = [i for i, h in enumerate(out) if span.start - PPQ // 2 <= h.tick < min(span.end, span.start + PPQ)]
        low = next((i for i in inside if out[i].pitch <= _THUMB[1]), None)
        if low is not None:
            out[low] = out[low]._replace(pitch=place(span.chord.bass_class, _THUMB[0] + 4, *_THUMB))
    return out


def _answered(own: list[Hit], written: list[Hit]) -> list[Hit]:
    """A player's own line with the written answers in its place where they sound; what rings into them ends there."""
    out = []
    for hit in own:
        inside = [w for w in written if w.tick < hit.tick + hit.length and hit.tick < w.tick + w.length]
        if not inside:
            out.append(hit)
        elif inside[0].tick - hit.tick > PPQ // 2:
            out.append(hit._replace(length=inside[0].tick - hit.tick))
    return sorted([*out, *written])


def one_player(band: list[Chair], lead: Chair, chords: Chair, hits: dict[str, list[Hit]]) -> dict[str, list[Hit]]:
    """Tune and chords as two hands play them: the tune on top, chords below it within a reach, never more notes than fingers.

    A guitar alone keeps bass and inner strings under its tune; with a bass player beside it, it strums where the tune rests and
    adds a second string to the tune's accents. A piano keeps its left hand, and the whole chord where the tune rests.
    """
    fingers = FINGERS.get(instrument(lead.instrument).family, 10)
    strummer = fingers < 10 and any(c.manner == "bass" for c in band)
    tune = sorted(hits[lead.part])
    starts = [h.tick for h in tune]
    lowest = instrument(chords.instrument).range[0]
    out: list[Hit] = []
    for hit in sorted(hits[chords.part]):
        over = _sounding(tune, starts, hit.tick, hit.tick + max(hit.length, 1))
        if over is None:
            out.append(hit)
            continue
        if over.tick > hit.tick + PPQ // 4 and strummer:
            out.append(hit._replace(length=over.tick - hit.tick))  # the strum ends where the tune begins
            continue
        if strummer and (over.tick != hit.tick or over.length < PPQ // 2):
            continue
        pitch = hit.pitch
        while pitch > over.pitch - _UNDER and pitch - 12 >= lowest:
            pitch -= 12
        if pitch <= over.pitch - _UNDER:
            out.append(hit._replace(pitch=pitch, velocity=hit.velocity + _UNDER_LEVEL))
    return {**hits, chords.part: _reachable(_distinct(out), 2 if strummer else fingers, fingers, tune, starts)}


def _sounding(tune: list[Hit], starts: list[int], start: int, end: int) -> Hit | None:
    """The lowest tune note that sounds with a stretch; None where the tune is silent."""
    first = max(bisect_left(starts, start - 8 * PPQ), 0)
    last = bisect_left(starts, end)
    over = [h for h in tune[first:last] if h.tick + h.length > start]
    return min(over, key=lambda h: h.pitch) if over else None


def _distinct(hits: list[Hit]) -> list[Hit]:
    """One hit per pitch and tick."""
    return list({(h.tick, h.pitch): h for h in hits}.values())


def _reachable(hits: list[Hit], under: int, fingers: int, tune: list[Hit], starts: list[int]) -> list[Hit]:
    """At each stroke the lowest note and those nearest under the tune, as many as fingers are left, within two hands' reach.

    `under`: fingers while the tune sounds, the one that plays it included.
    """
    strokes: dict[int, list[Hit]] = {}
    for hit in hits:
        strokes.setdefault(hit.tick, []).append(hit)
    out: list[Hit] = []
    for tick, struck in sorted(strokes.items()):
        sings = _sounding(tune, starts, tick, tick + 1) is not None
        room = max(under - 1, 1) if sings else fingers
        ordered = sorted(struck, key=lambda h: h.pitch)
        if fingers == 10 and sings:
            low = ordered[0].pitch
            ordered = [h for h in ordered if h.pitch <= low + _REACH]
            room = 5
        if len(ordered) > room:
            ordered = [ordered[0], *ordered[len(ordered) - room + 1 :]] if room > 1 else ordered[-1:]
        kept = ordered
        out += kept
    return sorted(out)
