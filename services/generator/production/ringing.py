"""How a band lets go of its last chord: what is struck or plucked rings on through the song's tail, what is held is let go one by one.

The score writes the last chord to the last bar line; nobody's hands stop there together. Songs that loop, fade or are cut stay as
they are written.
"""

import math
from typing import NamedTuple

import numpy as np

from contracts.music import Note, Part, Role, Score
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats
from services.generator.production.engines import Choice
from services.generator.production.sounds import Sampled, Synth, is_drum_part, sound_table, sounds, stand_in_for
from services.music.rng import rng

LEAST_S = 0.4
"""Shorter tails are left as they are."""
LET_GO = (0.18, 0.42)
"""When players of held tones let go after the bar line, the first and the last of them: shares of the tail."""
LONGEST_S = 1.6
"""Nobody holds on for longer than this: a breath and a bow have an end."""
FALL_S, FALL = 0.25, 0.18
"""Held tones fall from this long before the bar line until they are let go: to this share of their level."""
OPEN = 0.3
"""Share of the tail that rings undamped; over the rest hands settle on the strings, down to silence at its end."""
KEY_UP = 0.85
"""Share of the tail after which the keys are up."""


class Farewell(NamedTuple):
    """How a part leaves: seconds between which its level falls, and to what share."""

    from_s: float
    to_s: float
    share: float


def let_ring(score: Score, part_id: str, choice: Choice, clock: Clock) -> tuple[Part, Farewell | None]:
    """The part as it is played to its end, its last notes longer than written, and how its level falls then."""
    part = score.parts[part_id]
    rung = rings(part, choice)
    last = _last_notes(score, part, within=score.meter_value.ticks_per_beat if rung else score.meter_value.ticks_per_beat // 4)
    if not last:
        return part, None
    first, latest = (min(share * score.tail_s, LONGEST_S) for share in LET_GO)
    hand_s = float(rng(0, "production", part_id, "leaving").uniform(first, latest))
    tick_s = clock.seconds(score.end_tick + 1) - clock.seconds(score.end_tick)
    until = score.end_tick + math.floor((KEY_UP * score.tail_s if rung else hand_s) / tick_s)
    notes = tuple(note._replace(duration=until - note.start) if note in last else note for note in part.notes)
    close = clock.close_s
    leave = Farewell(close + OPEN * score.tail_s, close + score.tail_s, 0.0) if rung else Farewell(close - FALL_S, close + hand_s, FALL)
    return part.model_copy(update={"notes": notes}), leave


def _last_notes(score: Score, part: Part, within: int) -> frozenset[Note]:
    """The notes that a part holds to the last bar line, or `within` ticks of it; none where the song does not end by itself."""
    if score.ending != "natural" or score.tail_s < LEAST_S or part.role is Role.FX or is_drum_part(part) or not part.notes:
        return frozenset()
    beat = score.meter_value.ticks_per_beat
    last = max(note.end for note in part.notes)
    if not score.end_tick - within <= last <= score.end_tick + beat // 2:
        return frozenset()
    return frozenset(note for note in part.notes if note.end > last - beat // 4 and 2 * note.duration >= beat)


def rings(part: Part, choice: Choice) -> bool:
    """Whether a sound dies away by itself while its key is held."""
    if choice.own:
        usual = next(iter(sound_table(part.instrument).patches.values()), None)
        return usual is None or usual.expression == "struck"
    sound = sounds()[stand_in_for(choice.patch)]
    return sound.rings if isinstance(sound, Synth) else isinstance(sound, Sampled) and sound.expression == "struck"


def fallen(audio: Floats, leave: Farewell) -> Floats:
    """A stem [2, frames] whose level falls as its player leaves, along a quarter of a cosine squared; the same array."""
    start, stop = (min(round(time_s * SAMPLE_RATE_HZ), audio.shape[1]) for time_s in (leave.from_s, leave.to_s))
    fall = np.cos(np.linspace(0.0, np.pi / 2, stop - start, dtype=np.float32)) ** 2
    audio[:, start:stop] *= np.float32(leave.share) + np.float32(1.0 - leave.share) * fall
    audio[:, stop:] *= np.float32(leave.share)
    return audio
