"""The user's edits of a mix, made out for one song: which channel each of them means. What is not there is told with what there is."""

from dataclasses import dataclass, field
from typing import Any

from contracts.errors import BadInput
from contracts.music.score import Score
from contracts.sound import Bell, ChannelEdit, MixEdits
from services.mixer.mixing.changes import Changes, check_changes
from services.mixer.mixing.channel import Channel, Return
from services.mixer.profiles import profiles
from services.music.packs.genres import genres

OF_RETURNS = ("level_db", "mute", "width", "duck_db", "highpass_hz", "lowpass_hz", "eq", "compression", "saturation_db", "effects")
_UNTOUCHED = ChannelEdit()
SENDS = ("room_db", "hall_db", "delay_db", "parallel_db")


@dataclass(frozen=True)
class Edits:
    """Edits by part id and by return, and of sections by their id."""

    channels: dict[str, ChannelEdit] = field(default_factory=dict)
    section_db: dict[str, float] = field(default_factory=dict)

    def channel(self, name: str) -> ChannelEdit:
        """What is edited in a part's channel or a return; nothing by default."""
        return self.channels.get(name) or ChannelEdit()


def edited_profile(edits: MixEdits | None, otherwise: str) -> str:
    """The genre that the song is to be mixed as. Raises BadInput for one that does not exist."""
    if edits is None or edits.profile is None:
        return otherwise
    if edits.profile not in profiles() and edits.profile not in genres():
        raise BadInput("mix.profile", edits.profile, ", ".join(sorted({*profiles(), *genres()})))
    return edits.profile


def made_out(edits: MixEdits | None, score: Score, parts: list[str], returns: tuple[str, ...], *, forgiving: bool = False) -> Edits:
    """Edits by part: a role's edit is that of each of its parts, and what a part's own edit states goes before it.

    What equals the default is not stated, since a document that was written and read again no longer tells the two apart: level 0 of a
    part whose role says -3 dB is -3 dB. Whoever wants the role's edit gone for one part states it for the role's other parts instead.

    Raises BadInput for a channel or section that the song does not have, naming those it has. `forgiving`: those count for nothing, as
    in a revised song, whose earlier versions had parts and sections that are gone.
    """
    if edits is None:
        return Edits()
    edits = _of_this_song(edits, score, parts, returns) if forgiving else edits
    roles: dict[str, list[str]] = {}
    for name in parts:
        roles.setdefault(score.parts[name].role.value, []).append(name)
    stated: dict[str, dict[str, Any]] = {}
    # Roles first, so that a part's own edit lies over its role's.
    for name, edit in sorted(edits.channels.items(), key=lambda item: item[0] in parts):
        if name not in parts and name not in roles and name not in returns:
            raise BadInput("mix.channels", name, _there(parts, roles, returns))
        if name in returns:
            _check_return(name, edit)
        for part in [name] if name in parts or name in returns else roles[name]:
            own = _stated(edit)
            own["section_db"] = {**stated.get(part, {}).get("section_db", {}), **edit.section_db}
            own["stretches"] = (*stated.get(part, {}).get("stretches", ()), *edit.stretches)
            stated.setdefault(part, {}).update(own)
        for key, section in [("section_db", one) for one in edit.section_db] + [("stretches", one.section) for one in edit.stretches]:
            if section not in score.sections:
                raise BadInput(f"mix.channels.{name}.{key}", section, ", ".join(score.sections))
    for name in edits.section_db:
        if name not in score.sections:
            raise BadInput("mix.section_db", name, ", ".join(score.sections))
    _check_sections(edits)
    if parts and all(stated.get(name, {}).get("mute") for name in parts):
        raise BadInput("mix.channels", "every part is muted", "a mix in which something sounds")
    return Edits({name: ChannelEdit(**fields) for name, fields in stated.items()}, dict(edits.section_db))


def _stated(edit: ChannelEdit) -> dict[str, Any]:
    """What an edit says other than nothing."""
    return {key: value for key in ChannelEdit.model_fields if (value := getattr(edit, key)) != getattr(_UNTOUCHED, key)}


def _of_this_song(edits: MixEdits, score: Score, parts: list[str], returns: tuple[str, ...]) -> MixEdits:
    """Those of the edits whose channels and sections are there."""
    there = {*parts, *returns, *(score.parts[name].role.value for name in parts)}
    sections = score.sections
    channels = {
        name: edit.model_copy(
            update={
                "section_db": {s: db for s, db in edit.section_db.items() if s in sections},
                "stretches": tuple(one for one in edit.stretches if one.section in sections),
            }
        )
        if edit.section_db or edit.stretches
        else edit
        for name, edit in edits.channels.items()
        if name in there
    }
    gains = {name: db for name, db in edits.section_db.items() if name in sections}
    return edits.model_copy(update={"channels": channels, "section_db": gains})


def judge(edits: MixEdits) -> None:
    """What can be told of a user's edits before there is a score: genre, changes, ranges, and every channel's effects.

    Raises BadInput as the mix itself would. Names of parts, roles and sections are known when the song is arranged.
    """
    from services.mixer.effects import chain

    edited_profile(edits, "")
    check_changes(edits.changes)
    _check_sections(edits)
    for name, edit in edits.channels.items():
        chain.judge(edit.effects, field=f"mix.channels.{name}.effects")


def _check_sections(edits: MixEdits) -> None:
    for name, gain_db in edits.section_db.items():
        if not -24 <= gain_db <= 12:
            raise BadInput(f"mix.section_db.{name}", gain_db, "-24 to 12")


def _there(parts: list[str], roles: dict[str, list[str]], returns: tuple[str, ...]) -> str:
    also = [role for role in roles if role not in parts]
    return f"parts {', '.join(parts)}" + (f"; roles {', '.join(also)}" if also else "") + f"; returns {', '.join(returns)}"


def _check_return(name: str, edit: ChannelEdit) -> None:
    """A return has no sends, and stands where its effect puts it."""
    for key in sorted(_stated(edit)):
        if key not in OF_RETURNS:
            raise BadInput(f"mix.channels.{name}", key, ", ".join(OF_RETURNS))


def edited_channel(channel: Channel, edit: ChannelEdit, asked: Changes, shelves: tuple[Bell, ...]) -> Channel:
    """A channel with what the user states in place of what was decided; what QA asks for (`shelves` are its bands) comes on top."""
    width = channel.width if edit.width is None else min(edit.width * asked.width, 2.0)
    new: dict[str, Any] = {
        "level_edit_db": edit.level_db,
        "section_edit_db": {name: gain for name, gain in edit.section_db.items() if gain},
        "stretches": edit.stretches,
        "target_lufs": round(channel.target_lufs + edit.level_db, 3),
        "muted": edit.mute,
        "effects": edit.effects,
        "pan": channel.pan if edit.pan is None else edit.pan,
        "width": width,
        # A made side is narrowed with the rest.
        "spread": min(channel.spread * (width / channel.width), 1.0) if channel.width > 0 else channel.spread,
        "duck_db": channel.duck_db if edit.duck_db is None else edit.duck_db * asked.duck_scale,
    }
    for send in SENDS:
        own, is_reverb = getattr(edit, send), send in ("room_db", "hall_db")
        new[send] = getattr(channel, send) if own is None else own + (asked.reverb_db if is_reverb else 0.0)
        new[send] += edit.reverb_db if is_reverb else 0.0
    tone = _tone(edit)
    if "eq" in tone:
        tone |= {"eq": (*tone["eq"], *shelves), "cuts": shelves}
    return channel.model_copy(update=new | tone)


def _tone(edit: ChannelEdit) -> dict[str, Any]:
    names = ("highpass_hz", "lowpass_hz", "eq", "compression", "saturation_db")
    return {name: getattr(edit, name) for name in names if getattr(edit, name) is not None}


def edited_return(channel: Return, edit: ChannelEdit, asked: Changes) -> Return:
    """A return as the user edits it."""
    new: dict[str, Any] = {
        "level_edit_db": edit.level_db,
        "level_db": channel.level_db + edit.level_db,
        "muted": edit.mute,
        "effects": edit.effects,
        "width": channel.width if edit.width is None else edit.width,
        "duck_db": channel.duck_db if edit.duck_db is None else edit.duck_db * asked.duck_scale,
    }
    return channel.model_copy(update=new | _tone(edit))
