"""The plan of a production: who plays each part, and the digest of everything that determines its dry stem."""

import hashlib
import json
from typing import Any

from contracts.context import Options, StemPlan
from contracts.errors import Unavailable
from contracts.music import Part, Score
from services.generator.production.curves import BLOCK, SAMPLE_RATE_HZ, Clock
from services.generator.production.engines import ENGINES, Choice, candidates, choose, choose_own
from services.generator.production.kits import kit_text
from services.generator.production.own import ENGINES as OWN_ENGINES
from services.generator.production.own import PATCH, bindings, own_of
from services.generator.production.own_files import Look, content_of, look
from services.generator.production.shelf import Shelf, find_soundfonts
from services.generator.production.sounds import Kit, Sampled, Synth, measured_keys, patch_code, patch_name, sounds, trim_db

RENDER_VERSION = 6
"""Raised with every change of this package that changes samples."""
MIXER_CONTROLS = frozenset({"reverb_send_db", "delay_send_db"})
"""Written in the part, obeyed by the mixer: they do not change the dry stem."""
SHORT_DIGEST = 12


def find_own(score: Score, options: Options, shelf: Shelf) -> dict[str, Look]:
    """The files of the user's own that play parts of this song, read and judged.

    Raises BadInput for a name that is nowhere in the score and for a file that may not or cannot be used.
    """
    bound = bindings(score, options, shelf.places)
    return {part_id: look(own, score.parts[part_id], shelf) for part_id, own in bound.items() if score.parts[part_id].notes}


def plan_stems(
    score: Score, options: Options | None = None, shelf: Shelf | None = None, own: dict[str, Look] | None = None
) -> dict[str, StemPlan]:
    """A plan for every part that has notes, in the order of the score. `own`: as `find_own` found them.

    Raises BadInput for an engine, patch or file that cannot be used, Unavailable where nothing can play a part.
    """
    options, shelf, clock = options or Options(), shelf or find_soundfonts(), Clock(score)
    own = find_own(score, options, shelf) if own is None else own
    plans = {}
    for part_id, part in score.parts.items():
        if part_id in own and not own[part_id].unfit:
            choice = choose_own(own[part_id])
        elif part.notes:
            choice = choose(patch_name(part, score.genre), shelf, engine=options.engine, commercial=options.licence == "commercial")
        else:
            continue
        plans[part_id] = _plan(part_id, part, score, choice, shelf, clock)
    return plans


def _plan(part_id: str, part: Part, score: Score, choice: Choice, shelf: Shelf, clock: Clock) -> StemPlan:
    digest = hashlib.sha256(json.dumps(_facts(part_id, part, score, choice, shelf, clock), sort_keys=True).encode()).hexdigest()
    return StemPlan(
        part=part_id,
        engine="sampled",
        instrument=part.instrument,
        source=_source(choice, shelf),
        digest=digest,
        key=f"stems/dry/{digest}.wav",
        cost_s=round(_cost(part, choice, clock), 2),
        licence=choice.licence,
    )


def _facts(part_id: str, part: Part, score: Score, choice: Choice, shelf: Shelf, clock: Clock) -> dict[str, Any]:
    """Everything that determines the samples of a stem."""
    return {
        "render_version": RENDER_VERSION,
        "part_id": part_id,
        "role": part.role,
        "instrument": part.instrument,
        "notes": part.notes,
        "controls": {name: points for name, points in part.controls.items() if name not in MIXER_CONTROLS},
        "tempo": score.tempo_map or ((0, score.tempo_bpm),),
        "meter": score.meter,
        "frames": clock.frames,
        "ending": (score.ending, score.end_tick, score.tail_s),
        "sample_rate_hz": SAMPLE_RATE_HZ,
        "block": BLOCK,
        "engine": ENGINES[choice.engine].version(),
        "sweep": ENGINES["faust"].version() if "cutoff" in part.controls and ENGINES["faust"].available() else None,
        "source": choice.source,
        "sound": None if choice.own else sounds()[choice.patch].model_dump(mode="json"),
        "content": _content(choice, shelf),
        "keys": measured_keys(choice.source).model_dump() if choice.preset else {},
        "trim_db": trim_db(choice.engine, choice.patch, choice.source),
        "tonic": score.key_value.tonic_class if choice.engine == "drum_machine" else None,
    }


def _content(choice: Choice, shelf: Shelf) -> str:
    """Digest of the soundfont, of the user's file, or of the patch's source."""
    if choice.own:
        return content_of(choice.own, shelf)
    if choice.preset:
        return shelf.digest(choice.preset.soundfont)
    sound = sounds()[choice.patch]
    codes = (choice.patch, sound.fx) if isinstance(sound, Synth) and sound.fx else (choice.patch,)
    text = "".join(patch_code(name) for name in codes) if isinstance(sound, Synth) else kit_text(choice.patch)
    return hashlib.sha256(text.encode()).hexdigest()


def _source(choice: Choice, shelf: Shelf) -> str:
    """Player, patch and where from, so that a render worker plays just this: `fluidsynth bass_finger FluidR3_GM 0:33 sha256:7459…`."""
    if choice.own:
        return f"{choice.engine} {PATCH} {choice.own.uri} sha256:{content_of(choice.own, shelf)[:SHORT_DIGEST]}"
    if not choice.preset:
        return f"{choice.engine} {choice.patch}"
    return f"{choice.engine} {choice.patch} {choice.source} sha256:{shelf.digest(choice.preset.soundfont)[:SHORT_DIGEST]}"


def chosen(plan: StemPlan, shelf: Shelf) -> Choice:
    """The choice that a plan records. Raises Unavailable where this machine has not the same soundfont or file."""
    player, patch, *preset_words = plan.source.split(" ")
    if player in OWN_ENGINES.values():
        uri, digest = preset_words
        own = own_of(player, uri, plan.part, shelf.places.all)
        if not content_of(own, shelf).startswith(digest.removeprefix("sha256:")):
            raise Unavailable(f"{own.path.name} {digest}", f"{own.path} has changed since the song was planned")
        return Choice(player, patch, own.label, own=own)
    sound = sounds()[patch]
    if not isinstance(sound, Sampled):
        return Choice(player, patch, patch)
    name, numbers, digest = preset_words
    if not shelf.digest(name).startswith(digest.removeprefix("sha256:")):
        raise Unavailable(f"soundfont {name} {digest}", f"{shelf.path(name)} is another edition")
    preset = next(p for p in candidates(sound) if p.label == f"{name} {numbers}")
    return Choice(player, patch, preset.label, preset)


def _cost(part: Part, choice: Choice, clock: Clock) -> float:
    """Expected CPU seconds, from the measured speeds of the engines."""
    sounding_s = sum(clock.seconds(note.end) - clock.seconds(note.start) for note in part.notes)
    length_s = clock.frames / SAMPLE_RATE_HZ
    if choice.own:
        return 3.0 + 0.0025 * len(part.notes) + 0.03 * length_s
    sound = sounds()[choice.patch]
    if isinstance(sound, Synth):
        voices = 1.0 if sound.mode != "poly" else (sounding_s + sound.release_s * len(part.notes)) / max(length_s, 0.1)
        return 0.3 + length_s * sound.cost * max(voices, 0.2)
    if isinstance(sound, Kit):
        return 2.0 + 0.0004 * len(part.notes)
    return 0.5 + 0.0025 * len(part.notes) + 0.0055 * length_s
