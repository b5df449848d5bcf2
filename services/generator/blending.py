"""Mixtures of styles: the first genre leads, each further one lends what it is known for, role by role.

The lead keeps tempo, form and meter. Lent drums bring their swing, which the whole band follows; figures in triplets do not go
into a straight beat. What is lent brings its sounds along.
"""

from functools import cache

from contracts.brief import Brief
from services.generator.pacing import quickened, quickened_bass, quickened_drums, wants_double_time
from services.music.packs.genres import GenrePack, Identity, genre, packs_in_use
from services.music.packs.instruments import instruments
from services.music.packs.rhythm import BassTable, CompingTable, playing

_PATCHES = {"bass": ("synth_bass", "synth_bass_low"), "drums": ("drum_kit",)}
_KEYS = ("synthesizer", "pluck_synth", "pad_synth", "electric_piano", "organ")

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
    """The pack that a brief's genres make together, at the brief's pace. Raises BadInput for an unknown genre."""
    lead, lent = brief.genres.value[0], lent_roles(brief)
    slow = tuple(sorted(name for name in {lead, *lent.values()} if wants_double_time(genre(name), brief.tempo_bpm.value)))
    return _blend(lead, tuple(sorted(lent.items())), slow, packs_in_use())


def _comping(pack: GenrePack, other: GenrePack) -> CompingTable:
    """The other style's players comp their way; triplet figures do not go into a straight beat: there only the voicings are lent."""
    foreign = _is_swung(other) and not _is_swung(pack)
    names = () if foreign else other.identity.band
    own = {name: other.comping.textures[name] for name in names if name in other.comping.textures}
    textures = {**other.comping.textures, **pack.comping.textures, **own} if not foreign else pack.comping.textures
    return pack.comping.model_copy(update={"textures": textures, "colour": other.comping.colour})


def _triplets(patterns: tuple[str, ...]) -> bool:
    return any(len(cell) == 3 for pattern in patterns for cell in pattern.split())


def _is_swung(pack: GenrePack) -> bool:
    return pack.drums.swing_unit == 8 and (pack.drums.swing >= _SWUNG or pack.drums.swing_by_tempo)


def _unswung(table: CompingTable) -> CompingTable:
    """The table without the textures that are written in triplets, for a band whose drummer plays straight."""
    kept = {
        player: tuple(n for n in names if not _triplets(playing().texture[n].low + playing().texture[n].mid))
        for player, names in table.textures.items()
    }
    return table.model_copy(update={"textures": {player: names for player, names in kept.items() if names}})


def _bass(pack: GenrePack, other: GenrePack) -> BassTable:
    """The other style's bass; where its patterns are triplets and the beat is straight, its sound plays the lead's own line."""
    written = other.bass.low + other.bass.mid + other.bass.high
    return pack.bass if _triplets(written) and not _is_swung(pack) else other.bass


def _joined(pack: GenrePack, roles: tuple[tuple[str, str], ...]) -> Identity:
    """The lead's band with those who play what is lent: the other's bass player in place of its own, a chord player, two lines."""
    band = list(pack.identity.band)
    for role, name in roles:
        other = genre(name)
        theirs = [player for player in other.identity.band if player in instruments()]
        match role:
            case "bass":
                basses = [player for player in theirs if instruments()[player].family == "bass"]
                own = [player for player in band if player in instruments() and instruments()[player].family == "bass"]
                band = [player for player in band if player not in own or not basses] + basses[:1]
            case "drums":
                band += [player for player in theirs if player == "drum_kit"]
            case "comping":
                band += [player for player in theirs if player in other.comping.textures and player not in band][:1]
            case "lines":
                band += [player for player in theirs if player in other.arrangement.lines and player not in band][:2]
            case _:
                pass
    return pack.identity.model_copy(update={"band": tuple(dict.fromkeys(band))})


@cache
def _blend(lead: str, roles: tuple[tuple[str, str], ...], slow: tuple[str, ...], _packs: object) -> GenrePack:
    """The lead's pack with the roles that others play; those of `slow` in double time."""
    pack = quickened(genre(lead)) if lead in slow else genre(lead)
    changes: dict[str, object] = {"identity": _joined(pack, roles)}
    patches = dict(pack.patches)
    for role, name in roles:
        other = genre(name)
        for slot in _PATCHES.get(role, ()):
            if slot in other.patches:
                patches[slot] = other.patches[slot]
        match role:
            case "bass":
                bass = _bass(pack, other)
                changes["bass"] = quickened_bass(bass) if name in slow and bass is other.bass else bass
            case "drums":
                changes["drums"] = quickened_drums(other.drums) if name in slow else other.drums
                if _is_swung(pack) and not _is_swung(other) and "comping" not in changes:
                    changes["comping"] = _unswung(pack.comping)
            case "comping":
                changes["comping"] = _comping(pack, other)
                patches |= {k: v for k, v in other.patches.items() if k in _KEYS and k not in pack.identity.band}
            case "harmony":
                changes["harmony"] = other.harmony.model_copy(update={"lift_share": pack.harmony.lift_share})
            case "melody":
                changes["melody"] = other.melody.model_copy(update={"leads": pack.melody.leads, "roles": pack.melody.roles})
            case _:
                lines = {**pack.arrangement.lines, **other.arrangement.lines}
                changes["arrangement"] = pack.arrangement.model_copy(update={"lines": lines})
                players = {k: v for k, v in other.patches.items() if k in other.arrangement.lines and k in instruments()}
                patches = {**players, **patches}
    return pack.model_copy(update={**changes, "patches": patches}) if roles else pack
