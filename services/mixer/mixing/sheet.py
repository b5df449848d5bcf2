"""The mix as a sheet that a user can edit and give back: given back untouched, it makes the same mix."""

from contracts.context import Context
from contracts.errors import Unavailable
from contracts.sound import ChannelEdit, MixEdits
from services.mixer.mixing.changes import RANGES, read_changes
from services.mixer.mixing.channel import Channel, MixPlan, Return


def mix_sheet(context: Context) -> MixEdits:
    """Every setting of a song's mix as edits of it. Raises Unavailable for a song that is not mixed yet.

    Levels are relative to what the profile and the measurements decide (0 unless edited); all else is stated as it is.
    """
    if context.mixing is None:
        raise Unavailable("the mix", "run mixing first")
    plan = MixPlan.model_validate(context.mixing.settings)
    changes = read_changes(context)
    channels = {name: _channel(channel) for name, channel in plan.channels.items()}
    channels |= {name: _return(settings) for name, settings in plan.returns.items() if name in context.mixing.stems or settings.muted}
    stated = {name: getattr(changes, name) for name in RANGES if name != "remix"}
    return MixEdits(
        profile=plan.profile,
        channels=channels,
        section_db=plan.section_edit_db,
        changes={name: value for name, value in stated.items() if value is not None},
    )


def _channel(channel: Channel) -> ChannelEdit:
    return ChannelEdit(
        level_db=channel.level_edit_db,
        section_db=channel.section_edit_db,
        stretches=channel.stretches,
        mute=channel.muted,
        pan=channel.pan,
        width=channel.width,
        duck_db=channel.duck_db,
        room_db=channel.room_db,
        hall_db=channel.hall_db,
        delay_db=channel.delay_db,
        parallel_db=channel.parallel_db,
        highpass_hz=channel.highpass_hz,
        lowpass_hz=channel.lowpass_hz,
        eq=channel.eq,
        compression=channel.compression,
        saturation_db=channel.saturation_db,
        effects=channel.effects,
    )


def _return(settings: Return) -> ChannelEdit:
    return ChannelEdit(
        level_db=settings.level_edit_db,
        mute=settings.muted,
        width=settings.width,
        duck_db=settings.duck_db,
        highpass_hz=settings.highpass_hz,
        lowpass_hz=settings.lowpass_hz,
        eq=settings.eq,
        compression=settings.compression,
        saturation_db=settings.saturation_db,
        effects=settings.effects,
    )
