"""What the mixer has, for the catalogue: the desk's own stages, the effects of the rack, the operations on files, and plugins."""

from typing import Any

from services.mixer.profiles import profiles

OFF_DB = -60.0
DESK: tuple[dict[str, Any], ...] = (
    {"id": "mixing.high_pass", "group": "mixing", "on": "stem", "unit": "Hz", "what": "removes what lies below the instrument"},
    {
        "id": "mixing.equaliser",
        "group": "mixing",
        "on": "stem",
        "unit": "dB",
        "what": "bells and shelves per role, and cuts where stems mask each other",
    },
    {"id": "mixing.compressor", "group": "mixing", "on": "stem", "unit": "dB", "what": "evens out a part, by role"},
    {
        "id": "mixing.saturation",
        "group": "mixing",
        "on": "stem",
        "unit": "dB",
        "what": "soft drive that makes a bass heard on small speakers",
    },
    {
        "id": "mixing.ducking",
        "group": "mixing",
        "on": "stem",
        "unit": "dB",
        "what": "lets the kick through, keyed by its notes in the score",
    },
    {
        "id": "mixing.placement",
        "group": "mixing",
        "on": "stem",
        "unit": "",
        "what": "pan, width, a made side for mono sources, one middle for the lows",
    },
    {"id": "mixing.tape", "group": "mixing", "on": "stem", "unit": "", "what": "lo-fi: fewer highs, saturation, wow"},
    {
        "id": "mixing.drum_bus",
        "group": "mixing",
        "on": "send",
        "unit": "dB",
        "what": "drums and percussion flattened beside themselves; a stem of its own, return_drums",
    },
    {"id": "mixing.gate", "group": "mixing", "on": "send", "unit": "ms", "what": "shuts the room after the hit, as in the eighties"},
    {"id": "mixing.room", "group": "mixing", "on": "send", "unit": "s", "what": "a short synthesised room; a stem of its own, return_room"},
    {
        "id": "mixing.hall",
        "group": "mixing",
        "on": "send",
        "unit": "s",
        "what": "a plate or hall, synthesised; a stem of its own, return_hall",
    },
    {
        "id": "mixing.delay",
        "group": "mixing",
        "on": "send",
        "unit": "beats",
        "what": "a ping-pong echo in time; a stem of its own, return_delay",
    },
    {
        "id": "mastering.tone",
        "group": "mastering",
        "on": "sum",
        "unit": "dB",
        "what": "minimum-phase equaliser towards the genre's or the reference's spectrum",
    },
    {
        "id": "mastering.width",
        "group": "mastering",
        "on": "sum",
        "unit": "dB",
        "what": "holds the lows in the middle and follows a reference's width, per band of the side",
    },
    {"id": "mastering.glue", "group": "mastering", "on": "sum", "unit": "dB", "what": "slow bus compression as a gain over time"},
    {
        "id": "mastering.soft_clip",
        "group": "mastering",
        "on": "sum",
        "unit": "dB",
        "what": "rounds the highest peaks, as a gain for each sample",
    },
    {
        "id": "mastering.limiter",
        "group": "mastering",
        "on": "sum",
        "unit": "dBTP",
        "what": "look-ahead true-peak limiter, detecting at eight times the rate",
    },
)
"""What the desk itself does to every song, decided by profile and measurement."""


def effects() -> list[dict[str, Any]]:
    """All of them, each with an id of its own; what can be asked for by id has `parameters`, with their units and ranges.

    A user's plugin that cannot be loaded says so in `broken`.
    """
    from services.mixer.effects.catalogue import effects as rack
    from services.mixer.effects.operations import OPERATIONS
    from services.mixer.effects.plugins import entries

    built_in = [one.entry() for one in rack().values()]
    on_files = [one.entry() for one in OPERATIONS.values()]
    return [*_desk(), *built_in, *on_files, *entries()]


def _desk() -> list[dict[str, Any]]:
    """The desk's stages in the order of the signal, each with what the genres set for it where that is one number."""
    halls = {name: profile.hall.decay_s for name, profile in profiles().items()}
    rooms = {name: profile.room.decay_s for name, profile in profiles().items()}
    echoes = {name: profile.delay.beats for name, profile in profiles().items()}
    buses = {name: profile.drum_bus.level_db for name, profile in profiles().items() if profile.drum_bus.level_db > OFF_DB}
    gates = {name: profile.room.gate_ms for name, profile in profiles().items() if profile.room.gate_ms is not None}
    by_genre = {"mixing.hall": halls, "mixing.room": rooms, "mixing.delay": echoes, "mixing.drum_bus": buses, "mixing.gate": gates}
    return [{**one, "by_genre": by_genre[one["id"]]} if one["id"] in by_genre else dict(one) for one in DESK]
