"""What the mixer has, for the catalogue."""

from typing import Any

from services.mixer.profiles import profiles

EFFECTS: tuple[dict[str, Any], ...] = (
    {"id": "high_pass", "stage": "mixing", "on": "stem", "unit": "Hz", "what": "removes what lies below the instrument"},
    {
        "id": "equaliser",
        "stage": "mixing",
        "on": "stem",
        "unit": "dB",
        "what": "bells and shelves per role, and cuts where stems mask each other",
    },
    {"id": "compressor", "stage": "mixing", "on": "stem", "unit": "dB", "what": "evens out a part, by role"},
    {"id": "saturation", "stage": "mixing", "on": "stem", "unit": "dB", "what": "soft drive that makes a bass heard on small speakers"},
    {"id": "ducking", "stage": "mixing", "on": "stem", "unit": "dB", "what": "lets the kick through, keyed by its notes in the score"},
    {
        "id": "placement",
        "stage": "mixing",
        "on": "stem",
        "unit": "",
        "what": "pan, width, a made side for mono sources, one middle for the lows",
    },
    {"id": "tape", "stage": "mixing", "on": "stem", "unit": "", "what": "lo-fi: fewer highs, saturation, wow"},
    {"id": "room", "stage": "mixing", "on": "send", "unit": "s", "what": "a short synthesised room; a stem of its own, return_room"},
    {"id": "hall", "stage": "mixing", "on": "send", "unit": "s", "what": "a plate or hall, synthesised; a stem of its own, return_hall"},
    {"id": "delay", "stage": "mixing", "on": "send", "unit": "beats", "what": "a ping-pong echo in time; a stem of its own, return_delay"},
    {"id": "tone", "stage": "mastering", "on": "sum", "unit": "dB", "what": "linear-phase equaliser towards the genre's spectrum"},
    {"id": "glue", "stage": "mastering", "on": "sum", "unit": "dB", "what": "slow bus compression as a gain over time"},
    {"id": "soft_clip", "stage": "mastering", "on": "sum", "unit": "dB", "what": "rounds the highest peaks, as a gain for each sample"},
    {
        "id": "limiter",
        "stage": "mastering",
        "on": "sum",
        "unit": "dBTP",
        "what": "look-ahead true-peak limiter, detecting at eight times the rate",
    },
)


def effects() -> list[dict[str, Any]]:
    """The effects in the order of the signal, each with what the genres set for it where that is one number."""
    halls = {name: profile.hall.decay_s for name, profile in profiles().items()}
    rooms = {name: profile.room.decay_s for name, profile in profiles().items()}
    echoes = {name: profile.delay.beats for name, profile in profiles().items()}
    by_genre = {"hall": halls, "room": rooms, "delay": echoes}
    return [{**effect, "by_genre": by_genre[effect["id"]]} if effect["id"] in by_genre else dict(effect) for effect in EFFECTS]
