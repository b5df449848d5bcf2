"""From a plan to the dry stem: stereo float, exactly as long as the song, never silent where there are notes."""

import numpy as np

from contracts.context import StemPlan
from contracts.errors import HousebandError
from contracts.music import Part, Score
from services.generator.production import faust
from services.generator.production.curves import SAMPLE_RATE_HZ, Clock, Floats, curve, decibels_to_gain
from services.generator.production.engines import ENGINES, Choice, Task
from services.generator.production.planning import chosen
from services.generator.production.ringing import fallen, let_ring
from services.generator.production.shelf import Shelf, find_soundfonts
from services.generator.production.sounds import Synth, sounds, trim_db

SILENCE = 10 ** (-60 / 20)
MARGIN_S, PHRASE_S = 0.3, 8.0
"""How far a player looks beyond the end of a beginning: filters that run both ways; players of samples see the phrase."""


class SilentStem(HousebandError):
    """A part with notes came out silent, or not as numbers: a bug in a patch or preset, named."""

    code = "silent_stem"


def render_stem(score: Score, part_id: str, stem_plan: StemPlan, shelf: Shelf | None = None) -> Floats:
    """Play one part as planned. Returns [2, frames] float32 with frames = ceil(score.rendered_s × 48,000).

    Raises SilentStem where the part has notes and no sound, Unavailable where the planned engine or soundfont is not here.
    """
    shelf, clock = shelf or find_soundfonts(), Clock(score)
    choice = chosen(stem_plan, shelf)
    part, leave = let_ring(score, part_id, choice, clock)
    audio = _played(score, part_id, part, choice, shelf, clock)
    if leave:
        fallen(audio, leave)
    _guard(audio, part_id, stem_plan)
    return audio


def render_beginning(score: Score, part_id: str, choice: Choice, shelf: Shelf, until_s: float) -> Floats:
    """The first seconds of the stem that a choice plays, [2, frames].

    The same samples as of the whole stem, but for how the band leaves its last chord, for phrases that go on for more than some
    seconds, and for amplifiers, whose drive follows the level of the whole. Raises Unavailable where the engine is not here.
    """
    frames = Clock(score, until_s).frames
    clock, part = Clock(score, until_s + MARGIN_S), score.parts[part_id]
    # Only players of samples may know what begins after the end.
    known = round((until_s + PHRASE_S) * SAMPLE_RATE_HZ) if choice.preset else clock.frames
    notes = tuple(note for note in part.notes if clock.sample(note.start) < known)
    if not notes or clock.sample(notes[0].start) >= frames:
        return np.zeros((2, frames), dtype=np.float32)
    return _played(score, part_id, part.model_copy(update={"notes": notes}), choice, shelf, clock)[:, :frames]


def _played(score: Score, part_id: str, part: Part, choice: Choice, shelf: Shelf, clock: Clock) -> Floats:
    """A part as its engine plays it, with its trim and its automation of tone and level."""
    audio = ENGINES[choice.engine].render(Task(score, part_id, part, choice, shelf, clock))
    sound = None if choice.own else sounds()[choice.patch]
    own_filter = isinstance(sound, Synth) and sound.mode != "poly"
    if "cutoff" in part.controls and not own_filter and faust.available():
        audio = faust.sweep(audio, np.clip(curve(part, "cutoff", clock, default=1.0), 0.0, 1.0))
    gain_db = curve(part, "gain_db", clock, default=0.0) + np.float32(trim_db(choice.engine, choice.patch, choice.source))
    audio *= decibels_to_gain(gain_db)
    return audio


def _guard(audio: Floats, part_id: str, plan: StemPlan) -> None:
    if not np.isfinite(audio).all():
        raise SilentStem(f"part {part_id} on {plan.source} ({plan.engine}) is not finite")
    if float(np.abs(audio).max(initial=0.0)) < SILENCE:
        raise SilentStem(f"part {part_id} on {plan.source} ({plan.engine}) has notes but no sound")
