"""Who sits where: the chair of a part that exists, and one for a player who joins."""

from contracts.errors import BadInput
from contracts.music import Part, Role, Score
from services.generator.arrangement.arranger import Rehearsal
from services.generator.arrangement.band import Chair
from services.generator.production.sounds import sounds
from services.music.packs.arrangement_table import CROSSINGS
from services.music.packs.instruments import Instrument, instrument
from services.music.packs.rhythm import playing

_OWN_MANNER = {"melody": "lead", "counter": "counter", "double": "doubling", "bass": "bass"}
_MANNERS = {Role.BASS: "sub", Role.DRUMS: "drums", Role.PERCUSSION: "percussion"}


def seat_of(played: Rehearsal, name: str, part: Part, instrument_id: str) -> Chair:
    """The chair of a part of the song when `instrument_id` sits in it."""
    there = played.chair(name) or usual_seat(name, part)
    return Chair(name, instrument_id, part.role, there.manner, wanted=True, rank=there.rank)


def usual_seat(name: str, part: Part) -> Chair:
    """The chair of a part, told by its name, its role and what its instrument can do."""
    entry = instrument(part.instrument)
    if name in _OWN_MANNER:
        manner = _OWN_MANNER[name]
    elif part.role is Role.FX:
        manner = name if name in {*CROSSINGS, "impact", "vinyl", "tape"} else "fx"
    elif part.role in (Role.HARMONY, Role.PAD) and entry.polyphony > 2:
        manner = "chords"
    elif part.role in _MANNERS:
        manner = _MANNERS[part.role]
    else:
        manner = playing().line.get(entry.id, "guide")
    return Chair(name, part.instrument, part.role, manner)


def joining_seat(score: Score, instrument_id: str) -> Chair:
    """A chair for one more player, beside those whom the song has."""
    entry = instrument(instrument_id)
    name = free_name(score, instrument_id)
    if entry.id == "percussion":
        return Chair(name if "percussion" in score.parts else "percussion", entry.id, Role.PERCUSSION, "percussion", wanted=True)
    if entry.is_drums:
        return Chair(name if "drums" in score.parts else "drums", entry.id, Role.DRUMS, "drums", wanted=True)
    if entry.family == "bass":
        first = not any(part.role is Role.BASS for part in score.parts.values())
        return Chair("bass" if first and "bass" not in score.parts else name, entry.id, Role.BASS, "bass" if first else "sub", wanted=True)
    if entry.family == "fx":
        return Chair(name, entry.id, Role.FX, "fx", wanted=True)
    if entry.polyphony > 2 and {"harmony", "pad"} & set(entry.roles):
        rank = sum(part.role in (Role.HARMONY, Role.PAD) for part in score.parts.values())
        pad = "harmony" not in entry.roles
        return Chair(name, entry.id, Role.PAD if pad else Role.HARMONY, "chords", wanted=True, rank=min(rank, 2))
    manner = playing().line.get(entry.id, "guide")
    role = Role.VOCAL if entry.family == "vocal" else Role.PAD if manner in ("guide", "low", "hold") else Role.COUNTER
    return Chair(name, entry.id, role, manner, wanted=True)


def free_name(score: Score, wanted: str) -> str:
    """A part id that the song does not have yet: `violin`, `violin_2` and so on."""
    name, number = wanted, 1
    while name in score.parts:
        number += 1
        name = f"{wanted}_{number}"
    return name


def patch_for(entry: Instrument, wanted: str) -> str:
    """The patch that a person means: its id, or a word of it such as `reese`, `808`, `slap`.

    The instrument's own sounds come before others of its kind. Raises BadInput where nothing is called so.
    """
    known = [name for name in sounds() if not name.endswith("_stand_in")]
    word = wanted.strip().lower().replace(" ", "_").replace("-", "_")
    if word in known:
        return word
    own = [entry.sound.default, *entry.sound.by_genre.values(), *entry.sound.patches]
    found = [name for name in known if set(word.split("_")) <= set(name.split("_"))]
    fits = [name for name in found if name in own] or [name for name in found if _kind(entry) in name.split("_")] or found
    if not fits:
        raise BadInput("instrument.patch", wanted, ", ".join(sorted({*own, *(n for n in known if _kind(entry) in n.split("_"))})))
    return min(fits, key=lambda name: (len(name), name))


def _kind(entry: Instrument) -> str:
    return {"bass": "bass", "drums": "kit", "guitar": "guitar"}.get(entry.family, entry.id.split("_")[0])
