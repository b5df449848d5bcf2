"""Mixtures of styles: the first genre leads, each further one lends what it is known for, role by role."""

from functools import cache

from contracts.brief import Brief
from services.music.packs.genres import GenrePack, genre
from services.music.packs.rhythm import CompingTable

_PATCHES = {"bass": ("synth_bass", "synth_bass_low"), "drums": ("drum_kit",)}

_SWUNG = 1.3


def lent_roles(brief: Brief) -> dict[str, str]:
    """Role -> genre for every role that another genre than the first one plays: what was stated, else what each is known for."""
    lead, *others = brief.genres.value
    roles: dict[str, str] = {}
    if brief.lent is not None:
        roles = {role: name for role, name in brief.lent.value.items() if name in others}
    for name in others:
        if name not in roles.values():
            free = [role for role in genre(name).lends if role not in roles]
            roles |= dict.fromkeys(free[: len(genre(name).lends)], name)
    return {role: name for role, name in roles.items() if name != lead}


def blended(brief: Brief) -> GenrePack:
    """The pack that a brief's genres make together. Raises BadInput for an unknown genre."""
    return _blend(brief.genres.value[0], tuple(sorted(lent_roles(brief).items())))


def _comping(pack: GenrePack, other: GenrePack) -> CompingTable:
    """The other style's players comp their way; triplet figures do not go into a straight beat: there only the voicings are lent."""
    foreign = other.drums.swing_unit == 8 and other.drums.swing >= _SWUNG > pack.drums.swing
    names = () if foreign else other.identity.band
    own = {name: other.comping.textures[name] for name in names if name in other.comping.textures}
    textures = {**other.comping.textures, **pack.comping.textures, **own} if not foreign else pack.comping.textures
    return pack.comping.model_copy(update={"textures": textures, "colour": other.comping.colour})


@cache
def _blend(lead: str, roles: tuple[tuple[str, str], ...]) -> GenrePack:
    pack = genre(lead)
    changes: dict[str, object] = {}
    patches = dict(pack.patches)
    for role, name in roles:
        other = genre(name)
        for slot in _PATCHES.get(role, ()):
            if slot in other.patches:
                patches[slot] = other.patches[slot]
        match role:
            case "bass":
                changes["bass"] = other.bass
            case "drums":
                changes["drums"] = other.drums
            case "comping":
                changes["comping"] = _comping(pack, other)
            case "harmony":
                changes["harmony"] = other.harmony.model_copy(update={"lift_share": pack.harmony.lift_share})
            case "melody":
                changes["melody"] = other.melody.model_copy(update={"leads": pack.melody.leads, "roles": pack.melody.roles})
            case _:
                lines = {**pack.arrangement.lines, **other.arrangement.lines}
                changes["arrangement"] = pack.arrangement.model_copy(update={"lines": lines})
    return pack.model_copy(update={**changes, "patches": patches}) if roles else pack
